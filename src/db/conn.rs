//! Connections to either engine, and how r2d2 makes them.
//!
//! The engine is chosen by the URL's scheme, so that a mistake is reported by the engine that was meant;
//! an SQLite file is opened, never made, except where [`Source::create`] was asked for.

#![expect(clippy::disallowed_methods, reason = "connections are made here, and nowhere else")]

use super::error::{Error, Result};
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;
use std::path::{Path, PathBuf};

/// A connection to one of the two engines; one query text serves both.
#[derive(diesel::MultiConnection)]
pub enum DbConn {
    /// PostgreSQL.
    Postgres(PgConnection),
    /// SQLite.
    Sqlite(SqliteConnection),
}

/// How safe a commit is against the loss of power (SQLite only).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synchronous {
    /// Every commit is on the disk before it is answered.
    Full,
    /// The last commits may be lost with the power, never with the process.
    Normal,
}

/// Where the data is.
#[derive(Clone)]
pub enum Source {
    /// A PostgreSQL server, by its URL.
    Postgres(String),
    /// An SQLite file.
    Sqlite {
        /// The file.
        path: PathBuf,
        /// What a commit waits for.
        synchronous: Synchronous,
        /// Whether the connection may only read.
        read_only: bool,
    },
}

/// What every PostgreSQL connection is told: nothing waits without end.
const POSTGRES_SESSION: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
    SET idle_in_transaction_session_timeout = '30s'; SET client_min_messages = warning;";

/// How much the writer of an SQLite file remembers of it at the most, in KiB.
const WRITER_CACHE_KIB: u32 = 32 * 1024;

/// What lifts a role above row-level security.
const UNBOUND: &str = "(SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)";

impl Source {
    /// The source that a `DATABASE_URL` names.
    pub fn parse(url: &str, synchronous: Synchronous) -> std::result::Result<Self, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite://") {
            Some(path) if !path.is_empty() => Ok(Self::Sqlite { path: path.into(), synchronous, read_only: false }),
            _ => Err("must start with sqlite:// (and name a file) or postgres://".to_owned()),
        }
    }

    /// The file, if it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Postgres(_) => None,
            Self::Sqlite { path, .. } => Some(path),
        }
    }

    /// The same source, for reading only.
    pub fn reading(&self) -> Self {
        let mut source = self.clone();
        if let Self::Sqlite { read_only, .. } = &mut source {
            *read_only = true;
        }
        source
    }

    /// Makes the SQLite file when there is none. Its folder must exist.
    pub fn create(&self) -> std::result::Result<(), String> {
        let Some(path) = self.file() else { return Ok(()) };
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        // Nobody else's business; SQLite gives its log the same mode.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map(drop).map_err(|error| format!("cannot make {}: {error}", path.display()))
    }

    /// Whether row-level security, which should hold for the role, does not.
    pub fn is_unbound(&self) -> Result<bool> {
        match self.connect()? {
            DbConn::Sqlite(_) => Ok(false),
            DbConn::Postgres(mut conn) => {
                let unbound = diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(UNBOUND)).get_result(&mut conn)?;
                Ok(unbound)
            }
        }
    }

    /// Opens the connection that all writes to an SQLite file go through. The pages that they change are remembered between
    /// them: each order changes some that belong to its vendor alone.
    pub fn connect_to_write(&self) -> Result<DbConn> {
        let mut conn = self.connect()?;
        conn.batch_execute(&format!("PRAGMA cache_size = -{WRITER_CACHE_KIB}"))?;
        Ok(conn)
    }

    /// Opens a connection and prepares it.
    pub fn connect(&self) -> Result<DbConn> {
        match self {
            Self::Postgres(url) => {
                let mut conn = PgConnection::establish(&with_patience(url)).map_err(|error| Error::Busy(error.to_string()))?;
                conn.batch_execute(POSTGRES_SESSION)?;
                Ok(DbConn::Postgres(conn))
            }
            Self::Sqlite { path, synchronous, read_only } => {
                let mut conn =
                    SqliteConnection::establish(&uri(path)).map_err(|error| Error::Busy(format!("{}: {error}", path.display())))?;
                let synchronous = if *synchronous == Synchronous::Full { "FULL" } else { "NORMAL" };
                conn.batch_execute(&format!(
                    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous}; PRAGMA foreign_keys = ON; \
                     PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 268435456; PRAGMA trusted_schema = OFF; PRAGMA wal_autocheckpoint = 0; \
                     PRAGMA journal_size_limit = 67108864;"
                ))?;
                if *read_only {
                    conn.batch_execute("PRAGMA query_only = ON")?;
                }
                Ok(DbConn::Sqlite(conn))
            }
        }
    }
}

/// How long connecting may take, in seconds; and how long a server may leave us without any sign of life, in milliseconds
/// while it owes us one, and in seconds and signs while it does not.
const PATIENCE: [(&str, u32); 5] =
    [("connect_timeout", 5), ("tcp_user_timeout", 10_000), ("keepalives_idle", 5), ("keepalives_interval", 3), ("keepalives_count", 3)];

/// The URL with limits, unless it sets them itself: a server that accepts and then says nothing, or is gone without a
/// word, would be waited for without end.
fn with_patience(url: &str) -> String {
    PATIENCE.iter().filter(|(name, _)| !url.contains(&format!("{name}="))).fold(url.to_owned(), |url, (name, value)| {
        let separator = if url.contains('?') { '&' } else { '?' };
        format!("{url}{separator}{name}={value}")
    })
}

/// The URI that opens an existing file, whatever characters its name has.
fn uri(path: &Path) -> String {
    let escaped = path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    format!("file:{escaped}?mode=rw")
}

/// A connection in the pool.
pub struct Pooled {
    /// The connection.
    pub conn: DbConn,
    /// Set once it was found to be broken: it is not put back.
    pub dead: bool,
    /// Whose rows PostgreSQL's row-level security shows outside of a transaction: the vendor that was announced last.
    pub announced: Option<i64>,
}

impl r2d2::ManageConnection for Source {
    type Connection = Pooled;
    type Error = Error;

    fn connect(&self) -> Result<Pooled> {
        Ok(Pooled { conn: Self::connect(self)?, dead: false, announced: None })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<()> {
        pooled.conn.batch_execute("SELECT 1").map_err(Error::from)
    }

    /// A panic or a broken transaction leaves a connection in a state that nobody knows.
    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        pooled.dead
            || std::thread::panicking()
            || match &mut pooled.conn {
                DbConn::Postgres(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
                DbConn::Sqlite(conn) => AnsiTransactionManager::is_broken_transaction_manager(conn),
            }
    }
}

#[cfg(test)]
mod tests {
    use super::with_patience;

    #[test]
    fn a_url_gets_the_limits_that_it_does_not_set_itself() {
        let limited = with_patience("postgres://stoa@db/stoa");
        assert!(limited.starts_with("postgres://stoa@db/stoa?connect_timeout=5&tcp_user_timeout=10000&keepalives_idle="), "{limited}");
        let limited = with_patience("postgres://stoa@db/stoa?sslmode=require&connect_timeout=2");
        assert!(limited.starts_with("postgres://stoa@db/stoa?sslmode=require&connect_timeout=2&tcp_user_timeout="), "{limited}");
        assert_eq!((limited.matches("connect_timeout").count(), limited.matches('?').count()), (1, 1), "{limited}");
    }
}
