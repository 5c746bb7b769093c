//! The tables of orders, their lines and their numbers.

use super::model::{OrderLine, OrderQuery, OrderTotals};
use super::workflow::{PaymentStatus, Status};
use crate::base::column::JsonText;
use crate::base::id::{CustomerId, LineId, OrderId, ProductId, UserId, VendorId};
use crate::base::money::{Currency, Money};
use crate::base::search::after_prefix;
use crate::base::time::Timestamp;
use crate::db::schema::{order_lines, orders};
use crate::db::{Reading, Result, Writing};
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

/// An order's row, in the order of its columns.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = orders)]
pub(super) struct OrderRow {
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub vendor_id: VendorId,
    pub id: OrderId,
    pub number: i64,
    pub customer_id: Option<CustomerId>,
    pub status: Status,
    pub payment_status: PaymentStatus,
    pub subtotal: i64,
    pub discount: i64,
    pub shipping: i64,
    pub tax: i64,
    pub total: i64,
    pub currency: Currency,
    pub address: JsonText,
    pub assigned_to: Option<UserId>,
    pub note: Option<String>,
    pub external_ref: Option<String>,
    pub cancel_reason: Option<String>,
    pub version: i64,
    pub placed_at: Timestamp,
    pub updated_at: Timestamp,
    pub paid: i64,
    pub refunded: i64,
    pub delivered_at: Option<Timestamp>,
}

#[derive(Insertable)]
#[diesel(table_name = orders, treat_none_as_default_value = false)]
pub(super) struct NewOrder {
    pub number: i64,
    pub customer_id: Option<CustomerId>,
    pub status: Status,
    pub payment_status: PaymentStatus,
    pub subtotal: i64,
    pub discount: i64,
    pub shipping: i64,
    pub tax: i64,
    pub total: i64,
    pub currency: Currency,
    pub address: JsonText,
    pub note: Option<String>,
    pub external_ref: Option<String>,
}

pub(super) struct NewLine {
    pub product: ProductId,
    pub sku: Option<String>,
    pub name: String,
    pub price: i64,
    pub quantity: i64,
    pub total: i64,
}

/// A line's row, in the order of its columns.
#[derive(Queryable, Selectable)]
#[diesel(table_name = order_lines)]
pub(super) struct LineRow {
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub vendor_id: VendorId,
    pub id: LineId,
    pub order_id: OrderId,
    pub product_id: ProductId,
    pub sku: Option<String>,
    pub name: String,
    pub unit_price: i64,
    pub quantity: i64,
    pub total: i64,
}

impl LineRow {
    pub(super) fn view(self, currency: Currency) -> OrderLine {
        let money = |minor| Money { minor, currency };
        OrderLine {
            id: self.id,
            product: self.product_id,
            sku: self.sku,
            name: self.name,
            quantity: self.quantity,
            price: money(self.unit_price),
            total: money(self.total),
        }
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    last_number: i64,
}

/// Orders are numbered from 1001; the row is held until the transaction ends, so that no number is given twice.
const NEXT_NUMBER: &str = "INSERT INTO order_counters (vendor_id, last_number) VALUES ($1, 1001) \
    ON CONFLICT (vendor_id) DO UPDATE SET last_number = order_counters.last_number + 1 RETURNING last_number";

/// The number of the vendor's next order.
pub(super) fn next_number(scope: &mut Writing) -> Result<i64> {
    let Number { last_number } = scope.sql(NEXT_NUMBER).one(scope)?;
    Ok(last_number)
}

pub(super) fn insert(scope: &mut Writing, order: NewOrder) -> Result<OrderRow> {
    let now = scope.now();
    let stamp = (orders::version.eq(1_i64), orders::placed_at.eq(now), orders::updated_at.eq(now));
    scope.insert(orders::table, (order, stamp)).fixed().one(scope)
}

pub(super) fn insert_lines(scope: &mut Writing, order: OrderId, lines: Vec<NewLine>) -> Result<Vec<LineRow>> {
    let row = |line: NewLine| {
        (
            order_lines::order_id.eq(order),
            order_lines::product_id.eq(line.product),
            order_lines::sku.eq(line.sku),
            order_lines::name.eq(line.name),
            order_lines::unit_price.eq(line.price),
            order_lines::quantity.eq(line.quantity),
            order_lines::total.eq(line.total),
        )
    };
    scope.insert_all_returning(order_lines::table, lines.into_iter().map(row))
}

/// Which of the vendor's orders somebody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    All,
    /// Those assigned to this member.
    AssignedTo(UserId),
    /// Those of this customer.
    Of(CustomerId),
}

