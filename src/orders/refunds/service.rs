//! What can be done with the refunds of an order.

use super::model::{CreateRefund, MOST, Refund, RefundError};
use super::store::{self, NewRefund, RefundRow};
use crate::audit::Change;
use crate::base::id::{OrderId, RefundId, ReturnId};
use crate::base::money::{Currency, Money};
use crate::db::{Reading, Writing};
use crate::events::{self, EventKind};
use crate::orders::Handling;
use crate::orders::model::OrderError;
use crate::orders::payments;
use crate::orders::returns::{self, ReturnStatus};
use crate::orders::store::{self as orders, OrderRow};
use crate::orders::workflow::PaymentStatus;
use crate::problem::Problem;
use serde_json::json;

/// The refunds of an order that somebody sees, oldest first.
pub(super) fn list(scope: &mut Reading, handling: &Handling, id: OrderId) -> Result<Vec<Refund>, Problem> {
    let order = orders::find(scope, handling.reach(), id)?;
    let rows = store::list(scope, id)?;
    Ok(rows.into_iter().map(|row| view(row, order.currency, handling)).collect())
}

/// One refund of an order.
pub(super) fn get(scope: &mut Reading, handling: &Handling, id: OrderId, refund: RefundId) -> Result<Refund, Problem> {
    let order = orders::find(scope, handling.reach(), id)?;
    let row = store::find(scope, id, refund)?;
    Ok(view(row, order.currency, handling))
}

/// Gives money back for an order; all that is given back comes to no more than is paid.
pub(super) fn create(scope: &mut Writing, handling: &Handling, id: OrderId, wish: &CreateRefund) -> Result<Refund, Problem> {
    let order = orders::hold(scope, handling.reach(), id)?;
    if handling.is_customer() {
        return Err(OrderError::NotYours.into());
    }
    let named = wish.amount.map(|amount| payments::minor(amount, order.currency)).transpose()?;
    let before = store::list(scope, id)?;
    let due = wish.of.map(|of| due(scope, id, of, &before)).transpose()?;
    let amount = match (named, due) {
        (Some(amount), _) => amount,
        (None, Some(due)) if due > 0 => due,
        (None, Some(_)) => return Err(RefundError::Nothing.into()),
        (None, None) => return Err(Problem::invalid_at("/amount", "required", "say how much, or for which return")),
    };
    let refundable = order.paid - order.refunded;
    if amount > refundable {
        return Err(RefundError::TooMuch(Money { minor: refundable, currency: order.currency }).into());
    }
    if i64::try_from(before.len()).is_ok_and(|count| count >= MOST) {
        return Err(RefundError::TooMany.into());
    }
    let refund = NewRefund {
        order_id: id,
        return_id: wish.of,
        amount,
        reason: Some(wish.reason.clone()),
        created_by: handling.member(),
        created_at: scope.now(),
    };
    let row = store::insert(scope, refund)?;
    settle(scope, handling, &order, &row)?;
    Ok(view(row, order.currency, handling))
}

/// What is still to be given back for a return by the vendor's rules.
fn due(scope: &mut Reading, order: OrderId, of: ReturnId, before: &[RefundRow]) -> Result<i64, Problem> {
    let Some(goods) = returns::goods(scope, order, of)? else {
        return Err(Problem::invalid_at("/return", "unknown_return", "the order has no such return"));
    };
    if goods.status != ReturnStatus::Received {
        return Err(RefundError::NotReceived.into());
    }
    let given: i64 = before.iter().filter(|refund| refund.return_id == Some(of)).map(|refund| refund.amount).sum();
    Ok(goods.due - given)
}

/// Has the order say what was given back of it, and tells what the refund has changed.
fn settle(scope: &mut Writing, handling: &Handling, before: &OrderRow, refund: &RefundRow) -> Result<(), Problem> {
    let refunded = before.refunded + refund.amount;
    let after = orders::set_refunded(scope, before.id, refunded, PaymentStatus::of(before.paid, refunded, before.total))?;
    let money = |minor| Money { minor, currency: before.currency };
    // Why is told in the order's history alone, where it is forgotten with the customer.
    let data = json!({
        "id": after.id, "number": after.number, "refund": refund.id, "return": refund.return_id, "amount": money(refund.amount),
        "refunded": money(after.refunded), "payment_status": after.payment_status, "reason": refund.reason,
    });
    let was = json!({ "refunded": money(before.refunded), "payment_status": before.payment_status, "version": before.version });
    let is = json!({
        "refunded": money(after.refunded), "payment_status": after.payment_status, "version": after.version,
        "refund": { "id": refund.id, "return": refund.return_id, "amount": money(refund.amount) },
    });
    let change = Change::Edited(&was, &is);
    Ok(events::emit(scope, &handling.origin, EventKind::RefundCreated, before.id.0, &data, change)?)
}

/// What somebody sees of a refund: customers do not see who of the team gave it, nor why.
fn view(row: RefundRow, currency: Currency, handling: &Handling) -> Refund {
    let is_team = !handling.is_customer();
    Refund {
        id: row.id,
        order: row.order_id,
        of: row.return_id,
        amount: Money { minor: row.amount, currency },
        currency,
        reason: row.reason.filter(|_| is_team),
        created_by: row.created_by.filter(|_| is_team),
        created_at: row.created_at,
    }
}
