//! The table of products.

use super::model::{MAX_STOCK, Product, Status};
use crate::base::column::JsonText;
use crate::base::id::{ProductId, VendorId};
use crate::base::money::{Currency, Money};
use crate::base::time::Timestamp;
use crate::db::schema::products;
use crate::db::{Reading, Result, Writing};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// A product's row, in the order of its columns.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = products)]
pub(super) struct ProductRow {
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub vendor_id: VendorId,
    pub id: ProductId,
    pub sku: Option<String>,
    pub name: String,
    pub name_key: String,
    pub description: String,
    pub price: i64,
    pub compare_at_price: Option<i64>,
    pub currency: Currency,
    pub stock: i64,
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub is_ordered: bool,
    pub status: Status,
    pub brand: Option<String>,
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub brand_key: Option<String>,
    pub gtin: Option<String>,
    pub external_id: Option<String>,
    pub image_urls: JsonText,
    pub attributes: JsonText,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<ProductRow> for Product {
    fn from(row: ProductRow) -> Self {
        let money = |minor| Money { minor, currency: row.currency };
        Self {
            id: row.id,
            sku: row.sku,
            name: row.name,
            description: row.description,
            price: money(row.price),
            compare_at_price: row.compare_at_price.map(money),
            currency: row.currency,
            stock: row.stock,
            status: row.status,
            brand: row.brand,
            gtin: row.gtin,
            external_id: row.external_id,
            image_urls: row.image_urls.value(),
            attributes: row.attributes.value(),
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// What a product is made of, but for what the table keeps by itself.
#[derive(Clone, Insertable, AsChangeset)]
#[diesel(table_name = products, treat_none_as_null = true)]
pub(super) struct Values {
    pub sku: Option<String>,
    pub name: String,
    pub name_key: String,
    pub description: String,
    pub price: i64,
    pub compare_at_price: Option<i64>,
    pub status: Status,
    pub brand: Option<String>,
    pub brand_key: Option<String>,
    pub gtin: Option<String>,
    pub external_id: Option<String>,
    pub image_urls: JsonText,
    pub attributes: JsonText,
}

/// What changes about a product: what is `None` stays.
#[derive(Clone, Default, PartialEq, AsChangeset)]
#[diesel(table_name = products)]
pub(super) struct Changes {
    pub sku: Option<Option<String>>,
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub description: Option<String>,
    pub price: Option<i64>,
    pub compare_at_price: Option<Option<i64>>,
    pub stock: Option<i64>,
    pub status: Option<Status>,
    pub brand: Option<Option<String>>,
    pub brand_key: Option<Option<String>>,
    pub gtin: Option<Option<String>>,
    pub external_id: Option<Option<String>>,
    pub image_urls: Option<JsonText>,
    pub attributes: Option<JsonText>,
}

/// Whether the vendor has any product.
pub fn has_products(scope: &mut Reading) -> Result<bool> {
    let found: Option<ProductId> = scope.rows(products::table).select(products::id).find_first(scope)?;
    Ok(found.is_some())
}

/// What these products are called, and their numbers.
pub fn labels(scope: &mut Reading, ids: Vec<ProductId>) -> Result<BTreeMap<ProductId, (String, Option<String>)>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows: Vec<(ProductId, String, Option<String>)> =
        scope.rows(products::table).filter(products::id.eq_any(ids)).select((products::id, products::name, products::sku)).load(scope)?;
    Ok(rows.into_iter().map(|(id, name, sku)| (id, (name, sku))).collect())
}

pub(super) fn insert(scope: &mut Writing, values: Values, currency: Currency, stock: i64) -> Result<ProductRow> {
    let now = scope.now();
    let defaults = (
        products::currency.eq(currency),
        products::stock.eq(stock),
        products::is_ordered.eq(false),
        products::version.eq(1_i64),
        products::created_at.eq(now),
        products::updated_at.eq(now),
    );
    scope.insert(products::table, (values, defaults)).one(scope)
}

pub(super) fn find(scope: &mut Reading, id: ProductId) -> Result<ProductRow> {
    scope.rows(products::table).filter(products::id.eq(id)).select(ProductRow::as_select()).first(scope)
}

/// The same product, held until the transaction ends: nobody changes it between our reading it and our writing.
pub(super) fn hold(scope: &mut Writing, id: ProductId) -> Result<ProductRow> {
    // An update that changes nothing is what both engines know a lock by.
    scope.rows(products::table).filter(products::id.eq(id)).set(products::version.eq(products::version)).fixed().one(scope)
}

/// Puts other values in a product's place; without `stock`, that stays.
pub(super) fn replace(scope: &mut Writing, id: ProductId, values: Values, stock: Option<i64>) -> Result<ProductRow> {
    let stamp = (products::version.eq(products::version + 1), products::updated_at.eq(scope.now()));
    let kept = Changes { stock, ..Changes::default() };
    scope.rows(products::table).filter(products::id.eq(id)).set((values, kept, stamp)).one(scope)
}

pub(super) fn update(scope: &mut Writing, id: ProductId, changes: Changes) -> Result<ProductRow> {
    let stamp = (products::version.eq(products::version + 1), products::updated_at.eq(scope.now()));
    scope.rows(products::table).filter(products::id.eq(id)).set((changes, stamp)).one(scope)
}

/// Deletes a product that no order refers to; says whether it did.
pub(super) fn delete_unordered(scope: &mut Writing, id: ProductId) -> Result<bool> {
    let unordered = scope.rows(products::table).filter(products::id.eq(id)).filter(products::is_ordered.eq(false));
    Ok(unordered.delete().execute(scope)? == 1)
}

/// Those of these products that are on sale, by rising id.
pub(super) fn on_sale(scope: &mut Reading, ids: Vec<ProductId>) -> Result<Vec<ProductRow>> {
    scope
        .rows(products::table)
        .filter(products::id.eq_any(ids))
        .filter(products::status.eq(Status::Active))
        .order(products::id.asc())
        .select(ProductRow::as_select())
        .prepared()
        .load(scope)
}

/// Takes pieces of a product on sale, if there are so many; the product as it is then.
pub(super) fn take(scope: &mut Writing, id: ProductId, quantity: i64) -> Result<Option<ProductRow>> {
    let changes = (
        products::stock.eq(products::stock - quantity),
        products::is_ordered.eq(true),
        products::version.eq(products::version + 1),
        products::updated_at.eq(scope.now()),
    );
    let enough = scope
        .rows(products::table)
        .filter(products::id.eq(id))
        .filter(products::status.eq(Status::Active))
        .filter(products::stock.ge(quantity));
    Ok(enough.set(changes).fixed().load(scope)?.pop())
}

/// Puts pieces of a product back.
pub(super) fn put_back(scope: &mut Writing, id: ProductId, quantity: i64) -> Result<()> {
    let changes =
        (products::stock.eq(products::stock + quantity), products::version.eq(products::version + 1), products::updated_at.eq(scope.now()));
    let rows = scope.rows(products::table).filter(products::id.eq(id)).set(changes);
    // What is returned is of no use, but has the statement kept prepared.
    rows.fixed().load::<ProductRow>(scope).map(drop)
}

/// Adds to the stock, if it stays between none and the most there can be, and is what is expected.
pub(super) fn add(scope: &mut Writing, id: ProductId, delta: i64, expected: Option<i64>) -> Result<Option<ProductRow>> {
    let changes =
        (products::stock.eq(products::stock + delta), products::version.eq(products::version + 1), products::updated_at.eq(scope.now()));
    let (least, most) = (expected.unwrap_or(0).max(-delta), expected.unwrap_or(MAX_STOCK).min(MAX_STOCK - delta));
    let rows = scope.rows(products::table).filter(products::id.eq(id)).filter(products::stock.ge(least)).filter(products::stock.le(most));
    Ok(rows.set(changes).fixed().load(scope)?.pop())
}

/// Sets the stock, if it is what is expected.
pub(super) fn set(scope: &mut Writing, id: ProductId, stock: i64, expected: Option<i64>) -> Result<Option<ProductRow>> {
    let changes = (products::stock.eq(stock), products::version.eq(products::version + 1), products::updated_at.eq(scope.now()));
    let (least, most) = (expected.unwrap_or(0), expected.unwrap_or(i64::MAX));
    let rows = scope.rows(products::table).filter(products::id.eq(id)).filter(products::stock.ge(least)).filter(products::stock.le(most));
    Ok(rows.set(changes).fixed().load(scope)?.pop())
}
