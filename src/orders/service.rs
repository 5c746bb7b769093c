//! What can be done with orders once they are placed.

use super::figures::{self, Counted};
use super::model::{Order, OrderError, OrderQuery, OrderTotals};
use super::store::{self, LineRow, OrderRow, Reach};
use super::workflow::{self, Action, Move, Status};
use crate::access::{ActorKind, Origin, Permission, Principal};
use crate::audit::Change;
use crate::base::id::{CustomerId, OrderId, UserId};
use crate::base::money::Money;
use crate::base::page::{Cursor, Key, Page};
use crate::catalog;
use crate::db::{Reading, Writing};
use crate::events::{self, EventKind, HistoryEntry, Resource};
use crate::http::IfMatch;
use crate::identity::customers::{self, CustomerSummary};
use crate::problem::Problem;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Somebody with an order in hand: what they see of orders, and what they may do with them.
#[derive(Clone, Debug)]
pub struct Handling {
    /// Who.
    pub principal: Principal,
    /// For the record.
    pub origin: Origin,
}

impl Handling {
    /// Which orders they see. Who may change all may see all.
    pub(super) fn reach(&self) -> Reach {
        match self.principal {
            Principal::Customer(id) => Reach::Of(id),
            Principal::Member(id, permissions) => {
                let sees_all = permissions.has(Permission::OrdersView) || permissions.has(Permission::OrdersEdit);
                if sees_all || permissions.has(Permission::OrdersAssign) { Reach::All } else { Reach::AssignedTo(id) }
            }
            Principal::Operator(id) => Reach::AssignedTo(id),
        }
    }

    pub(super) fn is_customer(&self) -> bool {
        matches!(self.principal, Principal::Customer(_))
    }

    /// Who of the team they are.
    pub(super) fn member(&self) -> Option<UserId> {
        match self.principal {
            Principal::Member(id, _) => Some(id),
            Principal::Customer(_) | Principal::Operator(_) => None,
        }
    }

    /// Whether they may move this order on at all.
    pub(super) fn may_change(&self, order: &OrderRow) -> bool {
        match self.principal {
            Principal::Customer(id) => order.customer_id == Some(id),
            Principal::Member(id, permissions) => {
                permissions.has(Permission::OrdersEdit)
                    || (permissions.has(Permission::OrdersEditAssigned) && order.assigned_to == Some(id))
            }
            Principal::Operator(_) => false,
        }
    }

    /// The moves they can make with it now.
    fn moves(&self, order: &OrderRow) -> Vec<Move> {
        if !self.may_change(order) {
            return Vec::new();
        }
        // What was given back since was paid all the same.
        let unpaid = order.paid < order.total;
        workflow::moves(order.status, self.is_customer()).filter(|step| !(step.action == Action::Complete && unpaid)).collect()
    }
}

/// An order, held until the transaction ends, for somebody of the team who may change it: customers may not.
pub(super) fn hold_for_team(scope: &mut Writing, handling: &Handling, id: OrderId) -> Result<OrderRow, Problem> {
    let order = store::hold(scope, handling.reach(), id)?;
    if handling.is_customer() || !handling.may_change(&order) { Err(OrderError::NotYours.into()) } else { Ok(order) }
}

/// One page of the orders that somebody sees.
pub(super) fn list(
    scope: &mut Reading,
    handling: &Handling,
    query: &OrderQuery,
    before: Option<i64>,
    limit: i64,
    name: String,
) -> Result<Page<Order>, Problem> {
    let rows = store::list(scope, handling.reach(), query, before, limit + 1)?;
    let mut lines: BTreeMap<OrderId, Vec<LineRow>> = BTreeMap::new();
    for line in store::lines(scope, rows.iter().map(|row| row.id).collect())? {
        lines.entry(line.order_id).or_default().push(line);
    }
    let ids: BTreeSet<CustomerId> = rows.iter().filter_map(|row| row.customer_id).collect();
    let customers: BTreeMap<CustomerId, CustomerSummary> =
        customers::summaries(scope, ids.into_iter().collect())?.into_iter().map(|customer| (customer.id, customer)).collect();
    let cursor = |last: &OrderRow| Cursor { list: name, key: Key::Number(last.id.0), id: last.id.0 };
    Ok(Page::of(rows, limit, cursor, |row| {
        let customer = row.customer_id.and_then(|id| customers.get(&id).cloned());
        let own = lines.remove(&row.id).unwrap_or_default();
        view(row, own, customer, handling)
    }))
}

/// One order.
pub(super) fn get(scope: &mut Reading, handling: &Handling, id: OrderId) -> Result<Order, Problem> {
    let row = store::find(scope, handling.reach(), id)?;
    show(scope, row, handling)
}

/// What happened to an order. Customers do not see who of the team did it.
pub(super) fn history(scope: &mut Reading, handling: &Handling, id: OrderId) -> Result<Vec<HistoryEntry>, Problem> {
    let row = store::find(scope, handling.reach(), id)?;
    let mut entries = events::history(scope, Resource::Order, row.id.0)?;
    if handling.is_customer() {
        for entry in entries.iter_mut().filter(|entry| entry.actor != ActorKind::Customer) {
            entry.actor_id = None;
            // Why it was called off, or goods were not taken back, is theirs to know; why else it moved is the team's own note.
            let is_theirs = matches!(entry.kind, EventKind::ReturnRequested | EventKind::ReturnRejected);
            if let Some(data) = entry.data.as_object_mut().filter(|data| !is_theirs && data.get("to") != Some(&json!(Status::Cancelled))) {
                data.remove("reason");
            }
        }
        entries.retain(|entry| entry.kind != EventKind::OrderAssigned);
    }
    Ok(entries)
}

