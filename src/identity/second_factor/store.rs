//! The tables of second factors and of recovery codes.

use crate::base::id::UserId;
use crate::base::time::Timestamp;
use crate::db::schema::{recovery_codes, second_factors};
use crate::db::{Control, Reading, Result, Writing};
use diesel::prelude::*;

/// A user's second factor.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Factor {
    pub secret: String,
    /// The step of the last code that was taken: none of it, or from before it, is taken again.
    pub last_step: i64,
    /// How many codes were wrong since the last right one.
    pub failures: i64,
    pub locked_until: Option<Timestamp>,
    pub confirmed_at: Option<Timestamp>,
}

pub(super) fn find(scope: &mut Reading<Control>, user: UserId) -> Result<Option<Factor>> {
    let columns = (
        second_factors::secret,
        second_factors::last_step,
        second_factors::failures,
        second_factors::locked_until,
        second_factors::confirmed_at,
    );
    scope.rows(second_factors::table).filter(second_factors::user_id.eq(user)).select(columns).find_first(scope)
}

/// Whether a user has a second factor that is asked for.
pub fn is_on(scope: &mut Reading<Control>, user: UserId) -> Result<bool> {
    Ok(find(scope, user)?.is_some_and(|factor| factor.confirmed_at.is_some()))
}

/// Holds a user's second factor until the transaction ends: of two codes that come at once, one is looked at after the other.
pub(super) fn hold(scope: &mut Writing<Control>, user: UserId) -> Result<()> {
    let own = scope.rows(second_factors::table).filter(second_factors::user_id.eq(user));
    own.set(second_factors::failures.eq(second_factors::failures)).execute(scope).map(drop)
}

/// Begins a second factor, in the place of one that was not confirmed.
pub(super) fn begin(scope: &mut Writing<Control>, user: UserId, secret: &str) -> Result<()> {
    scope
        .rows(second_factors::table)
        .filter(second_factors::user_id.eq(user))
        .filter(second_factors::confirmed_at.is_null())
        .delete()
        .execute(scope)?;
    let row = (
        second_factors::user_id.eq(user),
        second_factors::secret.eq(secret),
        second_factors::last_step.eq(0_i64),
        second_factors::failures.eq(0_i64),
        second_factors::created_at.eq(scope.now()),
    );
    scope.insert(second_factors::table, row).execute(scope).map(drop)
}

/// Notes that a code of this step was right.
pub(super) fn note_success(scope: &mut Writing<Control>, user: UserId, step: i64) -> Result<()> {
    let own = scope.rows(second_factors::table).filter(second_factors::user_id.eq(user));
    let changes =
        (second_factors::last_step.eq(step), second_factors::failures.eq(0_i64), second_factors::locked_until.eq(None::<Timestamp>));
    own.set(changes).execute(scope).map(drop)
}

/// Notes that a code was wrong, and until when no other is looked at.
pub(super) fn note_failure(scope: &mut Writing<Control>, user: UserId, failures: i64, locked_until: Option<Timestamp>) -> Result<()> {
    let own = scope.rows(second_factors::table).filter(second_factors::user_id.eq(user));
    own.set((second_factors::failures.eq(failures), second_factors::locked_until.eq(locked_until))).execute(scope).map(drop)
}

/// Has a user's next code looked at at once: whoever guessed the last ones has to begin with the password again.
pub fn forgive(scope: &mut Writing<Control>, user: UserId) -> Result<()> {
    note_failure(scope, user, 0, None)
}

pub(super) fn confirm(scope: &mut Writing<Control>, user: UserId) -> Result<()> {
    let own = scope.rows(second_factors::table).filter(second_factors::user_id.eq(user));
    own.set(second_factors::confirmed_at.eq(scope.now())).execute(scope).map(drop)
}

/// Turns a user's second factor off.
pub(super) fn remove(scope: &mut Writing<Control>, user: UserId) -> Result<()> {
    scope.rows(recovery_codes::table).filter(recovery_codes::user_id.eq(user)).delete().execute(scope)?;
    scope.rows(second_factors::table).filter(second_factors::user_id.eq(user)).delete().execute(scope).map(drop)
}

/// Puts new recovery codes, as their digests, in the place of all others.
pub(super) fn replace_codes(scope: &mut Writing<Control>, user: UserId, digests: Vec<String>) -> Result<()> {
    scope.rows(recovery_codes::table).filter(recovery_codes::user_id.eq(user)).delete().execute(scope)?;
    let row = |digest: String| (recovery_codes::user_id.eq(user), recovery_codes::digest.eq(digest));
    scope.insert_all(recovery_codes::table, digests.into_iter().map(row).collect()).map(drop)
}

pub(super) fn has_code(scope: &mut Reading<Control>, user: UserId, digest: &str) -> Result<bool> {
    let own = scope.rows(recovery_codes::table).filter(recovery_codes::user_id.eq(user)).filter(recovery_codes::digest.eq(digest));
    let found: Option<String> = own.select(recovery_codes::digest).find_first(scope)?;
    Ok(found.is_some())
}

pub(super) fn spend_code(scope: &mut Writing<Control>, user: UserId, digest: &str) -> Result<()> {
    let own = scope.rows(recovery_codes::table).filter(recovery_codes::user_id.eq(user)).filter(recovery_codes::digest.eq(digest));
    own.delete().execute(scope).map(drop)
}
