//! Moves SQLite's write-ahead log into the database file, away from the requests: a thread with a connection of its
//! own does it when the log has grown, so that no commit pays for it.
//!
//! Under a load without a lull there is always something new in the log, and it would grow for ever. So once nearly all of
//! a long log is in the file, the writer, who alone can make it stand still, is asked to move the little that is left and to
//! begin the log anew: that takes a moment, and the space that the log has is used again, which makes commits fast.

use super::conn::{DbConn, Source};
use super::error::Result;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::prelude::QueryableByName;
use diesel::sql_types::Integer;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often the log's size is looked at.
const EVERY: Duration = Duration::from_millis(500);
/// How long to let be what could not be done, for example because the disk is full.
const AGAIN: Duration = Duration::from_secs(10);
/// From what size on it is moved.
const WORTHWHILE: u64 = 4 * 1024 * 1024;
/// From how many pages of 4 KiB on it is begun anew.
const LONG: i32 = 1024;

/// Whether the log is to be begun anew: said by the checkpointer, heard by the writer.
pub(super) type BeginAnew = Arc<AtomicBool>;

/// The thread, which ends when this is dropped.
pub(super) struct Checkpointer {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts it for an SQLite file.
    pub(super) fn start(source: &Source, begin_anew: BeginAnew) -> std::io::Result<Option<Self>> {
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
                        Ok(pages) => {
                            seen = state;
                            begin_anew.store(pages >= LONG, Ordering::Relaxed);
                        }
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

/// What a checkpoint tells.
#[derive(QueryableByName)]
struct Checkpoint {
    /// How many pages are in the log.
    #[diesel(sql_type = Integer)]
    log: i32,
}

/// A passive checkpoint waits for nobody: what is in use is left for the next time. Tells how many pages are in the log,
/// whether they are in the file, too, or not.
fn checkpoint(source: &Source, conn: &mut Option<DbConn>) -> Result<i32> {
    let mut open = conn.take().map_or_else(|| source.connect(), Ok)?;
    let Checkpoint { log } = diesel::sql_query("PRAGMA wal_checkpoint(PASSIVE)").get_result(&mut open)?;
    *conn = Some(open);
    Ok(log)
}

/// Moves what is left of the log, waits a moment for those who still read in it, and has the next write begin at its start.
/// What does not succeed is tried again when it is asked for again.
pub(super) fn begin_anew(conn: &mut DbConn) {
    let begun = conn.batch_execute("PRAGMA busy_timeout = 100; PRAGMA wal_checkpoint(RESTART)");
    for error in [begun, conn.batch_execute("PRAGMA busy_timeout = 5000")].into_iter().filter_map(std::result::Result::err) {
        tracing::warn!(%error, "the log could not be begun anew");
    }
}

/// The log of an SQLite file.
fn log_of(file: &Path) -> PathBuf {
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    PathBuf::from(log)
}
