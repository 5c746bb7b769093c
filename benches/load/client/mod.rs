//! The load: a process of its own that costs as little as it can, for it shares the machine with what it measures.
//!
//! One thread, requests that are made up beforehand, and no more of an answer read than its status, its length and
//! where the new thing is.

mod drive;
mod plan;
pub mod requests;
mod tally;
pub mod wire;

pub use plan::{Kind, Pace, Plan, Shop};
pub use tally::Outcome;

use crate::Failure;
use crate::process::{self, Child};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// How much longer than planned a client may take.
const PATIENCE: Duration = Duration::from_secs(40);

/// The client itself: does what the file says, and prints what came of it.
pub fn main(file: &Path) -> Result<(), Failure> {
    let plan: Plan = serde_json::from_slice(&std::fs::read(file)?)?;
    let outcome = drive::run(&plan)?;
    println!("{}", serde_json::to_string(&outcome)?);
    Ok(())
}

/// A client that is at work.
pub struct Running {
    child: Child,
    time: Duration,
}

/// Starts a client with this plan, which is left in `folder`.
pub fn start(folder: &Path, plan: &Plan) -> Result<Running, Failure> {
    let file = folder.join(format!("plan-{}.json", plan.seed));
    std::fs::write(&file, serde_json::to_vec(plan)?)?;
    let mut command = process::command(std::env::current_exe()?);
    command.arg("drive").arg(file).stdin(Stdio::null()).stdout(Stdio::piped());
    let time = Duration::from_millis(plan.warm_up_ms + plan.measure_ms);
    Ok(Running { child: Child::spawn("the load client", command)?, time })
}

impl Running {
    /// Waits for its end.
    pub fn outcome(self) -> Result<Outcome, Failure> {
        let said = self.child.output(self.time + PATIENCE)?;
        Ok(serde_json::from_str(&said).map_err(|error| format!("the load client said {said:?}: {error}"))?)
    }
}

/// Does what the plan says in a process of its own.
pub fn run(folder: &Path, plan: &Plan) -> Result<Outcome, Failure> {
    start(folder, plan)?.outcome()
}
