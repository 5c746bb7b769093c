//! The table of members, with the users and roles that they are made of.

use super::model::Member;
use crate::access::{BuiltinRole, Permissions};
use crate::base::column::JsonText;
use crate::base::id::{RoleId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{members, roles, users};
use crate::db::{Control, Reading, Result, Writing};
use crate::identity::roles::RoleRef;
use diesel::prelude::*;

/// A member with user and role.
#[derive(Clone, Debug, Queryable)]
pub(super) struct MemberRow {
    pub id: UserId,
    username: String,
    email: Option<String>,
    first_name: String,
    last_name: String,
    pub role_id: RoleId,
    role: String,
    is_builtin: bool,
    own: JsonText,
    pub is_active: bool,
    invited_by: Option<UserId>,
    pub version: i64,
    joined_at: Timestamp,
}

type MemberColumns = (
    users::id,
    users::username,
    users::email,
    users::first_name,
    users::last_name,
    roles::id,
    roles::name,
    roles::is_builtin,
    roles::permissions,
    members::is_active,
    members::invited_by,
    members::version,
    members::created_at,
);
const MEMBER: MemberColumns = (
    users::id,
    users::username,
    users::email,
    users::first_name,
    users::last_name,
    roles::id,
    roles::name,
    roles::is_builtin,
    roles::permissions,
    members::is_active,
    members::invited_by,
    members::version,
    members::created_at,
);

impl MemberRow {
    /// What their role allows, whether or not they may sign in.
    pub(super) fn permissions(&self) -> Permissions {
        Permissions::of_role(&self.role, self.is_builtin, &self.own.value::<Vec<_>>())
    }

    /// Whether they are an owner who may sign in.
    pub(super) fn is_active_owner(&self) -> bool {
        self.is_active && self.is_builtin && self.role == BuiltinRole::Owner.as_str()
    }

    pub(super) fn view(self) -> Member {
        Member {
            id: self.id,
            username: self.username,
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            role: RoleRef { id: self.role_id, name: self.role },
            is_active: self.is_active,
            invited_by: self.invited_by,
            version: self.version,
            joined_at: self.joined_at,
        }
    }
}

/// The vendor's members after the user `after`, by id: all of them, or those with one role.
pub(super) fn list(scope: &mut Reading<Control>, vendor: VendorId, role: Option<RoleId>, after: i64, limit: i64) -> Result<Vec<MemberRow>> {
    let rows = scope
        .rows(members::table)
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.gt(UserId(after)))
        .order(members::user_id.asc())
        .limit(limit)
        .select(MEMBER);
    match role {
        None => rows.load(scope),
        Some(role) => rows.filter(members::role_id.eq(role)).load(scope),
    }
}

/// One member.
pub(super) fn find(scope: &mut Reading<Control>, vendor: VendorId, id: UserId) -> Result<MemberRow> {
    scope
        .rows(members::table)
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.eq(id))
        .select(MEMBER)
        .first(scope)
}

/// Whether there is another owner who may sign in.
pub(super) fn has_other_owner(scope: &mut Reading<Control>, vendor: VendorId, than: UserId) -> Result<bool> {
    let found: Option<UserId> = scope
        .rows(members::table)
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.ne(than))
        .filter(members::is_active.eq(true))
        .filter(users::is_active.eq(true))
        .filter(roles::is_builtin.eq(true))
        .filter(roles::name.eq(BuiltinRole::Owner.as_str()))
        .select(users::id)
        .find_first(scope)?;
    Ok(found.is_some())
}

pub(super) fn update(scope: &mut Writing<Control>, vendor: VendorId, id: UserId, role: RoleId, is_active: bool) -> Result<()> {
    let changes = (members::role_id.eq(role), members::is_active.eq(is_active), members::version.eq(members::version + 1));
    scope.rows(members::table).filter(members::vendor_id.eq(vendor)).filter(members::user_id.eq(id)).set(changes).execute(scope).map(drop)
}

pub(super) fn delete(scope: &mut Writing<Control>, vendor: VendorId, id: UserId) -> Result<()> {
    scope.rows(members::table).filter(members::vendor_id.eq(vendor)).filter(members::user_id.eq(id)).delete().execute(scope).map(drop)
}
