//! What happened: one row for every change, written in the transaction of the change.
//!
//! Features call [`emit`]; an order's history is read from here. What is not committed never happened.

mod model;
mod store;

pub use model::{EventKind, HistoryEntry, Resource};
pub use store::history;

use crate::access::Actor;
use crate::base::column::JsonText;
use crate::db::{Result, Writing};
use serde::Serialize;

/// Writes down that something happened to a resource, and who did it.
pub fn emit(scope: &mut Writing, actor: Actor, kind: EventKind, resource_id: i64, data: &impl Serialize) -> Result<()> {
    store::insert(scope, actor, kind, resource_id, JsonText::of(data))
}
