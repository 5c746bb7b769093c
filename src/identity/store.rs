//! The tables of users, roles, members and sessions.

use super::model::{StaffMember, VendorRef};
use crate::access::{BuiltinRole, Permissions, Subject};
use crate::base::column::JsonText;
use crate::base::id::{RoleId, SessionId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{members, roles, sessions, users, vendors};
use crate::db::{Control, Reading, Result, Writing};
use chrono::TimeDelta;
use diesel::prelude::*;
use serde_json::{Value, json};

/// A user to be.
#[derive(Clone, Insertable)]
#[diesel(table_name = users)]
pub struct NewUser {
    /// As typed.
    pub username: String,
    /// As compared.
    pub username_key: String,
    /// As typed.
    pub email: Option<String>,
    /// As compared.
    pub email_key: Option<String>,
    /// The hash of the password.
    pub password_hash: String,
    /// May be empty.
    pub first_name: String,
    /// May be empty.
    pub last_name: String,
    /// Whether they run the platform.
    pub is_operator: bool,
}

/// A user.
#[derive(Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    pub id: UserId,
    pub username: String,
    pub email: Option<String>,
    pub password_hash: String,
    pub first_name: String,
    pub last_name: String,
    pub is_active: bool,
    pub is_operator: bool,
    pub must_change_password: bool,
    pub email_verified_at: Option<Timestamp>,
}

impl UserRow {
    /// What the audit log tells of them.
    pub(super) fn told(&self) -> Value {
        json!({
            "username": self.username, "email": self.email, "first_name": self.first_name, "last_name": self.last_name,
            "is_active": self.is_active, "is_operator": self.is_operator,
        })
    }
}

pub(super) fn insert_user(scope: &mut Writing<Control>, user: NewUser) -> Result<UserId> {
    let now = scope.now();
    let name = user.username_key.clone();
    let defaults = (users::is_active.eq(true), users::created_at.eq(now), users::updated_at.eq(now));
    scope.insert(users::table, (user, defaults)).execute(scope)?;
    scope.rows(users::table).filter(users::username_key.eq(name)).select(users::id).first(scope)
}

/// Whether there is anybody yet.
pub fn has_users(scope: &mut Reading<Control>) -> Result<bool> {
    let found: Option<UserId> = scope.rows(users::table).select(users::id).find_first(scope)?;
    Ok(found.is_some())
}

/// The user who signs in with this name or e-mail address, folded.
pub(super) fn find_user(scope: &mut Reading<Control>, name: &str, is_email: bool) -> Result<Option<UserRow>> {
    if is_email {
        scope.rows(users::table).filter(users::email_key.eq(name)).select(UserRow::as_select()).find_first(scope)
    } else {
        scope.rows(users::table).filter(users::username_key.eq(name)).select(UserRow::as_select()).find_first(scope)
    }
}

pub(super) fn user(scope: &mut Reading<Control>, id: UserId) -> Result<UserRow> {
    scope.rows(users::table).filter(users::id.eq(id)).select(UserRow::as_select()).first(scope)
}

/// What a user changes of their own profile.
#[derive(Clone, AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct UserChanges {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<Option<String>>,
    pub email_key: Option<Option<String>>,
    /// Set to nothing with another address.
    pub email_verified_at: Option<Option<Timestamp>>,
}

pub(super) fn update_user(scope: &mut Writing<Control>, id: UserId, changes: UserChanges) -> Result<()> {
    let stamp = users::updated_at.eq(scope.now());
    scope.rows(users::table).filter(users::id.eq(id)).set((changes, stamp)).execute(scope).map(drop)
}

/// Holds a user until the transaction ends, if this is still the hash of their password; says whether it is.
pub(super) fn hold_by_password(scope: &mut Writing<Control>, id: UserId, hash: &str) -> Result<bool> {
    // An update that changes nothing is what both engines know a lock by.
    let same = scope.rows(users::table).filter(users::id.eq(id)).filter(users::password_hash.eq(hash));
    Ok(same.set(users::updated_at.eq(users::updated_at)).execute(scope)? == 1)
}

