//! What came of it.

use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How it went, in the time that counts.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Requests answered as expected, in the time that counts.
    pub answered: u64,
    /// The same for each second.
    pub rate: f64,
    /// Half of them were answered within this many milliseconds,
    pub p50_ms: f64,
    /// 99 of a hundred within this many,
    pub p99_ms: f64,
    /// and all within this many.
    pub max_ms: f64,
    /// Whatever went wrong, at any time.
    pub errors: u64,
    /// The first of it, in words.
    pub first_error: Option<String>,
    /// How many of the machine's cores the client itself took.
    pub client_cores: f64,
}

impl Outcome {
    /// Takes on what went wrong elsewhere.
    pub fn blame(&mut self, other: &Self) {
        self.errors += other.errors;
        self.first_error = self.first_error.take().or_else(|| other.first_error.clone());
    }
}

/// Counts.
pub struct Tally {
    times: Histogram<u64>,
    errors: u64,
    first_error: Option<String>,
}

/// The longest time that is told from longer ones, in microseconds.
const LONGEST: u64 = 60_000_000;

impl Tally {
    pub fn new() -> Result<Self, crate::Failure> {
        Ok(Self { times: Histogram::new_with_bounds(1, LONGEST, 3)?, errors: 0, first_error: None })
    }

    pub fn answered(&mut self, took: Duration) {
        self.times.saturating_record(u64::try_from(took.as_micros()).unwrap_or(LONGEST));
    }

    pub fn error(&mut self, what: impl FnOnce() -> String) {
        self.errors += 1;
        self.first_error.get_or_insert_with(what);
    }

    pub fn outcome(self, measured: Duration, client_cores: f64) -> Outcome {
        #[expect(clippy::cast_precision_loss, reason = "nobody measures for so long")]
        let ms = |micros: u64| micros as f64 / 1000.0;
        let answered = self.times.len();
        Outcome {
            answered,
            rate: ms(answered) * 1000.0 / measured.as_secs_f64(),
            p50_ms: ms(self.times.value_at_quantile(0.5)),
            p99_ms: ms(self.times.value_at_quantile(0.99)),
            max_ms: ms(self.times.max()),
            errors: self.errors,
            first_error: self.first_error,
            client_cores,
        }
    }
}
