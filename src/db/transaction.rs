//! One piece of work on a pooled connection: begin, announce the vendor, work, commit.

use super::conn::{DbConn, Pooled};
use super::error::Error;
use crate::problem::Problem;
use diesel::connection::{AnsiTransactionManager, Connection, SimpleConnection, TransactionManager};
use diesel::result::QueryResult;

/// Whether the work may change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Intent {
    /// It may not; SQLite's pooled connections are read-only.
    Read,
    /// It may.
    Write,
}

/// Begins, and tells PostgreSQL's row-level security who is asking; says whether there is a transaction to be ended.
///
/// A write's announcement travels with its BEGIN and ends with it. (`SET LOCAL` also reaches the workers of a Citus
/// cluster, which `set_config` does not.) A read on PostgreSQL needs no transaction: at READ COMMITTED each statement
/// sees what is committed when it begins, within one or not. So it takes two round trips less, and another one less
/// when the connection served the same vendor last.
fn begin(pooled: &mut Pooled, intent: Intent, vendor: Option<i64>) -> QueryResult<bool> {
    match (&mut pooled.conn, intent) {
        (DbConn::Sqlite(conn), _) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN").map(|()| true),
        (DbConn::Postgres(conn), Intent::Write) => {
            let announced = vendor.map_or_else(|| "BEGIN".to_owned(), |vendor| format!("BEGIN; SET LOCAL app.vendor_id = '{vendor}'"));
            AnsiTransactionManager::begin_transaction_sql(conn, &announced).map(|()| true)
        }
        (DbConn::Postgres(conn), Intent::Read) => {
            if let Some(vendor) = vendor.filter(|_| pooled.announced != vendor) {
                conn.batch_execute(&format!("SET app.vendor_id = '{vendor}'"))?;
                pooled.announced = Some(vendor);
            }
            Ok(false)
        }
    }
}

/// What became of the attempt.
pub(super) enum Attempt<R> {
    /// The connection was dead, and nothing happened: another one may be tried.
    Dead(Problem),
    /// The work ran; its changes are kept if and only if this is `Ok`.
    Ran(Result<R, Problem>),
}

/// Runs `work` on a connection.
pub(super) fn run<R>(
    pooled: &mut Pooled,
    intent: Intent,
    vendor: Option<i64>,
    work: impl FnOnce(&mut DbConn) -> Result<R, Problem>,
) -> Attempt<R> {
    let is_transaction = match begin(pooled, intent, vendor) {
        Ok(is_transaction) => is_transaction,
        Err(error) => return Attempt::Dead(Error::from(error).into()),
    };
    let outcome = work(&mut pooled.conn);
    match outcome {
        Err(problem) if intent == Intent::Read && problem.is_lost() => Attempt::Dead(problem),
        outcome if is_transaction => Attempt::Ran(end(&mut pooled.conn, outcome)),
        outcome => Attempt::Ran(outcome),
    }
}

/// Commits what succeeded, and takes back what did not.
fn end<R>(conn: &mut DbConn, outcome: Result<R, Problem>) -> Result<R, Problem> {
    match outcome {
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
    }
}