pub(super) fn find(scope: &mut Reading, reach: Reach, id: OrderId) -> Result<OrderRow> {
    let query = scope.rows(orders::table).filter(orders::id.eq(id)).select(OrderRow::as_select()).into_boxed();
    match reach {
        Reach::All => query,
        Reach::AssignedTo(user) => query.filter(orders::assigned_to.eq(user)),
        Reach::Of(customer) => query.filter(orders::customer_id.eq(customer)),
    }
    .first(scope)
}

/// The same order, held until the transaction ends: nobody changes it between our reading it and our writing.
pub(super) fn hold(scope: &mut Writing, reach: Reach, id: OrderId) -> Result<OrderRow> {
    // An update that changes nothing is what both engines know a lock by.
    let (rows, same) = (scope.rows(orders::table).filter(orders::id.eq(id)), orders::version.eq(orders::version));
    match reach {
        Reach::All => rows.set(same).fixed().one(scope),
        Reach::AssignedTo(user) => rows.filter(orders::assigned_to.eq(user)).set(same).fixed().one(scope),
        Reach::Of(customer) => rows.filter(orders::customer_id.eq(customer)).set(same).fixed().one(scope),
    }
}

/// The orders that the query asks for and `reach` allows, newest first, before the order `before`.
pub(super) fn list(scope: &mut Reading, reach: Reach, query: &OrderQuery, before: Option<i64>, limit: i64) -> Result<Vec<OrderRow>> {
    let mut rows = scope.rows(orders::table).select(OrderRow::as_select()).order(orders::id.desc()).limit(limit).into_boxed();
    rows = match reach {
        Reach::All => rows,
        Reach::AssignedTo(user) => rows.filter(orders::assigned_to.eq(user)),
        Reach::Of(customer) => rows.filter(orders::customer_id.eq(customer)),
    };
    if let Some(status) = query.status {
        rows = rows.filter(orders::status.eq(status));
    }
    if let Some(status) = query.payment_status {
        rows = rows.filter(orders::payment_status.eq(status));
    }
    if let Some(user) = query.assigned_to {
        rows = rows.filter(orders::assigned_to.eq(user));
    }
    if let Some(customer) = query.customer {
        rows = rows.filter(orders::customer_id.eq(customer));
    }
    if let Some(instant) = query.placed_after {
        rows = rows.filter(orders::placed_at.ge(instant));
    }
    if let Some(instant) = query.placed_before {
        rows = rows.filter(orders::placed_at.lt(instant));
    }
    if let Some(text) = &query.q {
        let begins = orders::external_ref.ge(text.clone()).and(orders::external_ref.lt(after_prefix(text)));
        rows = match text.trim_start_matches('#').parse::<i64>() {
            Ok(number) => rows.filter(begins.or(orders::number.eq(number).nullable())),
            Err(_) => rows.filter(begins),
        };
    }
    if let Some(before) = before {
        rows = rows.filter(orders::id.lt(OrderId(before)));
    }
    rows.load(scope)
}

/// The lines of these orders, by order and line.
pub(super) fn lines(scope: &mut Reading, of: Vec<OrderId>) -> Result<Vec<LineRow>> {
    if of.is_empty() {
        return Ok(Vec::new());
    }
    scope
        .rows(order_lines::table)
        .filter(order_lines::order_id.eq_any(of))
        .order(order_lines::id.asc())
        .select(LineRow::as_select())
        .prepared()
        .load(scope)
}

/// Moves an order on.
pub(super) fn set_status(scope: &mut Writing, before: &OrderRow, status: Status, cancel_reason: Option<&str>) -> Result<OrderRow> {
    let id = before.id;
    let delivered_at = if status == Status::Delivered { Some(scope.now()) } else { before.delivered_at };
    let changes = (
        orders::status.eq(status),
        orders::cancel_reason.eq(cancel_reason.map(str::to_owned)),
        orders::delivered_at.eq(delivered_at),
        orders::version.eq(orders::version + 1),
        orders::updated_at.eq(scope.now()),
    );
    scope.rows(orders::table).filter(orders::id.eq(id)).set(changes).fixed().one(scope)
}

/// Says what has been paid of an order.
pub(super) fn set_paid(scope: &mut Writing, id: OrderId, paid: i64, status: PaymentStatus) -> Result<OrderRow> {
    let changes = (
        orders::paid.eq(paid),
        orders::payment_status.eq(status),
        orders::version.eq(orders::version + 1),
        orders::updated_at.eq(scope.now()),
    );
    scope.rows(orders::table).filter(orders::id.eq(id)).set(changes).fixed().one(scope)
}

