//! [`Db`]: the door to the database. Async outside, plain synchronous Rust on one transaction inside.

use super::checkpoint::{BeginAnew, Checkpointer};
pub use super::conn::Synchronous;
use super::conn::{DbConn, Source};
use super::error::Error;
use super::migrations;
use super::scope::{Control, Reading, Tenant, Writing};
use super::transaction::{self, Attempt, Intent};
use super::versions::Versions;
use super::writer::{Counters, Writer};
use crate::base::id::VendorId;
use crate::base::patience::{self, PATIENCE};
use crate::base::time::{Clock, Timestamp};
use crate::problem::Problem;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// So much earlier the wait for a connection ends, so that there is time to say why none came.
const NOTICE: Duration = Duration::from_millis(100);
/// How often a write is tried that another transaction stood in the way of.
const TRIES: usize = 4;

/// Who may read a vendor's data: only `access` makes such values, so nobody forgets to ask.
pub trait MayRead {
    /// The vendor.
    fn vendor_id(&self) -> VendorId;
}

/// Who may also change it.
pub trait MayWrite: MayRead {}

/// Where the data is and how it is reached.
#[derive(Clone)]
pub struct Settings {
    /// `sqlite://<file>` or `postgres://…`.
    pub url: String,
    /// Connections: to PostgreSQL for all work, to SQLite for reading.
    pub pool_size: u32,
    /// What an SQLite commit waits for.
    pub synchronous: Synchronous,
}

/// Whether a database file may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whether {
    /// When there is none.
    Create,
    /// It must be there.
    MustExist,
}

impl std::fmt::Debug for Settings {
    /// Without the URL, in which there may be a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings").field("pool_size", &self.pool_size).field("synchronous", &self.synchronous).finish_non_exhaustive()
    }
}

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL says nothing usable.
    #[error("DATABASE_URL {0}")]
    Url(String),
    /// The SQLite file is not there.
    #[error("there is no database at {0}: make one with `stoa migrate`, or correct DATABASE_URL")]
    Missing(String),
    /// The server, or the file, does not answer.
    #[error("cannot open the database: {0}")]
    Unreachable(String),
    /// Tables are missing.
    #[error("the database lacks {0} migration(s): run `stoa migrate`, or start with --migrate")]
    Outdated(usize),
    /// Row-level security would not hold for this role.
    #[error("the PostgreSQL role is a superuser or has BYPASSRLS, so that row-level security does not hold for it: use another role")]
    Unbound,
    /// A migration failed.
    #[error("{0}")]
    Migration(String),
}

/// The database.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    pool: r2d2::Pool<Source>,
    /// As many as connections: waiting costs no thread.
    slots: Arc<Semaphore>,
    writer: Option<Writer>,
    versions: Versions,
    clock: Clock,
    _checkpointer: Option<Checkpointer>,
}

/// What the pool and the writer are doing, for the metrics.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// Connections open.
    pub connections: u32,
    /// Of these, unused.
    pub idle: u32,
    /// Commits of the SQLite writer.
    pub commits: u64,
    /// Writes in them.
    pub writes: u64,
    /// Writes that wait for the SQLite writer.
    pub waiting: u64,
}

fn source(settings: &Settings, whether: Whether) -> Result<Source, OpenError> {
    let source = Source::parse(&settings.url, settings.synchronous).map_err(OpenError::Url)?;
    match (source.file(), whether) {
        (Some(path), Whether::MustExist) if !path.exists() => return Err(OpenError::Missing(path.display().to_string())),
        (Some(_), Whether::Create) => source.create().map_err(OpenError::Unreachable)?,
        _ => {}
    }
    Ok(source)
}

