//! The program as a process of its own, in a folder of its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A folder of its own, which goes with this.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        Self::within(&std::env::temp_dir())
    }

    /// One on this disk.
    pub fn within(place: &Path) -> Self {
        let folder = place.join(format!("stoa_process_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

/// What tokens are signed with.
pub const JWT_SECRET: (&str, &str) = ("JWT_SECRET", "a-secret-of-the-process-tests-0123456789");
/// Not a line for each request: nobody reads them, and a full pipe would hold the server up.
const LOG: (&str, &str) = ("RUST_LOG", "info,stoa::server::observe=off");

/// The program in `folder`, with these settings and no other.
pub fn stoa(folder: &Path, arguments: &[&str], settings: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stoa"));
    command.args(arguments).current_dir(folder).env_clear();
    command.envs([("BIND_ADDR", "127.0.0.1:0"), ("RATE_LIMITS", "off"), ("NO_COLOR", "1"), LOG]).envs(settings.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}
