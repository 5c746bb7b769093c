//! What can be done with the returns of an order.

use super::model::{MOST, ReceiveReturn, RequestReturn, Return, ReturnError, ReturnItem};
use super::rules;
use super::store::{self, NewReturn, ReturnLineRow, ReturnRow};
use super::workflow::ReturnStatus;
use crate::audit::Change;
use crate::base::id::{OrderId, ReturnId};
use crate::base::percent::Percent;
use crate::base::time::Timestamp;
use crate::catalog;
use crate::db::{Reading, Writing};
use crate::events::{self, EventKind};
use crate::orders::Handling;
use crate::orders::model::OrderError;
use crate::orders::service::hold_for_team;
use crate::orders::store::{self as orders, OrderRow};
use crate::orders::workflow::Status;
use crate::problem::Problem;
use crate::tenancy::settings;
use chrono::TimeDelta;
use serde_json::json;
use std::collections::BTreeMap;

/// The returns of an order that somebody sees, oldest first.
pub(super) fn list(scope: &mut Reading, handling: &Handling, id: OrderId) -> Result<Vec<Return>, Problem> {
    orders::find(scope, handling.reach(), id)?;
    let rows = store::list(scope, id)?;
    let mut lines: BTreeMap<ReturnId, Vec<ReturnLineRow>> = BTreeMap::new();
    for line in store::lines_of_all(scope, id)? {
        lines.entry(line.return_id).or_default().push(line);
    }
    let shown = rows.into_iter().map(|row| {
        let own = lines.remove(&row.id).unwrap_or_default();
        view(row, &own, handling)
    });
    Ok(shown.collect())
}

/// One return of an order.
pub(super) fn get(scope: &mut Reading, handling: &Handling, id: OrderId, of: ReturnId) -> Result<Return, Problem> {
    orders::find(scope, handling.reach(), id)?;
    let row = store::find(scope, id, of)?;
    show(scope, row, handling)
}

/// Asks to return goods of an order, by the vendor's rules: no more than were delivered, all returns together.
pub(super) fn request(scope: &mut Writing, handling: &Handling, id: OrderId, wish: &RequestReturn) -> Result<Return, Problem> {
    let order = orders::hold(scope, handling.reach(), id)?;
    if !handling.may_change(&order) {
        return Err(OrderError::NotYours.into());
    }
    if !matches!(order.status, Status::Delivered | Status::Completed) {
        return Err(ReturnError::NotDelivered.into());
    }
    let policy = settings::policy(scope)?;
    check_window(&order, policy.days_to_return, scope.now())?;
    let before = store::list(scope, id)?;
    if before.len() >= MOST {
        return Err(ReturnError::TooMany.into());
    }
    let asked = if before.is_empty() { Vec::new() } else { store::lines_of_all(scope, id)? };
    let claimed = rules::claimed(&before, &asked);
    let sold = orders::lines(scope, vec![id])?;
    let wanted = rules::wanted(&wish.items, &sold, &claimed, &policy)?;
    let new = NewReturn {
        order_id: id,
        status: ReturnStatus::Requested,
        reason: Some(wish.reason.clone()),
        requested_by: handling.member(),
        requested_at: scope.now(),
        restocking_fee: policy.restocking_fee.hundredths(),
        max_refund: policy.limit_in(order.currency),
    };
    let row = store::insert(scope, new)?;
    let lines = sold.iter().filter_map(|line| Some((line, wanted.get(&line.id).copied()?))).collect();
    let lines = store::insert_lines(scope, row.id, lines)?;
    tell(scope, handling, &order, EventKind::ReturnRequested, None, (&row, &lines))?;
    Ok(view(row, &lines, handling))
}

/// Refuses what comes too late: so many days after delivery, each of 24 hours, to the moment.
fn check_window(order: &OrderRow, days: Option<i64>, now: Timestamp) -> Result<(), Problem> {
    // Where nobody knows when it was delivered, what is missing does not make the time longer.
    let delivered_at = order.delivered_at.unwrap_or(order.placed_at);
    let Some(days) = days else { return Ok(()) };
    let until = delivered_at.plus(TimeDelta::days(days));
    if now > until { Err(ReturnError::WindowOver { days, until }.into()) } else { Ok(()) }
}

/// Lets goods be sent back; once that was said, saying it again changes nothing.
pub(super) fn approve(scope: &mut Writing, handling: &Handling, id: OrderId, of: ReturnId) -> Result<Return, Problem> {
    decide(scope, handling, (id, of), ReturnStatus::Approved, None)
}

/// Does not take goods back; once that was said, saying it again changes nothing.
pub(super) fn reject(scope: &mut Writing, handling: &Handling, id: OrderId, of: ReturnId, reason: &str) -> Result<Return, Problem> {
    decide(scope, handling, (id, of), ReturnStatus::Rejected, Some(reason))
}

fn decide(
    scope: &mut Writing,
    handling: &Handling,
    (id, of): (OrderId, ReturnId),
    to: ReturnStatus,
    reason: Option<&str>,
) -> Result<Return, Problem> {
    let order = hold_for_team(scope, handling, id)?;
    let before = store::find(scope, id, of)?;
    if before.status == to {
        return show(scope, before, handling);
    }
    check_move(before.status, to)?;
    let after = store::decide(scope, id, of, to, handling.member(), reason)?;
    let lines = store::lines(scope, id, of)?;
    let kind = if to == ReturnStatus::Approved { EventKind::ReturnApproved } else { EventKind::ReturnRejected };
    tell(scope, handling, &order, kind, Some(before.status), (&after, &lines))?;
    Ok(view(after, &lines, handling))
}

