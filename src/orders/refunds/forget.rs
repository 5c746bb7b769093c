//! What refunds tell of a customer who was made nobody: nothing but how much was given back, and when.

use super::store;
use crate::base::id::OrderId;
use crate::base::time::Timestamp;
use crate::db::Writing;
use crate::idempotency;
use crate::problem::Problem;
use serde_json::Value;

/// Takes the reasons out of the refunds of these orders, and out of the answers since `kept_since`, which may be given again.
/// Those in their events go with those of the order.
pub(in crate::orders) fn forget(scope: &mut Writing, orders: Vec<OrderId>, kept_since: Timestamp) -> Result<(), Problem> {
    let recent = store::since(scope, orders.clone(), kept_since)?;
    let places = recent.into_iter().map(|(order, id)| format!("/api/orders/{order}/refunds/{id}"));
    idempotency::rewrite(scope, places.collect(), forget_in_answer)?;
    Ok(store::clear_particulars(scope, orders)?)
}

fn forget_in_answer(mut answer: Value) -> Value {
    if let Some(members) = answer.as_object_mut() {
        members.insert("reason".to_owned(), Value::Null);
    }
    answer
}
