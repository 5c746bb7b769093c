//! Moves SQLite's write-ahead log into the database file, away from the requests: a thread with a connection of its
//! own does it when the log has grown, so that no commit pays for it.

use super::conn::Source;
use diesel::connection::SimpleConnection;
use std::path::PathBuf;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the log's size is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// From what size on it is moved.
const WORTHWHILE: u64 = 4 * 1024 * 1024;

/// The thread, which ends when this is dropped.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts it for an SQLite file.
    pub(super) fn start(source: &Source) -> std::io::Result<Option<Self>> {
        let Some(path) = source.file() else { return Ok(None) };
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        let (log, source) = (PathBuf::from(log), source.clone());
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new().name("stoa-checkpoint".to_owned()).spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                if log.metadata().is_ok_and(|log| log.len() >= WORTHWHILE) {
                    checkpoint(&source);
                }
            }
        })?;
        Ok(Some(Self { stop: Some(stop), thread: Some(thread) }))
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// A passive checkpoint waits for nobody: what is in use is left for the next time.
fn checkpoint(source: &Source) {
    let done = source.connect().and_then(|mut conn| Ok(conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?));
    if let Err(error) = done {
        tracing::warn!(cause = ?error, "checkpoint failed");
    }
}
