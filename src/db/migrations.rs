//! Migrations, compiled into the binary: for each engine those of the control plane and those of the vendors' tables.

use super::conn::{DbConn, Source};
use super::error::Error;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, Result as MigrationResult};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

const POSTGRES: [EmbeddedMigrations; 2] =
    [embed_migrations!("migrations/postgres/control"), embed_migrations!("migrations/postgres/tenant")];
const SQLITE: [EmbeddedMigrations; 2] = [embed_migrations!("migrations/sqlite/control"), embed_migrations!("migrations/sqlite/tenant")];

/// The lock under which one of several instances migrates, while the others wait.
const LOCK: &str = "SELECT pg_advisory_lock(5330112)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(5330112)";

/// Both groups of one engine, in the order of their stamps.
struct Both(&'static [EmbeddedMigrations; 2]);

impl<DB: diesel::backend::Backend> MigrationSource<DB> for Both
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    fn migrations(&self) -> MigrationResult<Vec<Box<dyn Migration<DB>>>> {
        let mut all = Vec::new();
        for group in self.0 {
            all.extend(group.migrations()?);
        }
        all.sort_by(|a, b| a.name().version().cmp(&b.name().version()));
        Ok(all)
    }
}

fn failed(error: impl std::fmt::Display) -> Error {
    Error::Failed(format!("migration: {error}"))
}

fn harness<DB: diesel::backend::Backend>(conn: &mut impl MigrationHarness<DB>, all: Both, work: Work) -> Result<usize, Error>
where
    Both: MigrationSource<DB>,
{
    match work {
        Work::Up => conn.run_pending_migrations(all).map(|done| done.len()).map_err(failed),
        Work::Down => conn.revert_all_migrations(all).map(|done| done.len()).map_err(failed),
        Work::Pending => conn.pending_migrations(all).map(|pending| pending.len()).map_err(failed),
    }
}

#[derive(Clone, Copy)]
enum Work {
    Up,
    Down,
    Pending,
}

fn work(conn: &mut DbConn, work: Work) -> Result<usize, Error> {
    match conn {
        DbConn::Postgres(conn) => harness::<Pg>(conn, Both(&POSTGRES), work),
        DbConn::Sqlite(conn) => harness::<Sqlite>(conn, Both(&SQLITE), work),
    }
}

/// The migrations that this database has had, and those that this program has and it has not.
pub(super) fn state(conn: &mut DbConn) -> Result<State, Error> {
    let rows = diesel::sql_query("SELECT version FROM __diesel_schema_migrations ORDER BY version");
    let (rows, known) = match conn {
        DbConn::Postgres(conn) => (rows.load::<Applied>(conn)?, versions::<Pg>(&Both(&POSTGRES))?),
        DbConn::Sqlite(conn) => (rows.load::<Applied>(conn)?, versions::<Sqlite>(&Both(&SQLITE))?),
    };
    let applied: Vec<_> = rows.into_iter().map(|row| row.version).collect();
    let pending = known.iter().filter(|version| !applied.contains(version)).count();
    Ok(State { applied: applied.len(), pending, latest: applied.into_iter().next_back() })
}

/// How far the tables are.
#[derive(Clone, Debug)]
pub struct State {
    /// How many migrations there were.
    pub applied: usize,
    /// How many are still to come.
    pub pending: usize,
    /// The version of the last one.
    pub latest: Option<String>,
}

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = diesel::sql_types::Text)]
    version: String,
}

fn versions<DB: diesel::backend::Backend>(all: &Both) -> Result<Vec<String>, Error>
where
    Both: MigrationSource<DB>,
{
    let migrations = MigrationSource::<DB>::migrations(all).map_err(failed)?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}

/// Applies what is missing; says how many migrations that were.
pub(super) fn up(source: &Source) -> Result<usize, Error> {
    let mut conn = source.connect()?;
    let lock = source.file().is_none();
    if lock {
        conn.batch_execute("SET statement_timeout = 0; SET lock_timeout = 0")?;
        conn.batch_execute(LOCK)?;
    }
    let done = work(&mut conn, Work::Up);
    if lock {
        conn.batch_execute(UNLOCK)?;
    }
    done
}

/// Takes all migrations back, with all data; for tests.
pub(super) fn down(source: &Source) -> Result<usize, Error> {
    work(&mut source.connect()?, Work::Down)
}

/// How many migrations the database lacks.
pub(super) fn pending(source: &Source) -> Result<usize, Error> {
    work(&mut source.connect()?, Work::Pending)
}