fn unreachable(error: Error) -> OpenError {
    use crate::base::code::Refusal;
    // PostgreSQL's client says it in several lines.
    let cause = error.cause().unwrap_or_else(|| error.to_string());
    OpenError::Unreachable(cause.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Brings the tables up to date; says how many migrations that took.
pub fn migrate(settings: &Settings) -> Result<usize, OpenError> {
    let source = source(settings, Whether::Create)?;
    source.connect().map_err(unreachable)?;
    migrations::up(&source).map_err(|error| OpenError::Migration(format!("{error:?}")))
}

/// Drops all tables and all data; for tests of the migrations.
pub fn unmigrate(settings: &Settings) -> Result<usize, OpenError> {
    let source = source(settings, Whether::MustExist)?;
    migrations::down(&source).map_err(|error| OpenError::Migration(format!("{error:?}")))
}

impl Db {
    /// Opens a database whose tables are up to date.
    pub fn open(settings: &Settings, clock: Clock) -> Result<Self, OpenError> {
        let source = source(settings, Whether::MustExist)?;
        match migrations::pending(&source).map_err(unreachable)? {
            0 => {}
            pending => return Err(OpenError::Outdated(pending)),
        }
        if source.is_unbound().map_err(unreachable)? {
            return Err(OpenError::Unbound);
        }
        let io = |error: std::io::Error| OpenError::Unreachable(error.to_string());
        let begin_anew = BeginAnew::default();
        let writer = match source.file() {
            Some(_) => Some(Writer::start(source.connect_to_write().map_err(unreachable)?, Arc::clone(&begin_anew)).map_err(io)?),
            None => None,
        };
        let pool = r2d2::Pool::builder()
            .max_size(settings.pool_size)
            .min_idle(Some(1))
            .connection_timeout(PATIENCE)
            .test_on_check_out(false)
            .build_unchecked(source.reading());
        Ok(Self(Arc::new(Inner {
            pool,
            slots: Arc::new(Semaphore::new(settings.pool_size as usize)),
            writer,
            versions: Versions::start(source.reading()).map_err(io)?,
            clock,
            _checkpointer: Checkpointer::start(&source, begin_anew).map_err(io)?,
        })))
    }

    /// Reads a vendor's data.
    pub async fn read<R, W>(&self, who: &impl MayRead, work: W) -> Result<R, Problem>
    where
        R: Send + 'static,
        W: Fn(&mut Reading) -> Result<R, Problem> + Send + 'static,
    {
        let vendor = who.vendor_id();
        self.pooled(Intent::Read, Some(vendor), move |conn, now| work(&mut Reading::new(conn, Tenant(vendor), now))).await
    }

    /// Changes a vendor's data: all of it or nothing. `work` may run again when another transaction stood in its way.
    pub async fn write<R, W>(&self, who: &impl MayWrite, work: W) -> Result<R, Problem>
    where
        R: Send + 'static,
        W: Fn(&mut Writing) -> Result<R, Problem> + Send + 'static,
    {
        let vendor = who.vendor_id();
        self.writing(Some(vendor), move |conn, now| all_of(&work, Writing::new(conn, Tenant(vendor), now))).await
    }

    /// Reads the control plane.
    pub async fn read_control<R, W>(&self, work: W) -> Result<R, Problem>
    where
        R: Send + 'static,
        W: Fn(&mut Reading<Control>) -> Result<R, Problem> + Send + 'static,
    {
        self.pooled(Intent::Read, None, move |conn, now| work(&mut Reading::new(conn, Control, now))).await
    }

    /// Changes the control plane: all of it or nothing.
    pub async fn write_control<R, W>(&self, work: W) -> Result<R, Problem>
    where
        R: Send + 'static,
        W: Fn(&mut Writing<Control>) -> Result<R, Problem> + Send + 'static,
    {
        self.writing(None, move |conn, now| all_of(&work, Writing::new(conn, Control, now))).await
    }

    /// The version of the vendor's catalogue at this moment: another one after each change of its products, whoever made
    /// it. What was made of the catalogue at this version, or since it was asked for, is up to date.
    pub async fn catalogue_version(&self, who: &impl MayRead) -> Result<i64, Problem> {
        let vendor = who.vendor_id();
        if let Some(known) = self.0.versions.recall(vendor) {
            return Ok(known);
        }
        let answer = patience::wait(self.0.versions.ask(vendor)).await;
        Ok(answer.ok_or_else(|| Error::Busy("no version came in time".to_owned()))??)
    }

    /// Whether the database answers, and its writer works.
    pub async fn ping(&self) -> Result<(), Problem> {
        self.read_control(|_| Ok(())).await?;
        self.write_control(|_| Ok(())).await
    }

    /// What is going on.
    pub fn activity(&self) -> Activity {
        use std::sync::atomic::Ordering::Relaxed;
        let state = self.0.pool.state();
        let count = |pick: fn(&Counters) -> &std::sync::atomic::AtomicU64| {
            self.0.writer.as_ref().map_or(0, |writer| pick(writer.counters()).load(Relaxed))
        };
        Activity {
            connections: state.connections,
            idle: state.idle_connections,
            commits: count(|c| &c.commits),
            writes: count(|c| &c.writes),
            waiting: count(|c| &c.waiting),
        }
    }

    /// What the engine is called, and how many connections to it there may be.
    pub fn engine(&self) -> (&'static str, u32) {
        (if self.0.writer.is_some() { "sqlite" } else { "postgresql" }, self.0.pool.max_size())
    }

    /// How far the tables are.
    pub async fn migrations(&self) -> Result<migrations::State, Problem> {
        self.pooled(Intent::Read, None, |conn, _| Ok(migrations::state(conn)?)).await
    }

    async fn writing<R, W>(&self, vendor: Option<VendorId>, work: W) -> Result<R, Problem>
    where
        R: Send + 'static,
        W: Fn(&mut DbConn, Timestamp) -> Result<R, Problem> + Send + 'static,
    {
        match &self.0.writer {
            None => self.pooled(Intent::Write, vendor, work).await,
            Some(writer) => {
                let clock = self.0.clock.clone();
                patience::wait(writer.write(move |conn| work(conn, clock.now()))).await.unwrap_or_else(|| Err(too_late()))
            }
        }
    }

    /// Runs `work` in a transaction on a pooled connection, off the async threads.
    async fn pooled<R, W>(&self, intent: Intent, vendor: Option<VendorId>, work: W) -> Result<R, Problem>
    where
        R: Send + 'static,
        W: Fn(&mut DbConn, Timestamp) -> Result<R, Problem> + Send + 'static,
    {
        let busy = |cause: &str| Problem::from(Error::Busy(cause.to_owned()));
        let deadline = Instant::now() + patience::left().saturating_sub(NOTICE);
        let slot = patience::wait(Arc::clone(&self.0.slots).acquire_owned()).await;
        let slot = slot.ok_or_else(|| busy("no connection came free"))?.map_err(|_| busy("the pool is closed"))?;
        let db = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            // Held until the work is done, even when the caller has gone away.
            let _slot = slot;
            db.0.attempt(intent, vendor, deadline, &work)
        });
        // A server that says nothing at all is not waited for, either.
        let done = patience::wait(done).await.ok_or_else(too_late)?;
        done.map_err(|_| Problem::internal("work on the database panicked"))?
    }
}

