//! The table of payments.

use super::model::PaymentMethod;
use crate::base::id::{OrderId, PaymentId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::payments;
use crate::db::{Reading, Result, Writing};
use diesel::dsl::count_star;
use diesel::prelude::*;

/// A payment's row, in the order of its columns.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = payments)]
pub(super) struct PaymentRow {
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub vendor_id: VendorId,
    pub id: PaymentId,
    pub order_id: OrderId,
    pub method: PaymentMethod,
    pub amount: i64,
    pub reference: Option<String>,
    pub recorded_by: Option<UserId>,
    pub recorded_at: Timestamp,
    pub voided_by: Option<UserId>,
    pub voided_at: Option<Timestamp>,
    pub void_reason: Option<String>,
}

#[derive(Insertable)]
#[diesel(table_name = payments, treat_none_as_default_value = false)]
pub(super) struct NewPayment {
    pub order_id: OrderId,
    pub method: PaymentMethod,
    pub amount: i64,
    pub reference: Option<String>,
    pub recorded_by: Option<UserId>,
    pub recorded_at: Timestamp,
}

pub(super) fn insert(scope: &mut Writing, payment: NewPayment) -> Result<PaymentRow> {
    scope.insert(payments::table, payment).fixed().one(scope)
}

/// One payment of an order.
pub(super) fn find(scope: &mut Reading, order: OrderId, id: PaymentId) -> Result<PaymentRow> {
    let own = scope.rows(payments::table).filter(payments::order_id.eq(order)).filter(payments::id.eq(id));
    own.select(PaymentRow::as_select()).first(scope)
}

/// All payments of an order, in the order in which they were recorded.
pub(super) fn list(scope: &mut Reading, order: OrderId) -> Result<Vec<PaymentRow>> {
    let own = scope.rows(payments::table).filter(payments::order_id.eq(order));
    own.order(payments::id.asc()).select(PaymentRow::as_select()).load(scope)
}

/// How many payments an order has.
pub(super) fn count(scope: &mut Reading, order: OrderId) -> Result<i64> {
    scope.rows(payments::table).filter(payments::order_id.eq(order)).select(count_star()).first(scope)
}

/// Has a payment count for nothing.
pub(super) fn void(scope: &mut Writing, order: OrderId, id: PaymentId, by: Option<UserId>, reason: &str) -> Result<PaymentRow> {
    let changes = (payments::voided_by.eq(by), payments::voided_at.eq(scope.now()), payments::void_reason.eq(reason.to_owned()));
    let own = scope.rows(payments::table).filter(payments::order_id.eq(order)).filter(payments::id.eq(id));
    own.set(changes).fixed().one(scope)
}

/// The payments of these orders that were recorded at this instant or later.
pub(super) fn since(scope: &mut Reading, orders: Vec<OrderId>, instant: Timestamp) -> Result<Vec<(OrderId, PaymentId)>> {
    let recent = scope.rows(payments::table).filter(payments::order_id.eq_any(orders)).filter(payments::recorded_at.ge(instant));
    recent.select((payments::order_id, payments::id)).load(scope)
}

/// Takes reference and reason out of the payments of these orders where they are still there.
pub(super) fn clear_particulars(scope: &mut Writing, orders: Vec<OrderId>) -> Result<()> {
    let telling = payments::reference.is_not_null().or(payments::void_reason.is_not_null());
    let changes = (payments::reference.eq(None::<String>), payments::void_reason.eq(None::<String>));
    let own = scope.rows(payments::table).filter(payments::order_id.eq_any(orders)).filter(telling);
    own.set(changes).execute(scope).map(drop)
}
