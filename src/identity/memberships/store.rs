//! Where somebody is a member, and their session on its way from one vendor to another.

use crate::base::id::{SessionId, UserId, VendorId};
use crate::db::schema::{members, roles, sessions, vendors};
use crate::db::{Control, Reading, Result, Writing};
use diesel::prelude::*;

/// A place in a team: the vendor's id, domain and name, and the role's name.
pub(super) type Place = (VendorId, String, String, String);

/// The open vendors in whose team the user is active, after the vendor `after`, by id.
pub(super) fn places(scope: &mut Reading<Control>, user: UserId, after: i64, limit: i64) -> Result<Vec<Place>> {
    scope
        .rows(members::table)
        .inner_join(vendors::table.on(vendors::id.eq(members::vendor_id)))
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::user_id.eq(user))
        .filter(members::is_active.eq(true))
        .filter(vendors::is_active.eq(true))
        .filter(members::vendor_id.gt(VendorId(after)))
        .order(members::vendor_id.asc())
        .limit(limit)
        .select((vendors::id, vendors::domain, vendors::name, roles::name))
        .load(scope)
}

/// Takes a user's live session along to another vendor, where `refresh_id` names its refresh token. It ends when it
/// would have ended. Says whether it was alive.
pub(super) fn move_session(scope: &mut Writing<Control>, id: SessionId, user: UserId, to: VendorId, refresh_id: &str) -> Result<bool> {
    let now = scope.now();
    let moved = scope
        .rows(sessions::table)
        .filter(sessions::id.eq(id))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(now))
        .set((sessions::vendor_id.eq(to), sessions::refresh_id.eq(refresh_id), sessions::last_used_at.eq(now)))
        .execute(scope)?;
    Ok(moved == 1)
}