/// Puts the hash of a new password in the place of the old one; says whether that was still it.
pub(super) fn set_password(scope: &mut Writing<Control>, id: UserId, old: &str, new: String) -> Result<bool> {
    let changes = (users::password_hash.eq(new), users::must_change_password.eq(false), users::updated_at.eq(scope.now()));
    let same = scope.rows(users::table).filter(users::id.eq(id)).filter(users::password_hash.eq(old));
    Ok(same.set(changes).execute(scope)? == 1)
}

/// Has a user set a new password before they get in.
pub(super) fn require_new_password(scope: &mut Writing<Control>, id: UserId) -> Result<()> {
    scope.rows(users::table).filter(users::id.eq(id)).set(users::must_change_password.eq(true)).execute(scope).map(drop)
}

/// Users after this one who have yet to set a password of their own, with the hash of the one they were given.
pub(super) fn first_passwords(scope: &mut Reading<Control>, after: UserId, limit: i64) -> Result<Vec<(UserId, String)>> {
    let waiting = scope.rows(users::table).filter(users::must_change_password.eq(true)).filter(users::id.gt(after));
    waiting.order(users::id.asc()).limit(limit).select((users::id, users::password_hash)).load(scope)
}

/// Puts another hash of the same password in the place of the one that was read, if that is still it.
pub(super) fn replace_hash(scope: &mut Writing<Control>, id: UserId, old: &str, new: String) -> Result<()> {
    let same = scope.rows(users::table).filter(users::id.eq(id)).filter(users::password_hash.eq(old));
    same.set(users::password_hash.eq(new)).execute(scope).map(drop)
}

/// Gives a new vendor its built-in roles.
pub fn insert_roles(scope: &mut Writing<Control>, vendor: VendorId) -> Result<()> {
    let row = |role: &BuiltinRole| {
        (
            roles::vendor_id.eq(vendor),
            roles::name.eq(role.as_str()),
            roles::is_builtin.eq(true),
            roles::permissions.eq(JsonText::of(&role.permissions().list())),
        )
    };
    scope.insert_all(roles::table, BuiltinRole::ALL.iter().map(row).collect()).map(drop)
}

/// One of a vendor's built-in roles.
pub(super) fn role_named(scope: &mut Reading<Control>, vendor: VendorId, role: BuiltinRole) -> Result<RoleId> {
    let named = scope.rows(roles::table).filter(roles::vendor_id.eq(vendor)).filter(roles::name.eq(role.as_str()));
    named.select(roles::id).first(scope)
}

/// Takes a user into a vendor's team; `invited_by` is the user who invited them.
pub(super) fn insert_member(
    scope: &mut Writing<Control>,
    vendor: VendorId,
    user: UserId,
    role: RoleId,
    invited_by: Option<UserId>,
) -> Result<()> {
    let row = (
        members::vendor_id.eq(vendor),
        members::user_id.eq(user),
        members::role_id.eq(role),
        members::is_active.eq(true),
        members::created_at.eq(scope.now()),
        members::invited_by.eq(invited_by),
    );
    scope.insert(members::table, row).execute(scope).map(drop)
}

/// Holds a vendor's team until the transaction ends: whoever else wants to change it waits.
pub(super) fn hold_team(scope: &mut Writing<Control>, vendor: VendorId) -> Result<()> {
    // An update that changes nothing is what both engines know a lock by. The role that every team has stands for it.
    let owner = scope.rows(roles::table).filter(roles::vendor_id.eq(vendor)).filter(roles::name.eq(BuiltinRole::Owner.as_str()));
    owner.set(roles::version.eq(roles::version)).execute(scope).map(drop)
}

