//! The tables of entries and of the ends of the chains: a vendor's own, and the platform's. They are of the same shape, and what is
//! the same for both is written once, as a macro over the table.

use super::chain::{self, BEGINNING};
use super::service::{Draft, Filter};
use crate::base::id::VendorId;
use crate::base::time::Timestamp;
use crate::db::schema::{audit_entries, audit_heads, platform_audit_entries, platform_audit_heads};
use crate::db::{Control, Reading, Result, Writing};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

/// An entry, as it is kept. Its words are those of the table, whatever they are: who verifies a chain reads what was tampered with.
#[derive(Clone, Debug, Queryable)]
pub(super) struct Record {
    pub vendor: Option<VendorId>,
    pub position: i64,
    pub occurred_at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<i64>,
    pub impersonator_id: Option<i64>,
    pub api_key_id: Option<i64>,
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub action: String,
    pub target_kind: String,
    pub target_id: i64,
    pub before: Option<String>,
    pub after: Option<String>,
    pub hash: String,
}

impl Record {
    /// What is to come after the end of the chain.
    fn after(head: &Head, vendor: Option<VendorId>, now: Timestamp, draft: Draft) -> Self {
        let Draft { origin, action, target: (target_kind, target_id), before, after } = draft;
        let mut record = Self {
            vendor,
            position: head.entries + 1,
            occurred_at: now,
            actor_kind: origin.actor.kind.as_str().to_owned(),
            actor_id: origin.actor.id,
            impersonator_id: origin.impersonator.map(|user| user.0),
            api_key_id: origin.api_key.map(|key| key.0),
            address: origin.address.map(|address| address.to_string()),
            request_id: origin.request_id.map(|id| id.to_string()),
            action: action.to_owned(),
            target_kind: target_kind.to_owned(),
            target_id,
            before,
            after,
            hash: String::new(),
        };
        record.hash = chain::hash(&head.hash, &record);
        record
    }
}

/// The end of a chain: how many entries it has, and the hash of the last.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, QueryableByName)]
pub(super) struct Head {
    #[diesel(sql_type = BigInt)]
    pub entries: i64,
    #[diesel(sql_type = Text)]
    pub hash: String,
}

/// The columns of an entry, in the order of [`Record`].
macro_rules! columns {
    ($table:ident, $vendor:expr) => {
        (
            $vendor,
            $table::position,
            $table::occurred_at,
            $table::actor_kind,
            $table::actor_id,
            $table::impersonator_id,
            $table::api_key_id,
            $table::address,
            $table::request_id,
            $table::action,
            $table::target_kind,
            $table::target_id,
            $table::before,
            $table::after,
            $table::hash,
        )
    };
}

/// The values of a record but for its vendor.
macro_rules! values {
    ($table:ident, $record:expr) => {{
        let record = $record;
        (
            $table::position.eq(record.position),
            $table::occurred_at.eq(record.occurred_at),
            $table::actor_kind.eq(record.actor_kind),
            $table::actor_id.eq(record.actor_id),
            $table::impersonator_id.eq(record.impersonator_id),
            $table::api_key_id.eq(record.api_key_id),
            $table::address.eq(record.address),
            $table::request_id.eq(record.request_id),
            $table::action.eq(record.action),
            $table::target_kind.eq(record.target_kind),
            $table::target_id.eq(record.target_id),
            $table::before.eq(record.before),
            $table::after.eq(record.after),
            $table::hash.eq(record.hash),
        )
    }};
}

/// The rows of a query that pass the filter, newest first, from where the page before ended.
macro_rules! page {
    ($query:expr, $table:ident, $filter:expr, $bound:expr, $limit:expr) => {{
        let (filter, bound) = ($filter, $bound);
        let mut query = $query.order($table::occurred_at.desc()).then_order_by($table::position.desc()).limit($limit).into_boxed();
        if let Some(actor) = filter.actor {
            query = query.filter($table::actor_id.eq(actor.0));
        }
        if let Some(action) = filter.action.clone() {
            query = query.filter($table::action.eq(action));
        }
        if let Some((kind, id)) = filter.target.clone() {
            query = query.filter($table::target_kind.eq(kind));
            if let Some(id) = id {
                query = query.filter($table::target_id.eq(id));
            }
        }
        if let Some(instant) = filter.after {
            query = query.filter($table::occurred_at.ge(instant));
        }
        if let Some(instant) = filter.before {
            query = query.filter($table::occurred_at.lt(instant));
        }
        // The first comparison lets the index find the place, the second settles ties.
        if let Some((instant, position)) = bound {
            query = query.filter($table::occurred_at.le(instant).and($table::occurred_at.lt(instant).or($table::position.lt(position))));
        }
        query
    }};
}

