//! The load bench: how fast the server is, each job beside its limit, measured in turn on the same machine.
//!
//! It starts the program of this build on a database of its own and drives it from another process over the loopback
//! interface. `cargo bench --bench load -- --help` says what can be chosen; the README says what the figures mean.

mod client;
mod fill;
mod jobs;
mod limits;
mod machine;
mod memory;
mod options;
mod order;
mod pgbench;
mod platform;
mod postgres;
mod process;
mod record;
mod replay;
mod report;
mod server;
mod sqlite;
mod values;

use clap::Parser;
use jobs::Findings;
use machine::Machine;
use options::{Engine, Options, Part};
use report::Report;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use stoa::base::time::Clock;

/// The program's own: the limits allocate as it does.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Why it cannot go on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> ExitCode {
    let options = Options::parse();
    let done = match &options.part {
        Some(Part::Drive { plan }) => client::main(plan).map(|()| true),
        Some(Part::Memory { answers }) => memory::main(answers).map(|()| true),
        None if options.bench => bench(&options),
        None => Err("this is no test: run it with cargo bench --bench load".into()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("load bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures all that is asked for; tells whether all of it is as it must be.
fn bench(options: &Options) -> Result<bool, Failure> {
    let target = std::env::current_exe()?.ancestors().nth(3).map(|target| target.join("bench")).ok_or("there is no target folder")?;
    let folder = Folder::make(options.folder.as_deref().unwrap_or(&target))?;
    let machine = Machine::this(&folder.0)?;
    if ["tmpfs", "ramfs"].contains(&machine.file_system.as_str()) {
        return Err(format!("{} is in memory: name a folder on a disk with --folder", folder.0.display()).into());
    }
    let mut findings = Findings { start: Instant::now(), lines: Vec::new(), failures: Vec::new() };
    for engine in [Engine::Sqlite, Engine::Postgres] {
        if options.engines.is_empty() || options.engines.contains(&engine) {
            let done = jobs::run(engine, options, &folder.0, &mut findings);
            findings.failures.extend(done.err().map(|error| format!("{}: {error}", engine.name())));
        }
    }
    let report = Report {
        date: Clock::system().now().to_string().split('T').next().unwrap_or_default().to_owned(),
        version: env!("CARGO_PKG_VERSION"),
        machine,
        rounds: options.rounds,
        seconds: options.seconds,
        took_seconds: findings.start.elapsed().as_secs(),
        lines: findings.lines,
    };
    let json = options.json.clone().unwrap_or_else(|| target.join("load.json"));
    std::fs::write(&json, serde_json::to_vec_pretty(&report)?)?;
    println!("\n{}", report.table());
    println!("{} s in all; the same and more in {}", report.took_seconds, json.display());
    let missed: Vec<_> = report.lines.iter().filter_map(report::Line::complaint).chain(findings.failures).collect();
    for complaint in &missed {
        println!("MISSED: {complaint}");
    }
    Ok(missed.is_empty())
}

/// A folder that goes with this.
struct Folder(PathBuf);

impl Folder {
    fn make(parent: &Path) -> Result<Self, Failure> {
        // What is left of a bench that was ended before it could tidy up.
        for old in std::fs::read_dir(parent).into_iter().flatten().flatten() {
            let pid = old.file_name().to_str().and_then(|name| name.strip_prefix("load-")?.parse::<u32>().ok());
            if pid.is_some_and(|pid| !Path::new("/proc").join(pid.to_string()).exists()) {
                drop(std::fs::remove_dir_all(old.path()));
            }
        }
        let folder = parent.join(format!("load-{}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder.canonicalize()?))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}
