//! The server that is measured: the program of this very build, in a process of its own.

use crate::client::wire::{self, Answer};
use crate::process::{self, Child};
use crate::{Failure, machine};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What tokens are signed with.
pub const SECRET: &str = "a-secret-of-the-load-bench-0123456789abcdef";
/// Who they are from.
pub const ISSUER: &str = "http://bench.invalid";
/// As the program logs unless told otherwise, but for the line for each request.
pub const LOG: &str = "info,stoa::server::observe=off";
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// The server.
pub struct Server {
    child: Child,
    /// Where it is.
    pub address: SocketAddr,
}

/// What a server took of the machine meanwhile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// Cores that were busy.
    pub cores: f64,
    /// The most memory.
    pub peak_mib: u64,
}

/// What the SQLite writer has done.
#[derive(Clone, Copy, Debug)]
pub struct Counters {
    /// Commits.
    pub commits: u64,
    /// Writes in them.
    pub writes: u64,
}

/// The settings of a server on this database; all others are as they are by default.
pub fn settings(url: &str) -> [(&'static str, String); 6] {
    [
        ("DATABASE_URL", url.to_owned()),
        ("BIND_ADDR", "127.0.0.1:0".to_owned()),
        ("JWT_SECRET", SECRET.to_owned()),
        ("PUBLIC_URL", ISSUER.to_owned()),
        ("RATE_LIMITS", "off".to_owned()),
        ("RUST_LOG", LOG.to_owned()),
    ]
}

fn stoa(folder: &Path, arguments: &[&str], url: &str) -> Command {
    let mut command = process::command(env!("CARGO_BIN_EXE_stoa"));
    command.args(arguments).current_dir(folder).env_clear().env("NO_COLOR", "1").envs(settings(url));
    command.stdin(Stdio::null());
    command
}

/// Makes the tables.
pub fn migrate(folder: &Path, url: &str) -> Result<(), Failure> {
    let output = stoa(folder, &["migrate"], url).output()?;
    if output.status.success() { Ok(()) } else { Err(format!("migrate: {}", String::from_utf8_lossy(&output.stderr)).into()) }
}

impl Server {
    /// Starts it on a database that is filled, and waits until it serves.
    pub fn start(folder: &Path, name: &str, url: &str) -> Result<Self, Failure> {
        let log = folder.join(format!("{name}.log"));
        let mut command = stoa(folder, &["serve"], url);
        let file = std::fs::File::create(&log)?;
        command.stdout(file.try_clone()?).stderr(file);
        let mut child = Child::spawn("the server", command)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            let said = std::fs::read_to_string(&log)?;
            let address = said.split_once("serving on http://").and_then(|(_, rest)| rest.split(',').next()?.trim().parse().ok());
            if let Some(address) = address {
                return Ok(Self { child, address });
            }
            if !child.is_alive() || Instant::now() > deadline {
                return Err(format!("the server did not start: {said}").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Does something, and tells what the server took meanwhile.
    pub fn watch<R>(&self, work: impl FnOnce() -> Result<R, Failure>) -> Result<(R, Usage), Failure> {
        let pid = self.child.id();
        machine::forget_peak(pid);
        let (start, used) = (Instant::now(), machine::cpu_time(pid));
        let done = work()?;
        let cores = machine::cores_between(used, machine::cpu_time(pid), start.elapsed());
        Ok((done, Usage { cores, peak_mib: machine::peak_mib(pid).unwrap_or_default() }))
    }

    /// What its writer has done so far.
    pub fn counters(&self) -> Result<Counters, Failure> {
        let (answer, bytes) = get(self.address, "/metrics", "")?;
        let text = String::from_utf8_lossy(bytes.get(answer.head..answer.end).unwrap_or_default()).into_owned();
        let count = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            line.and_then(|value| value.trim().parse().ok()).ok_or_else(|| format!("there is no {name} in the metrics"))
        };
        Ok(Counters { commits: count("stoa_db_writer_commits")?, writes: count("stoa_db_writer_writes")? })
    }
}

/// An answer with all its bytes.
pub fn get(address: SocketAddr, path: &str, domain: &str) -> Result<(Answer, Vec<u8>), Failure> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let tenant = if domain.is_empty() { String::new() } else { format!("X-Tenant-Domain: {domain}\r\n") };
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{tenant}\r\n")?;
    let (mut bytes, mut some) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = stream.read(&mut some)?;
        if read == 0 {
            return Err(format!("{path}: the answer has no end").into());
        }
        bytes.extend_from_slice(some.get(..read).unwrap_or_default());
        match wire::parse(&bytes)? {
            None => {}
            Some(answer) if answer.status == 200 => return Ok((answer, bytes)),
            Some(_) => return Err(format!("{path}: {}", String::from_utf8_lossy(&bytes)).into()),
        }
    }
}