/// Holds an active member until the transaction ends: nobody shuts them out meanwhile. Says whether they are one.
pub(super) fn hold_member(scope: &mut Writing<Control>, user: UserId, vendor: VendorId) -> Result<bool> {
    let active = scope.rows(members::table).filter(members::vendor_id.eq(vendor)).filter(members::user_id.eq(user));
    Ok(active.filter(members::is_active.eq(true)).set(members::version.eq(members::version)).execute(scope)? == 1)
}

/// Whether a user is in the vendor's team, active or not.
pub(super) fn is_member(scope: &mut Reading<Control>, user: UserId, vendor: VendorId) -> Result<bool> {
    let of_vendor = scope.rows(members::table).filter(members::vendor_id.eq(vendor));
    let found: Option<UserId> = of_vendor.filter(members::user_id.eq(user)).select(members::user_id).find_first(scope)?;
    Ok(found.is_some())
}

/// The name of a vendor's shop.
pub(super) fn vendor_name(scope: &mut Reading<Control>, vendor: VendorId) -> Result<String> {
    scope.rows(vendors::table).filter(vendors::id.eq(vendor)).select(vendors::name).first(scope)
}

/// The user's role in an open vendor, by name; `None` when they are no active member.
pub(super) fn role_at(scope: &mut Reading<Control>, user: UserId, vendor: VendorId) -> Result<Option<String>> {
    scope
        .rows(members::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.eq(user))
        .filter(members::is_active.eq(true))
        .select(roles::name)
        .find_first(scope)
}

/// The user's role at a vendor, by name, and what it allows; `None` when they are no active member.
pub(super) fn standing_at(scope: &mut Reading<Control>, user: UserId, vendor: VendorId) -> Result<Option<(String, Permissions)>> {
    let found: Option<(String, bool, JsonText)> = scope
        .rows(members::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.eq(user))
        .filter(members::is_active.eq(true))
        .select((roles::name, roles::is_builtin, roles::permissions))
        .find_first(scope)?;
    Ok(found.map(|(name, is_builtin, own)| {
        let permissions = Permissions::of_role(&name, is_builtin, &own.value::<Vec<_>>());
        (name, permissions)
    }))
}

/// The open vendors whose team the user is in.
pub(super) fn vendors_of(scope: &mut Reading<Control>, user: UserId) -> Result<Vec<VendorRef>> {
    let found: Vec<(VendorId, String)> = scope
        .rows(members::table)
        .inner_join(vendors::table.on(vendors::id.eq(members::vendor_id)))
        .filter(members::user_id.eq(user))
        .filter(members::is_active.eq(true))
        .filter(vendors::is_active.eq(true))
        .order(vendors::id.asc())
        .select((vendors::id, vendors::domain))
        .load(scope)?;
    Ok(found.into_iter().map(|(id, domain)| VendorRef { id, domain }).collect())
}

/// A vendor that is open.
pub(super) fn open_vendor(scope: &mut Reading<Control>, id: VendorId) -> Result<Option<VendorRef>> {
    let domain: Option<String> = scope
        .rows(vendors::table)
        .filter(vendors::id.eq(id))
        .filter(vendors::is_active.eq(true))
        .select(vendors::domain)
        .find_first(scope)?;
    Ok(domain.map(|domain| VendorRef { id, domain }))
}

/// Whether orders of the vendor may be assigned to this user.
pub fn is_active_member(scope: &mut Reading<Control>, vendor: VendorId, id: UserId) -> Result<bool> {
    let found: Option<UserId> = scope
        .rows(members::table)
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.eq(id))
        .filter(members::is_active.eq(true))
        .filter(users::is_active.eq(true))
        .select(users::id)
        .find_first(scope)?;
    Ok(found.is_some())
}

/// Those of these users to whom orders of the vendor may be assigned.
pub fn active_members(scope: &mut Reading<Control>, vendor: VendorId, ids: Vec<UserId>) -> Result<Vec<UserId>> {
    scope
        .rows(members::table)
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.eq_any(ids))
        .filter(members::is_active.eq(true))
        .filter(users::is_active.eq(true))
        .select(users::id)
        .load(scope)
}

