//! What the machine knows about itself and about processes, from `/proc`: on another system than Linux, nothing.

use crate::Failure;
use crate::report::median;
use serde::Serialize;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// The kernel counts processor time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// The processor time that a process has used so far.
pub fn cpu_time(pid: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name, in parentheses, may have blanks.
    let (_, rest) = text.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(|field| field.parse::<u32>().ok());
    Some(TICK * (fields.next()?? + fields.next()??))
}

/// How many cores there are for us.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// How many cores were busy.
pub fn cores_between(from: Option<Duration>, to: Option<Duration>, elapsed: Duration) -> f64 {
    let used = to.unwrap_or_default().saturating_sub(from.unwrap_or_default());
    used.as_secs_f64() / elapsed.as_secs_f64()
}

/// The most memory, in MiB, that a process has had since [`forget_peak`].
pub fn peak_mib(pid: u32) -> Option<u64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

/// Begins to look for the most memory anew.
pub fn forget_peak(pid: u32) {
    drop(std::fs::write(format!("/proc/{pid}/clear_refs"), "5"));
}

/// Where it was measured.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// The processor, by its name.
    pub processor: String,
    /// How many cores there are for us.
    pub cores: usize,
    /// The memory.
    pub memory_gib: u64,
    /// The operating system.
    pub system: String,
    /// What kind of file system the databases are on.
    pub file_system: String,
    /// How long it takes until 8 KiB more are on the disk: no commit is faster.
    pub fsync_ms: f64,
}

impl Machine {
    /// This one.
    pub fn this(folder: &Path) -> Result<Self, Failure> {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let field = |text: &str, name: &str| {
            let line = text.lines().find(|line| line.starts_with(name)).and_then(|line| line.split_once(':'));
            line.map_or_else(|| "unknown".to_owned(), |(_, value)| value.trim().to_owned())
        };
        let memory = field(&read("/proc/meminfo"), "MemTotal");
        Ok(Self {
            processor: field(&read("/proc/cpuinfo"), "model name"),
            cores: cores(),
            memory_gib: memory.trim_end_matches(" kB").parse::<u64>().unwrap_or_default().div_ceil(1024 * 1024),
            system: format!("Linux {}", read("/proc/sys/kernel/osrelease").trim()),
            file_system: file_system(folder),
            fsync_ms: fsync_ms(folder)?,
        })
    }
}

/// The median of a few.
fn fsync_ms(folder: &Path) -> Result<f64, Failure> {
    let name = folder.join("fsync");
    let mut file = std::fs::File::create(&name)?;
    let mut times = Vec::new();
    for _ in 0..50 {
        file.write_all(&[1; 8192])?;
        let start = Instant::now();
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    std::fs::remove_file(name)?;
    Ok(median(times))
}

/// What kind of file system a folder is on.
pub fn file_system(folder: &Path) -> String {
    let mounts = std::fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let mount = |line: &str| {
        let mut words = line.split(' ').skip(1);
        let (point, kind) = (words.next()?.to_owned(), words.next()?.to_owned());
        folder.starts_with(&point).then_some((point.len(), kind))
    };
    mounts.lines().filter_map(mount).max().map_or_else(|| "unknown".to_owned(), |(_, kind)| kind)
}