/// Moves an order on. Cancelling puts the stock back.
pub(crate) fn act(
    scope: &mut Writing,
    handling: &Handling,
    id: OrderId,
    precondition: &IfMatch,
    to: Status,
    reason: Option<&str>,
) -> Result<Order, Problem> {
    let before = store::hold(scope, handling.reach(), id)?;
    precondition.check(before.version)?;
    if !handling.may_change(&before) {
        return Err(OrderError::NotYours.into());
    }
    let step = choose(handling, &before, to)?;
    let cancel_reason = reason.filter(|_| step.to == Status::Cancelled);
    let after = store::set_status(scope, &before, step.to, cancel_reason)?;
    if step.to == Status::Cancelled {
        let lines = store::lines(scope, vec![id])?;
        let mut returned = BTreeMap::new();
        for line in &lines {
            *returned.entry(line.product_id).or_insert(0) += line.quantity;
        }
        catalog::put_back(scope, &returned)?;
        figures::uncount(scope, &counted(&after, &lines))?;
    }
    let data = json!({ "id": id, "number": after.number, "action": step.action, "from": step.from, "to": step.to, "reason": reason });
    // Why is told in the order's history alone, where it is forgotten with the customer; what is put on record stays for ever.
    let change = (json!({ "status": step.from, "version": before.version }), json!({ "status": step.to, "version": after.version }));
    events::emit(scope, &handling.origin, EventKind::OrderStatusChanged, id.0, &data, Change::Edited(&change.0, &change.1))?;
    show(scope, after, handling)
}

/// The workflow's move for the wish, or why there is none.
fn choose(handling: &Handling, order: &OrderRow, to: Status) -> Result<Move, Problem> {
    let is_meant = |candidate: &Move| candidate.to == to;
    let allowed = handling.moves(order);
    if let Some(found) = allowed.iter().copied().find(is_meant) {
        return Ok(found);
    }
    if workflow::moves(order.status, handling.is_customer()).any(|candidate| is_meant(&candidate)) {
        return Err(OrderError::Unpaid.into());
    }
    Err(OrderError::IllegalTransition { from: order.status, to, allowed: allowed.iter().map(|one| one.to).collect() }.into())
}

/// What an order counts for in the figures.
fn counted(order: &OrderRow, lines: &[LineRow]) -> Counted {
    Counted {
        number: order.number,
        currency: order.currency,
        total: order.total,
        placed_at: order.placed_at,
        lines: lines.iter().map(|line| (line.product_id, line.quantity, line.total)).collect(),
    }
}

/// Gives an order to a member of the team, or to nobody.
pub(crate) fn assign(
    scope: &mut Writing,
    handling: &Handling,
    id: OrderId,
    precondition: &IfMatch,
    staff: Option<UserId>,
) -> Result<Order, Problem> {
    let before = store::hold(scope, handling.reach(), id)?;
    precondition.check(before.version)?;
    let after = store::set_assigned_to(scope, id, staff)?;
    let data = json!({ "id": id, "number": after.number, "from": before.assigned_to, "to": staff });
    let was = |row: &OrderRow| json!({ "assigned_to": row.assigned_to, "version": row.version });
    events::emit(scope, &handling.origin, EventKind::OrderAssigned, id.0, &data, Change::Edited(&was(&before), &was(&after)))?;
    show(scope, after, handling)
}

/// A customer's orders by currency, but for those that were cancelled.
pub fn totals_of(scope: &mut Reading, customer: CustomerId) -> Result<Vec<OrderTotals>, Problem> {
    Ok(store::totals_of_all(scope, vec![customer])?.into_iter().map(|(_, sums)| sums).collect())
}

/// The same for many customers, in one statement.
pub fn totals_of_all(scope: &mut Reading, customers: Vec<CustomerId>) -> Result<Vec<(CustomerId, OrderTotals)>, Problem> {
    Ok(store::totals_of_all(scope, customers)?)
}

fn show(scope: &mut Reading, row: OrderRow, handling: &Handling) -> Result<Order, Problem> {
    let lines = store::lines(scope, vec![row.id])?;
    let customer = customers::summaries(scope, row.customer_id.into_iter().collect())?.pop();
    Ok(view(row, lines, customer, handling))
}

pub(super) fn view(row: OrderRow, lines: Vec<LineRow>, customer: Option<CustomerSummary>, handling: &Handling) -> Order {
    let money = |minor| Money { minor, currency: row.currency };
    Order {
        allowed_actions: handling.moves(&row).into_iter().map(|step| step.action).collect(),
        items: lines.into_iter().map(|line| line.view(row.currency)).collect(),
        id: row.id,
        number: row.number,
        status: row.status,
        payment_status: row.payment_status,
        fulfillment_status: row.status.fulfillment(),
        customer,
        subtotal: money(row.subtotal),
        discount: money(row.discount),
        shipping: money(row.shipping),
        tax: money(row.tax),
        total: money(row.total),
        paid: money(row.paid),
        refunded: money(row.refunded),
        currency: row.currency,
        address: row.address.value(),
        assigned_to: row.assigned_to.filter(|_| !handling.is_customer()),
        note: row.note,
        external_ref: row.external_ref,
        cancel_reason: row.cancel_reason,
        version: row.version,
        placed_at: row.placed_at,
        delivered_at: row.delivered_at,
        updated_at: row.updated_at,
    }
}
