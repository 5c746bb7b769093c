//! Folding orders into sums, and taking one out again.

use super::model::{Additions, Counted};
use super::store::{self, Mark};
use crate::access::Itself;
use crate::base::id::VendorId;
use crate::db::{Db, Reading, Writing};
use crate::problem::Problem;

/// How many orders are folded at a time, and so about how many are ever read one by one.
pub const FOLD: i64 = 1000;

/// What is to be added, and how far that goes.
#[derive(Clone)]
struct Batch {
    from: Mark,
    to: i64,
    additions: Additions,
}

/// Folds all orders that a vendor has. Several may be at it: the one that comes first goes on.
///
/// What there is to add is found out before the transaction that adds it, which holds up others the less.
pub async fn fold(db: &Db, vendor: VendorId) -> Result<(), Problem> {
    let itself = Itself::at(vendor);
    if db.read(&itself, |scope| Ok(store::mark(scope)?)).await?.is_none() {
        db.write(&itself, |scope| Ok(store::begin(scope)?)).await?;
    }
    // A change in between makes one begin anew; that many in a row are none of the luck of this one.
    let mut failures = 0;
    while failures < 10 {
        let Some(batch) = db.read(&itself, gather).await? else { return Ok(()) };
        let is_kept = db.write(&itself, move |scope| keep(scope, &batch)).await?;
        failures = if is_kept { 0 } else { failures + 1 };
    }
    Ok(())
}

fn gather(scope: &mut Reading) -> Result<Option<Batch>, Problem> {
    let Some(from) = store::mark(scope)? else { return Ok(None) };
    let (orders, last) = store::counted(scope, from.number, FOLD)?;
    let mut additions = Additions::default();
    for order in &orders {
        additions.count(order, 1);
    }
    Ok(last.map(|to| Batch { from, to, additions }))
}

/// Adds the batch, unless something has changed since it was made.
fn keep(scope: &mut Writing, batch: &Batch) -> Result<bool, Problem> {
    if !store::advance(scope, batch.from, batch.to)? {
        return Ok(false);
    }
    store::add(scope, &batch.additions)?;
    Ok(true)
}

/// Has an order count no longer, which is held, and did until now.
pub(in crate::orders) fn uncount(scope: &mut Writing, order: &Counted) -> Result<(), Problem> {
    if order.number <= store::note_change(scope)? {
        let mut additions = Additions::default();
        additions.count(order, -1);
        store::add(scope, &additions)?;
    }
    Ok(())
}
