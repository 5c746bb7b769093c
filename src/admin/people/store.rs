//! The tables of users and members, read across all vendors.

use super::model::{TeamMember, TeamPlace, UserQuery, UserRecord, UserRef};
use crate::base::id::{UserId, VendorId};
use crate::base::search::after_prefix;
use crate::base::time::Timestamp;
use crate::db::schema::{members, roles, users, vendors};
use crate::db::{Control, Reading, Result, Writing};
use diesel::prelude::*;
use std::collections::HashMap;

/// A user's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    pub id: UserId,
    pub username: String,
    pub email: Option<String>,
    pub first_name: String,
    pub last_name: String,
    pub is_active: bool,
    pub is_operator: bool,
    pub must_change_password: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl UserRow {
    pub(super) fn view(self, memberships: Vec<TeamPlace>) -> UserRecord {
        UserRecord {
            id: self.id,
            username: self.username,
            email: self.email,
            first_name: self.first_name,
            last_name: self.last_name,
            is_active: self.is_active,
            is_operator: self.is_operator,
            must_change_password: self.must_change_password,
            memberships,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

pub(super) fn find(scope: &mut Reading<Control>, id: UserId) -> Result<UserRow> {
    scope.rows(users::table).filter(users::id.eq(id)).select(UserRow::as_select()).first(scope)
}

/// Users by falling id, before `before`, whose name or e-mail address begins with `prefix` (folded).
pub(super) fn list(
    scope: &mut Reading<Control>,
    wanted: &UserQuery,
    prefix: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<UserRow>> {
    let mut query = scope.rows(users::table).select(UserRow::as_select()).order(users::id.desc()).limit(limit).into_boxed();
    if let Some(before) = before {
        query = query.filter(users::id.lt(UserId(before)));
    }
    if let Some(vendor) = wanted.vendor {
        let team = scope.rows(members::table).filter(members::vendor_id.eq(VendorId(vendor))).select(members::user_id);
        query = query.filter(users::id.eq_any(team.within()));
    }
    if let Some(is_active) = wanted.is_active {
        query = query.filter(users::is_active.eq(is_active));
    }
    if let Some(is_operator) = wanted.is_operator {
        query = query.filter(users::is_operator.eq(is_operator));
    }
    if let Some(prefix) = prefix {
        let end = after_prefix(prefix);
        let name = users::username_key.ge(prefix.to_owned()).and(users::username_key.lt(end.clone()));
        let email = users::email_key.ge(prefix.to_owned()).and(users::email_key.lt(end));
        query = query.filter(name.nullable().or(email));
    }
    query.load(scope)
}

/// Whether there is another operator who may sign in. All of them are held until the transaction ends.
pub(super) fn has_other_operator(scope: &mut Writing<Control>, id: UserId) -> Result<bool> {
    let operators = scope.rows(users::table).filter(users::is_operator.eq(true)).filter(users::is_active.eq(true));
    // An update that changes nothing is what both engines know a lock by.
    operators.set(users::is_operator.eq(true)).execute(scope)?;
    let others = scope.rows(users::table).filter(users::is_operator.eq(true)).filter(users::is_active.eq(true)).filter(users::id.ne(id));
    let found: Option<UserId> = others.select(users::id).find_first(scope)?;
    Ok(found.is_some())
}

/// The teams that these users are in, in one statement.
pub(super) fn memberships(scope: &mut Reading<Control>, of: Vec<UserId>) -> Result<HashMap<UserId, Vec<TeamPlace>>> {
    let mut teams: HashMap<_, Vec<_>> = HashMap::new();
    if of.is_empty() {
        return Ok(teams);
    }
    let rows: Vec<(UserId, VendorId, String, String, String, bool)> = scope
        .rows(members::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .inner_join(vendors::table.on(vendors::id.eq(members::vendor_id)))
        .filter(members::user_id.eq_any(of))
        .order(members::vendor_id.asc())
        .select((members::user_id, vendors::id, vendors::name, vendors::domain, roles::name, members::is_active))
        .load(scope)?;
    for (user, vendor_id, vendor_name, vendor_domain, role, is_active) in rows {
        teams.entry(user).or_default().push(TeamPlace { vendor_id, vendor_name, vendor_domain, role, is_active });
    }
    Ok(teams)
}

/// A vendor that there is, or [`Error::NotFound`](crate::db::Error::NotFound).
pub(super) fn expect_vendor(scope: &mut Reading<Control>, id: VendorId) -> Result<()> {
    let _: VendorId = scope.rows(vendors::table).filter(vendors::id.eq(id)).select(vendors::id).first(scope)?;
    Ok(())
}

#[derive(Queryable)]
struct TeamRow {
    id: UserId,
    username: String,
    email: Option<String>,
    first_name: String,
    last_name: String,
    role: String,
    is_active: bool,
    is_user_active: bool,
    joined_at: Timestamp,
}

/// The vendor's members after the user `after`, by id.
pub(super) fn team(scope: &mut Reading<Control>, vendor: VendorId, after: i64, limit: i64) -> Result<Vec<TeamMember>> {
    let rows: Vec<TeamRow> = scope
        .rows(members::table)
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(members::vendor_id.eq(vendor))
        .filter(members::user_id.gt(UserId(after)))
        .order(members::user_id.asc())
        .limit(limit)
        .select((
            users::id,
            users::username,
            users::email,
            users::first_name,
            users::last_name,
            roles::name,
            members::is_active,
            users::is_active,
            members::created_at,
        ))
        .load(scope)?;
    let member = |row: TeamRow| TeamMember {
        user: UserRef { id: row.id, username: row.username, email: row.email },
        first_name: row.first_name,
        last_name: row.last_name,
        role: row.role,
        is_active: row.is_active,
        is_user_active: row.is_user_active,
        joined_at: row.joined_at,
    };
    Ok(rows.into_iter().map(member).collect())
}

pub(super) fn set_active(scope: &mut Writing<Control>, id: UserId, is_active: bool) -> Result<()> {
    let changes = (users::is_active.eq(is_active), users::updated_at.eq(scope.now()));
    scope.rows(users::table).filter(users::id.eq(id)).set(changes).execute(scope).map(drop)
}
