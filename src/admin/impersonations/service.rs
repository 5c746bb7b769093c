//! Beginning, seeing and ending impersonations.

use super::model::{Begun, Impersonation, ImpersonationQuery, NewImpersonation};
use super::store;
use crate::access::{Operator, random_id};
use crate::audit::{self, Action, Entry, Target};
use crate::base::id::ImpersonationId;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Control, Reading, Writing};
use crate::identity::{self, Desk};
use crate::problem::Problem;
use chrono::TimeDelta;
use serde_json::{Value, json};

/// Begins one, with a session of its own that nobody has a refresh token for.
pub(super) async fn begin(operator: &Operator, desk: &Desk, wish: NewImpersonation) -> Result<Begun, Problem> {
    let (ttl, by) = (TimeDelta::minutes(wish.minutes), operator.clone());
    let begun = desk.db.write_control(move |scope| {
        let bearer = identity::begin_for(scope, wish.user_id, wish.vendor_id, ttl)?.ok_or_else(nobody)?;
        let id = store::insert(scope, (by.id(), by.session()), bearer.session, &wish, ttl)?;
        let begun = store::find(scope, id)?;
        note(scope, &by, Action::ImpersonationStarted, &begun);
        Ok((begun, bearer))
    });
    let (impersonation, bearer) = begun.await?;
    let access = desk.keys.sign_impersonation(&bearer, operator.id(), random_id(), desk.clock.now(), ttl).map_err(Problem::internal)?;
    Ok(Begun { access, token_type: "Bearer", expires_in: ttl.num_seconds(), impersonation })
}

fn nobody() -> Problem {
    Problem::invalid_at("/user_id", "not_a_member", "must be an active member of this vendor's team, and the vendor must be open")
}

/// Puts it on record, for the vendor's people to see, too.
fn note(scope: &mut Writing<Control>, operator: &Operator, action: Action, what: &Impersonation) {
    let after = json!({ "reason": what.reason, "expires_at": what.expires_at });
    let entry = Entry { vendor: Some(what.vendor_id), action, target: (Target::User, what.user.id.0), before: Value::Null, after };
    audit::note(scope, operator.origin(), entry);
}

/// A page of them, newest first.
pub(super) fn list(
    scope: &mut Reading<Control>,
    query: &ImpersonationQuery,
    before: Option<i64>,
    limit: i64,
    list: &str,
) -> Result<Page<Impersonation>, Problem> {
    let rows = store::list(scope, query, before, limit + 1)?;
    let cursor = |last: &Impersonation| Cursor { list: list.to_owned(), key: Key::Number(last.id.0), id: last.id.0 };
    Ok(Page::of(rows, limit, cursor, |row| row))
}

/// One.
pub(super) fn see(scope: &mut Reading<Control>, id: ImpersonationId) -> Result<Impersonation, Problem> {
    Ok(store::find(scope, id)?)
}

/// Ends one, whoever began it.
pub(super) fn end(scope: &mut Writing<Control>, operator: &Operator, id: ImpersonationId) -> Result<(), Problem> {
    let (what, session) = (store::find(scope, id)?, store::session_of(scope, id)?);
    if store::end(scope, id)? {
        identity::end_session(scope, session)?;
        note(scope, operator, Action::ImpersonationEnded, &what);
    }
    Ok(())
}
