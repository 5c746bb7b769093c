//! The words of products, and the list that they and the other filters narrow.

use super::model::{Listing, Sort};
use crate::base::id::ProductId;
use crate::base::page::{Cursor, Key};
use crate::base::search::{after_prefix, words};
use crate::base::time::{self, Timestamp};
use crate::catalog::store::ProductRow;
use crate::db::schema::{product_terms, products};
use crate::db::{Reading, Result, Writing};
use diesel::prelude::*;

/// How many different words of a product can be searched for.
const MOST_TERMS: usize = 500;

/// Makes a product's words searchable, in the place of those it had.
pub(in crate::catalog) fn index(scope: &mut Writing, product: &ProductRow, is_new: bool) -> Result<()> {
    if !is_new {
        scope.rows(product_terms::table).filter(product_terms::product_id.eq(product.id)).delete().execute(scope)?;
    }
    let texts = [Some(&product.name), product.sku.as_ref(), product.brand.as_ref(), product.gtin.as_ref(), Some(&product.description)];
    let text = texts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
    let row = |term: String| (product_terms::term.eq(term), product_terms::product_id.eq(product.id));
    scope.insert_all(product_terms::table, words(&text, MOST_TERMS).into_iter().map(row)).map(drop)
}

/// One page of products, and one more when there is a next page.
pub(in crate::catalog) fn list(scope: &mut Reading, listing: &Listing) -> Result<Vec<ProductRow>> {
    let filter = listing.filter.clone();
    if filter.words.as_ref().is_some_and(Vec::is_empty) {
        return Ok(Vec::new());
    }
    let mut query = scope.rows(products::table).select(ProductRow::as_select()).limit(listing.limit + 1).into_boxed();
    query = match filter.statuses.as_slice() {
        [only] => query.filter(products::status.eq(*only)),
        several => query.filter(products::status.eq_any(several.to_vec())),
    };
    for word in filter.words.unwrap_or_default() {
        let end = after_prefix(&word);
        let having = scope.rows(product_terms::table).filter(product_terms::term.ge(word)).filter(product_terms::term.lt(end));
        query = query.filter(products::id.eq_any(having.select(product_terms::product_id).within()));
    }
    if let Some(brand) = filter.brand {
        query = query.filter(products::brand_key.eq(brand));
    }
    if let Some(price) = filter.min_price {
        query = query.filter(products::price.ge(price));
    }
    if let Some(price) = filter.max_price {
        query = query.filter(products::price.le(price));
    }
    query = match filter.in_stock {
        Some(true) => query.filter(products::stock.gt(0)),
        Some(false) => query.filter(products::stock.eq(0)),
        None => query,
    };
    // A page begins after the cursor's row. The first comparison lets the index find the place, the second settles ties.
    macro_rules! page {
        ($column:expr, up, $after:expr) => {{
            if let Some((value, id)) = $after {
                query = query.filter($column.ge(value.clone()).and($column.gt(value).or(products::id.gt(id))));
            }
            query.order($column.asc()).then_order_by(products::id.asc())
        }};
        ($column:expr, down, $after:expr) => {{
            if let Some((value, id)) = $after {
                query = query.filter($column.le(value.clone()).and($column.lt(value).or(products::id.lt(id))));
            }
            query.order($column.desc()).then_order_by(products::id.desc())
        }};
    }
    let after = listing.after.as_ref();
    let sorted = match listing.sort {
        Sort::Name => page!(products::name_key, up, after.and_then(text)),
        Sort::NameDown => page!(products::name_key, down, after.and_then(text)),
        Sort::Price => page!(products::price, up, after.and_then(number)),
        Sort::PriceDown => page!(products::price, down, after.and_then(number)),
        Sort::CreatedAt => page!(products::created_at, up, after.and_then(instant)),
        Sort::CreatedAtDown => page!(products::created_at, down, after.and_then(instant)),
    };
    sorted.load(scope)
}

fn text(cursor: &Cursor) -> Option<(String, ProductId)> {
    match &cursor.key {
        Key::Text(text) => Some((text.clone(), ProductId(cursor.id))),
        Key::Number(_) => None,
    }
}

fn number(cursor: &Cursor) -> Option<(i64, ProductId)> {
    match cursor.key {
        Key::Number(number) => Some((number, ProductId(cursor.id))),
        Key::Text(_) => None,
    }
}

fn instant(cursor: &Cursor) -> Option<(Timestamp, ProductId)> {
    number(cursor).and_then(|(micros, id)| Some((Timestamp::from_micros(micros)?, id)))
}

impl Sort {
    /// Whether a product could have this value.
    pub(in crate::catalog) fn accepts(self, key: &Key) -> bool {
        match (self, key) {
            (Self::Name | Self::NameDown, Key::Text(name)) => !name.contains('\0'),
            (Self::Price | Self::PriceDown, Key::Number(_)) => true,
            // Neither engine's calendar reaches as far as the numbers do.
            (Self::CreatedAt | Self::CreatedAtDown, Key::Number(micros)) => (0..=time::LAST).contains(micros),
            _ => false,
        }
    }

    /// Where a page that ends with this product ends.
    pub(in crate::catalog) fn key(self, product: &ProductRow) -> Key {
        match self {
            Self::Name | Self::NameDown => Key::Text(product.name_key.clone()),
            Self::Price | Self::PriceDown => Key::Number(product.price),
            Self::CreatedAt | Self::CreatedAtDown => Key::Number(product.created_at.micros()),
        }
    }
}
