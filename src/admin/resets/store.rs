//! The table of mass resets, and the users they are about.

use super::model::{PasswordReset, ResetStatus, Wanted};
use crate::base::column::JsonText;
use crate::base::id::{PasswordResetId, UserId, VendorId};
use crate::base::search::after_prefix;
use crate::base::time::Timestamp;
use crate::db::schema::{members, password_resets, users, vendors};
use crate::db::{Control, Reading, Result, Writing};
use diesel::dsl::count_star;
use diesel::prelude::*;

#[derive(Queryable, Selectable)]
#[diesel(table_name = password_resets)]
struct ResetRow {
    id: PasswordResetId,
    operator_id: UserId,
    reason: String,
    wanted: JsonText,
    total: i64,
    done: i64,
    mailed: i64,
    created_at: Timestamp,
    finished_at: Option<Timestamp>,
}

impl From<ResetRow> for PasswordReset {
    fn from(row: ResetRow) -> Self {
        let wanted: Wanted = row.wanted.value();
        Self {
            id: row.id,
            operator_id: row.operator_id,
            reason: row.reason,
            vendor_id: wanted.vendor,
            q: wanted.prefix,
            status: if row.finished_at.is_some() { ResetStatus::Completed } else { ResetStatus::Running },
            total: row.total,
            done: row.done,
            mailed: row.mailed,
            created_at: row.created_at,
            finished_at: row.finished_at,
        }
    }
}

pub(super) fn is_vendor(scope: &mut Reading<Control>, id: VendorId) -> Result<bool> {
    let found: Option<VendorId> = scope.rows(vendors::table).filter(vendors::id.eq(id)).select(vendors::id).find_first(scope)?;
    Ok(found.is_some())
}

/// Those of the users that it is about, as a query to be narrowed further.
macro_rules! meant {
    ($scope:expr, $wanted:expr, $select:expr) => {{
        let mut query = $scope.rows(users::table).filter(users::is_operator.eq(false)).select($select).into_boxed();
        if let Some(vendor) = $wanted.vendor {
            let team = $scope.rows(members::table).filter(members::vendor_id.eq(vendor)).select(members::user_id);
            query = query.filter(users::id.eq_any(team.within()));
        }
        if let Some(prefix) = $wanted.prefix.clone() {
            let end = after_prefix(&prefix);
            let name = users::username_key.ge(prefix.clone()).and(users::username_key.lt(end.clone()));
            let email = users::email_key.ge(prefix).and(users::email_key.lt(end));
            query = query.filter(name.nullable().or(email));
        }
        query
    }};
}

/// One, in the order of its columns.
type AllColumns = (PasswordResetId, UserId, String, JsonText, i64, i64, i64, UserId, Timestamp, Option<Timestamp>);

/// Writes one down, with how many users it is about now.
pub(super) fn insert(scope: &mut Writing<Control>, operator: UserId, wanted: &Wanted, reason: &str) -> Result<PasswordResetId> {
    let total: i64 = meant!(scope, wanted, count_star()).first(scope)?;
    let row = (
        password_resets::operator_id.eq(operator),
        password_resets::reason.eq(reason),
        password_resets::wanted.eq(JsonText::of(wanted)),
        password_resets::total.eq(total),
        password_resets::done.eq(0_i64),
        password_resets::mailed.eq(0_i64),
        password_resets::last_user.eq(0_i64),
        password_resets::created_at.eq(scope.now()),
    );
    let made: AllColumns = scope.insert(password_resets::table, row).one(scope)?;
    Ok(made.0)
}

pub(super) fn find(scope: &mut Reading<Control>, id: PasswordResetId) -> Result<PasswordReset> {
    let row = scope.rows(password_resets::table).filter(password_resets::id.eq(id)).select(ResetRow::as_select()).first(scope)?;
    Ok(row.into())
}

/// By falling id, before `before`.
pub(super) fn list(scope: &mut Reading<Control>, before: Option<i64>, limit: i64) -> Result<Vec<PasswordReset>> {
    let rows = scope.rows(password_resets::table).filter(password_resets::id.lt(PasswordResetId(before.unwrap_or(i64::MAX))));
    let rows: Vec<ResetRow> = rows.order(password_resets::id.desc()).limit(limit).select(ResetRow::as_select()).load(scope)?;
    Ok(rows.into_iter().map(PasswordReset::from).collect())
}

/// Those that are not done.
pub(super) fn unfinished(scope: &mut Reading<Control>) -> Result<Vec<PasswordResetId>> {
    let open = scope.rows(password_resets::table).filter(password_resets::finished_at.is_null());
    open.order(password_resets::id.asc()).select(password_resets::id).load(scope)
}

/// Holds one that is not done until the transaction ends; tells whom it is about, and the last user who is done.
pub(super) fn hold(scope: &mut Writing<Control>, id: PasswordResetId) -> Result<Option<(Wanted, UserId)>> {
    // An update that changes nothing is what both engines know a lock by.
    let open = scope.rows(password_resets::table).filter(password_resets::id.eq(id)).filter(password_resets::finished_at.is_null());
    if open.set(password_resets::done.eq(password_resets::done)).execute(scope)? == 0 {
        return Ok(None);
    }
    let columns = (password_resets::wanted, password_resets::last_user);
    let (wanted, last): (JsonText, UserId) =
        scope.rows(password_resets::table).filter(password_resets::id.eq(id)).select(columns).first(scope)?;
    Ok(Some((wanted.value(), last)))
}

/// A user, their address, and whether they may sign in.
pub(super) type Person = (UserId, Option<String>, bool);

/// The next few users that it is about, by id.
pub(super) fn next(scope: &mut Reading<Control>, wanted: &Wanted, last: UserId, limit: i64) -> Result<Vec<Person>> {
    let users = meant!(scope, wanted, (users::id, users::email, users::is_active));
    users.filter(users::id.gt(last)).order(users::id.asc()).limit(limit).load(scope)
}

/// Writes down how far it has come.
pub(super) fn advance(
    scope: &mut Writing<Control>,
    id: PasswordResetId,
    last: UserId,
    (done, mailed): (i64, i64),
    is_end: bool,
) -> Result<()> {
    let finished_at = is_end.then(|| scope.now());
    let changes = (
        password_resets::last_user.eq(last),
        password_resets::done.eq(password_resets::done + done),
        password_resets::mailed.eq(password_resets::mailed + mailed),
        password_resets::finished_at.eq(finished_at),
    );
    scope.rows(password_resets::table).filter(password_resets::id.eq(id)).set(changes).execute(scope).map(drop)
}
