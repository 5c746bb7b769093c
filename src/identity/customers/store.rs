//! The table of customers, and their sessions.

use super::model::{CustomerProfile, CustomerSummary, Listing, Particulars, Sort};
use crate::base::id::{CustomerId, VendorId};
use crate::base::names;
use crate::base::page::Key;
use crate::base::search::{after_prefix, fold};
use crate::base::time::Timestamp;
use crate::db::schema::{customers, sessions};
use crate::db::{Control, Error, Reading, Result, Writing};
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
    name_key: String,
    anonymized_at: Option<Timestamp>,
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
            anonymized_at: row.anonymized_at,
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

/// A name as it is searched and sorted.
fn name_key(first_name: &str, last_name: &str) -> String {
    fold(&format!("{first_name} {last_name}")).trim().to_owned()
}

/// Adds a customer; two with the same name or e-mail address are refused by the table.
pub fn insert(scope: &mut Writing, customer: NewCustomer) -> Result<CustomerId> {
    let now = scope.now();
    let username = customer.username_key.clone();
    let keys = (
        customers::name_key.eq(name_key(&customer.first_name, &customer.last_name)),
        customers::family_key.eq(fold(customer.last_name.trim())),
    );
    let defaults =
        (customers::is_active.eq(true), customers::version.eq(1_i64), customers::created_at.eq(now), customers::updated_at.eq(now));
    scope.insert(customers::table, (customer, keys, defaults)).execute(scope)?;
    scope.rows(customers::table).filter(customers::username_key.eq(username)).select(customers::id).first(scope)
}

/// One customer.
pub fn profile(scope: &mut Reading, id: CustomerId) -> Result<CustomerProfile> {
    let row: CustomerRow = scope.rows(customers::table).filter(customers::id.eq(id)).select(CustomerRow::as_select()).first(scope)?;
    Ok(row.into())
}

/// The same customer, held until the transaction ends: nobody changes them, or what is theirs, between our reading it and our writing.
pub fn hold(scope: &mut Writing, id: CustomerId) -> Result<CustomerProfile> {
    // An update that changes nothing is what both engines know a lock by.
    scope.rows(customers::table).filter(customers::id.eq(id)).set(customers::version.eq(customers::version)).execute(scope)?;
    profile(scope, id)
}

/// A customer in a few words: with what they are called.
type SummaryRow = (CustomerId, String, String, String);

fn summary((id, username, first_name, last_name): SummaryRow) -> CustomerSummary {
    CustomerSummary { id, username, first_name, last_name }
}

/// Those of these customers that there are, in a few words, in one statement.
pub fn summaries(scope: &mut Reading, ids: Vec<CustomerId>) -> Result<Vec<CustomerSummary>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<SummaryRow> = scope
        .rows(customers::table)
        .filter(customers::id.eq_any(ids))
        .select((customers::id, customers::username, customers::first_name, customers::last_name))
        .prepared()
        .load(scope)?;
    Ok(rows.into_iter().map(summary).collect())
}

/// Somebody to place an order for: not one who was made nobody.
pub fn buyer(scope: &mut Reading, id: CustomerId) -> Result<Option<CustomerSummary>> {
    let row: Option<SummaryRow> = scope
        .rows(customers::table)
        .filter(customers::id.eq(id))
        .filter(customers::anonymized_at.is_null())
        .select((customers::id, customers::username, customers::first_name, customers::last_name))
        .find_first(scope)?;
    Ok(row.map(summary))
}

/// A customer in a list, with the value that the list is sorted by.
pub struct Listed {
    /// The customer.
    pub profile: CustomerProfile,
    /// Where they stand in the list.
    pub key: Key,
}

/// The customers that are asked for, and no more than that many.
pub fn list(scope: &mut Reading, listing: &Listing) -> Result<Vec<Listed>> {
    let mut query = scope.rows(customers::table).select(CustomerRow::as_select()).limit(listing.limit).into_boxed();
    if let Some(q) = &listing.q {
        let (key, folded) = (names::key(q), fold(q));
        let (key_end, folded_end) = (after_prefix(&key), after_prefix(&folded));
        let username = customers::username_key.ge(key.clone()).and(customers::username_key.lt(key_end.clone()));
        let email = customers::email_key.ge(key).and(customers::email_key.lt(key_end));
        let name = customers::name_key.ge(folded.clone()).and(customers::name_key.lt(folded_end.clone()));
        let family = customers::family_key.ge(folded).and(customers::family_key.lt(folded_end));
        query = query.filter(username.or(name).or(family).nullable().or(email));
    }
    if let Some(is_active) = listing.is_active {
        query = query.filter(customers::is_active.eq(is_active));
    }
    let after = listing.after.as_ref();
    let at = after.map(|(_, id)| CustomerId(*id));
    let name = after.and_then(|(key, id)| match key {
        Key::Text(name) => Some((name.clone(), CustomerId(*id))),
        Key::Number(_) => None,
    });
    // Ids rise with time. By name, the first comparison lets the index find the place, the second settles ties.
    let sorted = match listing.sort {
        Sort::CreatedAtDown => {
            if let Some(id) = at {
                query = query.filter(customers::id.lt(id));
            }
            query.order(customers::id.desc())
        }
        Sort::CreatedAt => {
            if let Some(id) = at {
                query = query.filter(customers::id.gt(id));
            }
            query.order(customers::id.asc())
        }
        Sort::Name => {
            if let Some((name, id)) = name {
                query = query.filter(customers::name_key.ge(name.clone()).and(customers::name_key.gt(name).or(customers::id.gt(id))));
            }
            query.order(customers::name_key.asc()).then_order_by(customers::id.asc())
        }
        Sort::NameDown => {
            if let Some((name, id)) = name {
                query = query.filter(customers::name_key.le(name.clone()).and(customers::name_key.lt(name).or(customers::id.lt(id))));
            }
            query.order(customers::name_key.desc()).then_order_by(customers::id.desc())
        }
    };
    let rows: Vec<CustomerRow> = sorted.load(scope)?;
    let is_by_name = matches!(listing.sort, Sort::Name | Sort::NameDown);
    let listed = |row: CustomerRow| {
        let key = if is_by_name { Key::Text(row.name_key.clone()) } else { Key::Number(row.id.0) };
        Listed { profile: row.into(), key }
    };
    Ok(rows.into_iter().map(listed).collect())
}