/// Says what has been given back of an order.
pub(super) fn set_refunded(scope: &mut Writing, id: OrderId, refunded: i64, status: PaymentStatus) -> Result<OrderRow> {
    let changes = (
        orders::refunded.eq(refunded),
        orders::payment_status.eq(status),
        orders::version.eq(orders::version + 1),
        orders::updated_at.eq(scope.now()),
    );
    scope.rows(orders::table).filter(orders::id.eq(id)).set(changes).fixed().one(scope)
}

/// Gives an order to somebody.
pub(super) fn set_assigned_to(scope: &mut Writing, id: OrderId, user: Option<UserId>) -> Result<OrderRow> {
    let changes = (orders::assigned_to.eq(user), orders::version.eq(orders::version + 1), orders::updated_at.eq(scope.now()));
    scope.rows(orders::table).filter(orders::id.eq(id)).set(changes).fixed().one(scope)
}

/// The sums of these customers' orders by currency, but for those that were cancelled.
pub(super) fn totals_of_all(scope: &mut Reading, customers: Vec<CustomerId>) -> Result<Vec<(CustomerId, OrderTotals)>> {
    if customers.is_empty() {
        return Ok(Vec::new());
    }
    let sums: Vec<(Option<CustomerId>, Currency, i64, i64)> = scope
        .rows(orders::table)
        .filter(orders::customer_id.eq_any(customers))
        .filter(orders::status.ne(Status::Cancelled))
        .group_by((orders::customer_id, orders::currency))
        .select((orders::customer_id, orders::currency, count_star(), sql::<BigInt>("CAST(COALESCE(SUM(total), 0) AS BIGINT)")))
        .load(scope)?;
    let view = |(customer, currency, orders, minor): (Option<CustomerId>, _, _, _)| {
        Some((customer?, OrderTotals { currency, orders, total: Money { minor, currency } }))
    };
    Ok(sums.into_iter().filter_map(view).collect())
}

/// What an order that was a customer's tells of them besides what they bought, and when it was placed.
pub(super) struct Trace {
    pub id: OrderId,
    pub placed_at: Timestamp,
}

/// The orders of a customer after the order `after`, by rising id.
pub(super) fn traces(scope: &mut Reading, customer: CustomerId, after: OrderId, limit: i64) -> Result<Vec<Trace>> {
    let rows: Vec<(OrderId, Timestamp)> = scope
        .rows(orders::table)
        .filter(orders::customer_id.eq(customer))
        .filter(orders::id.gt(after))
        .order(orders::id.asc())
        .limit(limit)
        .select((orders::id, orders::placed_at))
        .load(scope)?;
    Ok(rows.into_iter().map(|(id, placed_at)| Trace { id, placed_at }).collect())
}

/// Takes address, note and reason out of a customer's orders where they are still there.
pub(super) fn clear_particulars(scope: &mut Writing, customer: CustomerId, nowhere: &JsonText) -> Result<()> {
    let telling =
        orders::address.ne(nowhere).nullable().or(orders::note.is_not_null().nullable()).or(orders::cancel_reason.is_not_null().nullable());
    let changes = (
        orders::address.eq(nowhere),
        orders::note.eq(None::<String>),
        orders::cancel_reason.eq(None::<String>),
        orders::version.eq(orders::version + 1),
        orders::updated_at.eq(scope.now()),
    );
    scope.rows(orders::table).filter(orders::customer_id.eq(customer)).filter(telling).set(changes).execute(scope).map(drop)
}

/// The orders under way that are assigned to somebody, after the order `after`, by id.
pub(super) fn under_way_with(scope: &mut Reading, user: UserId, after: OrderId, limit: i64) -> Result<Vec<OrderId>> {
    scope
        .rows(orders::table)
        .filter(orders::assigned_to.eq(user))
        .filter(orders::id.gt(after))
        .filter(orders::status.ne_all(Status::OVER))
        .order(orders::id.asc())
        .limit(limit)
        .select(orders::id)
        .load(scope)
}

/// Takes those of these orders that are still somebody's away from them.
pub(super) fn take_from(scope: &mut Writing, user: UserId, ids: Vec<OrderId>) -> Result<Vec<OrderRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let changes = (orders::assigned_to.eq(None::<UserId>), orders::version.eq(orders::version + 1), orders::updated_at.eq(scope.now()));
    scope.rows(orders::table).filter(orders::id.eq_any(ids)).filter(orders::assigned_to.eq(user)).set(changes).load(scope)
}

/// Everybody to whom an order is or was assigned.
pub fn assignees(scope: &mut Reading) -> Result<Vec<UserId>> {
    let found: Vec<Option<UserId>> = scope
        .rows(orders::table)
        .filter(orders::assigned_to.is_not_null())
        .group_by(orders::assigned_to)
        .select(orders::assigned_to)
        .load(scope)?;
    Ok(found.into_iter().flatten().collect())
}
