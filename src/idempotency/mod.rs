//! `Idempotency-Key`: a POST that creates may be sent again without creating again.
//!
//! The key is written in the transaction of the effect, so that there is never one without the other, and both
//! survive a restart. A key belongs to one caller at one vendor on one route. A refusal is not kept: the next try counts.

mod http;
mod store;

pub use http::{Answer, IdempotencyKey};
pub use store::{forget_caller, rewrite};

use crate::access::Caller;
use crate::base::code::Code;
use crate::db::{Db, Writing};
use crate::http::Created;
use crate::problem::Problem;
use chrono::TimeDelta;
use serde::Serialize;

/// How long a key is remembered.
pub const MEMORY: TimeDelta = TimeDelta::hours(24);

/// Which request a key stands for.
#[derive(Clone, Debug)]
struct Request {
    caller: String,
    route: &'static str,
    key: String,
    fingerprint: String,
}

/// Does `work` once for the caller's key, and answers what it answered then; without a key, does it.
pub async fn once<P, R, W>(
    db: &Db,
    caller: &Caller<P>,
    route: &'static str,
    key: IdempotencyKey,
    fingerprint: String,
    work: W,
) -> Result<Answer, Problem>
where
    R: Serialize,
    W: Fn(&mut Writing) -> Result<Created<R>, Problem> + Send + 'static,
{
    let request = key.0.map(|key| Request { caller: caller.claims().sub.clone(), route, key, fingerprint });
    db.write(caller, move |scope| {
        let Some(request) = &request else { return Answer::of(work(scope)?) };
        if !store::reserve(scope, request, scope.now().minus(MEMORY))? {
            return replay(scope, request);
        }
        let answer = Answer::of(work(scope)?)?;
        store::complete(scope, request, &answer)?;
        Ok(answer)
    })
    .await
}

fn replay(scope: &mut Writing, request: &Request) -> Result<Answer, Problem> {
    let (fingerprint, answer) = store::find(scope, request)?;
    if fingerprint == request.fingerprint {
        Ok(answer)
    } else {
        Err(Problem::new(Code::IdempotencyKeyReused, "this Idempotency-Key came with another body before; use a new key for a new request"))
    }
}

/// Forgets the vendor's keys that nobody can use any more.
pub fn forget(scope: &mut Writing) -> crate::db::Result<usize> {
    let cutoff = scope.now().minus(MEMORY);
    store::forget(scope, cutoff)
}
