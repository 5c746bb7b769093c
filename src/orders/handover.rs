//! What becomes of the orders of somebody who leaves the team: those that are still under way go back to nobody, so that somebody
//! sees that they want one. Those that are done keep their name.

use super::store;
use super::workflow::Status;
use crate::access::Origin;
use crate::audit::Change;
use crate::base::id::{OrderId, UserId};
use crate::db::{Db, MayWrite, Writing};
use crate::events::{self, EventKind};
use crate::problem::Problem;
use serde_json::json;

/// How many are taken back in one transaction.
const AT_ONCE: i64 = 200;

/// Takes all orders under way back from somebody, a few at a time.
pub async fn hand_back(db: &Db, key: &impl MayWrite, origin: &Origin, from: UserId) -> Result<(), Problem> {
    let mut after = OrderId(0);
    loop {
        let origin = origin.clone();
        match db.write(key, move |scope| release(scope, &origin, from, after)).await? {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

/// Takes the next few back; tells the last one if there may be more.
fn release(scope: &mut Writing, origin: &Origin, from: UserId, after: OrderId) -> Result<Option<OrderId>, Problem> {
    let ids = store::under_way_with(scope, from, after, AT_ONCE)?;
    let last = ids.last().copied().filter(|_| i64::try_from(ids.len()) == Ok(AT_ONCE));
    for order in store::take_from(scope, from, ids)? {
        let data = json!({ "id": order.id, "number": order.number, "from": from, "to": null });
        let (was, is) = (
            json!({ "assigned_to": from, "version": order.version - 1 }),
            json!({ "assigned_to": order.assigned_to, "version": order.version }),
        );
        events::emit(scope, origin, EventKind::OrderAssigned, order.id.0, &data, Change::Edited(&was, &is))?;
    }
    Ok(last)
}

impl Status {
    /// Where nothing is left to be done.
    pub(super) const OVER: [Self; 2] = [Self::Completed, Self::Cancelled];
}
