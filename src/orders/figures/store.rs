//! The tables of sums, and how far orders are folded into them.

use super::model::{Additions, Counted, Piece, Span, Sums};
use crate::base::id::{OrderId, ProductId};
use crate::base::money::Currency;
use crate::base::time::Timestamp;
use crate::db::schema::{order_counters, order_figures, order_folds, order_lines, orders, product_figures};
use crate::db::{Reading, Result, Writing};
use crate::orders::Status;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use std::collections::BTreeMap;

/// How far the fold has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The number of the last order that is folded.
    pub number: i64,
    /// How often an order that counted has ceased to.
    pub changes: i64,
}

/// How far the fold has come; none when it never began.
pub(super) fn mark(scope: &mut Reading) -> Result<Option<Mark>> {
    let found: Option<(i64, i64)> = scope.rows(order_folds::table).select((order_folds::number, order_folds::changes)).find_first(scope)?;
    Ok(found.map(|(number, changes)| Mark { number, changes }))
}

/// The number of the vendor's last order; 0 when there is none.
pub(super) fn last_number(scope: &mut Reading) -> Result<i64> {
    let last: Option<i64> = scope.rows(order_counters::table).select(order_counters::last_number).find_first(scope)?;
    Ok(last.unwrap_or_default())
}

const BEGIN: &str = "INSERT INTO order_folds (vendor_id, number, changes) VALUES ($1, 0, 0) \
    ON CONFLICT (vendor_id) DO NOTHING RETURNING number";

/// Begins to fold, where nobody has.
pub(super) fn begin(scope: &mut Writing) -> Result<()> {
    scope.sql(BEGIN).load::<Number>(scope).map(drop)
}

/// Moves the mark on, unless somebody has moved or changed it.
pub(super) fn advance(scope: &mut Writing, from: Mark, number: i64) -> Result<bool> {
    let same = scope.rows(order_folds::table).filter(order_folds::number.eq(from.number)).filter(order_folds::changes.eq(from.changes));
    Ok(same.set(order_folds::number.eq(number)).execute(scope)? == 1)
}

/// What hand-written statements tell of the rows that they touched.
#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

const NOTE_CHANGE: &str = "INSERT INTO order_folds (vendor_id, number, changes) VALUES ($1, 0, 1) \
    ON CONFLICT (vendor_id) DO UPDATE SET changes = order_folds.changes + 1 RETURNING number";

/// Notes that an order ceases to count, and holds the mark until the transaction ends; tells how far the fold has come.
pub(super) fn note_change(scope: &mut Writing) -> Result<i64> {
    let Number { number } = scope.sql(NOTE_CHANGE).one(scope)?;
    Ok(number)
}

/// How many sums are added in one statement.
const ROWS: usize = 40;

