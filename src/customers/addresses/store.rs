//! The table of addresses.

use super::model::CustomerAddress;
use crate::base::column::JsonText;
use crate::base::id::{AddressId, CustomerId};
use crate::base::time::Timestamp;
use crate::db::schema::addresses;
use crate::db::{Reading, Result, Writing};
use crate::orders::Address;
use diesel::dsl::count_star;
use diesel::prelude::*;

#[derive(Queryable, Selectable)]
#[diesel(table_name = addresses)]
struct AddressRow {
    id: AddressId,
    label: Option<String>,
    address: JsonText,
    is_default: bool,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<AddressRow> for CustomerAddress {
    fn from(row: AddressRow) -> Self {
        Self {
            id: row.id,
            label: row.label,
            address: row.address.value(),
            is_default: row.is_default,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// All addresses of a customer, the default first, then the newest.
pub fn list(scope: &mut Reading, customer: CustomerId) -> Result<Vec<CustomerAddress>> {
    let rows: Vec<AddressRow> = scope
        .rows(addresses::table)
        .filter(addresses::customer_id.eq(customer))
        .order(addresses::id.desc())
        .select(AddressRow::as_select())
        .load(scope)?;
    let mut all: Vec<CustomerAddress> = rows.into_iter().map(CustomerAddress::from).collect();
    all.sort_by_key(|address| !address.is_default);
    Ok(all)
}

/// One address of a customer.
pub(super) fn find(scope: &mut Reading, customer: CustomerId, id: AddressId) -> Result<CustomerAddress> {
    let own = scope.rows(addresses::table).filter(addresses::customer_id.eq(customer)).filter(addresses::id.eq(id));
    let row: AddressRow = own.select(AddressRow::as_select()).first(scope)?;
    Ok(row.into())
}

/// How many addresses a customer keeps.
pub(super) fn count(scope: &mut Reading, customer: CustomerId) -> Result<i64> {
    scope.rows(addresses::table).filter(addresses::customer_id.eq(customer)).select(count_star()).first(scope)
}

/// The newest address of a customer.
pub(super) fn newest(scope: &mut Reading, customer: CustomerId) -> Result<Option<AddressId>> {
    let own = scope.rows(addresses::table).filter(addresses::customer_id.eq(customer));
    own.order(addresses::id.desc()).select(addresses::id).find_first(scope)
}

/// Keeps another address.
pub(super) fn insert(
    scope: &mut Writing,
    customer: CustomerId,
    label: Option<&str>,
    address: &Address,
    is_default: bool,
) -> Result<AddressId> {
    let now = scope.now();
    let row = (
        addresses::customer_id.eq(customer),
        addresses::label.eq(label),
        addresses::address.eq(JsonText::of(address)),
        addresses::is_default.eq(is_default),
        addresses::version.eq(1_i64),
        addresses::created_at.eq(now),
        addresses::updated_at.eq(now),
    );
    scope.insert(addresses::table, row).execute(scope)?;
    newest(scope, customer)?.ok_or(crate::db::Error::NotFound)
}

#[derive(Default, AsChangeset)]
#[diesel(table_name = addresses)]
pub(super) struct Changes {
    pub label: Option<Option<String>>,
    pub address: Option<JsonText>,
    pub is_default: Option<bool>,
}

/// Changes an address.
pub(super) fn update(scope: &mut Writing, id: AddressId, changes: Changes) -> Result<()> {
    let stamp = (addresses::version.eq(addresses::version + 1), addresses::updated_at.eq(scope.now()));
    scope.rows(addresses::table).filter(addresses::id.eq(id)).set((changes, stamp)).execute(scope).map(drop)
}

/// Leaves the customer without a default, so that another address can become it.
pub(super) fn clear_default(scope: &mut Writing, customer: CustomerId) -> Result<()> {
    let changes = (addresses::is_default.eq(false), addresses::version.eq(addresses::version + 1), addresses::updated_at.eq(scope.now()));
    let default = scope.rows(addresses::table).filter(addresses::customer_id.eq(customer)).filter(addresses::is_default.eq(true));
    default.set(changes).execute(scope).map(drop)
}

/// Deletes an address.
pub(super) fn delete(scope: &mut Writing, id: AddressId) -> Result<()> {
    scope.rows(addresses::table).filter(addresses::id.eq(id)).delete().execute(scope).map(drop)
}

/// Deletes all addresses of a customer.
pub fn forget(scope: &mut Writing, customer: CustomerId) -> Result<()> {
    scope.rows(addresses::table).filter(addresses::customer_id.eq(customer)).delete().execute(scope).map(drop)
}
