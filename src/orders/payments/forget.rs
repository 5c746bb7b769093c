//! What payments tell of a customer who was made nobody: nothing but how much was paid, how and when,
//! and who of the team wrote it down.

use super::store;
use crate::base::id::OrderId;
use crate::base::time::Timestamp;
use crate::db::Writing;
use crate::idempotency;
use crate::problem::Problem;
use serde_json::Value;

/// Takes reference and reason out of the payments of these orders, and out of the answers since `kept_since`, which may be
/// given again. Their events have only the reason, which goes with those of the order.
pub(in crate::orders) fn forget(scope: &mut Writing, orders: Vec<OrderId>, kept_since: Timestamp) -> Result<(), Problem> {
    let recent = store::since(scope, orders.clone(), kept_since)?;
    let places = recent.into_iter().map(|(order, payment)| format!("/api/orders/{order}/payments/{payment}"));
    idempotency::rewrite(scope, places.collect(), forget_in_answer)?;
    Ok(store::clear_particulars(scope, orders)?)
}

fn forget_in_answer(mut payment: Value) -> Value {
    if let Some(members) = payment.as_object_mut() {
        members.insert("reference".to_owned(), Value::Null);
    }
    payment
}
