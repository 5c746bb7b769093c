//! What happened: one row for every change, written in the transaction of the change.
//!
//! Features call [`emit`]; an order's history is read from here. What is not committed never happened. What a member or an
//! operator did goes into the audit log, too.

mod model;
mod store;

pub use model::{EventKind, HistoryEntry, Resource};
pub use store::{forget, history, redact};

use crate::access::Origin;
use crate::audit::{self, Change};
use crate::base::column::JsonText;
use crate::db::{Result, Writing};
use serde::Serialize;

/// Writes down that something happened to a resource, and who did it: for the world by `data`, for the audit log by what changed.
pub fn emit<T: Serialize>(
    scope: &mut Writing,
    origin: &Origin,
    kind: EventKind,
    resource_id: i64,
    data: &impl Serialize,
    change: Change<'_, T>,
) -> Result<()> {
    store::insert(scope, origin.actor, kind, resource_id, JsonText::of(data))?;
    audit::record(scope, origin, kind.as_str(), (kind.resource().as_str(), resource_id), change);
    Ok(())
}
