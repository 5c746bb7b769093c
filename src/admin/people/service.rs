//! What operators see of people, and whom they let in.

use super::model::{EditUser, TeamMember, UserQuery, UserRecord};
use super::store::{self, UserRow};
use crate::access::Operator;
use crate::audit::{self, Action, Entry, Target};
use crate::base::id::{UserId, VendorId};
use crate::base::names;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Control, Reading, Writing};
use crate::identity;
use crate::problem::Problem;
use serde_json::json;

/// A page of a vendor's team, in the order of the users' ids.
pub(super) fn team(
    scope: &mut Reading<Control>,
    vendor: VendorId,
    after: Option<i64>,
    limit: i64,
    list: &str,
) -> Result<Page<TeamMember>, Problem> {
    store::expect_vendor(scope, vendor)?;
    let rows = store::team(scope, vendor, after.unwrap_or_default(), limit + 1)?;
    let cursor = |last: &TeamMember| Cursor { list: list.to_owned(), key: Key::Number(last.user.id.0), id: last.user.id.0 };
    Ok(Page::of(rows, limit, cursor, |row| row))
}

/// A page of users, newest first.
pub(super) fn list(
    scope: &mut Reading<Control>,
    query: &UserQuery,
    before: Option<i64>,
    limit: i64,
    list: &str,
) -> Result<Page<UserRecord>, Problem> {
    let prefix = query.q.as_deref().map(|text| names::key(text.trim()));
    let rows = store::list(scope, query, prefix.as_deref(), before, limit + 1)?;
    let mut teams = store::memberships(scope, rows.iter().map(|row| row.id).collect())?;
    let cursor = |last: &UserRow| Cursor { list: list.to_owned(), key: Key::Number(last.id.0), id: last.id.0 };
    Ok(Page::of(rows, limit, cursor, |row| {
        let own = teams.remove(&row.id).unwrap_or_default();
        row.view(own)
    }))
}

/// One user.
pub(super) fn record(scope: &mut Reading<Control>, id: UserId) -> Result<UserRecord, Problem> {
    let row = store::find(scope, id)?;
    let teams = store::memberships(scope, vec![id])?.remove(&id).unwrap_or_default();
    Ok(row.view(teams))
}

/// Lets a user in or keeps them out. Operators do not lock themselves out, nor two each other: so one is always left.
pub(super) fn edit(scope: &mut Writing<Control>, operator: &Operator, id: UserId, edit: EditUser) -> Result<UserRecord, Problem> {
    let before = store::find(scope, id)?;
    if id == operator.id() && !edit.is_active {
        return Err(Problem::invalid_at("/is_active", "yourself", "keeps yourself out; ask another operator"));
    }
    if before.is_operator && !edit.is_active && !store::has_other_operator(scope, id)? {
        return Err(Problem::invalid_at("/is_active", "last_operator", "nobody would run the platform any more"));
    }
    if before.is_active != edit.is_active {
        store::set_active(scope, id, edit.is_active)?;
        let (before, after) = (json!({ "is_active": before.is_active }), json!({ "is_active": edit.is_active }));
        let entry = Entry { vendor: None, action: Action::UserUpdated, target: (Target::User, id.0), before, after };
        audit::note(scope, operator.origin(), entry);
    }
    if !edit.is_active {
        identity::end_sessions(scope, id)?;
    }
    record(scope, id)
}