#[derive(Queryable)]
struct StaffRow {
    id: UserId,
    username: String,
    email: Option<String>,
    first_name: String,
    last_name: String,
    role: String,
    joined_at: Timestamp,
}

/// The vendor's active members after the user `after`, by id.
pub(super) fn staff(scope: &mut Reading<Control>, vendor: VendorId, after: i64, limit: i64) -> Result<Vec<StaffMember>> {
    let rows: Vec<StaffRow> = scope
        .rows(members::table)
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::is_active.eq(true))
        .filter(users::is_active.eq(true))
        .filter(members::user_id.gt(UserId(after)))
        .order(members::user_id.asc())
        .limit(limit)
        .select((users::id, users::username, users::email, users::first_name, users::last_name, roles::name, members::created_at))
        .load(scope)?;
    let member = |row: StaffRow| StaffMember {
        id: row.id,
        username: row.username,
        email: row.email,
        first_name: row.first_name,
        last_name: row.last_name,
        role: row.role,
        joined_at: row.joined_at,
    };
    Ok(rows.into_iter().map(member).collect())
}

/// Ends a session; says whether it was alive.
pub(super) fn revoke(scope: &mut Writing<Control>, id: SessionId) -> Result<bool> {
    let now = scope.now();
    let live = scope.rows(sessions::table).filter(sessions::id.eq(id)).filter(sessions::revoked_at.is_null());
    let live = live.filter(sessions::expires_at.gt(now));
    Ok(live.set(sessions::revoked_at.eq(now)).execute(scope)? == 1)
}

/// Ends all of somebody's sessions but one.
pub(super) fn revoke_others(scope: &mut Writing<Control>, subject: Subject, vendor: VendorId, keep: SessionId) -> Result<()> {
    let revoked = sessions::revoked_at.eq(scope.now());
    let live = scope.rows(sessions::table).filter(sessions::revoked_at.is_null()).filter(sessions::id.ne(keep));
    let ended = match subject {
        Subject::User(id) => live.filter(sessions::user_id.eq(id)).set(revoked).execute(scope),
        Subject::Customer(id) => {
            live.filter(sessions::customer_id.eq(id)).filter(sessions::vendor_id.eq(vendor)).set(revoked).execute(scope)
        }
    };
    ended.map(drop)
}

/// Ends a user's sessions at one vendor.
pub(super) fn revoke_at(scope: &mut Writing<Control>, user: UserId, vendor: VendorId) -> Result<()> {
    let revoked = sessions::revoked_at.eq(scope.now());
    let live = scope.rows(sessions::table).filter(sessions::user_id.eq(user)).filter(sessions::vendor_id.eq(vendor));
    live.filter(sessions::revoked_at.is_null()).set(revoked).execute(scope).map(drop)
}

/// Ends all of a user's sessions, at every vendor; says how many there were.
pub fn end_sessions(scope: &mut Writing<Control>, id: UserId) -> Result<usize> {
    let revoked = sessions::revoked_at.eq(scope.now());
    scope.rows(sessions::table).filter(sessions::user_id.eq(id)).filter(sessions::revoked_at.is_null()).set(revoked).execute(scope)
}

/// Ends all of somebody's sessions: a user's at all vendors, a customer's at theirs.
pub(super) fn revoke_all(scope: &mut Writing<Control>, subject: Subject, vendor: Option<VendorId>) -> Result<()> {
    // No vendor and no session has this number.
    revoke_others(scope, subject, vendor.unwrap_or(VendorId(0)), SessionId(0))
}

/// Forgets the sessions that ended, or could not be used any more, a month ago.
pub fn forget_sessions(scope: &mut Writing<Control>) -> Result<usize> {
    let cutoff = scope.now().minus(TimeDelta::days(30));
    scope.rows(sessions::table).filter(sessions::expires_at.lt(cutoff)).delete().execute(scope)
}
