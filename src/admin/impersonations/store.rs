//! The table of impersonations.

use super::model::{Impersonation, ImpersonationQuery, NewImpersonation};
use crate::admin::people::UserRef;
use crate::base::id::{ImpersonationId, SessionId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{impersonations, users, vendors};
use crate::db::{Control, Reading, Result, Writing};
use chrono::TimeDelta;
use diesel::prelude::*;
use std::collections::HashMap;

#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = impersonations)]
struct ImpersonationRow {
    id: ImpersonationId,
    vendor_id: VendorId,
    operator_id: UserId,
    user_id: UserId,
    reason: String,
    created_at: Timestamp,
    expires_at: Timestamp,
    ended_at: Option<Timestamp>,
}

/// Writes one down that has begun, with its session.
pub(super) fn insert(
    scope: &mut Writing<Control>,
    (operator, operator_session): (UserId, SessionId),
    session: SessionId,
    wish: &NewImpersonation,
    ttl: TimeDelta,
) -> Result<ImpersonationId> {
    let now = scope.now();
    let row = (
        impersonations::vendor_id.eq(wish.vendor_id),
        impersonations::operator_id.eq(operator),
        impersonations::user_id.eq(wish.user_id),
        impersonations::session_id.eq(session),
        impersonations::operator_session.eq(operator_session),
        impersonations::reason.eq(&wish.reason),
        impersonations::created_at.eq(now),
        impersonations::expires_at.eq(now.plus(ttl)),
    );
    scope.insert(impersonations::table, row).execute(scope)?;
    scope.rows(impersonations::table).filter(impersonations::session_id.eq(session)).select(impersonations::id).first(scope)
}

pub(super) fn find(scope: &mut Reading<Control>, id: ImpersonationId) -> Result<Impersonation> {
    let row = scope.rows(impersonations::table).filter(impersonations::id.eq(id)).select(ImpersonationRow::as_select()).first(scope)?;
    views(scope, vec![row])?.pop().ok_or(crate::db::Error::NotFound)
}

/// By falling id, before `before`.
pub(super) fn list(
    scope: &mut Reading<Control>,
    wanted: &ImpersonationQuery,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Impersonation>> {
    let mut query =
        scope.rows(impersonations::table).select(ImpersonationRow::as_select()).order(impersonations::id.desc()).limit(limit).into_boxed();
    if let Some(before) = before {
        query = query.filter(impersonations::id.lt(ImpersonationId(before)));
    }
    if let Some(vendor) = wanted.vendor {
        query = query.filter(impersonations::vendor_id.eq(VendorId(vendor)));
    }
    if let Some(operator) = wanted.operator {
        query = query.filter(impersonations::operator_id.eq(UserId(operator)));
    }
    let rows = query.load(scope)?;
    views(scope, rows)
}

/// With the names of people and vendors, in two statements more.
fn views(scope: &mut Reading<Control>, rows: Vec<ImpersonationRow>) -> Result<Vec<Impersonation>> {
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let people: Vec<_> = rows.iter().flat_map(|row| [row.operator_id, row.user_id]).collect();
    let places: Vec<_> = rows.iter().map(|row| row.vendor_id).collect();
    let columns = (users::id, users::username, users::email);
    let people: Vec<(UserId, String, Option<String>)> =
        scope.rows(users::table).filter(users::id.eq_any(people)).select(columns).load(scope)?;
    let people: HashMap<_, _> = people.into_iter().map(|(id, username, email)| (id, UserRef { id, username, email })).collect();
    let domains: Vec<(VendorId, String)> =
        scope.rows(vendors::table).filter(vendors::id.eq_any(places)).select((vendors::id, vendors::domain)).load(scope)?;
    let domains: HashMap<_, _> = domains.into_iter().collect();
    let view = |row: ImpersonationRow| {
        Some(Impersonation {
            id: row.id,
            operator: people.get(&row.operator_id)?.clone(),
            user: people.get(&row.user_id)?.clone(),
            vendor_id: row.vendor_id,
            vendor_domain: domains.get(&row.vendor_id)?.clone(),
            reason: row.reason,
            created_at: row.created_at,
            expires_at: row.expires_at,
            ended_at: row.ended_at,
        })
    };
    Ok(rows.into_iter().filter_map(view).collect())
}

pub(super) fn session_of(scope: &mut Reading<Control>, id: ImpersonationId) -> Result<SessionId> {
    scope.rows(impersonations::table).filter(impersonations::id.eq(id)).select(impersonations::session_id).first(scope)
}

/// Ends one; says whether it had not been ended before.
pub(super) fn end(scope: &mut Writing<Control>, id: ImpersonationId) -> Result<bool> {
    let ended = impersonations::ended_at.eq(scope.now());
    let open = scope.rows(impersonations::table).filter(impersonations::id.eq(id)).filter(impersonations::ended_at.is_null());
    Ok(open.set(ended).execute(scope)? == 1)
}
