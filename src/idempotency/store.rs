//! The table of keys.

use super::Request;
use super::http::Answer;
use crate::base::id::VendorId;
use crate::base::time::Timestamp;
use crate::db::schema::idempotency_keys::{self, body, caller, created_at, key, location, request_hash, route, status};
use crate::db::{Result, Writing};
use diesel::prelude::*;
use diesel::sql_types;

/// A key nobody holds is taken; one older than `cutoff` is taken over. On PostgreSQL this waits for
/// a transaction that is just taking the same key.
const RESERVE: &str = "INSERT INTO idempotency_keys (vendor_id, caller, route, key, request_hash, created_at, status, body) \
    VALUES ($1, $2, $3, $4, $5, $6, 0, '') \
    ON CONFLICT (vendor_id, caller, route, key) DO UPDATE \
    SET request_hash = excluded.request_hash, created_at = excluded.created_at, status = 0, body = '', location = NULL \
    WHERE idempotency_keys.created_at < $7 RETURNING vendor_id";

#[derive(QueryableByName)]
struct Taken {
    #[expect(dead_code, reason = "that there is a row says it all")]
    #[diesel(sql_type = sql_types::BigInt)]
    vendor_id: VendorId,
}

/// Takes the key; says whether it was free.
pub(super) fn reserve(scope: &mut Writing, request: &Request, cutoff: Timestamp) -> Result<bool> {
    let taken: Vec<Taken> = scope
        .sql(RESERVE)
        .bind::<sql_types::Text, _>(request.caller.clone())
        .bind::<sql_types::Text, _>(request.route)
        .bind::<sql_types::Text, _>(request.key.clone())
        .bind::<sql_types::Text, _>(request.fingerprint.clone())
        .bind::<sql_types::Timestamp, _>(scope.now())
        .bind::<sql_types::Timestamp, _>(cutoff)
        .load(scope)?;
    Ok(!taken.is_empty())
}

/// The answer of a key; what is returned is of no use, but has the statement kept prepared.
const COMPLETE: &str = "UPDATE idempotency_keys SET vendor_id = $1, status = $2, location = $3, body = $4 \
    WHERE vendor_id = $1 AND caller = $5 AND route = $6 AND key = $7 RETURNING vendor_id";

/// Keeps the answer with its key.
pub(super) fn complete(scope: &mut Writing, request: &Request, answer: &Answer) -> Result<()> {
    let _: Vec<Taken> = scope
        .sql(COMPLETE)
        .bind::<sql_types::Integer, _>(i32::from(answer.status))
        .bind::<sql_types::Nullable<sql_types::Text>, _>(answer.location.clone())
        .bind::<sql_types::Text, _>(answer.body.clone())
        .bind::<sql_types::Text, _>(request.caller.clone())
        .bind::<sql_types::Text, _>(request.route)
        .bind::<sql_types::Text, _>(request.key.clone())
        .load(scope)?;
    Ok(())
}

/// The fingerprint of the first request, and the answer it got.
pub(super) fn find(scope: &mut Writing, request: &Request) -> Result<(String, Answer)> {
    let (fingerprint, code, place, text): (String, i32, Option<String>, String) = scope
        .rows(idempotency_keys::table)
        .filter(caller.eq(&request.caller))
        .filter(route.eq(request.route))
        .filter(key.eq(&request.key))
        .select((request_hash, status, location, body))
        .first(scope)?;
    let answer = Answer { status: u16::try_from(code).unwrap_or_default(), location: place, body: text, replayed: true };
    Ok((fingerprint, answer))
}

/// Forgets the vendor's keys older than `cutoff`.
pub(super) fn forget(scope: &mut Writing, cutoff: Timestamp) -> Result<usize> {
    scope.rows(idempotency_keys::table).filter(created_at.lt(cutoff)).delete().execute(scope)
}

/// Forgets all keys of a caller, with the answers.
pub fn forget_caller(scope: &mut Writing, claim: &str) -> Result<()> {
    scope.rows(idempotency_keys::table).filter(caller.eq(claim)).delete().execute(scope).map(drop)
}

/// Rewrites the answers that are kept about what is at these places: so that what may not be told any more is not told again.
pub fn rewrite(scope: &mut Writing, places: Vec<String>, change: impl Fn(serde_json::Value) -> serde_json::Value) -> Result<()> {
    if places.is_empty() {
        return Ok(());
    }
    let rows: Vec<(String, String, String, String)> =
        scope.rows(idempotency_keys::table).filter(location.eq_any(places)).select((caller, route, key, body)).load(scope)?;
    for (whose, where_to, what, text) in rows {
        let told = serde_json::from_str(&text).map(&change).unwrap_or_default().to_string();
        let same = scope.rows(idempotency_keys::table).filter(caller.eq(whose)).filter(route.eq(where_to)).filter(key.eq(what));
        same.set(body.eq(told)).execute(scope)?;
    }
    Ok(())
}