/// Counts the goods that came back: those that are good are on the shelf then. The same count once more changes nothing.
pub(super) fn receive(
    scope: &mut Writing,
    handling: &Handling,
    (id, of): (OrderId, ReturnId),
    wish: &ReceiveReturn,
) -> Result<Return, Problem> {
    let order = hold_for_team(scope, handling, id)?;
    let before = store::find(scope, id, of)?;
    let is_repeated = before.status == ReturnStatus::Received;
    if !is_repeated {
        check_move(before.status, ReturnStatus::Received)?;
    }
    let expected = store::lines(scope, id, of)?;
    let received = rules::received(&wish.items, &expected)?;
    let came = |line: &ReturnLineRow| received.get(&line.line_id).copied().unwrap_or_default();
    if is_repeated {
        let is_same = expected.iter().all(|line| came(line) == (line.good, line.damaged));
        return if is_same { Ok(view(before, &expected, handling)) } else { Err(illegal(before.status, ReturnStatus::Received)) };
    }
    let mut lines = expected;
    for line in &mut lines {
        if let Some((good, damaged)) = received.get(&line.line_id) {
            (line.good, line.damaged) = (*good, *damaged);
        }
    }
    let back: Vec<_> = lines.iter().filter(|line| line.good + line.damaged > 0).collect();
    store::count(scope, id, of, &back)?;
    put_back(scope, &lines)?;
    let after = store::receive(scope, id, of, handling.member(), rules::worth(&lines))?;
    tell(scope, handling, &order, EventKind::ReturnReceived, Some(before.status), (&after, &lines))?;
    Ok(view(after, &lines, handling))
}

/// Puts what came back good on the shelf.
fn put_back(scope: &mut Writing, lines: &[ReturnLineRow]) -> Result<(), Problem> {
    let mut good = BTreeMap::new();
    for line in lines.iter().filter(|line| line.good > 0) {
        *good.entry(line.product_id).or_insert(0) += line.good;
    }
    catalog::put_back(scope, &good)
}

/// The goods of a return.
pub(in crate::orders) struct Goods {
    /// How far it has come.
    pub status: ReturnStatus,
    /// How much is given back for those that came back, in minor units: by the rules that held when the return was asked for.
    pub due: i64,
}

/// The goods of one of an order's returns, if there is one with this id.
pub(in crate::orders) fn goods(scope: &mut Reading, id: OrderId, of: ReturnId) -> Result<Option<Goods>, Problem> {
    let Some(row) = store::find_first(scope, id, of)? else { return Ok(None) };
    let fee = Percent::of_hundredths(row.restocking_fee).unwrap_or_default();
    Ok(Some(Goods { status: row.status, due: rules::due(row.worth, fee, row.max_refund) }))
}

fn check_move(from: ReturnStatus, to: ReturnStatus) -> Result<(), Problem> {
    if from.moves().contains(&to) { Ok(()) } else { Err(illegal(from, to)) }
}

fn illegal(from: ReturnStatus, to: ReturnStatus) -> Problem {
    ReturnError::IllegalTransition { from, to }.into()
}

/// Tells what has become of a return.
fn tell(
    scope: &mut Writing,
    handling: &Handling,
    order: &OrderRow,
    kind: EventKind,
    before: Option<ReturnStatus>,
    (row, lines): (&ReturnRow, &[ReturnLineRow]),
) -> Result<(), Problem> {
    let items: Vec<_> = lines.iter().map(ReturnLineRow::item).collect();
    let reason = match kind {
        EventKind::ReturnRequested => row.reason.as_deref(),
        EventKind::ReturnRejected => row.reject_reason.as_deref(),
        _ => None,
    };
    // Why is told in the order's history alone, where it is forgotten with the customer; what is put on record stays for ever.
    let data = json!({ "id": order.id, "number": order.number, "return": row.id, "status": row.status, "items": items, "reason": reason });
    let is = json!({ "return": { "id": row.id, "items": items }, "status": row.status });
    let was = before.map(|status| json!({ "status": status }));
    let change = was.as_ref().map_or(Change::Made(&is), |was| Change::Edited(was, &is));
    Ok(events::emit(scope, &handling.origin, kind, order.id.0, &data, change)?)
}

impl ReturnLineRow {
    fn item(&self) -> ReturnItem {
        ReturnItem { item: self.line_id, quantity: self.quantity, good: self.good, damaged: self.damaged }
    }
}

fn show(scope: &mut Reading, row: ReturnRow, handling: &Handling) -> Result<Return, Problem> {
    let lines = store::lines(scope, row.order_id, row.id)?;
    Ok(view(row, &lines, handling))
}

/// What somebody sees of a return: customers do not see who of the team was at it.
fn view(row: ReturnRow, lines: &[ReturnLineRow], handling: &Handling) -> Return {
    let is_team = !handling.is_customer();
    Return {
        id: row.id,
        order: row.order_id,
        status: row.status,
        items: lines.iter().map(ReturnLineRow::item).collect(),
        reason: row.reason,
        reject_reason: row.reject_reason,
        requested_by: row.requested_by.filter(|_| is_team),
        requested_at: row.requested_at,
        decided_by: row.decided_by.filter(|_| is_team),
        decided_at: row.decided_at,
        received_by: row.received_by.filter(|_| is_team),
        received_at: row.received_at,
    }
}
