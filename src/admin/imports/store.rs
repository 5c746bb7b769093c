//! What an import asks the control plane, and does there.

use crate::access::BuiltinRole;
use crate::base::id::{RoleId, UserId, VendorId};
use crate::db::schema::{members, roles, vendors};
use crate::db::{Control, Reading, Result, Writing};
use diesel::prelude::*;

pub(super) fn vendor_by_subdomain(scope: &mut Reading<Control>, label: &str) -> Result<Option<VendorId>> {
    scope.rows(vendors::table).filter(vendors::subdomain.eq(label)).select(vendors::id).find_first(scope)
}

/// Whether somebody is in a vendor's team, and if so whether as an owner who may act.
pub(super) fn is_owner(scope: &mut Reading<Control>, vendor: VendorId, user: UserId) -> Result<Option<bool>> {
    let found: Option<(String, bool, bool)> = scope
        .rows(members::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.eq(user))
        .select((roles::name, roles::is_builtin, members::is_active))
        .find_first(scope)?;
    Ok(found.map(|(role, is_builtin, is_active)| is_active && is_builtin && role == BuiltinRole::Owner.as_str()))
}

/// Gives somebody of the team the owner's place.
pub(super) fn make_owner(scope: &mut Writing<Control>, vendor: VendorId, user: UserId) -> Result<()> {
    let role: RoleId = scope
        .rows(roles::table)
        .filter(roles::vendor_id.eq(vendor))
        .filter(roles::name.eq(BuiltinRole::Owner.as_str()))
        .filter(roles::is_builtin.eq(true))
        .select(roles::id)
        .first(scope)?;
    let place = scope.rows(members::table).filter(members::vendor_id.eq(vendor)).filter(members::user_id.eq(user));
    place.set((members::role_id.eq(role), members::is_active.eq(true), members::version.eq(members::version + 1))).execute(scope).map(drop)
}
