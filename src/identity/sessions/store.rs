//! One's own rows of the table of sessions.

use super::model::Session;
use crate::access::Subject;
use crate::base::id::{SessionId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{sessions, vendors};
use crate::db::{Control, Reading, Result, Writing};
use crate::identity::VendorRef;
use diesel::prelude::*;

/// How many of somebody's sessions tell which places are usual for them.
const MOST_PLACES: i64 = 50;

#[derive(Queryable)]
struct Row {
    id: SessionId,
    vendor_id: Option<VendorId>,
    domain: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
}

/// Somebody's live sessions by falling id, before `before`: a user's at all vendors, a customer's at theirs.
pub(super) fn list(
    scope: &mut Reading<Control>,
    (subject, vendor, current): (Subject, VendorId, SessionId),
    before: i64,
    limit: i64,
) -> Result<Vec<Session>> {
    let live = scope
        .rows(sessions::table)
        .left_join(vendors::table.on(vendors::id.nullable().eq(sessions::vendor_id)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(scope.now()))
        .filter(sessions::id.lt(SessionId(before)))
        .order(sessions::id.desc())
        .limit(limit)
        .select((
            sessions::id,
            sessions::vendor_id,
            vendors::domain.nullable(),
            sessions::address,
            sessions::user_agent,
            sessions::created_at,
            sessions::last_used_at,
            sessions::expires_at,
        ));
    let rows: Vec<Row> = match subject {
        Subject::User(id) => live.filter(sessions::user_id.eq(id)).load(scope)?,
        Subject::Customer(id) => live.filter(sessions::customer_id.eq(id)).filter(sessions::vendor_id.eq(vendor)).load(scope)?,
    };
    let view = |row: Row| Session {
        id: row.id,
        is_current: row.id == current,
        vendor: row.vendor_id.zip(row.domain).map(|(id, domain)| VendorRef { id, domain }),
        address: row.address,
        user_agent: row.user_agent,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
    };
    Ok(rows.into_iter().map(view).collect())
}

/// Ends one of somebody's own live sessions; says whether there was such a one.
pub(super) fn end(scope: &mut Writing<Control>, subject: Subject, vendor: VendorId, id: SessionId) -> Result<bool> {
    let now = scope.now();
    let live =
        scope.rows(sessions::table).filter(sessions::id.eq(id)).filter(sessions::revoked_at.is_null()).filter(sessions::expires_at.gt(now));
    let revoked = sessions::revoked_at.eq(now);
    let ended = match subject {
        Subject::User(user) => live.filter(sessions::user_id.eq(user)).set(revoked).execute(scope)?,
        Subject::Customer(customer) => {
            live.filter(sessions::customer_id.eq(customer)).filter(sessions::vendor_id.eq(vendor)).set(revoked).execute(scope)?
        }
    };
    Ok(ended == 1)
}

/// The network addresses of somebody's latest sessions, ended ones too.
pub fn places(scope: &mut Reading<Control>, subject: Subject, vendor: Option<VendorId>) -> Result<Vec<String>> {
    let latest = scope.rows(sessions::table).order(sessions::id.desc()).limit(MOST_PLACES).select(sessions::address.assume_not_null());
    let latest = latest.filter(sessions::address.is_not_null());
    match subject {
        Subject::User(id) => latest.filter(sessions::user_id.eq(id)).load(scope),
        Subject::Customer(id) => latest.filter(sessions::customer_id.eq(id)).filter(sessions::vendor_id.eq(vendor)).load(scope),
    }
}
