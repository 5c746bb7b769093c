//! Beginning a mass reset, working through it, and going on with what a crash interrupted.

use super::model::{NewPasswordReset, PasswordReset, Wanted};
use super::store;
use crate::access::Operator;
use crate::audit::{self, Action, Entry, Target};
use crate::base::id::PasswordResetId;
use crate::base::names;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Control, Db, Reading, Writing};
use crate::identity::{Desk, recovery};
use crate::mail::Links;
use crate::problem::Problem;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many users are done in one transaction.
const STEP: i64 = 20;

/// Writes down what is to be done.
pub(super) async fn begin(operator: &Operator, db: &Db, wish: NewPasswordReset) -> Result<PasswordReset, Problem> {
    if wish.vendor_id.is_none() && wish.q.is_none() && !wish.everybody {
        return Err(Problem::invalid_at("/vendor_id", "required", "say whose: a vendor_id, a q, or everybody"));
    }
    let wanted = Wanted { vendor: wish.vendor_id, prefix: wish.q.as_deref().map(|text| names::key(text.trim())) };
    let operator = operator.clone();
    db.write_control(move |scope| {
        if let Some(vendor) = wanted.vendor
            && !store::is_vendor(scope, vendor)?
        {
            return Err(Problem::invalid_at("/vendor_id", "unknown_vendor", "is no vendor"));
        }
        let id = store::insert(scope, operator.id(), &wanted, &wish.reason)?;
        let begun = store::find(scope, id)?;
        let after = json!({ "reason": begun.reason, "vendor_id": begun.vendor_id, "q": begun.q, "total": begun.total });
        let entry =
            Entry { vendor: wanted.vendor, action: Action::PasswordsReset, target: (Target::Platform, 0), before: Value::Null, after };
        audit::note(scope, operator.origin(), entry);
        Ok(begun)
    })
    .await
}

/// A page of them, newest first.
pub(super) fn list(scope: &mut Reading<Control>, before: Option<i64>, limit: i64, list: &str) -> Result<Page<PasswordReset>, Problem> {
    let rows = store::list(scope, before, limit + 1)?;
    let cursor = |last: &PasswordReset| Cursor { list: list.to_owned(), key: Key::Number(last.id.0), id: last.id.0 };
    Ok(Page::of(rows, limit, cursor, |row| row))
}

/// One.
pub(super) fn see(scope: &mut Reading<Control>, id: PasswordResetId) -> Result<PasswordReset, Problem> {
    Ok(store::find(scope, id)?)
}

/// Works through one in the background.
pub(super) fn go_on(desk: Arc<Desk>, id: PasswordResetId) {
    tokio::spawn(async move {
        if let Err(problem) = work_through(&desk.db, &desk.links, id).await {
            tracing::warn!(%problem, "a mass reset of passwords was interrupted; it goes on within the hour");
        }
    });
}

/// Goes on with all that were interrupted.
pub async fn resume(db: &Db, links: &Links) -> Result<(), Problem> {
    for id in db.read_control(|scope| Ok(store::unfinished(scope)?)).await? {
        work_through(db, links, id).await?;
    }
    Ok(())
}

async fn work_through(db: &Db, links: &Links, id: PasswordResetId) -> Result<(), Problem> {
    loop {
        let links = links.clone();
        if db.write_control(move |scope| step(scope, &links, id)).await? {
            return Ok(());
        }
    }
}

/// Does the next few; says whether that was the end. Whoever else works through the same waits, and takes the next ones.
fn step(scope: &mut Writing<Control>, links: &Links, id: PasswordResetId) -> Result<bool, Problem> {
    let Some((wanted, last)) = store::hold(scope, id)? else { return Ok(true) };
    let users = store::next(scope, &wanted, last, STEP)?;
    let last = users.last().map_or(last, |(user, ..)| *user);
    let (mut done, mut mailed) = (0, 0);
    for (user, email, is_active) in users {
        // Who may not sign in can do nothing with a letter.
        let email = email.filter(|_| is_active);
        done += 1;
        mailed += i64::from(email.is_some());
        recovery::take_password(scope, links, user, email)?;
    }
    store::advance(scope, id, last, (done, mailed), done < STEP)?;
    Ok(done < STEP)
}
