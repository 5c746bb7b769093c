//! What is cleared away once an hour: idempotency keys nobody can use any more, sessions long over, and
//! what was kept of letters that are gone.

use crate::access::Itself;
use crate::db::Db;
use crate::problem::Problem;
use crate::{idempotency, identity, mail, tenancy};
use std::time::Duration;

const EVERY: Duration = Duration::from_hours(1);

/// Keeps house until the process ends.
pub async fn keep(db: Db) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(problem) = tidy(&db).await {
            tracing::warn!(%problem, "housekeeping failed; it is tried again in an hour");
        }
    }
}

/// Clears away once, vendor by vendor.
pub async fn tidy(db: &Db) -> Result<(), Problem> {
    db.write_control(|scope| Ok(identity::forget_sessions(scope)?)).await?;
    db.write_control(|scope| Ok(mail::forget(scope)?)).await?;
    for vendor in db.read_control(|scope| Ok(tenancy::all(scope)?)).await? {
        db.write(&Itself::at(vendor), |scope| Ok(idempotency::forget(scope)?)).await?;
    }
    Ok(())
}
