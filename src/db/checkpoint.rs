//! Moves SQLite's write-ahead log into the database file, away from the requests: a thread with a connection of its
//! own does it when the log has grown, so that no commit pays for it.

use super::conn::{DbConn, Source};
use super::error::Result;
use diesel::connection::SimpleConnection;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the log's size is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// How long to let be what could not be done, for example because the disk is full.
const AGAIN: Duration = Duration::from_secs(10);
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
        let (log, source) = (log_of(path), source.clone());
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::Builder::new().name("stoa-checkpoint".to_owned()).spawn(move || {
            let (mut conn, mut seen, mut pause) = (None, None, EVERY);
            while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                pause = EVERY;
                let state = log.metadata().ok().map(|log| (log.len(), log.modified().ok()));
                if state.is_some_and(|(size, _)| size >= WORTHWHILE) && state != seen {
                    match checkpoint(&source, &mut conn) {
                        Ok(()) => seen = state,
                        Err(error) => {
                            tracing::warn!(cause = ?error, "the log could not be moved into the file; it is tried again");
                            pause = AGAIN;
                        }
                    }
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
fn checkpoint(source: &Source, conn: &mut Option<DbConn>) -> Result<()> {
    let mut open = conn.take().map_or_else(|| source.connect(), Ok)?;
    open.batch_execute("PRAGMA wal_checkpoint(PASSIVE)")?;
    *conn = Some(open);
    Ok(())
}

/// The log of an SQLite file.
pub(super) fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log)
}
