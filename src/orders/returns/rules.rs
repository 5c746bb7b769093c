//! What may be returned of an order, and what of it came back: pure counting.

use super::model::{Condition, ReceivedItem, ReturnError, ReturnWish};
use super::store::{ReturnLineRow, ReturnRow};
use super::workflow::ReturnStatus;
use crate::base::code::FieldError;
use crate::base::id::{LineId, ReturnId};
use crate::base::percent::Percent;
use crate::orders::store::LineRow;
use crate::problem::Problem;
use crate::tenancy::settings::ReturnPolicy;
use std::collections::BTreeMap;

/// How many pieces of each line came back, or are still to: of a return that is over, those that did.
pub(super) fn claimed(returns: &[ReturnRow], lines: &[ReturnLineRow]) -> BTreeMap<LineId, i64> {
    let statuses: BTreeMap<ReturnId, ReturnStatus> = returns.iter().map(|row| (row.id, row.status)).collect();
    let mut claimed = BTreeMap::new();
    for line in lines {
        let pieces = match statuses.get(&line.return_id) {
            Some(ReturnStatus::Requested | ReturnStatus::Approved) => line.quantity,
            Some(ReturnStatus::Received) => line.good + line.damaged,
            Some(ReturnStatus::Rejected) | None => 0,
        };
        *claimed.entry(line.line_id).or_insert(0) += pieces;
    }
    claimed
}

/// How many pieces of each line are to be returned, if the vendor takes them back.
pub(super) fn wanted(
    wish: &[ReturnWish],
    lines: &[LineRow],
    claimed: &BTreeMap<LineId, i64>,
    policy: &ReturnPolicy,
) -> Result<BTreeMap<LineId, i64>, Problem> {
    let by_id: BTreeMap<LineId, &LineRow> = lines.iter().map(|line| (line.id, line)).collect();
    check_items(wish.iter().map(|item| item.item), |item| by_id.contains_key(&item))?;
    let left = |line: &LineRow| line.quantity - claimed.get(&line.id).copied().unwrap_or_default();
    let mut wanted: BTreeMap<LineId, i64> = BTreeMap::new();
    let mut errors = Vec::new();
    for (index, item) in wish.iter().enumerate() {
        let Some(&line) = by_id.get(&item.item) else { continue };
        let sum = wanted.entry(line.id).or_default();
        *sum += item.quantity;
        if !policy.takes_back(line.sku.as_deref()) {
            errors.push(FieldError::new(format!("/items/{index}/item"), "non_returnable_sku", "what has this SKU is not taken back"));
        } else if *sum > left(line) {
            let message = format!("of this line, {} can still be returned", left(line));
            errors.push(FieldError::new(format!("/items/{index}/quantity"), "too_many", message));
        }
    }
    if errors.is_empty() && !policy.allow_partial_return {
        let stays = |line: &&LineRow| wanted.get(&line.id).copied().unwrap_or_default() < left(line);
        for line in lines.iter().filter(|line| policy.takes_back(line.sku.as_deref())).filter(stays) {
            let message = format!("all is to be returned together: of line {}, {}", line.id, left(line));
            errors.push(FieldError::new("/items", "partial_return", message));
        }
    }
    if errors.is_empty() { Ok(wanted) } else { Err(ReturnError::NotReturnable(errors).into()) }
}

/// How many pieces of each line came back good, and how many damaged: not more than were to come.
pub(super) fn received(items: &[ReceivedItem], lines: &[ReturnLineRow]) -> Result<BTreeMap<LineId, (i64, i64)>, Problem> {
    let expected: BTreeMap<LineId, i64> = lines.iter().map(|line| (line.line_id, line.quantity)).collect();
    check_items(items.iter().map(|item| item.item), |item| expected.contains_key(&item))?;
    let mut received: BTreeMap<LineId, (i64, i64)> = BTreeMap::new();
    for (index, item) in items.iter().enumerate() {
        let (good, damaged) = received.entry(item.item).or_default();
        match item.condition {
            Condition::Good => *good += item.quantity,
            Condition::Damaged => *damaged += item.quantity,
        }
        let most = expected.get(&item.item).copied().unwrap_or_default();
        if *good + *damaged > most {
            let message = format!("of this line, {most} were to come back");
            return Err(Problem::invalid_at(format!("/items/{index}/quantity"), "more_than_requested", message));
        }
    }
    Ok(received)
}

/// What those pieces cost that came back, in minor units.
pub(super) fn worth(lines: &[ReturnLineRow]) -> i64 {
    lines.iter().map(|line| line.unit_price * (line.good + line.damaged)).sum()
}

/// How much is given back for goods that cost so much, in minor units: what the fee leaves of it, and no more than there is a
/// limit. Half a minor unit counts as a whole one, for the customer.
pub(super) fn due(worth: i64, fee: Percent, limit: Option<i64>) -> i64 {
    let due = fee.rest().of(worth);
    limit.map_or(due, |limit| due.min(limit))
}

/// Refuses lines that are not there.
fn check_items(items: impl Iterator<Item = LineId>, is_there: impl Fn(LineId) -> bool) -> Result<(), Problem> {
    let unknown = |(index, _): (usize, LineId)| FieldError::new(format!("/items/{index}/item"), "unknown_item", "there is no such line");
    let errors: Vec<_> = items.enumerate().filter(|(_, item)| !is_there(*item)).map(unknown).collect();
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

#[cfg(test)]
mod tests {
    use super::due;
    use crate::base::percent::Percent;

    #[test]
    fn the_fee_is_kept_and_no_more_is_given_than_there_is_a_limit() {
        let due = |worth, hundredths, limit| due(worth, Percent::of_hundredths(hundredths).unwrap(), limit);
        assert_eq!(due(1999, 0, None), 1999);
        assert_eq!(due(1995, 1000, None), 1796, "1795.5 is given as 1796");
        assert_eq!(due(1235, 1000, None), 1112, "1111.5 fils");
        assert_eq!(due(5, 1000, None), 5, "4.5 yen");
        assert_eq!((due(1, 5000, None), due(1, 5001, None)), (1, 0));
        assert_eq!(due(1995, 10_000, None), 0);
        assert_eq!(due(1995, 0, Some(500)), 500);
        assert_eq!(due(900, 5000, Some(500)), 450);
        assert_eq!(due(1_000_000_000_000_000, 1, None), 999_900_000_000_000);
    }
}
