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

/// Takes so many pieces of each product. Whoever gets fewer products than they wanted, for some are not on sale, has to
/// refuse, and so gives back what was taken.
///
/// The statements go by rising id, so that two orders never wait for each other in a circle.
pub fn take(scope: &mut Writing, wanted: &BTreeMap<ProductId, i64>) -> Result<Vec<Taken>, Problem> {
    let mut taken = Vec::with_capacity(wanted.len());
    for (id, quantity) in wanted {
        match store::take(scope, *id, *quantity)? {
            Some(row) => taken.push(Taken::of(&row)),
            None => return missing(scope, wanted.range(id..), taken),
        }
    }
    Ok(taken)
}

/// Why the rest was not taken too: it names everything that is missing, beginning with what is not on sale at all.
fn missing<'w>(
    scope: &mut Writing,
    rest: impl Iterator<Item = (&'w ProductId, &'w i64)> + Clone,
    mut taken: Vec<Taken>,
) -> Result<Vec<Taken>, Problem> {
    let rows = store::on_sale(scope, rest.clone().map(|(id, _)| *id).collect())?;
    taken.extend(rows.iter().map(Taken::of));
    if rows.len() < rest.clone().count() {
        return Ok(taken);
    }
    let short: Vec<_> = rows
        .iter()
        .zip(rest)
        .filter(|(row, (_, quantity))| row.stock < **quantity)
        .map(|(row, (_, quantity))| shortage(row, *quantity))
        .collect();
    if short.is_empty() {
        // There is enough of everything now: somebody has just put some back.
        return Err(Error::Contended("a product was put back meanwhile".to_owned()).into());
    }
    Err(CatalogError::InsufficientStock(short).into())
}

/// Puts pieces back on the shelf.
pub fn put_back(scope: &mut Writing, returned: &BTreeMap<ProductId, i64>) -> Result<(), Problem> {
    for (id, quantity) in returned {
        store::put_back(scope, *id, *quantity)?;
    }
    Ok(())
}

impl Taken {
    fn of(row: &ProductRow) -> Self {
        Self { id: row.id, sku: row.sku.clone(), name: row.name.clone(), price: row.price, currency: row.currency }
    }
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
