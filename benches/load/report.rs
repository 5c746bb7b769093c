//! The figures: medians over the rounds, beside their limits; as a table that goes into a README, and as JSON.

use crate::machine::Machine;
use crate::options::{Engine, Job};
use crate::platform::Sample;
use serde::Serialize;
use std::fmt::Write;

/// What a figure must reach.
#[derive(Clone, Copy, Debug, Serialize)]
pub enum Must {
    /// At least this part of the limit's rate.
    Reach(f64),
    /// 99 of a hundred answers within so many milliseconds.
    AnswerWithin(f64),
    /// 99 of a hundred answers within so many times the limit's time.
    SlowDownAtMost(f64),
    /// Nothing: it is told for comparison.
    Nothing,
}

/// A job in all its rounds.
#[derive(Debug, Serialize)]
pub struct Line {
    engine: Engine,
    job: Job,
    what: String,
    clients: usize,
    /// Requests a second.
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    /// What it is measured against, in words.
    limit: String,
    /// The limit's rate, or its time for 99 of a hundred.
    limit_value: Option<f64>,
    must: Must,
    /// The part of the limit, or how many times its time.
    reached: Option<f64>,
    is_met: bool,
    errors: u64,
    first_error: Option<String>,
    server_cores: f64,
    server_peak_mib: u64,
    client_cores: f64,
    /// Of each round: the rate, and the limit's.
    rounds: Vec<(f64, Option<f64>)>,
}

/// What a line is about.
pub struct About<'a> {
    /// The database.
    pub engine: Engine,
    /// The job.
    pub job: Job,
    /// In words.
    pub what: &'a str,
    /// How many clients.
    pub clients: usize,
    /// What it is measured against, in words.
    pub limit: &'a str,
    /// What it must reach.
    pub must: Must,
}

/// The middle one.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<_> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    let middle = |index: usize| values.get(index).copied().unwrap_or_default();
    let (low, high) = (values.len().saturating_sub(1) / 2, values.len() / 2);
    f64::midpoint(middle(low), middle(high))
}

impl Line {
    /// The medians of these rounds, each with its limit.
    pub fn of(about: &About, rounds: &[(Sample, Option<f64>)]) -> Self {
        let of = |pick: fn(&Sample) -> f64| median(rounds.iter().map(|(sample, _)| pick(sample)));
        let limits: Vec<_> = rounds.iter().filter_map(|(_, limit)| *limit).collect();
        let limit_value = (!limits.is_empty()).then(|| median(limits));
        let (rate, p99_ms) = (of(|sample| sample.outcome.rate), of(|sample| sample.outcome.p99_ms));
        let errors = rounds.iter().map(|(sample, _)| sample.outcome.errors).sum();
        let (reached, is_met) = match about.must {
            Must::Reach(least) => {
                let part = limit_value.map(|limit| rate / limit);
                (part, part.is_some_and(|part| part >= least))
            }
            Must::AnswerWithin(most) => (None, p99_ms <= most),
            Must::SlowDownAtMost(most) => {
                let times = limit_value.map(|limit| p99_ms / limit);
                (times, times.is_some_and(|times| times <= most))
            }
            Must::Nothing => (limit_value.map(|limit| rate / limit), true),
        };
        Self {
            engine: about.engine,
            job: about.job,
            what: about.what.to_owned(),
            clients: about.clients,
            rate,
            p50_ms: of(|sample| sample.outcome.p50_ms),
            p99_ms,
            limit: about.limit.to_owned(),
            limit_value,
            must: about.must,
            reached,
            is_met: is_met && errors == 0 && rate > 0.0,
            errors,
            first_error: rounds.iter().find_map(|(sample, _)| sample.outcome.first_error.clone()),
            server_cores: of(|sample| sample.usage.cores),
            server_peak_mib: rounds.iter().map(|(sample, _)| sample.usage.peak_mib).max().unwrap_or_default(),
            client_cores: of(|sample| sample.outcome.client_cores),
            rounds: rounds.iter().map(|(sample, limit)| (sample.outcome.rate, *limit)).collect(),
        }
    }

    /// What is wrong with it, if anything is.
    pub fn complaint(&self) -> Option<String> {
        let name = format!("{} {:?} ({}, {} clients)", self.engine.name(), self.job, self.what, self.clients);
        if self.errors > 0 {
            return Some(format!("{name}: {} errors; the first: {}", self.errors, self.first_error.as_deref().unwrap_or_default()));
        }
        (!self.is_met).then(|| format!("{name}: {} falls short of {}", self.figure(), self.demand()))
    }

    fn figure(&self) -> String {
        match (self.must, self.reached) {
            (Must::Reach(_) | Must::Nothing, Some(part)) => format!("{part:.2}"),
            (Must::SlowDownAtMost(_), Some(times)) => format!("p99 × {times:.1}"),
            (Must::AnswerWithin(_), _) => format!("p99 {:.1} ms", self.p99_ms),
            _ => String::new(),
        }
    }

    fn demand(&self) -> String {
        match self.must {
            Must::Reach(least) => format!("≥ {least}"),
            Must::AnswerWithin(most) => format!("p99 ≤ {most} ms"),
            Must::SlowDownAtMost(most) => format!("p99 ≤ {most} ×"),
            Must::Nothing => "–".to_owned(),
        }
    }

    /// As a row of the table.
    pub fn row(&self) -> String {
        let limit = match (self.must, self.limit_value) {
            (Must::SlowDownAtMost(_), Some(time)) => format!("{}: p99 {time:.2} ms", self.limit),
            (_, Some(rate)) => format!("{}: {}", self.limit, thousands(rate)),
            _ => self.limit.clone(),
        };
        let mark = if self.is_met { "" } else { " ✗" };
        format!(
            "| {} | {:?} {} | {} | {} | {:.2} | {:.2} | {limit} | {}{mark} | {} | {:.2} | {} |",
            self.engine.name(),
            self.job,
            self.what,
            self.clients,
            thousands(self.rate),
            self.p50_ms,
            self.p99_ms,
            self.figure(),
            self.demand(),
            self.server_cores,
            self.server_peak_mib,
        )
    }
}

/// A rate as people read it: 12,345.
fn thousands(rate: f64) -> String {
    let digits = format!("{rate:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// All of it.
#[derive(Debug, Serialize)]
pub struct Report {
    /// When it was measured, in UTC.
    pub date: String,
    /// Of which version of the program.
    pub version: &'static str,
    /// On which machine.
    pub machine: Machine,
    /// How often.
    pub rounds: u32,
    /// For how many seconds each time.
    pub seconds: u32,
    /// How long all of it took.
    pub took_seconds: u64,
    /// The jobs.
    pub lines: Vec<Line>,
}

impl Report {
    /// The table, in Markdown.
    pub fn table(&self) -> String {
        let Machine { processor, cores, memory_gib, system, file_system, fsync_ms } = &self.machine;
        let mut text = format!(
            "Measured on {} with version {}: {processor}, {cores} cores, {memory_gib} GiB, {system}, {file_system} \
             with {fsync_ms:.2} ms for an fsync; medians of {} × {} s.\n\n",
            self.date, self.version, self.rounds, self.seconds
        );
        text += "| Database | Job | Clients | Per second | p50 ms | p99 ms | Limit (per second) | Reached | Must | Server: cores | MiB |\n\
                 |---|---|---:|---:|---:|---:|---|---:|---|---:|---:|\n";
        for line in &self.lines {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{}", line.row());
        }
        text
    }
}
