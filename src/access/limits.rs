//! How often somebody may try to sign in or up: by name, and by network address.

use crate::base::code::Code;
use crate::base::id::{ApiKeyId, VendorId};
use crate::base::time::Clock;
use crate::problem::Problem;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Tries in a row for one name at one door from one network, and how long until one more is granted.
const PER_NAME: (u32, Duration) = (10, Duration::from_secs(6));
/// The same for one name at any doors from one network: less than what is granted from anywhere, so that nobody uses that up alone.
const PER_NAME_HERE: (u32, Duration) = (20, Duration::from_secs(3));
/// The same for one name from anywhere at any door, but for places where the one who has the name has been before.
const PER_NAME_ANYWHERE: (u32, Duration) = (100, Duration::from_secs(2));
/// The same for one network, behind which there may be many people.
const PER_NETWORK: (u32, Duration) = (60, Duration::from_secs(1));
/// Requests in a row by one API key, and how long until one more is granted.
const PER_KEY: (u32, Duration) = (1000, Duration::from_millis(20));
/// Letters to strangers that one vendor's team sends in a row, and how long until one more is granted.
const PER_SENDER: (u32, Duration) = (100, Duration::from_mins(15));
/// The same for one address that they go to, whichever vendors' teams write.
const PER_RECIPIENT: (u32, Duration) = (5, Duration::from_hours(1));
/// How many tries there are between clearing away the names and addresses that have recovered.
const TIDY_EVERY: u32 = 1000;

/// Our clock, as governor wants to see it.
#[derive(Clone)]
struct Ticks(Clock);

impl governor::clock::Clock for Ticks {
    type Instant = Duration;
    fn now(&self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.now().micros()).unwrap_or_default())
    }
}

type Limiter<K> = RateLimiter<K, DashMapStateStore<K>, Ticks, NoOpMiddleware<Duration>>;

/// One try to sign in or up, or to change a password.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    /// What is tried.
    pub action: &'static str,
    /// At whose door.
    pub vendor: Option<VendorId>,
    /// In whose name, as names are compared.
    pub name: String,
    /// From where.
    pub address: Option<IpAddr>,
}

/// The limits, and who has how much left.
pub struct Limits {
    clock: Ticks,
    names: Limiter<Attempt>,
    names_here: Limiter<Attempt>,
    names_anywhere: Limiter<(&'static str, String)>,
    senders: Limiter<VendorId>,
    recipients: Limiter<String>,
    networks: Limiter<IpAddr>,
    keys: Limiter<ApiKeyId>,
    tries: AtomicU32,
    enabled: bool,
}

fn limiter<K: std::hash::Hash + Eq + Clone>((burst, every): (u32, Duration), clock: &Ticks) -> Limiter<K> {
    let quota = Quota::with_period(every).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
    RateLimiter::new(quota.allow_burst(NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN)), DashMapStateStore::default(), clock.clone())
}

impl Limits {
    /// Limits that go by `clock`; none when not `enabled`.
    pub fn new(clock: Clock, enabled: bool) -> Self {
        let clock = Ticks(clock);
        Self {
            names: limiter(PER_NAME, &clock),
            names_here: limiter(PER_NAME_HERE, &clock),
            names_anywhere: limiter(PER_NAME_ANYWHERE, &clock),
            senders: limiter(PER_SENDER, &clock),
            recipients: limiter(PER_RECIPIENT, &clock),
            networks: limiter(PER_NETWORK, &clock),
            keys: limiter(PER_KEY, &clock),
            clock,
            tries: AtomicU32::new(0),
            enabled,
        }
    }

    /// Counts a try, or refuses it with 429 and `Retry-After`.
    pub fn admit(&self, attempt: Attempt) -> Result<(), Problem> {
        self.admit_or_ask(attempt)?.map_or(Ok(()), Err)
    }

    /// The same for somebody who may be at home. That others have used up what there is for the name from anywhere is
    /// only told: who comes from where they always come from is let in all the same, so that nobody can lock them out.
    pub fn admit_or_ask(&self, attempt: Attempt) -> Result<Option<Problem>, Problem> {
        if !self.enabled {
            return Ok(None);
        }
        let attempt = Attempt { address: attempt.address.map(network), ..attempt };
        if let Some(network) = &attempt.address {
            self.check(&self.networks, network, PER_NETWORK)?;
        }
        self.check(&self.names, &attempt, PER_NAME)?;
        let attempt = Attempt { vendor: None, ..attempt };
        self.check(&self.names_here, &attempt, PER_NAME_HERE)?;
        Ok(self.check(&self.names_anywhere, &(attempt.action, attempt.name), PER_NAME_ANYWHERE).err())
    }

    /// Counts a letter that a vendor's team has sent to an address, as addresses are compared, or refuses to send it.
    pub fn admit_letter(&self, vendor: VendorId, to: String) -> Result<(), Problem> {
        if !self.enabled {
            return Ok(());
        }
        self.check(&self.senders, &vendor, PER_SENDER)?;
        self.check(&self.recipients, &to, PER_RECIPIENT)
    }

    /// Counts a request by an API key, or refuses it.
    pub fn admit_key(&self, key: ApiKeyId) -> Result<(), Problem> {
        if self.enabled { self.check(&self.keys, &key, PER_KEY) } else { Ok(()) }
    }

    /// Counts a try of what is no API key, or refuses to look at more from there.
    pub fn admit_guess(&self, address: Option<IpAddr>) -> Result<(), Problem> {
        match address.map(network).filter(|_| self.enabled) {
            Some(network) => self.check(&self.networks, &network, PER_NETWORK),
            None => Ok(()),
        }
    }

    fn check<K: std::hash::Hash + Eq + Clone>(&self, limiter: &Limiter<K>, key: &K, (tries, _): (u32, Duration)) -> Result<(), Problem> {
        if self.tries.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.tidy();
        }
        limiter.check_key(key).map_err(|too_soon| refuse(tries, too_soon.wait_time_from(self.clock.now())))
    }

    /// Forgets those who have all there is again.
    fn tidy(&self) {
        self.names.retain_recent();
        self.names_here.retain_recent();
        self.names_anywhere.retain_recent();
        self.networks.retain_recent();
        self.senders.retain_recent();
        self.recipients.retain_recent();
        self.keys.retain_recent();
    }
}

/// What one caller can call from: an address, or with IPv6 the whole network that one gets (/64).
pub fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
    }
}

fn refuse(tries: u32, wait: Duration) -> Problem {
    let seconds = (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1);
    Problem::new(Code::TooManyRequests, format!("too many tries; wait {seconds} seconds")).limited(tries, seconds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::Timestamp;
    use std::net::Ipv6Addr;
    use std::sync::Arc;
    use std::sync::atomic::AtomicI64;

    #[test]
    fn who_has_recovered_is_forgotten() {
        let micros = Arc::new(AtomicI64::new(1_800_000_000_000_000));
        let now = Arc::clone(&micros);
        let limits = Limits::new(Clock::new(move || Timestamp::from_micros(now.load(Ordering::Relaxed)).unwrap()), true);
        for network in 0..5 * TIDY_EVERY {
            let address = Ipv6Addr::from_bits(u128::from(network) << 64);
            limits.admit_guess(Some(address.into())).unwrap();
            micros.fetch_add(1_000_000, Ordering::Relaxed);
        }
        assert!(limits.networks.len() <= TIDY_EVERY as usize + 1, "{}", limits.networks.len());
    }
}
