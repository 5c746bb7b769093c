//! What the jobs are measured against.

use crate::client::{Kind, Shop};
use crate::fill::PASSWORD;
use crate::memory::Memory;
use crate::order::Script;
use crate::pgbench::{self, Bench};
use crate::platform::{Load, Platform, Sample, WARM_UP};
use crate::record::{self, Request};
use crate::replay::Replay;
use crate::{Failure, machine};
use actix_web::http::Method;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A limit: tells its rate, given how the job was just done.
pub trait Limit {
    /// In words.
    fn name(&self) -> &'static str;
    /// Requests, orders or log-ins a second.
    fn rate(&mut self, platform: &Platform, load: &Load, sample: &Sample) -> Result<f64, Failure>;
}

/// The paths that a job asks for.
fn paths(kind: Kind, shop: &Shop) -> Vec<String> {
    match kind {
        Kind::Product => (0..shop.products).map(|number| format!("/api/products/{}", shop.first_product + number)).collect(),
        _ => vec!["/api/products?limit=20".to_owned()],
    }
}

/// The same answers from memory.
pub struct FromMemory(Memory);

impl FromMemory {
    pub fn start(platform: &Platform, kind: Kind, shop: &Shop) -> Result<Self, Failure> {
        Ok(Self(Memory::start(platform.folder(), platform.server.address, shop, paths(kind, shop).into_iter())?))
    }
}

impl Limit for FromMemory {
    fn name(&self) -> &'static str {
        "from memory"
    }

    fn rate(&mut self, platform: &Platform, load: &Load, _: &Sample) -> Result<f64, Failure> {
        let outcome = platform.sample_elsewhere(self.0.address, load)?;
        match outcome.first_error {
            None => Ok(outcome.rate),
            Some(error) => Err(format!("the server that answers from memory: {error}").into()),
        }
    }
}

/// The same select by pgbench.
pub struct SelectByPgbench(Bench);

impl SelectByPgbench {
    pub fn new(platform: &Platform, kind: Kind, shop: &Shop) -> Result<Self, Failure> {
        let request = |path: String| Request { method: Method::GET, path, key: None, body: String::new() };
        let asked = shop.first_product + shop.products - 13;
        let last = if kind == Kind::Product { format!("/api/products/{asked}") } else { paths(kind, shop).concat() };
        let requests = [request("/api/products?limit=1".to_owned()), request(last)];
        let recorded = record::last_of(&platform.url, shop, &requests)?;
        Ok(Self(Bench::select(&recorded.statements, shop, asked)?))
    }
}

fn by_pgbench(bench: &Bench, platform: &Platform, load: &Load) -> Result<f64, Failure> {
    let cluster = platform.cluster.ok_or("pgbench needs PostgreSQL")?;
    let vendor = load.shops.first().map_or(0, |shop| shop.vendor);
    let run = pgbench::Run { folder: platform.folder(), clients: load.clients, time: platform.measured, vendor };
    bench.rate(cluster, platform.name, &run)
}

impl Limit for SelectByPgbench {
    fn name(&self) -> &'static str {
        "pgbench"
    }

    fn rate(&mut self, platform: &Platform, load: &Load, _: &Sample) -> Result<f64, Failure> {
        by_pgbench(&self.0, platform, load)
    }
}

/// The same transactions by pgbench.
pub struct OrdersByPgbench(pub Script);

impl Limit for OrdersByPgbench {
    fn name(&self) -> &'static str {
        "pgbench"
    }

    fn rate(&mut self, platform: &Platform, load: &Load, _: &Sample) -> Result<f64, Failure> {
        by_pgbench(&Bench::orders(&self.0, load.shops)?, platform, load)
    }
}

/// The same statements straight on a copy of the file.
pub struct OnFile<'a> {
    pub script: Script,
    pub file: &'a Path,
}

impl Limit for OnFile<'_> {
    fn name(&self) -> &'static str {
        "on the file"
    }

    fn rate(&mut self, platform: &Platform, load: &Load, sample: &Sample) -> Result<f64, Failure> {
        let replay = Replay { script: &self.script, file: self.file, shops: load.shops };
        replay.rate(sample.batch, WARM_UP, platform.measured, platform.seed())
    }
}

/// Passwords that are compared with their hashes, on as many threads as there are cores, and nothing else.
pub struct Argon2OnAllCores {
    hash: String,
}

fn argon2() -> Result<Argon2<'static>, Failure> {
    let params = Params::new(19_456, 2, 1, None).map_err(|error| error.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// The hash of everybody's password.
pub fn hash() -> Result<String, Failure> {
    let hash = argon2()?.hash_password(PASSWORD.as_bytes()).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

impl Argon2OnAllCores {
    pub fn new() -> Result<Self, Failure> {
        Ok(Self { hash: hash()? })
    }
}

impl Limit for Argon2OnAllCores {
    fn name(&self) -> &'static str {
        "argon2"
    }

    fn rate(&mut self, platform: &Platform, _: &Load, _: &Sample) -> Result<f64, Failure> {
        let (argon2, done, time, start) = (argon2()?, AtomicU64::new(0), platform.measured, Instant::now());
        let elapsed = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..machine::cores()).map(|_| scope.spawn(|| verify(&argon2, &self.hash, &done, time))).collect();
            threads.into_iter().all(|thread| thread.join().unwrap_or(false)).then(|| start.elapsed())
        });
        let elapsed = elapsed.ok_or("a password was not found to be its own")?;
        #[expect(clippy::cast_precision_loss, reason = "there are not so many")]
        Ok(done.into_inner() as f64 / elapsed.as_secs_f64())
    }
}

fn verify(argon2: &Argon2, hash: &str, done: &AtomicU64, time: Duration) -> bool {
    let start = Instant::now();
    while start.elapsed() < time {
        if argon2.verify_password(PASSWORD.as_bytes(), hash).is_err() {
            return false;
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
    true
}
