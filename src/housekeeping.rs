//! What is cleared away once an hour: idempotency keys nobody can use any more, sessions and invitations long over, what was kept of letters that
//! are gone, and orders that are still with somebody who left the team.

use crate::access::{Actor, Itself, Origin, Passwords};
use crate::base::id::VendorId;
use crate::db::Db;
use crate::problem::Problem;
use crate::{customers, idempotency, identity, mail, orders, tenancy};
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

/// Hashes the first passwords that an import left, should the process have ended before they were; and looks again each hour.
pub async fn harden(db: Db, passwords: Passwords) {
    loop {
        if let Err(problem) = harden_once(&db, &passwords).await {
            tracing::warn!(%problem, "first passwords were not hardened; it is tried again in an hour");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Hashes those that there are.
pub async fn harden_once(db: &Db, passwords: &Passwords) -> Result<(), Problem> {
    identity::harden_first_passwords(db, passwords).await
}

/// Clears away once, vendor by vendor.
pub async fn tidy(db: &Db) -> Result<(), Problem> {
    db.write_control(|scope| Ok(identity::forget_sessions(scope)?)).await?;
    db.write_control(|scope| Ok(identity::invitations::forget(scope)?)).await?;
    db.write_control(|scope| Ok(identity::recovery::forget_expired(scope)?)).await?;
    db.write_control(|scope| Ok(mail::forget(scope)?)).await?;
    for vendor in db.read_control(|scope| Ok(tenancy::all(scope)?)).await? {
        db.write(&Itself::at(vendor), |scope| {
            idempotency::forget(scope)?;
            customers::anonymize_again(scope)
        })
        .await?;
        orders::figures::fold(db, vendor).await?;
        take_back(db, vendor).await?;
    }
    Ok(())
}

/// Takes the orders under way back from whoever is no active member: where that failed when they left, or where one
/// was given to them at that very moment.
async fn take_back(db: &Db, vendor: VendorId) -> Result<(), Problem> {
    let key = Itself::at(vendor);
    let assignees = db.read(&key, |scope| Ok(orders::assignees(scope)?)).await?;
    let asked = assignees.clone();
    let active = db.read_control(move |scope| Ok(identity::active_members(scope, vendor, asked.clone())?)).await?;
    for gone in assignees.into_iter().filter(|one| !active.contains(one)) {
        orders::hand_back(db, &key, &Origin::of(Actor::SYSTEM), gone).await?;
    }
    Ok(())
}
