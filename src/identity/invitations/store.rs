//! The table of invitations.

use super::model::{Invitation, InvitationStatus};
use crate::access::{Permission, Permissions};
use crate::base::id::{InvitationId, RoleId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{invitations, roles, vendors};
use crate::db::{Control, Reading, Result, Writing};
use crate::identity::roles::RoleRow;
use chrono::TimeDelta;
use diesel::prelude::*;

/// An invitation, without its token.
#[derive(Clone, Debug, Queryable)]
pub(super) struct InvitationRow {
    pub id: InvitationId,
    pub vendor_id: VendorId,
    pub email: String,
    pub email_key: String,
    pub invited_by: UserId,
    created_at: Timestamp,
    sent_at: Timestamp,
    pub expires_at: Timestamp,
    accepted_at: Option<Timestamp>,
    accepted_by: Option<UserId>,
    revoked_at: Option<Timestamp>,
}

type InvitationColumns = (
    invitations::id,
    invitations::vendor_id,
    invitations::email,
    invitations::email_key,
    invitations::invited_by,
    invitations::created_at,
    invitations::sent_at,
    invitations::expires_at,
    invitations::accepted_at,
    invitations::accepted_by,
    invitations::revoked_at,
);
const INVITATION: InvitationColumns = (
    invitations::id,
    invitations::vendor_id,
    invitations::email,
    invitations::email_key,
    invitations::invited_by,
    invitations::created_at,
    invitations::sent_at,
    invitations::expires_at,
    invitations::accepted_at,
    invitations::accepted_by,
    invitations::revoked_at,
);

impl InvitationRow {
    pub(super) fn status(&self, now: Timestamp) -> InvitationStatus {
        match (self.accepted_at, self.revoked_at) {
            (Some(_), _) => InvitationStatus::Accepted,
            (None, Some(_)) => InvitationStatus::Revoked,
            (None, None) if self.expires_at > now => InvitationStatus::Open,
            (None, None) => InvitationStatus::Expired,
        }
    }
}

/// As the team sees it at this moment.
pub(super) fn view((row, role): Found, now: Timestamp) -> Invitation {
    Invitation {
        status: row.status(now),
        id: row.id,
        email: row.email,
        role: role.named(),
        invited_by: row.invited_by,
        created_at: row.created_at,
        sent_at: row.sent_at,
        expires_at: row.expires_at,
        accepted_at: row.accepted_at,
        accepted_by: row.accepted_by,
    }
}

/// An invitation, and the role it is into.
pub(super) type Found = (InvitationRow, RoleRow);

/// The vendor's invitations before the invitation `before`, newest first: all of them, or those of which this has become.
pub(super) fn list(
    scope: &mut Reading<Control>,
    vendor: VendorId,
    status: Option<InvitationStatus>,
    before: i64,
    limit: i64,
) -> Result<Vec<Found>> {
    let now = scope.now();
    let rows = scope
        .rows(invitations::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(invitations::vendor_id).and(roles::id.eq(invitations::role_id))))
        .filter(invitations::vendor_id.eq(vendor))
        .filter(invitations::id.lt(InvitationId(before)))
        .order(invitations::id.desc())
        .limit(limit)
        .select((INVITATION, roles::all_columns));
    let is_undecided = invitations::accepted_at.is_null().and(invitations::revoked_at.is_null());
    match status {
        None => rows.load(scope),
        Some(InvitationStatus::Open) => rows.filter(is_undecided).filter(invitations::expires_at.gt(now)).load(scope),
        Some(InvitationStatus::Expired) => rows.filter(is_undecided).filter(invitations::expires_at.le(now)).load(scope),
        Some(InvitationStatus::Accepted) => rows.filter(invitations::accepted_at.is_not_null()).load(scope),
        Some(InvitationStatus::Revoked) => rows.filter(invitations::revoked_at.is_not_null()).load(scope),
    }
}

/// One of the vendor's invitations.
pub(super) fn find(scope: &mut Reading<Control>, vendor: VendorId, id: InvitationId) -> Result<Found> {
    scope
        .rows(invitations::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(invitations::vendor_id).and(roles::id.eq(invitations::role_id))))
        .filter(invitations::vendor_id.eq(vendor))
        .filter(invitations::id.eq(id))
        .select((INVITATION, roles::all_columns))
        .first(scope)
}

/// The invitation that the token with this digest is for, with the domain and the name of its vendor.
pub(super) fn by_token(scope: &mut Reading<Control>, digest: &str) -> Result<(InvitationRow, RoleRow, (String, String))> {
    scope
        .rows(invitations::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(invitations::vendor_id).and(roles::id.eq(invitations::role_id))))
        .inner_join(vendors::table.on(vendors::id.eq(invitations::vendor_id)))
        .filter(invitations::token_hash.eq(digest))
        .select((INVITATION, roles::all_columns, (vendors::domain, vendors::name)))
        .first(scope)
}

