//! A platform: a database with shops, and the server on it.

use crate::client::{self, Kind, Outcome, Pace, Plan, Shop};
use crate::fill::{self, PASSWORD, Scale};
use crate::postgres::Cluster;
use crate::server::{self, Server, Usage};
use crate::{Failure, sqlite};
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long it is before it counts.
pub const WARM_UP: Duration = Duration::from_millis(500);
/// How long a tour may take.
const TOUR: Duration = Duration::from_mins(1);

/// The platform.
pub struct Platform<'a> {
    folder: &'a Path,
    /// Its PostgreSQL server, if it is on one.
    pub cluster: Option<&'a Cluster>,
    /// The name of its database.
    pub name: &'static str,
    /// The URL of its database.
    pub url: String,
    /// The server.
    pub server: Server,
    /// Its shops.
    pub shops: Vec<Shop>,
    /// How long each job is measured.
    pub measured: Duration,
    next_seed: Cell<u64>,
}

/// One round of a job: how it went, and what the server took.
#[derive(Clone, Debug)]
pub struct Sample {
    /// How it went.
    pub outcome: Outcome,
    /// What the server took.
    pub usage: Usage,
    /// How many writes there were in a commit.
    pub batch: f64,
}

/// Who asks for what.
pub struct Load<'a> {
    /// At which shops.
    pub shops: &'a [Shop],
    /// How many connections.
    pub clients: usize,
    /// How requests follow each other.
    pub pace: Pace,
    /// How many of which kind in a hundred.
    pub mix: &'a [(Kind, u32)],
}

/// A database with shops that nobody serves yet.
pub struct Filled {
    name: &'static str,
    url: String,
    shops: Vec<Shop>,
}

/// Makes a database, and fills it.
pub fn fill(cluster: Option<&Cluster>, folder: &Path, name: &'static str, scale: Scale, hash: &str) -> Result<Filled, Failure> {
    let file = folder.join(format!("{name}.db"));
    let url = match cluster {
        Some(cluster) => {
            cluster.create(name)?;
            cluster.url(name)
        }
        None => format!("sqlite://{}", file.display()),
    };
    server::migrate(folder, &url)?;
    let shops = if let Some(cluster) = cluster {
        let mut filling = cluster.filling(name)?;
        let shops = fill::fill(&mut filling, scale, hash)?;
        filling.finish()?;
        shops
    } else {
        let mut filling = sqlite::File::open(&file)?;
        let shops = fill::fill(&mut filling, scale, hash)?;
        filling.finish()?;
        shops
    };
    Ok(Filled { name, url, shops })
}

impl Filled {
    /// A copy of the SQLite file as it is before anybody serves it.
    pub fn copy(&self, folder: &Path) -> Result<PathBuf, Failure> {
        let (file, copy) = (folder.join(format!("{}.db", self.name)), folder.join(format!("{}-copy.db", self.name)));
        std::fs::copy(file, &copy)?;
        Ok(copy)
    }
}

impl<'a> Platform<'a> {
    /// Starts the server.
    pub fn start(filled: Filled, cluster: Option<&'a Cluster>, folder: &'a Path, measured: Duration) -> Result<Self, Failure> {
        let Filled { name, url, shops } = filled;
        let server = Server::start(folder, name, &url)?;
        Ok(Self { folder, cluster, name, url, server, shops, measured, next_seed: Cell::new(1) })
    }

    /// The folder of all that is left behind.
    pub fn folder(&self) -> &Path {
        self.folder
    }

    /// Where chance begins, another one each time.
    pub fn seed(&self) -> u64 {
        let seed = self.next_seed.get();
        self.next_seed.set(seed + 1);
        seed
    }

    fn plan(&self, load: &Load, longer: Duration) -> Plan {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or_default();
        Plan {
            address: self.server.address,
            connections: load.clients,
            pace: load.pace,
            mix: load.mix.to_vec(),
            shops: load.shops.to_vec(),
            password: PASSWORD.to_owned(),
            warm_up_ms: ms(WARM_UP),
            measure_ms: ms(self.measured + longer),
            seed: self.seed(),
        }
    }

    /// A round of this load.
    pub fn sample(&self, load: &Load) -> Result<Sample, Failure> {
        let plan = self.plan(load, Duration::ZERO);
        self.watched(|| client::run(self.folder, &plan))
    }

    /// Asks each shop once, so that what is remembered of them is.
    pub fn tour(&self) -> Result<(), Failure> {
        let load = Load { shops: &self.shops, clients: 16, pace: Pace::Tour, mix: &[(Kind::List, 100)] };
        let outcome = client::run(self.folder, &self.plan(&load, TOUR))?;
        outcome.first_error.map_or(Ok(()), |error| Err(error.into()))
    }

    /// The same while another client does its own all the time.
    pub fn sample_during(&self, load: &Load, flood: &Load) -> Result<(Sample, Outcome), Failure> {
        let flood = client::start(self.folder, &self.plan(flood, WARM_UP))?;
        let sample = self.sample(load)?;
        Ok((sample, flood.outcome()?))
    }

    /// The same load on another server that answers as this one does.
    pub fn sample_elsewhere(&self, address: std::net::SocketAddr, load: &Load) -> Result<Outcome, Failure> {
        client::run(self.folder, &Plan { address, ..self.plan(load, Duration::ZERO) })
    }

    fn watched(&self, work: impl FnOnce() -> Result<Outcome, Failure>) -> Result<Sample, Failure> {
        let before = self.server.counters()?;
        let (outcome, usage) = self.server.watch(work)?;
        let after = self.server.counters()?;
        #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
        let batch = (after.writes - before.writes) as f64 / (after.commits - before.commits).max(1) as f64;
        Ok(Sample { outcome, usage, batch })
    }
}
