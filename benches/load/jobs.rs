//! The jobs.

use crate::Failure;
use crate::client::{Kind, Pace};
use crate::fill::Scale;
use crate::limits::{self, Argon2OnAllCores, ByPgbench, FromMemory, Limit, OnFile};
use crate::options::{Engine, Job, Options};
use crate::platform::{self, Load, Platform};
use crate::postgres::Cluster;
use crate::report::{About, Line, Must};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Clients where nothing else is said.
const CLIENTS: usize = 16;
/// A platform of some size, whose shops have 1,000 products.
const SHOPS: Scale = Scale { vendors: 100, products: 1000, customers: 100 };
/// Platforms that differ in the number of their shops, and in nothing else: with 10,000 there are a million products.
const SMALL_SHOPS: Scale = Scale { vendors: 1, products: 100, customers: 1 };
/// Which of them is asked where one is.
const ONE: usize = 56;

/// The jobs on one database.
struct Jobs<'a> {
    engine: Engine,
    options: &'a Options,
    lines: &'a mut Vec<Line>,
}

/// Measures what is asked for on this database.
pub fn run(engine: Engine, options: &Options, folder: &Path, lines: &mut Vec<Line>) -> Result<(), Failure> {
    let wanted = |jobs: &[Job]| options.jobs.is_empty() || jobs.iter().any(|job| options.jobs.contains(job));
    let cluster = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Cluster::start(folder)?),
    };
    let measured = Duration::from_secs(options.seconds.into());
    let mut jobs = Jobs { engine, options, lines };
    if wanted(&[Job::J1, Job::J2, Job::J3, Job::J4, Job::J5, Job::J6]) {
        eprintln!("{}: filling {} shops with {} products each", engine.name(), SHOPS.vendors, SHOPS.products);
        let filled = platform::fill(cluster.as_ref(), folder, "shops", SHOPS, &limits::hash()?)?;
        let copy = if cluster.is_none() { Some(filled.copy(folder)?) } else { None };
        let platform = Platform::start(filled, cluster.as_ref(), folder, measured)?;
        for (job, kind) in [(Job::J1, Kind::List), (Job::J2, Kind::Product)] {
            if wanted(&[job]) {
                jobs.read(&platform, job, kind)?;
            }
        }
        if wanted(&[Job::J3]) {
            jobs.order(&platform, copy)?;
        }
        if wanted(&[Job::J4]) {
            jobs.log_in(&platform)?;
        }
        if wanted(&[Job::J5]) {
            jobs.mixed(&platform)?;
        }
        if wanted(&[Job::J6]) {
            jobs.flooded(&platform)?;
        }
    }
    if wanted(&[Job::J7]) {
        let mut platforms = Vec::new();
        for (name, vendors) in [("vendors1", 1), ("vendors100", 100), ("vendors10000", 10_000)] {
            let scale = Scale { vendors, ..SMALL_SHOPS };
            eprintln!("{}: filling {vendors} shops with {} products each", engine.name(), scale.products);
            let filled = platform::fill(cluster.as_ref(), folder, name, scale, &limits::hash()?)?;
            platforms.push(Platform::start(filled, cluster.as_ref(), folder, measured)?);
        }
        jobs.many_vendors(&platforms)?;
    }
    Ok(())
}

