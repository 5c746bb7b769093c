//! The table of customers.

use super::model::{CustomerProfile, CustomerSummary};
use crate::base::id::CustomerId;
use crate::base::search::after_prefix;
use crate::base::time::Timestamp;
use crate::db::schema::customers;
use crate::db::{Reading, Result, Writing};
use diesel::prelude::*;

/// What signing in needs to know.
#[derive(Queryable)]
pub struct Account {
    /// The customer's id.
    pub id: CustomerId,
    /// The hash of the password.
    pub password_hash: String,
    /// Whether they may sign in.
    pub is_active: bool,
}

/// A customer to be.
#[derive(Clone, Insertable)]
#[diesel(table_name = customers)]
pub struct NewCustomer {
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
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = customers)]
struct CustomerRow {
    id: CustomerId,
    username: String,
    email: Option<String>,
    first_name: String,
    last_name: String,
    phone: Option<String>,
    is_active: bool,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<CustomerRow> for CustomerProfile {
    fn from(row: CustomerRow) -> Self {
        Self {
            id: row.id,
            username: row.username,
            email: row.email,
            first_name: row.first_name,
            last_name: row.last_name,
            phone: row.phone,
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// The customer who signs in with this name or e-mail address, folded.
pub fn find_account(scope: &mut Reading, name: &str, is_email: bool) -> Result<Option<Account>> {
    let columns = (customers::id, customers::password_hash, customers::is_active);
    if is_email {
        scope.rows(customers::table).filter(customers::email_key.eq(name)).select(columns).find_first(scope)
    } else {
        scope.rows(customers::table).filter(customers::username_key.eq(name)).select(columns).find_first(scope)
    }
}

/// Adds a customer; two with the same name or e-mail address are refused by the table.
pub fn insert(scope: &mut Writing, customer: NewCustomer) -> Result<CustomerId> {
    let now = scope.now();
    let username = customer.username_key.clone();
    let defaults =
        (customers::is_active.eq(true), customers::version.eq(1_i64), customers::created_at.eq(now), customers::updated_at.eq(now));
    scope.insert(customers::table, (customer, defaults)).execute(scope)?;
    scope.rows(customers::table).filter(customers::username_key.eq(username)).select(customers::id).first(scope)
}

/// One customer.
pub fn profile(scope: &mut Reading, id: CustomerId) -> Result<CustomerProfile> {
    let row: CustomerRow = scope.rows(customers::table).filter(customers::id.eq(id)).select(CustomerRow::as_select()).first(scope)?;
    Ok(row.into())
}

/// Those of these customers that there are, in a few words, in one statement.
pub fn summaries(scope: &mut Reading, ids: Vec<CustomerId>) -> Result<Vec<CustomerSummary>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<(CustomerId, String, String, String)> = scope
        .rows(customers::table)
        .filter(customers::id.eq_any(ids))
        .select((customers::id, customers::username, customers::first_name, customers::last_name))
        .prepared()
        .load(scope)?;
    Ok(rows.into_iter().map(|(id, username, first_name, last_name)| CustomerSummary { id, username, first_name, last_name }).collect())
}

/// Customers by falling id, before `before`, whose name or e-mail address begins with `prefix` (folded).
pub fn list(scope: &mut Reading, prefix: Option<&str>, before: Option<i64>, limit: i64) -> Result<Vec<CustomerProfile>> {
    let mut query = scope.rows(customers::table).select(CustomerRow::as_select()).order(customers::id.desc()).limit(limit).into_boxed();
    if let Some(before) = before {
        query = query.filter(customers::id.lt(before));
    }
    if let Some(prefix) = prefix {
        let end = after_prefix(prefix);
        let name = customers::username_key.ge(prefix.to_owned()).and(customers::username_key.lt(end.clone()));
        let email = customers::email_key.ge(prefix.to_owned()).and(customers::email_key.lt(end));
        query = query.filter(name.nullable().or(email));
    }
    Ok(query.load::<CustomerRow>(scope)?.into_iter().map(CustomerProfile::from).collect())
}

/// What a customer changes of their own profile.
#[derive(Clone, Default, AsChangeset)]
#[diesel(table_name = customers)]
pub struct Renaming {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail address, as typed.
    pub email: Option<Option<String>>,
    /// E-mail address, as compared.
    pub email_key: Option<Option<String>>,
    /// Phone number.
    pub phone: Option<Option<String>>,
}

/// Changes a profile.
pub fn rename(scope: &mut Writing, id: CustomerId, changes: Renaming) -> Result<()> {
    let stamp = (customers::version.eq(customers::version + 1), customers::updated_at.eq(scope.now()));
    let touched = scope.rows(customers::table).filter(customers::id.eq(id)).set((changes, stamp)).execute(scope)?;
    if touched == 0 { Err(crate::db::Error::NotFound) } else { Ok(()) }
}

/// The hash of a customer's password.
pub fn password_hash(scope: &mut Reading, id: CustomerId) -> Result<String> {
    scope.rows(customers::table).filter(customers::id.eq(id)).select(customers::password_hash).first(scope)
}

/// Puts the hash of a new password in the place of the old one; says whether that was still it.
pub fn set_password(scope: &mut Writing, id: CustomerId, old: &str, new: String) -> Result<bool> {
    let changes = (customers::password_hash.eq(new), customers::updated_at.eq(scope.now()));
    let same = scope.rows(customers::table).filter(customers::id.eq(id)).filter(customers::password_hash.eq(old));
    Ok(same.set(changes).execute(scope)? == 1)
}
