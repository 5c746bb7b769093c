//! The jobs.

use crate::Failure;
use crate::client::{Kind, Pace};
use crate::fill::Scale;
use crate::limits::{self, Argon2OnAllCores, FromMemory, Limit, OnFile, OrdersByPgbench, SelectByPgbench};
use crate::options::{Engine, Job, Options};
use crate::order::Script;
use crate::platform::{self, Filled, Load, Platform};
use crate::postgres::Cluster;
use crate::report::{About, Line, Must};
use std::path::Path;
use std::time::{Duration, Instant};

/// Clients where nothing else is said.
const CLIENTS: usize = 16;
/// A platform of some size, whose shops have 1,000 products.
const SHOPS: Scale = Scale { vendors: 100, products: 1000, customers: 100 };
/// Platforms that differ in the number of their shops, and in nothing else: with 10,000 there are a million products.
const SMALL_SHOPS: Scale = Scale { vendors: 1, products: 100, customers: 1 };
/// Which of them is asked where one is.
const ONE: usize = 56;

/// What there is to show for it.
pub struct Findings {
    /// When all this began.
    pub start: Instant,
    /// The figures.
    pub lines: Vec<Line>,
    /// What kept a job from being done to the end.
    pub failures: Vec<String>,
}

/// The jobs on one database.
struct Jobs<'a> {
    engine: Engine,
    options: &'a Options,
    findings: &'a mut Findings,
}

/// Measures what is asked for on this database.
pub fn run(engine: Engine, options: &Options, folder: &Path, findings: &mut Findings) -> Result<(), Failure> {
    let cluster = match engine {
        Engine::Sqlite => None,
        Engine::Postgres => Some(Cluster::start(folder)?),
    };
    let mut jobs = Jobs { engine, options, findings };
    if [Job::J1, Job::J2, Job::J3, Job::J4, Job::J5, Job::J6].into_iter().any(|job| jobs.wants(job)) {
        let filled = jobs.fill(cluster.as_ref(), folder, "shops", SHOPS)?;
        let copy = if cluster.is_none() { Some(filled.copy(folder)?) } else { None };
        let platform = Platform::start(filled, cluster.as_ref(), folder, jobs.measured())?;
        jobs.attempt(Job::J1, |jobs| jobs.read(&platform, Job::J1, Kind::List));
        jobs.attempt(Job::J2, |jobs| jobs.read(&platform, Job::J2, Kind::Product));
        jobs.attempt(Job::J3, |jobs| jobs.order(&platform, copy.as_deref()));
        jobs.attempt(Job::J4, |jobs| jobs.log_in(&platform));
        jobs.attempt(Job::J5, |jobs| jobs.mixed(&platform));
        jobs.attempt(Job::J6, |jobs| jobs.flooded(&platform));
    }
    jobs.attempt(Job::J7, |jobs| {
        let mut platforms = Vec::new();
        for (name, vendors) in [("vendors1", 1), ("vendors100", 100), ("vendors10000", 10_000)] {
            let filled = jobs.fill(cluster.as_ref(), folder, name, Scale { vendors, ..SMALL_SHOPS })?;
            platforms.push(Platform::start(filled, cluster.as_ref(), folder, jobs.measured())?);
        }
        jobs.many_vendors(&platforms)
    });
    Ok(())
}

impl Jobs<'_> {
    fn wants(&self, job: Job) -> bool {
        self.options.jobs.is_empty() || self.options.jobs.contains(&job)
    }

    fn measured(&self) -> Duration {
        Duration::from_secs(self.options.seconds.into())
    }

    /// Does a job if it is asked for. One that fails does not keep the others from being done.
    fn attempt(&mut self, job: Job, work: impl FnOnce(&mut Self) -> Result<(), Failure>) {
        if self.wants(job)
            && let Err(error) = work(self)
        {
            self.findings.failures.push(format!("{} {job:?} was not done to the end: {error}", self.engine.name()));
        }
    }

    fn fill(&self, cluster: Option<&Cluster>, folder: &Path, name: &'static str, scale: Scale) -> Result<Filled, Failure> {
        self.say(&format!("{}: filling {} shops with {} products each", self.engine.name(), scale.vendors, scale.products));
        platform::fill(cluster, folder, name, scale, &limits::hash()?)
    }

    fn say(&self, what: &str) {
        eprintln!("{:4} s {what}", self.findings.start.elapsed().as_secs());
    }

    /// The job and its limit, in turn.
    fn in_turn(&mut self, platform: &Platform, load: &Load, about: &About, limit: &mut dyn Limit) -> Result<(), Failure> {
        let mut rounds = Vec::new();
        for _ in 0..self.options.rounds {
            let sample = platform.sample(load)?;
            let rate = limit.rate(platform, load, &sample)?;
            rounds.push((sample, Some(rate)));
        }
        self.add(Line::of(about, &rounds));
        Ok(())
    }

    fn add(&mut self, line: Line) {
        self.say(&line.row());
        self.findings.lines.push(line);
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
            Engine::Postgres => (Box::new(SelectByPgbench::new(platform, kind, shop)?), 0.7),
        };
        let load = Load { shops, clients: CLIENTS, pace: Pace::Closed, mix: &[(kind, 100)] };
        let about = self.about(job, what, CLIENTS, limit.name(), Must::Reach(least));
        self.in_turn(platform, &load, &about, limit.as_mut())
    }

    fn order(&mut self, platform: &Platform, copy: Option<&Path>) -> Result<(), Failure> {
        let shops = platform.shops.get(ONE..=ONE).ok_or("there are too few shops")?;
        let shop = shops.first().ok_or("there is no shop")?;
        let script = Script::record(&platform.url, shop, platform.name)?;
        let (mut limit, least): (Box<dyn Limit>, f64) = match copy {
            Some(file) => (Box::new(OnFile { script, file }), 0.6),
            None => (Box::new(OrdersByPgbench(script)), 0.7),
        };
        let (one, many) = (("order of 2 lines, one vendor", shops), ("order of 2 lines, 100 vendors", platform.shops.as_slice()));
        for (clients, (what, shops)) in [(16, one), (64, one), (16, many), (64, many)] {
            let load = Load { shops, clients, pace: Pace::Closed, mix: &[(Kind::Order, 100)] };
            let about = self.about(Job::J3, what, clients, limit.name(), Must::Reach(least));
            self.in_turn(platform, &load, &about, limit.as_mut())?;
        }
        Ok(())
    }

    fn log_in(&mut self, platform: &Platform) -> Result<(), Failure> {
        let mut limit = Argon2OnAllCores::new()?;
        let load = Load { shops: &platform.shops, clients: CLIENTS, pace: Pace::Closed, mix: &[(Kind::Login, 100)] };
        let about = self.about(Job::J4, "log in, 10,000 customers", CLIENTS, limit.name(), Must::Reach(0.9));
        self.in_turn(platform, &load, &about, &mut limit)
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
