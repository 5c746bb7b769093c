//! Answers about products that were made before, and can be given again.
//!
//! An answer is given again only if the vendor's catalogue has, at this moment, the version that it had before the
//! answer was made: so nobody is ever shown an old price or stock, whichever instance changed it. What is kept for one
//! vendor, and for the team or for everybody, is found under that vendor and those people only.

use super::http::is_member;
use crate::access::Anyone;
use crate::base::id::VendorId;
use crate::db::{Db, MayRead};
use crate::http::Rendered;
use crate::problem::Problem;
use moka::sync::Cache;
use std::time::Duration;

/// How long an answer is kept that nobody asks for.
const IDLE: Duration = Duration::from_mins(10);
/// About what an answer takes besides its body and its question.
const OVERHEAD: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Question {
    vendor: VendorId,
    is_member: bool,
    asked: String,
}

#[derive(Clone, Debug)]
struct Kept {
    version: i64,
    answer: Rendered,
}

/// The answers, those most asked for.
pub struct Shelf(Cache<Question, Kept>);

impl Shelf {
    /// A shelf of this many bytes.
    pub fn new(bytes: u64) -> Self {
        let weight =
            |question: &Question, kept: &Kept| u32::try_from(kept.answer.body.len() + question.asked.len() + OVERHEAD).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(bytes).weigher(weight).time_to_idle(IDLE).build())
    }

    /// The answer to what was asked (a path, or a query): the one that is kept, if it is still right, or else the one that
    /// `make` makes for this version of the catalogue.
    pub(super) async fn answer(
        &self,
        db: &Db,
        anyone: &Anyone,
        asked: &str,
        make: impl AsyncFnOnce(i64) -> Result<Rendered, Problem>,
    ) -> Result<Rendered, Problem> {
        let version = db.catalogue_version(anyone).await?;
        let question = Question { vendor: anyone.vendor_id(), is_member: is_member(anyone), asked: asked.to_owned() };
        if let Some(kept) = self.0.get(&question)
            && kept.version == version
        {
            return Ok(kept.answer);
        }
        let answer = make(version).await?;
        self.0.insert(question, Kept { version, answer: answer.clone() });
        Ok(answer)
    }
}
