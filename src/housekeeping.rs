//! What goes on beside all requests. Once an hour is cleared away what nobody can use any more: idempotency keys, sessions and
//! invitations long over, what was kept of letters that are gone, and orders that are still with somebody who left the team.
//! Long work that was interrupted is gone on with; and every few minutes the platform's sums of sales are brought up to date.

use crate::access::{Actor, Itself, Origin, Passwords};
use crate::base::id::VendorId;
use crate::db::Db;
use crate::mail::Links;
use crate::problem::Problem;
use crate::{admin, customers, idempotency, identity, mail, orders, tenancy};
use std::time::Duration;

const EVERY: Duration = Duration::from_hours(1);
/// How often the platform's sums are brought up to date.
const COLLECT_EVERY: Duration = Duration::from_mins(5);

/// Keeps house until the process ends.
pub async fn keep(db: Db) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(problem) = tidy(&db).await {
            tracing::warn!(%problem, "housekeeping failed; it is tried again in an hour");
        }
    }
}

/// Goes on with what operators began, should a process have ended before it was done, and looks again each hour.
pub async fn resume(db: Db, passwords: Passwords, links: Links) {
    loop {
        if let Err(problem) = resume_once(&db, &passwords, &links).await {
            tracing::warn!(%problem, "what operators began was not gone on with; it is tried again in an hour");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Takes the passwords that were to be taken, and hashes the first passwords that an import left.
pub async fn resume_once(db: &Db, passwords: &Passwords, links: &Links) -> Result<(), Problem> {
    admin::resume_resets(db, links).await?;
    identity::harden_first_passwords(db, passwords).await
}

/// Brings the platform's sums of sales up to date, now and every few minutes.
pub async fn collect(db: Db) {
    loop {
        if let Err(problem) = collect_once(&db).await {
            tracing::warn!(%problem, "the platform's sums were not brought up to date; it is tried again in a few minutes");
        }
        tokio::time::sleep(COLLECT_EVERY).await;
    }
}

/// Brings them up to date, going from vendor to vendor.
pub async fn collect_once(db: &Db) -> Result<(), Problem> {
    let (vendors, known) = db.read_control(|scope| Ok((tenancy::all(scope)?, admin::sales_marks(scope)?))).await?;
    for vendor in vendors {
        orders::figures::fold(db, vendor).await?;
        let itself = Itself::at(vendor);
        let mark = db.read(&itself, orders::figures::mark).await?;
        if known.get(&vendor) != Some(&mark) {
            let (mark, days) = db.read(&itself, orders::figures::days).await?;
            db.write_control(move |scope| admin::note_sales(scope, vendor, &mark, &days)).await?;
        }
    }
    Ok(())
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
