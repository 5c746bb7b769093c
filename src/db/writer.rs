//! The one writer of an SQLite database, with group commit.
//!
//! SQLite lets one connection write at a time, and a durable commit waits for the disk. So all writes go to one
//! thread, which begins a transaction, runs every piece of work that is waiting, each in a savepoint of its own,
//! commits once, and only then answers them all. Nobody is told of a success that could still be lost, and no
//! writer ever meets another's lock.

use super::checkpoint::{self, BeginAnew};
use super::conn::DbConn;
use super::error::{Error, Result};
use super::prepared::Prepared;
use crate::base::patience::PATIENCE;
use crate::problem::Problem;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::Instant;
use tokio::sync::oneshot;

/// How many writes may wait; more are told to come back.
const QUEUE: usize = 4096;
/// How many share a commit at the most, so that the first does not wait too long for the last.
const BATCH: usize = 256;

/// The writer's counters, for the metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Commits made.
    pub commits: AtomicU64,
    /// Writes in them.
    pub writes: AtomicU64,
    /// Writes that wait, or are just being done.
    pub waiting: AtomicU64,
}

/// The way to the writer thread, which ends when this is dropped.
pub(super) struct Writer {
    queue: Option<SyncSender<Box<dyn Job>>>,
    thread: Option<JoinHandle<()>>,
    counters: Arc<Counters>,
}

impl Writer {
    /// Starts the thread on a connection of its own.
    pub(super) fn start(conn: DbConn, begin_anew: BeginAnew) -> std::io::Result<Self> {
        let (queue, jobs) = sync_channel(QUEUE);
        let counters = Arc::new(Counters::default());
        let shared = Arc::clone(&counters);
        let thread = std::thread::Builder::new().name("stoa-writer".to_owned()).spawn(move || serve(conn, &begin_anew, &jobs, &shared))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), counters })
    }

    pub(super) fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Has `work` run; answers once its changes are on the disk, or gone.
    pub(super) async fn write<R, W>(&self, work: W) -> std::result::Result<R, Problem>
    where
        R: Send + 'static,
        W: FnOnce(&mut DbConn) -> std::result::Result<R, Problem> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Task { work: Some(work), outcome: None, reply, queued: Instant::now() };
        self.counters.waiting.fetch_add(1, Ordering::Relaxed);
        let sent = self.queue.as_ref().map(|queue| queue.try_send(Box::new(job)));
        if !matches!(sent, Some(Ok(()))) {
            self.counters.waiting.fetch_sub(1, Ordering::Relaxed);
        }
        match sent {
            Some(Ok(())) => answer.await.unwrap_or_else(|_| Err(Error::Lost("the writer ended".to_owned()).into())),
            Some(Err(TrySendError::Full(_))) => Err(Error::Busy("the writer's queue is full".to_owned()).into()),
            Some(Err(TrySendError::Disconnected(_))) | None => Err(Error::Lost("the writer ended".to_owned()).into()),
        }
    }
}

impl Drop for Writer {
    /// Work that is queued is still done.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer thread panicked");
        }
    }
}

/// A piece of work with its way back, whatever its types.
trait Job: Send {
    /// Whether it has waited too long to be of use, or nobody waits for it any more.
    fn is_stale(&self) -> bool;
    /// Does the work in a savepoint. An error means that the whole transaction is lost.
    fn run(&mut self, conn: &mut DbConn) -> Result<()>;
    /// Tells the caller, now that the fate of the transaction is known.
    fn answer(self: Box<Self>, fate: Result<()>);
}

struct Task<R, W> {
    work: Option<W>,
    outcome: Option<std::result::Result<R, Problem>>,
    reply: oneshot::Sender<std::result::Result<R, Problem>>,
    queued: Instant,
}

impl<R, W> Job for Task<R, W>
where
    R: Send,
    W: FnOnce(&mut DbConn) -> std::result::Result<R, Problem> + Send,
{
    fn is_stale(&self) -> bool {
        self.queued.elapsed() > PATIENCE || self.reply.is_closed()
    }

    fn run(&mut self, conn: &mut DbConn) -> Result<()> {
        let Some(work) = self.work.take() else { return Ok(()) };
        run(conn, "SAVEPOINT job")?;
        let outcome =
            catch_unwind(AssertUnwindSafe(|| work(conn))).unwrap_or_else(|_| Err(Error::Failed("a write panicked".to_owned()).into()));
        if let Err(problem) = &outcome {
            // What the disk refuses to one it refuses to all; and the transaction may be gone already.
            if let Some(error) = Error::of_storage(problem.code()) {
                return Err(error);
            }
            run(conn, "ROLLBACK TO job")?;
        }
        run(conn, "RELEASE job")?;
        self.outcome = Some(outcome);
        Ok(())
    }

    fn answer(self: Box<Self>, fate: Result<()>) {
        let answer = match (fate, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            (Ok(()), None) => Err(Error::Busy("the write waited too long".to_owned()).into()),
            (Err(error), _) => Err(error.into()),
        };
        // A caller that has gone away needs no answer.
        drop(self.reply.send(answer));
    }
}

fn serve(mut conn: DbConn, begin_anew: &AtomicBool, jobs: &Receiver<Box<dyn Job>>, counters: &Counters) {
    while let Ok(first) = jobs.recv() {
        let mut batch = vec![first];
        let fate = transact(&mut conn, &mut batch, jobs).map_err(|error| {
            tracing::error!(cause = ?error, "a group of writes was lost");
            // It may have been rolled back already; a second rollback is harmless.
            drop(conn.batch_execute("ROLLBACK"));
            error.of_a_group()
        });
        counters.commits.fetch_add(1, Ordering::Relaxed);
        counters.writes.fetch_add(batch.len() as u64, Ordering::Relaxed);
        counters.waiting.fetch_sub(batch.len() as u64, Ordering::Relaxed);
        for job in batch {
            job.answer(fate.clone());
        }
        if begin_anew.swap(false, Ordering::Relaxed) {
            checkpoint::begin_anew(&mut conn);
        }
    }
}

/// Runs all that is waiting, and what arrives meanwhile, in one transaction.
fn transact(conn: &mut DbConn, batch: &mut Vec<Box<dyn Job>>, jobs: &Receiver<Box<dyn Job>>) -> Result<()> {
    if let Err(error) = run(conn, "BEGIN IMMEDIATE") {
        // Who came meanwhile would wait as long again, one after the other, to be told the same.
        batch.extend(jobs.try_iter());
        return Err(error);
    }
    let mut next = 0;
    loop {
        if let Some(job) = batch.get_mut(next).filter(|job| !job.is_stale()) {
            job.run(conn)?;
        }
        next += 1;
        if batch.len() >= BATCH {
            break;
        }
        match jobs.try_recv() {
            Ok(job) => batch.push(job),
            Err(_) => break,
        }
    }
    run(conn, "COMMIT")
}

/// Runs one of the statements that every piece of work takes.
fn run(conn: &mut DbConn, statement: &'static str) -> Result<()> {
    let statement = Prepared(diesel::sql_query(statement));
    match conn {
        DbConn::Sqlite(conn) => statement.execute(conn)?,
        DbConn::Postgres(conn) => statement.execute(conn)?,
    };
    Ok(())
}