/// Holds the end of the vendor's chain until the transaction ends; one that has none yet begins.
const HOLD_HEAD: &str = "INSERT INTO audit_heads (vendor_id, entries, hash) VALUES ($1, 0, $2) \
    ON CONFLICT (vendor_id) DO UPDATE SET entries = audit_heads.entries RETURNING entries, hash";

/// Adds an entry at the end of the vendor's chain. A trigger moves the end.
pub(super) fn append(scope: &mut Writing, draft: Draft) -> Result<()> {
    let head: Head = scope.sql(HOLD_HEAD).bind::<Text, _>(BEGINNING).one(scope)?;
    let record = Record::after(&head, Some(scope.vendor()), scope.now(), draft);
    scope.insert(audit_entries::table, values!(audit_entries, record)).execute(scope).map(drop)
}

/// Adds an entry, about this vendor if it is about one, at the end of the platform's chain. A trigger moves the end.
pub(super) fn append_to_platform(scope: &mut Writing<Control>, vendor: Option<VendorId>, draft: Draft) -> Result<()> {
    // An update that changes nothing is what both engines know a lock by.
    let held = scope.rows(platform_audit_heads::table).set(platform_audit_heads::entries.eq(platform_audit_heads::entries));
    let (_, entries, hash): (i64, i64, String) = held.fixed().one(scope)?;
    let record = Record::after(&Head { entries, hash }, vendor, scope.now(), draft);
    let row = (platform_audit_entries::vendor_id.eq(record.vendor), values!(platform_audit_entries, record));
    scope.insert(platform_audit_entries::table, row).execute(scope).map(drop)
}

/// Where a page begins: before this instant, or at it before this position.
pub(super) type Bound = Option<(Timestamp, i64)>;

/// The vendor's entries that pass the filter, newest first.
pub(super) fn list(scope: &mut Reading, filter: &Filter, bound: Bound, limit: i64) -> Result<Vec<Record>> {
    let rows = scope.rows(audit_entries::table).select(columns!(audit_entries, audit_entries::vendor_id.nullable()));
    page!(rows, audit_entries, filter, bound, limit).load(scope)
}

/// The platform's entries that pass the filter, newest first: those about one vendor, or all.
pub(super) fn list_of_platform(
    scope: &mut Reading<Control>,
    vendor: Option<VendorId>,
    filter: &Filter,
    bound: Bound,
    limit: i64,
) -> Result<Vec<Record>> {
    let rows = scope.rows(platform_audit_entries::table).select(columns!(platform_audit_entries, platform_audit_entries::vendor_id));
    let mut rows = page!(rows, platform_audit_entries, filter, bound, limit);
    if let Some(vendor) = vendor {
        rows = rows.filter(platform_audit_entries::vendor_id.eq(vendor));
    }
    rows.load(scope)
}

/// The end of the vendor's chain; none if it has not begun.
pub(super) fn head(scope: &mut Reading) -> Result<Option<Head>> {
    scope.rows(audit_heads::table).select((audit_heads::entries, audit_heads::hash)).find_first(scope)
}

/// The end of the platform's chain.
pub(super) fn head_of_platform(scope: &mut Reading<Control>) -> Result<Option<Head>> {
    scope.rows(platform_audit_heads::table).select((platform_audit_heads::entries, platform_audit_heads::hash)).find_first(scope)
}

/// So many of the vendor's entries after this position, in their order.
pub(super) fn entries(scope: &mut Reading, after: i64, limit: i64) -> Result<Vec<Record>> {
    let rows = scope.rows(audit_entries::table).filter(audit_entries::position.gt(after)).order(audit_entries::position.asc());
    rows.limit(limit).select(columns!(audit_entries, audit_entries::vendor_id.nullable())).load(scope)
}

/// So many of the platform's entries after this position, in their order.
pub(super) fn entries_of_platform(scope: &mut Reading<Control>, after: i64, limit: i64) -> Result<Vec<Record>> {
    let rows = scope.rows(platform_audit_entries::table).filter(platform_audit_entries::position.gt(after));
    let rows = rows.order(platform_audit_entries::position.asc()).limit(limit);
    rows.select(columns!(platform_audit_entries, platform_audit_entries::vendor_id)).load(scope)
}
