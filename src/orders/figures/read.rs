//! What was sold in each of some periods: by the sums that are kept, and the orders that are not folded yet.

use super::fold::FOLD;
use super::model::{Counted, Figures, ORDER_SPANS, PRODUCT_SPANS, Piece, ProductSums, Span, Sums, pieces};
use super::store;
use crate::base::id::ProductId;
use crate::base::money::Currency;
use crate::db::{Error, Reading};
use crate::problem::Problem;
use std::collections::BTreeMap;

/// How often is begun anew when orders were folded in the meantime.
const TRIES: usize = 5;
/// So many orders that are not folded yet are too many to be read one by one.
const TOO_MANY: i64 = 20 * FOLD;

/// What is found, by the code of the currency.
type Found = BTreeMap<&'static str, (Currency, Vec<Sums>, BTreeMap<ProductId, (i64, i64)>)>;

/// What was sold, by currency, and how many orders are not folded yet. `edges` are where periods begin, and where the last
/// one ends, in seconds since 1970: rising, and whole quarters of an hour.
pub fn read(scope: &mut Reading, edges: &[i64]) -> Result<(Vec<Figures>, i64), Problem> {
    for _ in 0..TRIES {
        let folded = store::mark(scope)?.map_or(0, |mark| mark.number);
        let waiting = (store::last_number(scope)? - folded.max(1000)).max(0);
        if waiting > TOO_MANY {
            return Err(Error::Busy("the figures are being summed up".to_owned()).into());
        }
        let found = find(scope, edges, folded)?;
        // An engine whose statements each see what is there when they begin may have shown us two states.
        if store::mark(scope)?.map_or(0, |mark| mark.number) == folded {
            return Ok((found.into_values().map(figures).collect(), waiting));
        }
    }
    Err(Error::Contended("orders were folded all the time".to_owned()).into())
}

fn figures((currency, periods, products): (Currency, Vec<Sums>, BTreeMap<ProductId, (i64, i64)>)) -> Figures {
    let sold = products.into_iter().filter(|(_, (units, revenue))| (*units, *revenue) != (0, 0));
    let products = sold.map(|(product, (units, revenue))| ProductSums { product, units, revenue }).collect();
    Figures { currency, periods, products }
}

fn find(scope: &mut Reading, edges: &[i64], folded: i64) -> Result<Found, Problem> {
    let mut found = Found::new();
    let (Some(from), Some(to)) = (edges.first().copied(), edges.last().copied()) else { return Ok(found) };
    add_kept(scope, edges, &mut found)?;
    let mut parts = Vec::new();
    pieces(from, to, &PRODUCT_SPANS, 1, &mut parts);
    for (currency, _, products) in found.values_mut() {
        for piece in &parts {
            add_products(scope, *currency, *piece, folded, products)?;
        }
    }
    let (fresh, _) = store::counted(scope, folded, TOO_MANY)?;
    for order in &fresh {
        add_fresh(order, edges, &mut found);
    }
    Ok(found)
}

/// How far the sums have come: another text whenever any of them may have changed.
pub fn mark(scope: &mut Reading) -> Result<String, Problem> {
    let mark = store::mark(scope)?;
    Ok(mark.map_or_else(String::new, |mark| format!("{}-{}", mark.number, mark.changes)))
}

/// A day, by when it began, and of a currency the orders and what they come to.
pub type Day = (i64, Currency, i64, i64);

/// How far they have come, and of each day of UTC and each currency the orders and the revenue that are folded.
pub fn days(scope: &mut Reading) -> Result<(String, Vec<Day>), Problem> {
    let mark = mark(scope)?;
    let kept = store::between(scope, Span::Day, i64::MIN, i64::MAX)?;
    Ok((mark, kept.into_iter().map(|(since, currency, sums)| (since, currency, sums.orders, sums.revenue)).collect()))
}

/// The period that an instant is in.
fn period(edges: &[i64], second: i64) -> Option<usize> {
    let passed = edges.partition_point(|edge| *edge <= second);
    passed.checked_sub(1).filter(|_| passed < edges.len())
}

fn entry<'a>(found: &'a mut Found, currency: Currency, edges: &[i64]) -> &'a mut (Currency, Vec<Sums>, BTreeMap<ProductId, (i64, i64)>) {
    found.entry(currency.code()).or_insert_with(|| (currency, vec![Sums::default(); edges.len().saturating_sub(1)], BTreeMap::new()))
}

/// Adds the sums that are kept: of days, and where a period begins or ends within a day, of its hours, and so on.
fn add_kept(scope: &mut Reading, edges: &[i64], found: &mut Found) -> Result<(), Problem> {
    let (Some(from), Some(to)) = (edges.first().copied(), edges.last().copied()) else { return Ok(()) };
    let is_cut = |span: Span| edges.iter().filter(|edge| span.floor(**edge) != **edge).map(|edge| span.floor(*edge)).collect::<Vec<_>>();
    // Where nearly every day is cut, one may as well begin with the hours.
    let spans = if is_cut(Span::Day).len() * 2 > edges.len() && (to - from) < 86_400 * 500 { &ORDER_SPANS[1..] } else { &ORDER_SPANS[..] };
    let mut cut: Option<Vec<i64>> = None;
    for span in spans {
        let rows = match &cut {
            None => store::between(scope, *span, span.floor(from), to)?,
            Some(outer) => store::at(scope, *span, outer.clone())?,
        };
        let mut split = is_cut(*span);
        split.dedup();
        for (since, currency, sums) in rows {
            if split.binary_search(&since).is_err()
                && let Some(sum) = period(edges, since).and_then(|at| entry(found, currency, edges).1.get_mut(at))
            {
                *sum += sums;
            }
        }
        cut = Some(split.iter().flat_map(|start| within(*span, *start)).collect());
    }
    Ok(())
}

/// The beginnings of the next shorter spans within one.
fn within(span: Span, start: i64) -> Vec<i64> {
    let step = if span == Span::Day { 3600 } else { 900 };
    (start..span.end(start)).step_by(step).collect()
}

fn add_products(
    scope: &mut Reading,
    currency: Currency,
    piece: Piece,
    folded: i64,
    products: &mut BTreeMap<ProductId, (i64, i64)>,
) -> Result<(), Problem> {
    let rows = match piece.span {
        Some(span) => store::products_kept(scope, currency, span, piece)?,
        None => store::products_live(scope, currency, piece, folded)?,
    };
    for (product, units, revenue) in rows {
        let sums = products.entry(product).or_default();
        sums.0 += piece.times * units;
        sums.1 += piece.times * revenue;
    }
    Ok(())
}

fn add_fresh(order: &Counted, edges: &[i64], found: &mut Found) {
    let Some(at) = period(edges, order.placed_at.seconds()) else { return };
    let (_, periods, products) = entry(found, order.currency, edges);
    if let Some(sum) = periods.get_mut(at) {
        *sum += order.sums();
    }
    for (product, quantity, total) in &order.lines {
        let sums = products.entry(*product).or_default();
        sums.0 += quantity;
        sums.1 += total;
    }
}
