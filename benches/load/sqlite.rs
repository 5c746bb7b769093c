//! The SQLite file, past the program: filling it.

use crate::Failure;
use crate::fill::{ORDERS_BEFORE, Sink, Value};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use std::path::Path;

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(number),
            Self::Bool(yes) => ValueRef::Integer(yes.into()),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

/// Rows go into one transaction, which may be lost: nobody has been promised anything yet.
pub struct File {
    connection: Connection,
    insert: String,
}

impl File {
    /// Opens a file whose tables are there.
    pub fn open(file: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(file)?;
        connection.execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; PRAGMA cache_size = -262144; BEGIN",
        )?;
        Ok(Self { connection, insert: String::new() })
    }

    /// Ends the transaction. The file is on the disk afterwards.
    pub fn finish(self) -> Result<(), Failure> {
        self.connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('orders', ?1)", [ORDERS_BEFORE])?;
        self.connection.execute_batch("COMMIT; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL")?;
        let file = self.connection.path().map(std::fs::File::open).transpose()?;
        drop(self.connection);
        Ok(file.map_or(Ok(()), |file| file.sync_all())?)
    }
}

impl Sink for File {
    fn table(&mut self, name: &'static str, columns: &'static [&'static str]) -> Result<(), Failure> {
        let places = vec!["?"; columns.len()].join(", ");
        self.insert = format!("INSERT INTO {name} ({}) VALUES ({places})", columns.join(", "));
        Ok(())
    }

    fn row(&mut self, values: &[Value]) -> Result<(), Failure> {
        self.connection.prepare_cached(&self.insert)?.execute(rusqlite::params_from_iter(values))?;
        Ok(())
    }
}