/// As many rows of values as are to be added: each begins with the vendor, and has `width` more.
fn values(rows: usize, width: usize) -> String {
    let row = |row: usize| {
        let binds: Vec<String> = (0..width).map(|column| format!("${}", 2 + row * width + column)).collect();
        format!("($1, {})", binds.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

/// Adds to the sums that are kept.
pub(super) fn add(scope: &mut Writing, additions: &Additions) -> Result<()> {
    let sums: Vec<_> = additions.orders.iter().collect();
    for rows in sums.chunks(ROWS) {
        let text = format!(
            "INSERT INTO order_figures (vendor_id, span, since, currency, orders, units, revenue) VALUES {} \
             ON CONFLICT (vendor_id, span, since, currency) DO UPDATE SET orders = order_figures.orders + excluded.orders, \
             units = order_figures.units + excluded.units, revenue = order_figures.revenue + excluded.revenue RETURNING since AS number",
            values(rows.len(), 6)
        );
        let mut statement = scope.sql(&text);
        for ((span, since, currency), sums) in rows {
            statement = statement.bind::<Text, _>(*span).bind::<BigInt, _>(*since).bind::<Text, _>(*currency);
            statement = statement.bind::<BigInt, _>(sums.orders).bind::<BigInt, _>(sums.units).bind::<BigInt, _>(sums.revenue);
        }
        statement.load::<Number>(scope)?;
    }
    let sums: Vec<_> = additions.products.iter().collect();
    for rows in sums.chunks(ROWS) {
        let text = format!(
            "INSERT INTO product_figures (vendor_id, span, since, product_id, currency, units, revenue) VALUES {} \
             ON CONFLICT (vendor_id, span, since, product_id, currency) DO UPDATE SET \
             units = product_figures.units + excluded.units, revenue = product_figures.revenue + excluded.revenue RETURNING since AS number",
            values(rows.len(), 6)
        );
        let mut statement = scope.sql(&text);
        for ((span, since, product, currency), (units, revenue)) in rows {
            statement = statement.bind::<Text, _>(*span).bind::<BigInt, _>(*since).bind::<BigInt, _>(*product);
            statement = statement.bind::<Text, _>(*currency).bind::<BigInt, _>(*units).bind::<BigInt, _>(*revenue);
        }
        statement.load::<Number>(scope)?;
    }
    Ok(())
}

/// An order as far as it is counted.
type Row = (OrderId, i64, Status, Currency, i64, Timestamp);

/// The orders after this number, up to so many, and the number of the last of them; those that are cancelled do not count.
pub(super) fn counted(scope: &mut Reading, after: i64, limit: i64) -> Result<(Vec<Counted>, Option<i64>)> {
    let rows: Vec<Row> = scope
        .rows(orders::table)
        .filter(orders::number.gt(after))
        .order(orders::number.asc())
        .limit(limit)
        .select((orders::id, orders::number, orders::status, orders::currency, orders::total, orders::placed_at))
        .load(scope)?;
    let last = rows.last().map(|(_, number, ..)| *number);
    let mut found: BTreeMap<OrderId, Counted> = BTreeMap::new();
    for (id, number, status, currency, total, placed_at) in rows {
        if status != Status::Cancelled {
            found.insert(id, Counted { number, currency, total, placed_at, lines: Vec::new() });
        }
    }
    let lines: Vec<(OrderId, ProductId, i64, i64)> = if found.is_empty() {
        Vec::new()
    } else {
        let of_them = scope.rows(order_lines::table).filter(order_lines::order_id.eq_any(found.keys().copied().collect::<Vec<_>>()));
        of_them.select((order_lines::order_id, order_lines::product_id, order_lines::quantity, order_lines::total)).load(scope)?
    };
    for (order, product, quantity, total) in lines {
        if let Some(order) = found.get_mut(&order) {
            order.lines.push((product, quantity, total));
        }
    }
    Ok((found.into_values().collect(), last))
}

/// Sums of a span: when it began, of which currency, and how much.
pub(super) type Kept = (i64, Currency, Sums);

type FigureRow = (i64, Currency, i64, i64, i64);

fn kept((since, currency, orders, units, revenue): FigureRow) -> Kept {
    (since, currency, Sums { orders, units, revenue })
}

type FigureColumns = (order_figures::since, order_figures::currency, order_figures::orders, order_figures::units, order_figures::revenue);
const FIGURE: FigureColumns =
    (order_figures::since, order_figures::currency, order_figures::orders, order_figures::units, order_figures::revenue);

/// The sums of spans that begin between two instants.
pub(super) fn between(scope: &mut Reading, span: Span, from: i64, to: i64) -> Result<Vec<Kept>> {
    let rows = scope.rows(order_figures::table).filter(order_figures::span.eq(span));
    let rows: Vec<FigureRow> = rows.filter(order_figures::since.ge(from)).filter(order_figures::since.lt(to)).select(FIGURE).load(scope)?;
    Ok(rows.into_iter().map(kept).collect())
}

/// The sums of spans that begin at these instants.
pub(super) fn at(scope: &mut Reading, span: Span, since: Vec<i64>) -> Result<Vec<Kept>> {
    if since.is_empty() {
        return Ok(Vec::new());
    }
    let rows = scope.rows(order_figures::table).filter(order_figures::span.eq(span)).filter(order_figures::since.eq_any(since));
    let rows: Vec<FigureRow> = rows.select(FIGURE).load(scope)?;
    Ok(rows.into_iter().map(kept).collect())
}

/// A product's sums in one currency: pieces and minor units.
pub(super) type ProductRow = (ProductId, i64, i64);

/// What was sold of each product in whole spans, by the sums.
pub(super) fn products_kept(scope: &mut Reading, currency: Currency, span: Span, piece: Piece) -> Result<Vec<ProductRow>> {
    scope
        .rows(product_figures::table)
        .filter(product_figures::span.eq(span))
        .filter(product_figures::since.ge(piece.from))
        .filter(product_figures::since.lt(piece.to))
        .filter(product_figures::currency.eq(currency))
        .group_by(product_figures::product_id)
        .select((product_figures::product_id, sql::<BigInt>("CAST(SUM(units) AS BIGINT)"), sql::<BigInt>("CAST(SUM(revenue) AS BIGINT)")))
        .load(scope)
}

/// What was sold of each product in a stretch of time, line by line, by the orders that are folded. Summed up by whoever asks:
/// to sum by product, a planner would rather read every line there is in the order of products than sort these few.
pub(super) fn products_live(scope: &mut Reading, currency: Currency, piece: Piece, folded: i64) -> Result<Vec<ProductRow>> {
    let (Some(from), Some(to)) = (Timestamp::from_micros(piece.from * 1_000_000), Timestamp::from_micros(piece.to * 1_000_000)) else {
        return Ok(Vec::new());
    };
    let counting = scope
        .rows(orders::table)
        .filter(orders::placed_at.ge(from))
        .filter(orders::placed_at.lt(to))
        .filter(orders::number.le(folded))
        .filter(orders::currency.eq(currency))
        .filter(orders::status.ne(Status::Cancelled));
    scope
        .rows(order_lines::table)
        .filter(order_lines::order_id.eq_any(counting.select(orders::id).within()))
        .select((order_lines::product_id, order_lines::quantity, order_lines::total))
        .load(scope)
}
