//! How stock moves: by one guarded statement a product, never by reading first and writing what follows from it.

use super::model::{CatalogError, MAX_STOCK, Shortage};
use super::store::{self, ProductRow};
use crate::base::id::ProductId;
use crate::base::money::Currency;
use crate::db::{Error, Writing};
use crate::problem::Problem;
use std::collections::BTreeMap;

/// A product that was taken from the shelf, as it was at that moment.
#[derive(Clone, Debug)]
pub struct Taken {
    /// The product.
    pub id: ProductId,
    /// Its number.
    pub sku: Option<String>,
    /// Its name.
    pub name: String,
    /// What one piece costs, in minor units.
    pub price: i64,
    /// Of this currency.
    pub currency: Currency,
}

/// Takes so many pieces of each product, or nothing at all. A product that is not on sale is missing from the answer,
/// and then too nothing is taken.
///
/// The statements go by rising id, so that two orders never wait for each other in a circle.
pub fn take(scope: &mut Writing, wanted: &BTreeMap<ProductId, i64>) -> Result<Vec<Taken>, Problem> {
    let rows = store::on_sale(scope, wanted.keys().copied().collect())?;
    let taken: Vec<_> = rows.iter().map(taken).collect();
    if rows.len() < wanted.len() {
        return Ok(taken);
    }
    let requested = |row: &ProductRow| wanted.get(&row.id).copied().unwrap_or_default();
    let short: Vec<_> = rows.iter().filter(|row| row.stock < requested(row)).map(|row| shortage(row, requested(row))).collect();
    if !short.is_empty() {
        return Err(CatalogError::InsufficientStock(short).into());
    }
    for (id, quantity) in wanted {
        // This statement decides. If somebody was faster since the stock was read, all of it is done anew, and then
        // the reading above tells everything that is missing.
        if !store::take(scope, *id, *quantity)? {
            return Err(Error::Contended(format!("product {id} was sold meanwhile")).into());
        }
    }
    Ok(taken)
}

/// Puts pieces back on the shelf.
pub fn put_back(scope: &mut Writing, returned: &BTreeMap<ProductId, i64>) -> Result<(), Problem> {
    for (id, quantity) in returned {
        store::put_back(scope, *id, *quantity)?;
    }
    Ok(())
}

fn taken(row: &ProductRow) -> Taken {
    Taken { id: row.id, sku: row.sku.clone(), name: row.name.clone(), price: row.price, currency: row.currency }
}

fn shortage(row: &ProductRow, requested: i64) -> Shortage {
    Shortage { product: row.id, requested, available: row.stock }
}

/// How the stock is to be corrected.
#[derive(Clone, Copy, Debug)]
pub(super) enum Correction {
    /// By so much.
    By(i64),
    /// To so much.
    To(i64),
}

/// Corrects the stock of a product, if it is what the caller expects.
pub(super) fn correct(scope: &mut Writing, id: ProductId, correction: Correction, expected: Option<i64>) -> Result<ProductRow, Problem> {
    let corrected = match correction {
        Correction::By(delta) => store::add(scope, id, delta, expected)?,
        Correction::To(stock) => store::set(scope, id, stock, expected)?,
    };
    if let Some(row) = corrected {
        return Ok(row);
    }
    let row = store::find(scope, id)?;
    let is_expected = expected.is_none_or(|expected| expected == row.stock);
    Err(match correction {
        Correction::By(delta) if is_expected && row.stock + delta > MAX_STOCK => CatalogError::TooMuchStock,
        Correction::By(delta) if is_expected && row.stock + delta < 0 => CatalogError::InsufficientStock(vec![shortage(&row, -delta)]),
        // Also when the stock has changed again since the guard refused it.
        _ => CatalogError::StockChanged(row.stock),
    }
    .into())
}
