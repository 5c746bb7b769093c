//! The table of mailed tokens.

use super::model::TokenKind;
use crate::access::{Passwords, Subject};
use crate::base::id::{CustomerId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::mailed_tokens::{self, created_at, customer_id, digest, expires_at, kind, user_id, vendor_id};
use crate::db::schema::users;
use crate::db::{Control, Reading, Result, Writing};
use chrono::TimeDelta;
use diesel::prelude::*;

/// In this time somebody gets no more than so many letters of a kind: what was sent last is still good then.
const LATELY: TimeDelta = TimeDelta::hours(1);
const MOST_LATELY: i64 = 5;

#[derive(Insertable)]
#[diesel(table_name = mailed_tokens)]
struct NewToken {
    kind: TokenKind,
    digest: String,
    vendor_id: Option<VendorId>,
    user_id: Option<UserId>,
    customer_id: Option<CustomerId>,
    email_key: Option<String>,
    created_at: Timestamp,
    expires_at: Timestamp,
}

/// Whom a token was mailed to.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Token {
    pub vendor: Option<VendorId>,
    user: Option<UserId>,
    customer: Option<CustomerId>,
    pub email_key: Option<String>,
}

impl Token {
    pub(super) fn subject(&self) -> Option<Subject> {
        self.user.map(Subject::User).or(self.customer.map(Subject::Customer))
    }
}

/// Whose the token will be; none for nobody's.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub subject: Subject,
    pub vendor: Option<VendorId>,
    pub email_key: String,
}

/// Keeps a new token as its digest.
pub(super) fn insert(scope: &mut Writing<Control>, what: TokenKind, secret: String, owner: Option<Owner>, ttl: TimeDelta) -> Result<()> {
    let now = scope.now();
    let (user, customer) = match owner.as_ref().map(|owner| owner.subject) {
        Some(Subject::User(id)) => (Some(id), None),
        Some(Subject::Customer(id)) => (None, Some(id)),
        None => (None, None),
    };
    let row = NewToken {
        kind: what,
        digest: secret,
        vendor_id: owner.as_ref().and_then(|owner| owner.vendor),
        user_id: user,
        customer_id: customer,
        email_key: owner.map(|owner| owner.email_key),
        created_at: now,
        expires_at: now.plus(ttl),
    };
    scope.insert(mailed_tokens::table, row).execute(scope).map(drop)
}

/// Whether somebody has had so many letters lately that another one would be a nuisance.
pub(super) fn is_flooded(scope: &mut Reading<Control>, what: TokenKind, owner: &Owner) -> Result<bool> {
    let recent = scope.rows(mailed_tokens::table).filter(kind.eq(what)).filter(created_at.gt(scope.now().minus(LATELY)));
    let found: Vec<Timestamp> = match owner.subject {
        Subject::User(id) => recent.filter(user_id.eq(id)).select(created_at).limit(MOST_LATELY).load(scope)?,
        Subject::Customer(id) => {
            recent.filter(vendor_id.eq(owner.vendor)).filter(customer_id.eq(id)).select(created_at).limit(MOST_LATELY).load(scope)?
        }
    };
    Ok(i64::try_from(found.len()).is_ok_and(|sent| sent >= MOST_LATELY))
}

/// The token with this digest, while it is good.
pub(super) fn find(scope: &mut Reading<Control>, what: TokenKind, secret: &str) -> Result<Option<Token>> {
    scope
        .rows(mailed_tokens::table)
        .filter(digest.eq(secret))
        .filter(kind.eq(what))
        .filter(expires_at.gt(scope.now()))
        .select((vendor_id, user_id, customer_id, mailed_tokens::email_key))
        .find_first(scope)
}

/// Uses a token up; says whether it was still there. Of two who come with the same one, one is too late.
pub(super) fn redeem(scope: &mut Writing<Control>, secret: &str) -> Result<bool> {
    let good = scope.rows(mailed_tokens::table).filter(digest.eq(secret)).filter(expires_at.gt(scope.now()));
    Ok(good.delete().execute(scope)? == 1)
}

/// Forgets somebody's tokens of a kind: what they were for has happened, or must not any more.
pub fn forget(scope: &mut Writing<Control>, what: TokenKind, subject: Subject, vendor: Option<VendorId>) -> Result<()> {
    let of_kind = scope.rows(mailed_tokens::table).filter(kind.eq(what));
    match subject {
        Subject::User(id) => of_kind.filter(user_id.eq(id)).delete().execute(scope),
        Subject::Customer(id) => of_kind.filter(vendor_id.eq(vendor)).filter(customer_id.eq(id)).delete().execute(scope),
    }
    .map(drop)
}

/// Forgets the tokens that are no good any more, and were not mailed lately.
pub fn forget_expired(scope: &mut Writing<Control>) -> Result<usize> {
    let now = scope.now();
    scope.rows(mailed_tokens::table).filter(expires_at.lt(now.minus(LATELY))).delete().execute(scope)
}

/// Notes that mail reaches a user at the address, if that is still theirs; says whether it is.
pub fn note_verified(scope: &mut Writing<Control>, id: UserId, email_key: &str) -> Result<bool> {
    let same = scope.rows(users::table).filter(users::id.eq(id)).filter(users::email_key.eq(email_key));
    Ok(same.set(users::email_verified_at.eq(scope.now())).execute(scope)? == 1)
}

/// Leaves a user without a password.
pub(super) fn take_password(scope: &mut Writing<Control>, id: UserId) -> Result<()> {
    let changes = (users::password_hash.eq(Passwords::NOBODYS), users::must_change_password.eq(false), users::updated_at.eq(scope.now()));
    scope.rows(users::table).filter(users::id.eq(id)).set(changes).execute(scope).map(drop)
}

/// Gives an active user a new password, whatever the old one was; says whether there is such a user.
pub(super) fn replace_password(scope: &mut Writing<Control>, id: UserId, new: String) -> Result<bool> {
    let changes = (users::password_hash.eq(new), users::must_change_password.eq(false), users::updated_at.eq(scope.now()));
    let active = scope.rows(users::table).filter(users::id.eq(id)).filter(users::is_active.eq(true));
    Ok(active.set(changes).execute(scope)? == 1)
}
