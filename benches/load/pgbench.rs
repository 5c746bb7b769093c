//! How fast PostgreSQL is when nothing is around it: pgbench, which comes with it, runs the program's statements, prepared,
//! as the program's role, behind row-level security, for as many clients.

use crate::Failure;
use crate::client::Shop;
use crate::order::{Own, Script};
use crate::postgres::Cluster;
use crate::process::Child;
use crate::record::Statement;
use crate::values::Value;
use std::fmt::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// A script of pgbench's, with the values that its variables have.
#[derive(Default)]
pub struct Bench {
    text: String,
    defined: Vec<(String, String)>,
}

impl Bench {
    /// One of these statements for one of the shop's products, which was recorded with the product `recorded`.
    pub fn select(statements: &[Statement], shop: &Shop, recorded: i64) -> Result<Self, Failure> {
        let mut bench = Self::default();
        let statement = statements.iter().find(|statement| statement.says("from products")).ok_or("no product was read")?;
        writeln!(bench.text, "\\set product random({}, {})", shop.first_product, shop.first_product + shop.products - 1)?;
        let own = |value: &Value| (*value == Value::Int(recorded)).then_some(":product");
        let sql = bench.fill_in(statement, own)?;
        writeln!(bench.text, "{sql};")?;
        Ok(bench)
    }

    /// Orders of two products at one of these shops, whose ids follow each other.
    pub fn orders(script: &Script, shops: &[Shop]) -> Result<Self, Failure> {
        let mut bench = Self::default();
        let (Some(shop), Some(last)) = (shops.first(), shops.last()) else { return Err("there is no shop".into()) };
        let half = shop.products / 2;
        writeln!(bench.text, "\\set key random(1, 9223372036854775807)")?;
        writeln!(bench.text, "\\set vendor random({}, {})", shop.vendor, last.vendor)?;
        let next = shops.get(1).unwrap_or(shop);
        for (name, from, to) in [
            ("customer", shop.first_customer, next.first_customer),
            ("session", shop.session, next.session),
            ("product", shop.first_product, next.first_product),
        ] {
            writeln!(bench.text, "\\set {name} {from} + (:vendor - {}) * {}", shop.vendor, to - from)?;
        }
        writeln!(bench.text, "\\set first :product + random(0, {})", half - 1)?;
        writeln!(bench.text, "\\set second :product + random({half}, {})", shop.products - 1)?;
        for statement in &script.statements {
            if let Some((begin, _)) = statement.sql.split_once("; SET LOCAL app.vendor_id") {
                // What the program sends together goes together here, too: in one round trip.
                let announce = "SELECT set_config('app.vendor_id', :vendor::text, true)";
                writeln!(bench.text, "\\startpipeline\n{begin};\n{announce};\n\\endpipeline")?;
                continue;
            }
            if statement.sql.starts_with("SET app.vendor_id") {
                // The session has it already.
                continue;
            }
            let own = |value: &Value| {
                Some(match script.own(value)? {
                    Own::Key => "('bench-' || :key)",
                    Own::First => ":first",
                    Own::Second => ":second",
                    Own::Vendor => ":vendor",
                    Own::Customer => ":customer",
                    Own::Caller => "('customer:' || :customer)",
                    Own::Session => ":session",
                    Own::Id => ":made_id",
                    Own::Number => ":made_last_number",
                })
            };
            let sql = bench.fill_in(statement, own)?;
            let end = if Script::makes(statement).is_some() { " \\gset made_" } else { ";" };
            writeln!(bench.text, "{sql}{end}")?;
        }
        Ok(bench)
    }

    /// The statement with variables in the place of its parameters.
    fn fill_in<'a>(&mut self, statement: &Statement, own: impl Fn(&Value) -> Option<&'a str>) -> Result<String, Failure> {
        let sql = statement.sql.trim_end_matches(';');
        let mut parts = sql.split('$');
        let mut filled = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            let (number, rest) = part.split_at(digits);
            let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let value = index.and_then(|index| statement.binds.get(index)).ok_or_else(|| format!("{sql}: ${number} is not bound"))?;
            filled += &self.place(value, &own);
            filled += rest;
        }
        Ok(filled)
    }

    fn place<'a>(&mut self, value: &Value, own: &impl Fn(&Value) -> Option<&'a str>) -> String {
        if let Some(own) = own(value) {
            return own.to_owned();
        }
        let text = match value {
            Value::Null => return "NULL".to_owned(),
            Value::List(values) => {
                let values: Vec<_> = values.iter().map(|value| self.place(value, own)).collect();
                return format!("ARRAY[{}]::bigint[]", values.join(", "));
            }
            Value::Int(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Text(text) => text.clone(),
        };
        let name = format!("v{}", self.defined.len());
        let place = format!(":{name}");
        self.defined.push((name, text));
        place
    }

    /// Transactions a second, after a second to warm up.
    pub fn rate(&self, cluster: &Cluster, database: &str, run: &Run) -> Result<f64, Failure> {
        let (file, log) = (run.folder.join("pgbench.sql"), run.folder.join("pgbench.log"));
        std::fs::write(&file, &self.text)?;
        let mut command = cluster.program("pgbench");
        command.args(["--protocol=prepared", "--no-vacuum", "--jobs=1", "--progress=1"]).arg(format!("--client={}", run.clients));
        command.arg(format!("--time={}", run.time.as_secs() + 1)).arg("--file").arg(&file);
        for (name, value) in &self.defined {
            command.arg(format!("--define={name}={value}"));
        }
        command.arg(cluster.url(database)).env("PGOPTIONS", format!("-c app.vendor_id={}", run.vendor));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(std::fs::File::create(&log)?);
        let said = Child::spawn("pgbench", command)?.output(run.time + Duration::from_secs(40));
        let progress = std::fs::read_to_string(&log)?;
        let said = said.map_err(|error| format!("{error}\n{progress}"))?;
        let rate = after_first_second(&said, &progress).ok_or_else(|| format!("pgbench did not say how fast it was: {said}{progress}"))?;
        if said.contains("number of failed transactions: 0 ") { Ok(rate) } else { Err(format!("pgbench failed: {said}").into()) }
    }
}

/// Of the sums that pgbench tells, what was after the first second, in which every client prepares its statements.
fn after_first_second(said: &str, progress: &str) -> Option<f64> {
    let value = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse::<f64>().ok());
    let (count, rate) = (value("number of transactions actually processed: ")?, value("tps = ")?);
    let mut first = progress.lines().find_map(|line| line.strip_prefix("progress: "))?.split_whitespace();
    let (time, early) = (first.next()?.parse::<f64>().ok()?, first.nth(1)?.parse::<f64>().ok()?);
    let left = count / rate - time;
    // On a machine so busy that the first second took all the time there is nothing better than the whole.
    Some(if left > 0.5 { (count - time * early) / left } else { rate })
}

/// How it is run.
pub struct Run<'a> {
    /// Where its script is left.
    pub folder: &'a Path,
    /// How many clients.
    pub clients: usize,
    /// For how long.
    pub time: Duration,
    /// The vendor whose rows are seen.
    pub vendor: i64,
}
