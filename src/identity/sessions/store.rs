//! The table of sessions: beginning one, going on with it, and one's own.

use super::model::Session;
use crate::access::{Device, Subject, random_id};
use crate::base::id::{CustomerId, SessionId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{sessions, vendors};
use crate::db::{Control, Reading, Result, Writing};
use crate::identity::VendorRef;
use diesel::prelude::*;

#[derive(Insertable)]
#[diesel(table_name = sessions)]
struct NewSession {
    vendor_id: Option<VendorId>,
    user_id: Option<UserId>,
    customer_id: Option<CustomerId>,
    refresh_id: String,
    created_at: Timestamp,
    last_used_at: Timestamp,
    expires_at: Timestamp,
    address: Option<String>,
    user_agent: Option<String>,
}

/// A session, in the order of its columns.
type SessionColumns = (
    SessionId,
    Option<VendorId>,
    Option<UserId>,
    Option<CustomerId>,
    String,
    Timestamp,
    Timestamp,
    Timestamp,
    Option<Timestamp>,
    Option<String>,
    Option<String>,
);

/// Begins a session; `refresh_id` names its first refresh token.
pub fn insert_session(
    scope: &mut Writing<Control>,
    subject: Subject,
    vendor_id: Option<VendorId>,
    refresh_id: String,
    expires_at: Timestamp,
    device: &Device,
) -> Result<SessionId> {
    let (user_id, customer_id) = match subject {
        Subject::User(id) => (Some(id), None),
        Subject::Customer(id) => (None, Some(id)),
    };
    let now = scope.now();
    let (address, user_agent) = (device.address.map(|address| address.to_string()), device.user_agent.as_deref().map(str::to_owned));
    let row =
        NewSession { vendor_id, user_id, customer_id, refresh_id, created_at: now, last_used_at: now, expires_at, address, user_agent };
    let session: SessionColumns = scope.insert(sessions::table, row).one(scope)?;
    Ok(session.0)
}

/// Remembers that somebody has proved to be themselves on this device, by what is over in the same moment.
pub fn remember_place(scope: &mut Writing<Control>, subject: Subject, vendor: Option<VendorId>, device: &Device) -> Result<()> {
    insert_session(scope, subject, vendor, random_id(), scope.now(), device).map(drop)
}

/// Exchanges a session's refresh token for the next; says whether the old one was the current one of a live session.
pub fn rotate(
    scope: &mut Writing<Control>,
    id: SessionId,
    (old, new): (&str, &str),
    expires_at: Timestamp,
    device: &Device,
) -> Result<bool> {
    let now = scope.now();
    let place =
        (sessions::address.eq(device.address.map(|address| address.to_string())), sessions::user_agent.eq(device.user_agent.as_deref()));
    let touched = scope
        .rows(sessions::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::refresh_id.eq(old))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .set((sessions::refresh_id.eq(new), sessions::last_used_at.eq(now), sessions::expires_at.eq(expires_at), place))
        .execute(scope)?;
    Ok(touched == 1)
}

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
