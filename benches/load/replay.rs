//! How fast the file takes orders when nothing is around it: the program's statements, as many in a commit as the
//! program had in one, on connections like the program's.

use crate::Failure;
use crate::client::Shop;
use crate::order::{self, Own, Script};
use crate::record::Statement;
use crate::values::Value;
use rusqlite::Connection;
use rusqlite::types::Value as Column;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// What the program tells its connections.
const PRAGMAS: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; \
    PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0; \
    PRAGMA cache_size = -65536;";

/// How often the log is moved into the file, as the program does it: beside the writing.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);

fn open(file: &Path) -> Result<Connection, Failure> {
    let connection = Connection::open(file)?;
    connection.execute_batch(PRAGMAS)?;
    connection.set_prepared_statement_cache_capacity(100);
    Ok(connection)
}

/// The orders of some shops on a file.
pub struct Replay<'a> {
    /// What is run.
    pub script: &'a Script,
    /// Where.
    pub file: &'a Path,
    /// At which shops, in turn.
    pub shops: &'a [Shop],
}

/// How the next order differs from the others.
struct Next<'a> {
    shop: &'a Shop,
    caller: String,
    key: String,
    first: i64,
    second: i64,
    id: i64,
    number: i64,
}

impl Replay<'_> {
    /// Orders a second, `batch` in each commit on average.
    pub fn rate(&self, batch: f64, warm_up: Duration, measured: Duration, seed: u64) -> Result<f64, Failure> {
        let mut connections = BTreeMap::new();
        for statement in &self.script.statements {
            if let std::collections::btree_map::Entry::Vacant(entry) = connections.entry(statement.connection) {
                entry.insert(open(self.file)?);
            }
        }
        let is_begin = |statement: &&Statement| statement.says("begin immediate");
        let writer = self.script.statements.iter().find(is_begin).ok_or("nothing was written")?.connection;
        let (reading, writing): (Vec<_>, Vec<_>) = self.script.statements.iter().partition(|statement| statement.connection != writer);
        let is_group = |statement: &&&Statement| statement.says("begin immediate") || statement.sql.eq_ignore_ascii_case("commit");
        let writing: Vec<_> = writing.iter().filter(|statement| !is_group(statement)).copied().collect();
        let log = connections.get(&writer).ok_or("there is no writer")?;
        let before = orders(log)?;
        let (stop, stopped) = channel::<()>();
        let (start, mut counted, mut all, mut due) = (Instant::now(), 0, 0, 0.0);
        std::thread::scope(|scope| {
            scope.spawn(move || checkpoint(self.file, &stopped));
            // Moved in, so that the thread ends when this does, however it does.
            let _stop = stop;
            while start.elapsed() < warm_up + measured {
                due += batch;
                log.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
                let mut orders = 0;
                while due >= 1.0 {
                    due -= 1.0;
                    orders += 1;
                    let mut next = self.next(seed, all + orders)?;
                    for statement in reading.iter().chain(&writing) {
                        let connection = connections.get(&statement.connection).ok_or("a statement without a connection")?;
                        self.run(connection, statement, &mut next)?;
                    }
                }
                log.prepare_cached("COMMIT")?.execute([])?;
                all += orders;
                if start.elapsed() > warm_up {
                    counted += orders;
                }
            }
            Ok::<(), Failure>(())
        })?;
        let made = orders(log)? - before;
        if made != i64::try_from(all)? {
            return Err(format!("{all} orders were replayed, and {made} are in the file").into());
        }
        #[expect(clippy::cast_precision_loss, reason = "there are not so many orders")]
        Ok(counted as f64 / start.elapsed().saturating_sub(warm_up).as_secs_f64())
    }

    fn next(&self, seed: u64, number: u64) -> Result<Next<'_>, Failure> {
        let count = u64::try_from(self.shops.len())?;
        let shop = usize::try_from(number % count).ok().and_then(|index| self.shops.get(index)).ok_or("there is no shop")?;
        // Far from each other, and from those of the order before.
        let half = shop.products / 2;
        let step = i64::try_from(number / count * 7919)? % half;
        Ok(Next {
            shop,
            caller: order::caller(shop.first_customer),
            key: format!("{seed:016x}-{number:010}"),
            first: shop.first_product + step,
            second: shop.first_product + half + step,
            id: 0,
            number: 0,
        })
    }

    fn run(&self, connection: &Connection, statement: &Statement, next: &mut Next<'_>) -> Result<(), Failure> {
        let mut prepared = connection.prepare_cached(&statement.sql)?;
        for (index, value) in (1..).zip(&statement.binds) {
            match self.script.own(value) {
                Some(Own::Key) => prepared.raw_bind_parameter(index, &next.key)?,
                Some(Own::Vendor) => prepared.raw_bind_parameter(index, next.shop.vendor)?,
                Some(Own::Customer) => prepared.raw_bind_parameter(index, next.shop.first_customer)?,
                Some(Own::Caller) => prepared.raw_bind_parameter(index, &next.caller)?,
                Some(Own::Session) => prepared.raw_bind_parameter(index, next.shop.session)?,
                Some(Own::First) => prepared.raw_bind_parameter(index, next.first)?,
                Some(Own::Second) => prepared.raw_bind_parameter(index, next.second)?,
                Some(Own::Id) => prepared.raw_bind_parameter(index, next.id)?,
                Some(Own::Number) => prepared.raw_bind_parameter(index, next.number)?,
                None => match value {
                    Value::Null => prepared.raw_bind_parameter(index, Column::Null)?,
                    Value::Int(number) => prepared.raw_bind_parameter(index, number)?,
                    Value::Bool(yes) => prepared.raw_bind_parameter(index, yes)?,
                    Value::Text(text) => prepared.raw_bind_parameter(index, text)?,
                    Value::List(_) => return Err(format!("SQLite knows no lists: {}", statement.sql).into()),
                },
            }
        }
        let made = Script::makes(statement);
        let column = if made == Some(Own::Id) { "id" } else { "last_number" };
        let mut rows = prepared.raw_query();
        while let Some(row) = rows.next()? {
            match made {
                Some(Own::Id) => next.id = row.get(column)?,
                Some(Own::Number) => next.number = row.get(column)?,
                _ => {}
            }
        }
        Ok(())
    }
}

fn orders(connection: &Connection) -> Result<i64, Failure> {
    Ok(connection.query_row("SELECT count(*) FROM orders", [], |row| row.get(0))?)
}

fn checkpoint(file: &Path, stopped: &std::sync::mpsc::Receiver<()>) {
    let Ok(connection) = open(file) else { return };
    while stopped.recv_timeout(CHECKPOINT_EVERY) == Err(RecvTimeoutError::Timeout) {
        // One that could not be done is done the next time.
        drop(connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)").and_then(|mut pragma| pragma.query([])?.next().map(drop)));
    }
}
