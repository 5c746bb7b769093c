//! One transaction on a pooled connection: begin, announce the vendor, work, commit.

use super::conn::DbConn;
use super::error::Error;
use diesel::connection::{AnsiTransactionManager, Connection, TransactionManager};
use diesel::result::QueryResult;

/// Whether a transaction may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// It may not; PostgreSQL refuses writes, and SQLite's pooled connections are read-only.
    Read,
    /// It may.
    Write,
}

/// How a transaction begins. PostgreSQL's row-level security is told in the same round trip who is asking.
/// `SET LOCAL` also reaches the workers of a Citus cluster, which `set_config` does not.
fn begin(conn: &mut DbConn, intent: Intent, vendor: Option<i64>) -> QueryResult<()> {
    match conn {
        DbConn::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN"),
        DbConn::Postgres(conn) => {
            let mode = if intent == Intent::Read { "BEGIN READ ONLY" } else { "BEGIN" };
            let announced = vendor.map_or_else(|| mode.to_owned(), |vendor| format!("{mode}; SET LOCAL app.vendor_id = '{vendor}'"));
            AnsiTransactionManager::begin_transaction_sql(conn, &announced)
        }
    }
}

/// What became of the attempt.
pub(super) enum Attempt<R, E> {
    /// The connection was dead before anything happened: another one may be tried.
    NeverBegan(Error),
    /// The work ran; its changes are kept if and only if this is `Ok`.
    Ran(Result<R, E>),
}

/// Runs `work` in a transaction on `conn`.
pub(super) fn run<R, E: From<Error>>(
    conn: &mut DbConn,
    intent: Intent,
    vendor: Option<i64>,
    work: impl FnOnce(&mut DbConn) -> Result<R, E>,
) -> Attempt<R, E> {
    if let Err(error) = begin(conn, intent, vendor) {
        return Attempt::NeverBegan(error.into());
    }
    Attempt::Ran(match work(conn) {
        Ok(value) => {
            <DbConn as Connection>::TransactionManager::commit_transaction(conn).map(|()| value).map_err(|error| Error::from(error).into())
        }
        Err(refusal) => {
            // The refusal is what the caller needs to know; a connection that cannot even roll back is discarded by the pool.
            if let Err(error) = <DbConn as Connection>::TransactionManager::rollback_transaction(conn) {
                tracing::warn!(%error, "rollback failed");
            }
            Err(refusal)
        }
    })
}
