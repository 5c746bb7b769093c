//! A PostgreSQL server of the bench's own, as safe as it is by default, and gone when the bench is, whatever way it ends.

use crate::Failure;
use crate::fill::{ORDERS_BEFORE, Sink, Value};
use crate::process::{self, Child};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};

/// Starts the server, and stops it as soon as nobody holds the other end of its standard input any more.
const KEEPER: &str = r#"
set -euo pipefail
trap '' INT TERM HUP
source "$1/tests/support/postgres.sh"
home=$2
if ! pg_start "$home" "${PG_DURABLE[@]}" >"$home.log" 2>&1; then cat "$home.log" >&2; exit 1; fi
echo "$(pg_bindir) $(<"$home/url")"
cat >/dev/null
pg_stop "$home"
rm -rf "$home"
"#;

/// The server.
pub struct Cluster {
    keeper: Child,
    programs: PathBuf,
    home: PathBuf,
    /// User, password, host and port, as in a URL.
    authority: String,
}

impl Cluster {
    /// Starts one whose data is in `folder`.
    pub fn start(folder: &Path) -> Result<Self, Failure> {
        let home = folder.join("postgres");
        let mut command = Command::new("bash");
        command.args(["-c", KEEPER, "keeper", env!("CARGO_MANIFEST_DIR")]).arg(&home);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut keeper = Child::spawn("PostgreSQL", command)?;
        let said = keeper.first_line().map_err(|error| format!("PostgreSQL did not start: {error}"))?;
        let (programs, url) = said.split_once(' ').ok_or("PostgreSQL did not say where it is")?;
        let authority = url.trim_start_matches("postgres://").rsplit_once('/').ok_or("that is no URL")?.0.to_owned();
        Ok(Self { keeper, programs: programs.into(), home, authority })
    }

    /// The URL of one of its databases, as a role that owns it and that row-level security holds for.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{}/{database}", self.authority)
    }

    /// One of the server's programs.
    pub fn program(&self, name: &str) -> Command {
        process::command(self.programs.join(name))
    }

    /// Makes an empty database.
    pub fn create(&self, database: &str) -> Result<(), Failure> {
        let mut psql = self.psql("postgres")?;
        writeln!(psql.stdin, "CREATE DATABASE {database} OWNER stoa;")?;
        psql.end()
    }

    /// A session of the superuser, who comes in by the socket and whom no password keeps out.
    fn psql(&self, database: &str) -> Result<Psql, Failure> {
        let port = self.authority.rsplit(':').next().unwrap_or_default();
        let mut command = self.program("psql");
        command.args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-p", port, "-h"]).arg(&self.home);
        command.stdin(Stdio::piped()).stdout(Stdio::null());
        let mut child = Child::spawn("psql", command)?;
        let stdin = BufWriter::with_capacity(1 << 16, child.stdin().ok_or("psql does not listen")?);
        Ok(Psql { child, stdin })
    }

    /// Begins to fill a database whose tables are there.
    pub fn filling(&self, database: &str) -> Result<Filling, Failure> {
        let mut psql = self.psql(database)?;
        psql.stdin.write_all(BEFORE.as_bytes())?;
        Ok(Filling { psql, is_in_table: false, line: Vec::new() })
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.keeper.close() {
            eprintln!("PostgreSQL was not stopped: {error}");
        }
    }
}

struct Psql {
    child: Child,
    stdin: BufWriter<ChildStdin>,
}

impl Psql {
    fn end(mut self) -> Result<(), Failure> {
        self.stdin.flush()?;
        drop(self.stdin);
        self.child.end()
    }
}

/// A big table is filled much faster when its indexes are made afterwards, as far as no foreign key needs them, and its own
/// foreign keys are not looked up for each row.
const BEFORE: &str = "
    SET client_min_messages = warning;
    SET synchronous_commit = off;
    CREATE TEMP TABLE put_off AS
        SELECT format('DROP INDEX %I', indexname) AS forget, indexdef AS make FROM pg_indexes
        WHERE schemaname = 'public' AND tablename IN ('products', 'product_terms') AND indexname LIKE '%\\_idx'
        UNION ALL
        SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
            format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint AS own
        WHERE conrelid IN ('products'::regclass, 'product_terms'::regclass) AND contype IN ('p', 'u')
            AND NOT EXISTS (SELECT FROM pg_constraint AS other WHERE other.contype = 'f' AND other.conindid = own.conindid);
    DO $$ DECLARE statement TEXT; BEGIN
        FOR statement IN SELECT forget FROM put_off LOOP EXECUTE statement; END LOOP;
    END $$;
    ALTER TABLE product_terms DISABLE TRIGGER ALL;
    BEGIN;
";

const AFTER: &str = "
    COMMIT;
    ALTER TABLE product_terms ENABLE TRIGGER ALL;
    SET maintenance_work_mem = '256MB';
    DO $$ DECLARE statement TEXT; BEGIN
        FOR statement IN SELECT make FROM put_off LOOP EXECUTE statement; END LOOP;
    END $$;
    DO $$ DECLARE name TEXT; last BIGINT; BEGIN
        FOR name IN SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND is_identity = 'YES' LOOP
            EXECUTE format('SELECT max(id) FROM %I', name) INTO last;
            PERFORM setval(pg_get_serial_sequence(name, 'id'), last) WHERE last IS NOT NULL;
        END LOOP;
    END $$;
";

/// Rows on their way into a database.
pub struct Filling {
    psql: Psql,
    is_in_table: bool,
    line: Vec<u8>,
}

impl Filling {
    fn end_table(&mut self) -> Result<(), Failure> {
        if std::mem::take(&mut self.is_in_table) {
            self.psql.stdin.write_all(b"\\.\n")?;
        }
        Ok(())
    }

    /// Ends the transaction, and leaves the database as if it had been there for a while.
    pub fn finish(mut self) -> Result<(), Failure> {
        self.end_table()?;
        self.psql.stdin.write_all(AFTER.as_bytes())?;
        write!(self.psql.stdin, "SELECT setval(pg_get_serial_sequence('orders', 'id'), {ORDERS_BEFORE}); VACUUM (ANALYZE); CHECKPOINT;")?;
        self.psql.end()
    }
}

impl Sink for Filling {
    fn table(&mut self, name: &'static str, columns: &'static [&'static str]) -> Result<(), Failure> {
        self.end_table()?;
        self.is_in_table = true;
        Ok(writeln!(self.psql.stdin, "COPY {name} ({}) FROM STDIN;", columns.join(", "))?)
    }

    fn row(&mut self, values: &[Value]) -> Result<(), Failure> {
        self.line.clear();
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.line.push(b'\t');
            }
            match value {
                Value::Null => self.line.extend_from_slice(b"\\N"),
                Value::Int(number) => write!(self.line, "{number}")?,
                Value::Bool(yes) => self.line.push(if *yes { b't' } else { b'f' }),
                // None of the texts that we fill in has a tab or a line break; some have quotes, which mean nothing here.
                Value::Text(text) => self.line.extend_from_slice(text.as_bytes()),
            }
        }
        self.line.push(b'\n');
        Ok(self.psql.stdin.write_all(&self.line)?)
    }
}