#[derive(AsChangeset)]
#[diesel(table_name = customers)]
struct Changes {
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<Option<String>>,
    email_key: Option<Option<String>>,
    phone: Option<Option<String>>,
    is_active: Option<bool>,
    name_key: String,
    family_key: String,
}

/// Changes the profile of a customer who is held, and was `before`.
pub fn change(scope: &mut Writing, before: &CustomerProfile, particulars: Particulars) -> Result<CustomerProfile> {
    let first_name = particulars.first_name.as_ref().unwrap_or(&before.first_name);
    let last_name = particulars.last_name.as_ref().unwrap_or(&before.last_name);
    let changes = Changes {
        name_key: name_key(first_name, last_name),
        family_key: fold(last_name.trim()),
        email_key: particulars.email.as_ref().map(|email| email.as_deref().map(names::key)),
        first_name: particulars.first_name,
        last_name: particulars.last_name,
        email: particulars.email,
        phone: particulars.phone,
        is_active: particulars.is_active,
    };
    let stamp = (customers::version.eq(customers::version + 1), customers::updated_at.eq(scope.now()));
    let touched = scope.rows(customers::table).filter(customers::id.eq(before.id)).set((changes, stamp)).execute(scope)?;
    if touched == 0 { Err(Error::NotFound) } else { profile(scope, before.id) }
}

/// Takes away all that tells who a customer is; nobody can sign in as them any more. The name they are left with is one
/// that nobody can choose.
pub fn anonymize(scope: &mut Writing, id: CustomerId) -> Result<()> {
    let nobody = format!("anonymized#{id}");
    let who = (
        customers::username.eq(nobody.clone()),
        customers::username_key.eq(nobody),
        customers::email.eq(None::<String>),
        customers::email_key.eq(None::<String>),
        customers::password_hash.eq(""),
        customers::first_name.eq(""),
        customers::last_name.eq(""),
        customers::name_key.eq(""),
        customers::family_key.eq(""),
        customers::phone.eq(None::<String>),
    );
    let stamp = (
        customers::is_active.eq(false),
        customers::anonymized_at.eq(scope.now()),
        customers::version.eq(customers::version + 1),
        customers::updated_at.eq(scope.now()),
    );
    scope.rows(customers::table).filter(customers::id.eq(id)).set((who, stamp)).execute(scope).map(drop)
}

/// The customers who were made nobody at this instant or later.
pub fn anonymized_since(scope: &mut Reading, instant: Timestamp) -> Result<Vec<CustomerId>> {
    scope.rows(customers::table).filter(customers::anonymized_at.ge(instant)).select(customers::id).load(scope)
}

/// The hash of a customer's password.
pub fn password_hash(scope: &mut Reading, id: CustomerId) -> Result<String> {
    scope.rows(customers::table).filter(customers::id.eq(id)).select(customers::password_hash).first(scope)
}

/// The same, of a customer who may sign in.
pub fn live_password_hash(scope: &mut Reading, id: CustomerId) -> Result<Option<String>> {
    let live = scope.rows(customers::table).filter(customers::id.eq(id)).filter(customers::is_active.eq(true));
    live.select(customers::password_hash).find_first(scope)
}

/// Gives an active customer a new password, whatever the old one was; tells where mail reaches them.
pub fn replace_password(scope: &mut Writing, id: CustomerId, new: String) -> Result<Option<String>> {
    let changes = (customers::password_hash.eq(new), customers::updated_at.eq(scope.now()));
    let active = scope.rows(customers::table).filter(customers::id.eq(id)).filter(customers::is_active.eq(true));
    if active.set(changes).execute(scope)? == 0 {
        return Err(crate::db::Error::NotFound);
    }
    Ok(profile(scope, id)?.email)
}

/// Puts the hash of a new password in the place of the old one; says whether that was still it.
pub fn set_password(scope: &mut Writing, id: CustomerId, old: &str, new: String) -> Result<bool> {
    let changes = (customers::password_hash.eq(new), customers::updated_at.eq(scope.now()));
    let same = scope.rows(customers::table).filter(customers::id.eq(id)).filter(customers::password_hash.eq(old));
    Ok(same.set(changes).execute(scope)? == 1)
}

/// Ends all sessions of a customer.
pub fn end_sessions(scope: &mut Writing<Control>, vendor: VendorId, id: CustomerId) -> Result<()> {
    let own = scope.rows(sessions::table).filter(sessions::vendor_id.eq(vendor)).filter(sessions::customer_id.eq(id));
    own.filter(sessions::revoked_at.is_null()).set(sessions::revoked_at.eq(scope.now())).execute(scope).map(drop)
}

/// Forgets all sessions of a customer, with all that they tell.
pub fn forget_sessions(scope: &mut Writing<Control>, vendor: VendorId, id: CustomerId) -> Result<()> {
    let own = scope.rows(sessions::table).filter(sessions::vendor_id.eq(vendor)).filter(sessions::customer_id.eq(id));
    own.delete().execute(scope).map(drop)
}