impl Jobs<'_> {
    /// The job and its limit, in turn.
    fn in_turn(&mut self, platform: &Platform, load: &Load, about: &About, mut limit: Option<&mut dyn Limit>) -> Result<(), Failure> {
        let mut rounds = Vec::new();
        for _ in 0..self.options.rounds {
            let sample = platform.sample(load)?;
            let rate = limit.as_mut().map(|limit| limit.rate(platform, load, &sample)).transpose()?;
            rounds.push((sample, rate));
        }
        self.add(Line::of(about, &rounds));
        Ok(())
    }

    fn add(&mut self, line: Line) {
        eprintln!("{}", line.row());
        self.lines.push(line);
    }

    fn about<'a>(&self, job: Job, what: &'a str, clients: usize, limit: &'a str, must: Must) -> About<'a> {
        About { engine: self.engine, job, what, clients, limit, must }
    }

    fn read(&mut self, platform: &Platform, job: Job, kind: Kind) -> Result<(), Failure> {
        let shops = platform.shops.get(ONE..=ONE).ok_or("there are too few shops")?;
        let shop = shops.first().ok_or("there is no shop")?;
        let (what, on_sqlite) = if kind == Kind::List { ("list 20 of 1,000 products", 0.6) } else { ("product by id", 0.7) };
        let (mut limit, least): (Box<dyn Limit>, f64) = match self.engine {
            Engine::Sqlite => (Box::new(FromMemory::start(platform, kind, shop)?), on_sqlite),
            Engine::Postgres => (Box::new(ByPgbench::select(platform, kind, shop)?), 0.7),
        };
        let load = Load { shops, clients: CLIENTS, pace: Pace::Closed, mix: &[(kind, 100)] };
        let about = self.about(job, what, CLIENTS, limit.name(), Must::Reach(least));
        self.in_turn(platform, &load, &about, Some(limit.as_mut()))
    }

    fn order(&mut self, platform: &Platform, copy: Option<PathBuf>) -> Result<(), Failure> {
        let shops = platform.shops.get(ONE..=ONE).ok_or("there are too few shops")?;
        let shop = shops.first().ok_or("there is no shop")?;
        let (mut limit, least): (Box<dyn Limit>, f64) = match &copy {
            Some(file) => (Box::new(OnFile::new(platform, shop, file)?), 0.6),
            None => (Box::new(ByPgbench::orders(platform, shop)?), 0.7),
        };
        for clients in [16, 64] {
            let load = Load { shops, clients, pace: Pace::Closed, mix: &[(Kind::Order, 100)] };
            let about = self.about(Job::J3, "order of 2 lines, one vendor", clients, limit.name(), Must::Reach(least));
            self.in_turn(platform, &load, &about, Some(limit.as_mut()))?;
        }
        let load = Load { shops: &platform.shops, clients: 64, pace: Pace::Closed, mix: &[(Kind::Order, 100)] };
        let about = self.about(Job::J3, "order of 2 lines, 100 vendors", 64, "–", Must::Nothing);
        self.in_turn(platform, &load, &about, None)
    }

    fn log_in(&mut self, platform: &Platform) -> Result<(), Failure> {
        let mut limit = Argon2OnAllCores::new()?;
        let load = Load { shops: &platform.shops, clients: CLIENTS, pace: Pace::Closed, mix: &[(Kind::Login, 100)] };
        let about = self.about(Job::J4, "log in, 10,000 customers", CLIENTS, limit.name(), Must::Reach(0.9));
        self.in_turn(platform, &load, &about, Some(&mut limit))
    }

    /// At a constant pace, 70 % of what the server can do.
    fn mixed(&mut self, platform: &Platform) -> Result<(), Failure> {
        let mix = [(Kind::List, 40), (Kind::Product, 40), (Kind::Order, 15), (Kind::Status, 5)];
        let load = |pace| Load { shops: &platform.shops, clients: 64, pace, mix: &mix };
        let mut rounds = Vec::new();
        for _ in 0..self.options.rounds {
            let most = platform.sample(&load(Pace::Closed))?;
            let mut sample = platform.sample(&load(Pace::Open(0.7 * most.outcome.rate.max(1.0))))?;
            sample.outcome.blame(&most.outcome);
            rounds.push((sample, Some(most.outcome.rate)));
        }
        let most = if self.engine == Engine::Sqlite { 25.0 } else { 40.0 };
        let about = self.about(Job::J5, "mixed, 100 vendors, 70 % of saturation", 64, "saturation", Must::AnswerWithin(most));
        self.add(Line::of(&about, &rounds));
        Ok(())
    }

    /// J1 while others log in.
    fn flooded(&mut self, platform: &Platform) -> Result<(), Failure> {
        let shops = platform.shops.get(ONE..=ONE).ok_or("there are too few shops")?;
        let load = Load { shops, clients: CLIENTS, pace: Pace::Closed, mix: &[(Kind::List, 100)] };
        let flood = Load { shops: &platform.shops, clients: 64, pace: Pace::Closed, mix: &[(Kind::Login, 100)] };
        let mut rounds = Vec::new();
        for _ in 0..self.options.rounds {
            let alone = platform.sample(&load)?;
            let (mut sample, others) = platform.sample_during(&load, &flood)?;
            sample.outcome.blame(&alone.outcome);
            sample.outcome.blame(&others);
            rounds.push((sample, Some(alone.outcome.p99_ms)));
        }
        let about = self.about(Job::J6, "J1 while 64 clients log in", CLIENTS, "J1 alone", Must::SlowDownAtMost(5.0));
        self.add(Line::of(&about, &rounds));
        Ok(())
    }

    /// The same with few and with many vendors, each asked as often as any other.
    fn many_vendors(&mut self, platforms: &[Platform]) -> Result<(), Failure> {
        for platform in platforms {
            platform.tour()?;
        }
        for (kind, what) in [(Kind::List, "J1"), (Kind::Order, "J3")] {
            let mut rounds: Vec<_> = platforms.iter().map(|_| Vec::new()).collect();
            for _ in 0..self.options.rounds {
                let mut with_one = None;
                for (platform, rounds) in platforms.iter().zip(&mut rounds) {
                    let load = Load { shops: &platform.shops, clients: CLIENTS, pace: Pace::Closed, mix: &[(kind, 100)] };
                    let sample = platform.sample(&load)?;
                    let rate = sample.outcome.rate;
                    rounds.push((sample, with_one));
                    with_one.get_or_insert(rate);
                }
            }
            for (platform, rounds) in platforms.iter().zip(&rounds) {
                let (count, is_first) = (platform.shops.len(), platform.shops.len() == 1);
                let what = format!("{what}, {count} vendor{} of 100 products", if is_first { "" } else { "s" });
                let (limit, must) = if is_first { ("–", Must::Nothing) } else { ("with 1 vendor", Must::Reach(0.9)) };
                self.add(Line::of(&self.about(Job::J7, &what, CLIENTS, limit, must), rounds));
            }
        }
        Ok(())
    }
}