/// The work, and then what it put off.
fn all_of<R, P>(work: &impl Fn(&mut Writing<P>) -> Result<R, Problem>, mut scope: Writing<P>) -> Result<R, Problem> {
    let done = work(&mut scope)?;
    scope.finish()?;
    Ok(done)
}

/// It may still be done, for all we know.
fn too_late() -> Problem {
    Error::Lost("no answer came in time".to_owned()).into()
}

impl Inner {
    /// Tries until it has had a live connection, by the deadline, and nobody in its way.
    fn attempt<R>(
        &self,
        intent: Intent,
        vendor: Option<VendorId>,
        deadline: Instant,
        work: &impl Fn(&mut DbConn, Timestamp) -> Result<R, Problem>,
    ) -> Result<R, Problem> {
        // After the server was restarted every pooled connection is dead, and each says so once.
        let mut dead = 0;
        let mut tries = 0;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let mut conn = self.pool.get_timeout(left).map_err(|error| Problem::from(Error::Busy(error.to_string())))?;
            let now = self.clock.now();
            match transaction::run(&mut conn, intent, vendor.map(|vendor| vendor.0), |conn| work(conn, now)) {
                Attempt::Dead(problem) => {
                    conn.dead = true;
                    dead += 1;
                    if dead > self.pool.max_size() {
                        return Err(problem);
                    }
                }
                Attempt::Ran(Err(problem)) if problem.is_contention() && tries < TRIES => tries += 1,
                Attempt::Ran(outcome) => return outcome,
            }
        }
    }
}
