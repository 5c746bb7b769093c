//! Processes that end with us.

use crate::Failure;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command};
use std::time::{Duration, Instant};

/// Has the kernel end a process when we end, whatever way that is.
const MORTAL: &str = "/usr/bin/setpriv";

/// A command whose process ends with us at the latest, even if nobody is left to end it.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    if !Path::new(MORTAL).exists() {
        return Command::new(program);
    }
    let mut command = Command::new(MORTAL);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// A process that is ended when this is dropped.
pub struct Child {
    name: &'static str,
    child: std::process::Child,
}

impl Child {
    /// Starts it.
    pub fn spawn(name: &'static str, mut command: Command) -> Result<Self, Failure> {
        let child = command.spawn().map_err(|error| format!("{name} did not start: {error}"))?;
        Ok(Self { name, child })
    }

    /// Its number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The first line that it says.
    pub fn first_line(&mut self) -> Result<String, Failure> {
        let pipe = self.child.stdout.take().ok_or("its output is not ours")?;
        let mut line = String::new();
        BufReader::new(pipe).read_line(&mut line)?;
        if line.is_empty() { Err(format!("{} ended at once", self.name).into()) } else { Ok(line.trim().to_owned()) }
    }

    /// The way to its standard input.
    pub fn stdin(&mut self) -> Option<ChildStdin> {
        self.child.stdin.take()
    }

    /// Waits for its end, which must be well.
    pub fn end(&mut self) -> Result<(), Failure> {
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", self.name).into()) }
    }

    /// Closes its standard input, and waits for its end.
    pub fn close(&mut self) -> Result<(), Failure> {
        drop(self.child.stdin.take());
        self.end()
    }

    /// All that it says until it ends, which must be well and in time.
    pub fn output(mut self, patience: Duration) -> Result<String, Failure> {
        let pipe = self.child.stdout.take().ok_or("its output is not ours")?;
        let reader = std::thread::spawn(move || read(pipe));
        let deadline = Instant::now() + patience;
        let status = loop {
            match self.child.try_wait()? {
                Some(status) => break status,
                None if Instant::now() > deadline => return Err(format!("{} took more than {patience:?}", self.name).into()),
                None => std::thread::sleep(Duration::from_millis(5)),
            }
        };
        let said = reader.join().map_err(|_| "reading failed")??;
        if status.success() { Ok(said) } else { Err(format!("{} failed ({status}): {said}", self.name).into()) }
    }
}

fn read(mut pipe: ChildStdout) -> std::io::Result<String> {
    let mut said = String::new();
    pipe.read_to_string(&mut said)?;
    Ok(said)
}

impl Drop for Child {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
