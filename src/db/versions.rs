//! How fresh something is that was read before: each vendor's catalogue has a version, which triggers raise whenever one
//! of its products changes.
//!
//! A page that was made at the version that the database has *now* is right, without being read again. So that asking
//! costs next to nothing, one thread asks for all who are waiting, in one statement; nobody is given an answer that was
//! asked for before they came.

use super::conn::{DbConn, Source};
use super::error::{Error, Result};
use super::prepared::Prepared;
use super::schema::catalogue_versions::{self, vendor_id, version};
use crate::base::code::Refusal;
use crate::base::id::VendorId;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use std::collections::HashMap;
use std::sync::mpsc::{Receiver, Sender, channel};
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
}

impl Versions {
    /// Starts the thread; it opens a connection of its own when it is first asked.
    pub(super) fn start(source: Source) -> std::io::Result<Self> {
        let (queue, askers) = channel();
        let thread = std::thread::Builder::new().name("stoa-versions".to_owned()).spawn(move || serve(source, &askers))?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// The version that the vendor's catalogue has now; 0 if it never had a product.
    pub(super) async fn of(&self, vendor: VendorId) -> Result<i64> {
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

fn serve(source: Source, askers: &Receiver<Asker>) {
    let mut reader = Reader { source, conn: None, known: HashMap::new(), seen: None };
    while let Ok(first) = askers.recv() {
        let waiting: Vec<_> = std::iter::once(first).chain(askers.try_iter()).collect();
        let mut vendors: Vec<_> = waiting.iter().map(|asker| asker.vendor).collect();
        vendors.sort_unstable();
        vendors.dedup();
        let failed = reader.read(&vendors).err().map(|error| cause(&error));
        for Asker { vendor, reply } in waiting {
            let answer = match &failed {
                None => Ok(reader.known.get(&vendor).copied().unwrap_or_default()),
                Some(cause) => Err(Error::Busy(cause.clone())),
            };
            // Who has gone away needs no answer.
            drop(reply.send(answer));
        }
    }
}

fn cause(error: &Error) -> String {
    error.cause().unwrap_or_else(|| error.to_string())
}

struct Reader {
    source: Source,
    conn: Option<DbConn>,
    /// What was just read. On SQLite it holds as long as nobody has committed anything.
    known: HashMap<VendorId, i64>,
    /// SQLite's own version of the whole file when `known` was read.
    seen: Option<i64>,
}

/// More vendors than these are not remembered: the memory is for those who are asked for often.
const MOST_KNOWN: usize = 100_000;

impl Reader {
    /// Makes `known` say what these vendors' versions are now. A connection that has died since the last time is
    /// replaced once.
    fn read(&mut self, vendors: &[VendorId]) -> Result<()> {
        if let Some(conn) = self.conn.take()
            && self.read_on(conn, vendors).is_ok()
        {
            return Ok(());
        }
        self.seen = None;
        let conn = self.source.connect()?;
        self.read_on(conn, vendors)
    }

    fn read_on(&mut self, mut conn: DbConn, vendors: &[VendorId]) -> Result<()> {
        match &mut conn {
            DbConn::Postgres(conn) => {
                let rows = catalogue_versions::table.filter(vendor_id.eq_any(vendors)).select((vendor_id, version));
                self.known = rows.load::<(VendorId, i64)>(conn)?.into_iter().collect();
            }
            DbConn::Sqlite(conn) => {
                let now = file_version(conn)?;
                if self.seen != Some(now) || self.known.len() > MOST_KNOWN {
                    self.known.clear();
                    self.seen = Some(now);
                }
                for vendor in vendors {
                    if !self.known.contains_key(vendor) {
                        let row = catalogue_versions::table.filter(vendor_id.eq(vendor)).select(version);
                        self.known.insert(*vendor, row.first(conn).optional()?.unwrap_or_default());
                    }
                }
            }
        }
        self.conn = Some(conn);
        Ok(())
    }
}

#[derive(QueryableByName)]
struct FileVersion {
    #[diesel(sql_type = BigInt)]
    data_version: i64,
}

/// A number that is another one after any other connection, of this process or not, has committed anything.
/// (<https://www.sqlite.org/pragma.html#pragma_data_version>)
fn file_version(conn: &mut SqliteConnection) -> Result<i64> {
    let FileVersion { data_version } = Prepared(diesel::sql_query("PRAGMA data_version")).get_result(conn)?;
    Ok(data_version)
}
