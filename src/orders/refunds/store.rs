//! The table of refunds.

use crate::base::id::{OrderId, RefundId, ReturnId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::refunds;
use crate::db::{Reading, Result, Writing};
use diesel::prelude::*;

/// A refund's row, in the order of its columns.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = refunds)]
pub(super) struct RefundRow {
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub vendor_id: VendorId,
    pub id: RefundId,
    pub order_id: OrderId,
    pub return_id: Option<ReturnId>,
    pub amount: i64,
    pub reason: Option<String>,
    pub created_by: Option<UserId>,
    pub created_at: Timestamp,
}

#[derive(Insertable)]
#[diesel(table_name = refunds, treat_none_as_default_value = false)]
pub(super) struct NewRefund {
    pub order_id: OrderId,
    pub return_id: Option<ReturnId>,
    pub amount: i64,
    pub reason: Option<String>,
    pub created_by: Option<UserId>,
    pub created_at: Timestamp,
}

pub(super) fn insert(scope: &mut Writing, refund: NewRefund) -> Result<RefundRow> {
    scope.insert(refunds::table, refund).fixed().one(scope)
}

/// One refund of an order.
pub(super) fn find(scope: &mut Reading, order: OrderId, id: RefundId) -> Result<RefundRow> {
    let own = scope.rows(refunds::table).filter(refunds::order_id.eq(order)).filter(refunds::id.eq(id));
    own.select(RefundRow::as_select()).first(scope)
}

/// All refunds of an order, in the order in which they were given.
pub(super) fn list(scope: &mut Reading, order: OrderId) -> Result<Vec<RefundRow>> {
    let own = scope.rows(refunds::table).filter(refunds::order_id.eq(order));
    own.order(refunds::id.asc()).select(RefundRow::as_select()).load(scope)
}

/// The refunds of these orders that were given at this instant or later.
pub(super) fn since(scope: &mut Reading, orders: Vec<OrderId>, instant: Timestamp) -> Result<Vec<(OrderId, RefundId)>> {
    let recent = scope.rows(refunds::table).filter(refunds::order_id.eq_any(orders)).filter(refunds::created_at.ge(instant));
    recent.select((refunds::order_id, refunds::id)).load(scope)
}

/// Takes the reasons out of the refunds of these orders where they are still there.
pub(super) fn clear_particulars(scope: &mut Writing, orders: Vec<OrderId>) -> Result<()> {
    let own = scope.rows(refunds::table).filter(refunds::order_id.eq_any(orders)).filter(refunds::reason.is_not_null());
    own.set(refunds::reason.eq(None::<String>)).execute(scope).map(drop)
}
