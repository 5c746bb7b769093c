//! Fuzzing: what must hold for any input is tried with inputs that nobody would think of.
//!
//! `cargo test` tries a few, the same ones each time: it is quick, and never fails by chance. With `STOA_FUZZ_SECONDS=60`
//! each claim is tried for so long, and with `PROPTEST_CASES=10000` so many times, with other inputs each time. What breaks a
//! claim is shown in its smallest form: mend it, and keep it as a test with a name of its own.

mod bodies;
mod cursors;
mod domains;
mod figures;
mod grants;
mod json;
mod money;
mod neighbours;
mod orders;
mod queries;
mod returns;
mod tokens;
mod written;

use crate::support::setting;
use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestCaseResult, TestRunner};
use std::fmt::Debug;
use std::time::{Duration, Instant};

/// How much is tried.
struct Effort {
    cases: u32,
    until: Option<Instant>,
    seed: u64,
}

fn number(name: &str) -> Option<u64> {
    setting(name).map(|text| text.parse().unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")))
}

impl Effort {
    fn of(few: u32) -> Self {
        let (seconds, cases) = (number("STOA_FUZZ_SECONDS"), number("PROPTEST_CASES"));
        let seed = if seconds.or(cases).is_some() { rand::random() } else { 0 };
        Self {
            cases: cases.map_or(few, |cases| u32::try_from(cases).unwrap()),
            until: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)),
            seed: number("PROPTEST_RNG_SEED").unwrap_or(seed),
        }
    }

    /// Tries the claim; tells how many inputs there were, or the smallest one found that breaks it.
    fn spend<S: Strategy>(mut self, inputs: &S, claim: impl Fn(S::Value) -> TestCaseResult) -> Result<u32, String> {
        let mut tried = 0;
        loop {
            let config = Config {
                cases: self.cases,
                rng_seed: RngSeed::Fixed(self.seed),
                failure_persistence: None,
                max_shrink_iters: 2000,
                ..Config::default()
            };
            let outcome = TestRunner::new(config).run(inputs, &claim);
            outcome.map_err(|broken| {
                format!("{broken}\nThe same inputs again: PROPTEST_CASES={} PROPTEST_RNG_SEED={}", self.cases, self.seed)
            })?;
            self.seed = self.seed.wrapping_add(1);
            tried += self.cases;
            if self.until.is_none_or(|end| Instant::now() >= end) {
                return Ok(tried);
            }
        }
    }
}

fn tell(outcome: Result<u32, String>) {
    match outcome {
        Ok(tried) => println!("{tried} inputs"),
        Err(broken) => panic!("{broken}"),
    }
}

/// Tries a claim with `few` inputs, or as many as the environment asks for.
fn holds<S: Strategy>(few: u32, inputs: S, claim: impl Fn(S::Value) -> TestCaseResult) {
    tell(Effort::of(few).spend(&inputs, claim));
}

/// The same with a claim about what a server does. One input is tried after the other.
async fn holds_there<S, C, F>(few: u32, inputs: impl FnOnce() -> S + Send + 'static, claim: C)
where
    S: Strategy,
    S::Value: Debug,
    C: Fn(S::Value) -> F + Send + 'static,
    F: Future<Output = TestCaseResult>,
{
    let runtime = tokio::runtime::Handle::current();
    let tried = actix_web::web::block(move || Effort::of(few).spend(&inputs(), |input| runtime.block_on(claim(input)))).await;
    tell(tried.unwrap());
}