/// Whether an invitation to this address, folded, is open.
pub(super) fn is_invited(scope: &mut Reading<Control>, vendor: VendorId, email_key: &str) -> Result<bool> {
    let now = scope.now();
    let found: Option<InvitationId> = scope
        .rows(invitations::table)
        .filter(invitations::vendor_id.eq(vendor))
        .filter(invitations::email_key.eq(email_key))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select(invitations::id)
        .find_first(scope)?;
    Ok(found.is_some())
}

/// Whether an open invitation is into this role.
pub fn has_open(scope: &mut Reading<Control>, vendor: VendorId, role: RoleId) -> Result<bool> {
    let now = scope.now();
    let found: Option<InvitationId> = scope
        .rows(invitations::table)
        .filter(invitations::vendor_id.eq(vendor))
        .filter(invitations::role_id.eq(role))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select(invitations::id)
        .find_first(scope)?;
    Ok(found.is_some())
}

/// An invitation to be.
#[derive(Clone, Debug, Insertable)]
#[diesel(table_name = invitations)]
pub(super) struct NewInvitation {
    pub vendor_id: VendorId,
    pub email: String,
    pub email_key: String,
    pub role_id: RoleId,
    pub invited_by: UserId,
    pub token_hash: String,
    pub created_at: Timestamp,
    pub sent_at: Timestamp,
    pub expires_at: Timestamp,
}

pub(super) fn insert(scope: &mut Writing<Control>, new: NewInvitation) -> Result<InvitationId> {
    let digest = new.token_hash.clone();
    scope.insert(invitations::table, new).execute(scope)?;
    scope.rows(invitations::table).filter(invitations::token_hash.eq(digest)).select(invitations::id).first(scope)
}

/// Gives an invitation another token, and time anew.
pub(super) fn renew(scope: &mut Writing<Control>, id: InvitationId, digest: &str, ttl: TimeDelta) -> Result<()> {
    let now = scope.now();
    let changes = (invitations::token_hash.eq(digest), invitations::sent_at.eq(now), invitations::expires_at.eq(now.plus(ttl)));
    scope.rows(invitations::table).filter(invitations::id.eq(id)).set(changes).execute(scope).map(drop)
}

pub(super) fn revoke(scope: &mut Writing<Control>, ids: Vec<InvitationId>) -> Result<()> {
    let revoked = invitations::revoked_at.eq(scope.now());
    scope.rows(invitations::table).filter(invitations::id.eq_any(ids)).set(revoked).execute(scope).map(drop)
}

/// Notes who came in by an invitation; nobody does again.
pub(super) fn accept(scope: &mut Writing<Control>, id: InvitationId, user: UserId) -> Result<()> {
    let changes = (invitations::accepted_at.eq(scope.now()), invitations::accepted_by.eq(user));
    scope.rows(invitations::table).filter(invitations::id.eq(id)).set(changes).execute(scope).map(drop)
}

/// The open invitations of a user into roles that somebody with these permissions may not hand out.
pub(super) fn beyond(scope: &mut Reading<Control>, vendor: VendorId, user: UserId, own: Permissions) -> Result<Vec<InvitationId>> {
    let now = scope.now();
    let open: Vec<(InvitationId, RoleRow)> = scope
        .rows(invitations::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(invitations::vendor_id).and(roles::id.eq(invitations::role_id))))
        .filter(invitations::vendor_id.eq(vendor))
        .filter(invitations::invited_by.eq(user))
        .filter(invitations::accepted_at.is_null())
        .filter(invitations::revoked_at.is_null())
        .filter(invitations::expires_at.gt(now))
        .select((invitations::id, roles::all_columns))
        .load(scope)?;
    let is_beyond = |role: &RoleRow| !own.has(Permission::TeamInvite) || !role.permissions().without(own).is_empty();
    Ok(open.into_iter().filter(|(_, role)| is_beyond(role)).map(|(id, _)| id).collect())
}

/// Forgets the invitations into a role that nobody can accept any more.
pub fn forget_over(scope: &mut Writing<Control>, vendor: VendorId, role: RoleId) -> Result<()> {
    let of_role = scope.rows(invitations::table).filter(invitations::vendor_id.eq(vendor)).filter(invitations::role_id.eq(role));
    of_role.delete().execute(scope).map(drop)
}

/// Forgets the invitations that nobody could accept any more a month ago.
pub fn forget(scope: &mut Writing<Control>) -> Result<usize> {
    let cutoff = scope.now().minus(TimeDelta::days(30));
    scope.rows(invitations::table).filter(invitations::expires_at.lt(cutoff)).delete().execute(scope)
}
