//! The tables of returns and of what is in them.

use super::workflow::ReturnStatus;
use crate::base::id::{LineId, OrderId, ProductId, ReturnId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{return_lines, returns};
use crate::db::{Reading, Result, Writing};
use crate::orders::store::LineRow;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// A return's row, in the order of its columns.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = returns)]
pub(super) struct ReturnRow {
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub vendor_id: VendorId,
    pub id: ReturnId,
    pub order_id: OrderId,
    pub status: ReturnStatus,
    pub reason: Option<String>,
    pub reject_reason: Option<String>,
    pub requested_by: Option<UserId>,
    pub requested_at: Timestamp,
    pub decided_by: Option<UserId>,
    pub decided_at: Option<Timestamp>,
    pub received_by: Option<UserId>,
    pub received_at: Option<Timestamp>,
    pub restocking_fee: i64,
    pub max_refund: Option<i64>,
    pub worth: i64,
}

#[derive(Insertable)]
#[diesel(table_name = returns, treat_none_as_default_value = false)]
pub(super) struct NewReturn {
    pub order_id: OrderId,
    pub status: ReturnStatus,
    pub reason: Option<String>,
    pub requested_by: Option<UserId>,
    pub requested_at: Timestamp,
    /// In hundredths of a percent.
    pub restocking_fee: i64,
    /// In minor units of the order's currency.
    pub max_refund: Option<i64>,
}

/// The row of a line of a return, in the order of its columns.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = return_lines)]
pub(super) struct ReturnLineRow {
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub vendor_id: VendorId,
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub order_id: OrderId,
    pub return_id: ReturnId,
    pub line_id: LineId,
    pub quantity: i64,
    pub good: i64,
    pub damaged: i64,
    pub product_id: ProductId,
    pub unit_price: i64,
}

pub(super) fn insert(scope: &mut Writing, new: NewReturn) -> Result<ReturnRow> {
    scope.insert(returns::table, new).fixed().one(scope)
}

/// Says how many pieces of which of the order's lines are to come back.
pub(super) fn insert_lines(scope: &mut Writing, id: ReturnId, wanted: Vec<(&LineRow, i64)>) -> Result<Vec<ReturnLineRow>> {
    let row = |(line, quantity): (&LineRow, i64)| {
        (
            return_lines::order_id.eq(line.order_id),
            return_lines::return_id.eq(id),
            return_lines::line_id.eq(line.id),
            return_lines::quantity.eq(quantity),
            return_lines::good.eq(0_i64),
            return_lines::damaged.eq(0_i64),
            return_lines::product_id.eq(line.product_id),
            return_lines::unit_price.eq(line.unit_price),
        )
    };
    scope.insert_all_returning(return_lines::table, wanted.into_iter().map(row))
}

/// One return of an order, if there is one with this id.
pub(super) fn find_first(scope: &mut Reading, order: OrderId, id: ReturnId) -> Result<Option<ReturnRow>> {
    let own = scope.rows(returns::table).filter(returns::order_id.eq(order)).filter(returns::id.eq(id));
    own.select(ReturnRow::as_select()).find_first(scope)
}

/// One return of an order.
pub(super) fn find(scope: &mut Reading, order: OrderId, id: ReturnId) -> Result<ReturnRow> {
    let own = scope.rows(returns::table).filter(returns::order_id.eq(order)).filter(returns::id.eq(id));
    own.select(ReturnRow::as_select()).first(scope)
}

/// All returns of an order, in the order in which they were asked for.
pub(super) fn list(scope: &mut Reading, order: OrderId) -> Result<Vec<ReturnRow>> {
    let own = scope.rows(returns::table).filter(returns::order_id.eq(order));
    own.order(returns::id.asc()).select(ReturnRow::as_select()).load(scope)
}

/// What is in all returns of an order, by return and line.
pub(super) fn lines_of_all(scope: &mut Reading, order: OrderId) -> Result<Vec<ReturnLineRow>> {
    let own = scope.rows(return_lines::table).filter(return_lines::order_id.eq(order));
    let in_order = own.order(return_lines::return_id.asc()).then_order_by(return_lines::line_id.asc());
    in_order.select(ReturnLineRow::as_select()).load(scope)
}

/// What is in one return, by line.
pub(super) fn lines(scope: &mut Reading, order: OrderId, id: ReturnId) -> Result<Vec<ReturnLineRow>> {
    let own = scope.rows(return_lines::table).filter(return_lines::order_id.eq(order)).filter(return_lines::return_id.eq(id));
    own.order(return_lines::line_id.asc()).select(ReturnLineRow::as_select()).load(scope)
}

/// Says that a return was approved, or rejected and why.
pub(super) fn decide(
    scope: &mut Writing,
    order: OrderId,
    id: ReturnId,
    status: ReturnStatus,
    by: Option<UserId>,
    reject_reason: Option<&str>,
) -> Result<ReturnRow> {
    let changes = (
        returns::status.eq(status),
        returns::reject_reason.eq(reject_reason.map(str::to_owned)),
        returns::decided_by.eq(by),
        returns::decided_at.eq(scope.now()),
    );
    let own = scope.rows(returns::table).filter(returns::order_id.eq(order)).filter(returns::id.eq(id));
    own.set(changes).fixed().one(scope)
}

/// Says that the goods of a return are back, and what they cost, in minor units.
pub(super) fn receive(scope: &mut Writing, order: OrderId, id: ReturnId, by: Option<UserId>, worth: i64) -> Result<ReturnRow> {
    let changes = (
        returns::status.eq(ReturnStatus::Received),
        returns::received_by.eq(by),
        returns::received_at.eq(scope.now()),
        returns::worth.eq(worth),
    );
    let own = scope.rows(returns::table).filter(returns::order_id.eq(order)).filter(returns::id.eq(id));
    own.set(changes).fixed().one(scope)
}

/// How many lines are counted in one statement.
const ROWS: usize = 40;

/// What hand-written statements tell of the rows that they touched.
#[derive(QueryableByName)]
struct Counted {
    #[expect(dead_code, reason = "what is returned is of no use, but a statement has to return something")]
    #[diesel(sql_type = BigInt)]
    line_id: LineId,
}

/// Says of these lines of one return how many pieces came back good, and how many damaged.
pub(super) fn count(scope: &mut Writing, order: OrderId, id: ReturnId, lines: &[&ReturnLineRow]) -> Result<()> {
    for rows in lines.chunks(ROWS) {
        // The lines are there, and so each is changed: in one statement for many, which an update is not on both engines.
        let row = |row: usize| format!("($1, $2, $3, ${}, ${}, ${}, ${})", 4 + row * 4, 5 + row * 4, 6 + row * 4, 7 + row * 4);
        let text = format!(
            "INSERT INTO return_lines (vendor_id, order_id, return_id, line_id, quantity, good, damaged) VALUES {} \
             ON CONFLICT (vendor_id, order_id, return_id, line_id) DO UPDATE SET good = excluded.good, damaged = excluded.damaged \
             RETURNING line_id",
            (0..rows.len()).map(row).collect::<Vec<_>>().join(", ")
        );
        let mut statement = scope.sql(&text).bind::<BigInt, _>(order).bind::<BigInt, _>(id);
        for line in rows {
            statement = statement.bind::<BigInt, _>(line.line_id).bind::<BigInt, _>(line.quantity);
            statement = statement.bind::<BigInt, _>(line.good).bind::<BigInt, _>(line.damaged);
        }
        statement.load::<Counted>(scope)?;
    }
    Ok(())
}

/// The returns of these orders that were asked for at this instant or later.
pub(super) fn since(scope: &mut Reading, orders: Vec<OrderId>, instant: Timestamp) -> Result<Vec<(OrderId, ReturnId)>> {
    let recent = scope.rows(returns::table).filter(returns::order_id.eq_any(orders)).filter(returns::requested_at.ge(instant));
    recent.select((returns::order_id, returns::id)).load(scope)
}

/// Takes the reasons out of the returns of these orders where they are still there.
pub(super) fn clear_particulars(scope: &mut Writing, orders: Vec<OrderId>) -> Result<()> {
    let telling = returns::reason.is_not_null().or(returns::reject_reason.is_not_null());
    let changes = (returns::reason.eq(None::<String>), returns::reject_reason.eq(None::<String>));
    let own = scope.rows(returns::table).filter(returns::order_id.eq_any(orders)).filter(telling);
    own.set(changes).execute(scope).map(drop)
}
