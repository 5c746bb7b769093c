//! What orders tell of a customer who was made nobody: nothing but what was bought, and for how much.

use super::model::{Address, AddressText};
use super::{payments, refunds, returns, store};
use crate::base::column::JsonText;
use crate::base::id::{CustomerId, OrderId};
use crate::db::Writing;
use crate::events::{self, Resource};
use crate::idempotency;
use crate::problem::Problem;
use serde_json::{Value, json};

/// What stands in the place of the address.
const NOWHERE: &str = "(anonymized)";
/// How many orders are gone through at a time.
const AT_A_TIME: i64 = 500;

/// Takes address, note and reasons out of a customer's orders, their payments, returns and refunds, their history, and the answers
/// that are kept to be given again.
pub fn forget_buyer(scope: &mut Writing, customer: CustomerId) -> Result<(), Problem> {
    let kept_since = scope.now().minus(idempotency::MEMORY * 2);
    let mut after = OrderId(0);
    loop {
        let traces = store::traces(scope, customer, after, AT_A_TIME)?;
        let Some(last) = traces.last() else { break };
        after = last.id;
        events::redact(scope, Resource::Order, traces.iter().map(|trace| trace.id.0).collect(), "reason")?;
        let recent = traces.iter().filter(|trace| trace.placed_at >= kept_since).map(|trace| format!("/api/orders/{}", trace.id));
        idempotency::rewrite(scope, recent.collect(), |answer| forget_in_answer(answer, customer))?;
        let ids: Vec<_> = traces.iter().map(|trace| trace.id).collect();
        payments::forget(scope, ids.clone(), kept_since)?;
        returns::forget(scope, ids.clone(), kept_since)?;
        refunds::forget(scope, ids, kept_since)?;
    }
    let nowhere = JsonText::of(&Address::Text(AddressText(NOWHERE.to_owned())));
    Ok(store::clear_particulars(scope, customer, &nowhere)?)
}

/// The answer that told of the order, without what it told of the customer.
fn forget_in_answer(mut order: Value, customer: CustomerId) -> Value {
    let nobody = json!({ "id": customer, "username": format!("anonymized#{customer}"), "first_name": "", "last_name": "" });
    if let Some(members) = order.as_object_mut() {
        members.insert("address".to_owned(), json!(NOWHERE));
        members.insert("note".to_owned(), Value::Null);
        members.insert("customer".to_owned(), nobody);
    }
    order
}
