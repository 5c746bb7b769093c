//! The table of roles.

use super::model::{RoleForm, RoleRef, TeamRole};
use crate::access::{Permission, Permissions};
use crate::base::column::JsonText;
use crate::base::id::{RoleId, UserId, VendorId};
use crate::db::schema::{members, roles};
use crate::db::{Control, Reading, Result, Writing};
use diesel::prelude::*;

/// A role's row, in the order of its columns.
#[derive(Clone, Debug, Queryable)]
pub struct RoleRow {
    /// The role's id.
    pub id: RoleId,
    #[expect(dead_code, reason = "RETURNING gives every column")]
    vendor_id: VendorId,
    /// Its name.
    pub name: String,
    /// Whether it is one of the five.
    pub is_builtin: bool,
    own: JsonText,
    /// Goes up with every change.
    pub version: i64,
}

impl RoleRow {
    /// What it allows.
    pub fn permissions(&self) -> Permissions {
        Permissions::of_role(&self.name, self.is_builtin, &self.own.value::<Vec<_>>())
    }

    /// By id and name.
    pub fn named(&self) -> RoleRef {
        RoleRef { id: self.id, name: self.name.clone() }
    }

    /// As the team sees it.
    pub(super) fn view(self) -> TeamRole {
        let permissions = self.permissions().list();
        TeamRole { id: self.id, name: self.name, is_builtin: self.is_builtin, permissions, version: self.version }
    }
}

/// A set of permissions as it is kept: each once, in the order of the table.
fn kept(permissions: &[Permission]) -> JsonText {
    JsonText::of(&Permissions::of(permissions).list())
}

/// The vendor's roles after the role `after`, by id.
pub(super) fn list(scope: &mut Reading<Control>, vendor: VendorId, after: i64, limit: i64) -> Result<Vec<RoleRow>> {
    scope
        .rows(roles::table)
        .filter(roles::vendor_id.eq(vendor))
        .filter(roles::id.gt(RoleId(after)))
        .order(roles::id.asc())
        .limit(limit)
        .load(scope)
}

/// One of the vendor's roles.
pub fn find(scope: &mut Reading<Control>, vendor: VendorId, id: RoleId) -> Result<Option<RoleRow>> {
    scope.rows(roles::table).filter(roles::vendor_id.eq(vendor)).filter(roles::id.eq(id)).find_first(scope)
}

/// The names of the vendor's roles, all of them.
pub(super) fn names(scope: &mut Reading<Control>, vendor: VendorId) -> Result<Vec<(RoleId, String)>> {
    scope.rows(roles::table).filter(roles::vendor_id.eq(vendor)).select((roles::id, roles::name)).load(scope)
}

/// Adds a role of the vendor's own.
pub fn insert(scope: &mut Writing<Control>, vendor: VendorId, name: &str, permissions: &[Permission]) -> Result<RoleRow> {
    let row = (
        roles::vendor_id.eq(vendor),
        roles::name.eq(name),
        roles::is_builtin.eq(false),
        roles::permissions.eq(kept(permissions)),
        roles::version.eq(1_i64),
    );
    scope.insert(roles::table, row).one(scope)
}

pub(super) fn update(scope: &mut Writing<Control>, vendor: VendorId, id: RoleId, form: &RoleForm) -> Result<RoleRow> {
    let changes = (roles::name.eq(form.name.trim()), roles::permissions.eq(kept(&form.permissions)), roles::version.eq(roles::version + 1));
    scope.rows(roles::table).filter(roles::vendor_id.eq(vendor)).filter(roles::id.eq(id)).set(changes).one(scope)
}

pub(super) fn delete(scope: &mut Writing<Control>, vendor: VendorId, id: RoleId) -> Result<()> {
    scope.rows(roles::table).filter(roles::vendor_id.eq(vendor)).filter(roles::id.eq(id)).delete().execute(scope).map(drop)
}

/// Whether anybody has the role, active or not.
pub(super) fn members_with(scope: &mut Reading<Control>, vendor: VendorId, id: RoleId) -> Result<Vec<UserId>> {
    let all = scope.rows(members::table).filter(members::vendor_id.eq(vendor)).filter(members::role_id.eq(id));
    all.select(members::user_id).load(scope)
}

pub(super) fn has_members(scope: &mut Reading<Control>, vendor: VendorId, id: RoleId) -> Result<bool> {
    let found: Option<UserId> = scope
        .rows(members::table)
        .filter(members::vendor_id.eq(vendor))
        .filter(members::role_id.eq(id))
        .select(members::user_id)
        .find_first(scope)?;
    Ok(found.is_some())
}
