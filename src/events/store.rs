//! The event table.

use super::model::{EventKind, HistoryEntry, Resource};
use crate::access::{Actor, ActorKind};
use crate::base::column::JsonText;
use crate::base::id::EventId;
use crate::base::time::Timestamp;
use crate::db::schema::events;
use crate::db::{Reading, Result, Writing};
use diesel::prelude::*;

#[derive(Insertable)]
#[diesel(table_name = events, treat_none_as_default_value = false)]
struct NewEvent {
    kind: EventKind,
    resource: Resource,
    resource_id: i64,
    actor_kind: ActorKind,
    actor_id: Option<i64>,
    data: JsonText,
    occurred_at: Timestamp,
}

pub(super) fn insert(scope: &mut Writing, actor: Actor, kind: EventKind, resource_id: i64, data: JsonText) -> Result<()> {
    let row = NewEvent {
        kind,
        resource: kind.resource(),
        resource_id,
        actor_kind: actor.kind,
        actor_id: actor.id,
        data,
        occurred_at: scope.now(),
    };
    scope.insert(events::table, row).fixed().execute(scope).map(drop)
}

#[derive(Queryable)]
struct EventRow {
    id: EventId,
    kind: EventKind,
    actor_kind: ActorKind,
    actor_id: Option<i64>,
    data: JsonText,
    occurred_at: Timestamp,
}

/// How many entries a history shows at the most; no order comes near.
const MOST: i64 = 1000;

/// What happened to one resource, oldest first.
pub fn history(scope: &mut Reading, resource: Resource, resource_id: i64) -> Result<Vec<HistoryEntry>> {
    let rows: Vec<EventRow> = scope
        .rows(events::table)
        .filter(events::resource.eq(resource))
        .filter(events::resource_id.eq(resource_id))
        .order(events::id.asc())
        .limit(MOST)
        .select((events::id, events::kind, events::actor_kind, events::actor_id, events::data, events::occurred_at))
        .load(scope)?;
    let entry = |row: EventRow| HistoryEntry {
        id: row.id,
        kind: row.kind,
        actor: row.actor_kind,
        actor_id: row.actor_id,
        data: row.data.value(),
        occurred_at: row.occurred_at,
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// Has all events of a resource tell its id and nothing else.
pub fn forget(scope: &mut Writing, resource: Resource, resource_id: i64) -> Result<()> {
    let of_it = scope.rows(events::table).filter(events::resource.eq(resource)).filter(events::resource_id.eq(resource_id));
    of_it.set(events::data.eq(JsonText::of(&serde_json::json!({ "id": resource_id })))).execute(scope).map(drop)
}

/// Has the events of these resources tell everything but one member.
pub fn redact(scope: &mut Writing, resource: Resource, ids: Vec<i64>, member: &str) -> Result<()> {
    let of_them = scope.rows(events::table).filter(events::resource.eq(resource)).filter(events::resource_id.eq_any(ids));
    let rows: Vec<(EventId, JsonText)> = of_them.select((events::id, events::data)).load(scope)?;
    for (id, data) in rows {
        let mut data: serde_json::Value = data.value();
        let Some(told) = data.as_object_mut().and_then(|data| data.get_mut(member)).filter(|told| !told.is_null()) else { continue };
        *told = serde_json::Value::Null;
        scope.rows(events::table).filter(events::id.eq(id)).set(events::data.eq(JsonText::of(&data))).execute(scope)?;
    }
    Ok(())
}
