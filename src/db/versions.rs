//! How fresh something is that was read before: each vendor's catalogue has a version, which triggers raise whenever one
//! of its products changes.
//!
//! A page that was made at the version that the database has *now* is right, without being read again. So that asking
//! costs next to nothing, one thread asks for all who are waiting, in one statement; nobody is given an answer that was
//! asked for before they came. On SQLite even that is needed only after somebody has committed something.

use super::conn::{DbConn, Source};
use super::error::{Error, Result};
use super::schema::catalogue_versions::{self, vendor_id, version};
use crate::base::code::Refusal;
use crate::base::id::VendorId;
use diesel::prelude::*;
use std::collections::HashMap;
use std::fs::File;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// Somebody who waits to be told a vendor's version.
struct Asker {
    vendor: VendorId,
    reply: oneshot::Sender<Result<i64>>,
}

/// The way to the thread, which ends when this is dropped.
pub(super) struct Versions {
    queue: Option<Sender<Asker>>,
    thread: Option<JoinHandle<()>>,
    memory: Arc<Memory>,
}

impl Versions {
    /// Starts the thread; it opens a connection of its own when it is first asked.
    pub(super) fn start(source: Source) -> std::io::Result<Self> {
        let memory = Arc::new(Memory { commits: source.file().map(Commits::of).transpose()?, known: RwLock::default() });
        let (queue, askers) = channel();
        let shared = Arc::clone(&memory);
        let thread = std::thread::Builder::new().name("stoa-versions".to_owned()).spawn(move || serve(source, &shared, &askers))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), memory })
    }

    /// The version that the vendor's catalogue has now, if that is known without asking.
    pub(super) fn recall(&self, vendor: VendorId) -> Option<i64> {
        self.memory.recall(vendor)
    }

    /// The version that the vendor's catalogue has now; 0 if it never had a product.
    pub(super) async fn ask(&self, vendor: VendorId) -> Result<i64> {
        let ended = || Error::Lost("the thread that reads versions ended".to_owned());
        let (reply, answer) = oneshot::channel();
        let sent = self.queue.as_ref().map(|queue| queue.send(Asker { vendor, reply }));
        if !matches!(sent, Some(Ok(()))) {
            return Err(ended());
        }
        answer.await.unwrap_or_else(|_| Err(ended()))
    }
}

impl Drop for Versions {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// The two copies of the header that the index of SQLite's log begins with: the same as long as nobody, in this process or
/// another, commits anything.
type Mark = [u8; 96];

/// Tells whether anybody has committed. What a reader sees of the file is defined by the header of the index of the log
/// (`…-shm`). A commit changes it, and is not there for anybody before it has.
/// (<https://www.sqlite.org/walformat.html>, "The WAL-Index Header".)
///
/// The file stays open for as long as the process lives: closing it would let go of all locks that SQLite holds on it
/// for this process. (<https://www.sqlite.org/howtocorrupt.html>, "Posix advisory locks canceled".)
struct Commits(&'static File);

impl Commits {
    fn of(file: &Path) -> std::io::Result<Self> {
        let mut index = file.as_os_str().to_owned();
        index.push("-shm");
        Ok(Self(Box::leak(Box::new(File::open(index)?))))
    }

    /// The mark of this moment; none while somebody is writing it.
    fn mark(&self) -> Option<Mark> {
        let mut mark: Mark = [0; 96];
        read_start(self.0, &mut mark).ok()?;
        let (first, second) = mark.split_at(48);
        (first == second).then_some(mark)
    }
}

#[cfg(unix)]
fn read_start(file: &File, mark: &mut Mark) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, mark, 0)
}

#[cfg(not(unix))]
fn read_start(_: &File, _: &mut Mark) -> std::io::Result<()> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// What was read of an SQLite file since the last commit.
struct Memory {
    commits: Option<Commits>,
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    mark: Option<Mark>,
    versions: HashMap<VendorId, i64>,
}

impl Memory {
    /// The vendor's version, if it was read after the last commit.
    fn recall(&self, vendor: VendorId) -> Option<i64> {
        let now = self.commits.as_ref()?.mark()?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.mark == Some(now) { known.versions.get(&vendor).copied() } else { None }
    }

    /// Remembers versions that were read after `mark` was.
    fn remember(&self, mark: Option<Mark>, versions: &[(VendorId, i64)]) {
        if self.commits.is_none() || mark.is_none() {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.mark != mark {
            *known = Known { mark, versions: HashMap::new() };
        }
        known.versions.extend(versions.iter().copied());
    }
}

fn serve(source: Source, memory: &Memory, askers: &Receiver<Asker>) {
    let mut reader = Reader { source, conn: None };
    while let Ok(first) = askers.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(askers.try_iter()).collect();
        let mut vendors: Vec<_> = waiting.iter().map(|asker| asker.vendor).collect();
        vendors.sort_unstable();
        vendors.dedup();
        let mark = memory.commits.as_ref().and_then(Commits::mark);
        let read = reader.read(&vendors);
        if let Ok(versions) = &read {
            memory.remember(mark, versions);
        }
        let read = read.map_err(|error| error.cause().unwrap_or_else(|| error.to_string()));
        for Asker { vendor, reply } in waiting {
            // Who has gone away needs no answer.
            drop(reply.send(match &read {
                Ok(versions) => Ok(version_in(versions, vendor)),
                Err(cause) => Err(Error::Busy(cause.clone())),
            }));
        }
    }
}

fn version_in(versions: &[(VendorId, i64)], vendor: VendorId) -> i64 {
    versions.iter().find(|(known, _)| *known == vendor).map(|(_, at)| *at).unwrap_or_default()
}

/// The thread's own connection, opened when it is needed, and anew when it has died.
struct Reader {
    source: Source,
    conn: Option<DbConn>,
}

impl Reader {
    fn read(&mut self, vendors: &[VendorId]) -> Result<Vec<(VendorId, i64)>> {
        if let Some(mut conn) = self.conn.take()
            && let Ok(versions) = read_on(&mut conn, vendors)
        {
            self.conn = Some(conn);
            return Ok(versions);
        }
        let mut conn = self.source.connect()?;
        let versions = read_on(&mut conn, vendors)?;
        self.conn = Some(conn);
        Ok(versions)
    }
}

/// The versions of these vendors; a vendor that never had a product may be missing.
fn read_on(conn: &mut DbConn, vendors: &[VendorId]) -> Result<Vec<(VendorId, i64)>> {
    match conn {
        DbConn::Postgres(conn) => {
            let rows = catalogue_versions::table.filter(vendor_id.eq_any(vendors)).select((vendor_id, version));
            Ok(rows.load(conn)?)
        }
        DbConn::Sqlite(conn) => {
            let read = |id: &VendorId| -> Result<(VendorId, i64)> {
                let row = catalogue_versions::table.filter(vendor_id.eq(id)).select(version);
                Ok((*id, row.first(conn).optional()?.unwrap_or_default()))
            };
            vendors.iter().map(read).collect()
        }
    }
}
