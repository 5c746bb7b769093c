//! What an import asks the control plane, and does there.

use crate::access::BuiltinRole;
use crate::base::id::{UserId, VendorId};
use crate::db::schema::{members, roles, vendors};
use crate::db::{Control, Reading, Result};
use diesel::prelude::*;

pub(super) fn vendor_by_subdomain(scope: &mut Reading<Control>, label: &str) -> Result<Option<VendorId>> {
    scope.rows(vendors::table).filter(vendors::subdomain.eq(label)).select(vendors::id).find_first(scope)
}

/// Whether somebody is an active owner of a vendor.
pub(super) fn is_owner(scope: &mut Reading<Control>, vendor: VendorId, user: UserId) -> Result<bool> {
    let found: Option<(String, bool, bool)> = scope
        .rows(members::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.eq(user))
        .select((roles::name, roles::is_builtin, members::is_active))
        .find_first(scope)?;
    Ok(found.is_some_and(|(role, is_builtin, is_active)| is_active && is_builtin && role == BuiltinRole::Owner.as_str()))
}
