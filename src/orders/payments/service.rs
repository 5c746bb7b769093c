//! What can be done with the payments of an order.

use super::model::{MOST, Payment, PaymentError, RecordPayment};
use super::store::{self, NewPayment, PaymentRow};
use crate::audit::Change;
use crate::base::id::{OrderId, PaymentId};
use crate::base::money::{Currency, Decimal, Money};
use crate::db::{Reading, Writing};
use crate::events::{self, EventKind};
use crate::orders::Handling;
use crate::orders::service::hold_for_team;
use crate::orders::store::{self as orders, OrderRow};
use crate::orders::workflow::{PaymentStatus, Status};
use crate::problem::Problem;
use serde_json::json;

/// The payments of an order that somebody sees, oldest first.
pub(super) fn list(scope: &mut Reading, handling: &Handling, id: OrderId) -> Result<Vec<Payment>, Problem> {
    let order = orders::find(scope, handling.reach(), id)?;
    let rows = store::list(scope, id)?;
    Ok(rows.into_iter().map(|row| view(row, order.currency, handling)).collect())
}

/// One payment of an order.
pub(super) fn get(scope: &mut Reading, handling: &Handling, id: OrderId, payment: PaymentId) -> Result<Payment, Problem> {
    let order = orders::find(scope, handling.reach(), id)?;
    let row = store::find(scope, id, payment)?;
    Ok(view(row, order.currency, handling))
}

/// Records a payment for an order; all that is paid comes to no more than its total.
pub fn record(scope: &mut Writing, handling: &Handling, id: OrderId, wish: &RecordPayment) -> Result<Payment, Problem> {
    let order = hold_for_team(scope, handling, id)?;
    let amount = minor(wish.amount, order.currency)?;
    if order.status == Status::Cancelled {
        return Err(PaymentError::Cancelled.into());
    }
    let due = order.total - order.paid;
    if amount > due {
        return Err(PaymentError::Overpaid(Money { minor: due, currency: order.currency }).into());
    }
    if store::count(scope, id)? >= MOST {
        return Err(PaymentError::TooMany.into());
    }
    let payment = NewPayment {
        order_id: id,
        method: wish.method,
        amount,
        reference: wish.reference.clone(),
        recorded_by: handling.member(),
        recorded_at: scope.now(),
    };
    let row = store::insert(scope, payment)?;
    settle(scope, handling, &order, order.paid + amount, EventKind::PaymentRecorded, &row)?;
    Ok(view(row, order.currency, handling))
}

/// Has a payment count for nothing; one that was voided before stays as it is.
pub(super) fn void(scope: &mut Writing, handling: &Handling, id: OrderId, payment: PaymentId, reason: &str) -> Result<Payment, Problem> {
    let order = hold_for_team(scope, handling, id)?;
    let before = store::find(scope, id, payment)?;
    if before.voided_at.is_some() {
        return Ok(view(before, order.currency, handling));
    }
    if order.status == Status::Completed {
        return Err(PaymentError::Completed.into());
    }
    if order.paid - before.amount < order.refunded {
        return Err(PaymentError::Refunded(Money { minor: order.refunded, currency: order.currency }).into());
    }
    let row = store::void(scope, id, payment, handling.member(), reason)?;
    settle(scope, handling, &order, order.paid - row.amount, EventKind::PaymentVoided, &row)?;
    Ok(view(row, order.currency, handling))
}

/// How much is paid or given back, in minor units: something.
pub(in crate::orders) fn minor(amount: Decimal, currency: Currency) -> Result<i64, Problem> {
    let at = "/amount";
    let minor = amount.minor(currency).map_err(|error| Problem::invalid_at(at, error.code(), error))?;
    if minor > 0 { Ok(minor) } else { Err(Problem::invalid_at(at, "out_of_range", "must be more than nothing")) }
}

/// Has the order say what is paid of it now, and tells what the payment has changed.
fn settle(
    scope: &mut Writing,
    handling: &Handling,
    before: &OrderRow,
    paid: i64,
    kind: EventKind,
    payment: &PaymentRow,
) -> Result<(), Problem> {
    let after = orders::set_paid(scope, before.id, paid, PaymentStatus::of(paid, before.refunded, before.total))?;
    let money = |minor| Money { minor, currency: before.currency };
    // Why is told in the order's history alone, where it is forgotten with the customer; the reference not even there.
    let data = json!({
        "id": after.id, "number": after.number, "payment": payment.id, "method": payment.method, "amount": money(payment.amount),
        "paid": money(after.paid), "payment_status": after.payment_status, "reason": payment.void_reason,
    });
    let was = json!({ "paid": money(before.paid), "payment_status": before.payment_status, "version": before.version });
    let is = json!({
        "paid": money(after.paid), "payment_status": after.payment_status, "version": after.version,
        "payment": { "id": payment.id, "method": payment.method, "amount": money(payment.amount) },
    });
    Ok(events::emit(scope, &handling.origin, kind, before.id.0, &data, Change::Edited(&was, &is))?)
}

/// What somebody sees of a payment: customers do not see who of the team was at it, nor why.
fn view(row: PaymentRow, currency: Currency, handling: &Handling) -> Payment {
    let is_team = !handling.is_customer();
    Payment {
        id: row.id,
        order: row.order_id,
        method: row.method,
        amount: Money { minor: row.amount, currency },
        currency,
        reference: row.reference,
        recorded_by: row.recorded_by.filter(|_| is_team),
        recorded_at: row.recorded_at,
        voided_by: row.voided_by.filter(|_| is_team),
        voided_at: row.voided_at,
        void_reason: row.void_reason.filter(|_| is_team),
    }
}
