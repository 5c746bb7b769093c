//! Passwords: Argon2id (RFC 9106; m = 19 MiB, t = 2, p = 1), on threads that give way to all others and only so many at a
//! time, so that a flood of sign-ins can neither exhaust the memory nor starve other requests.

use super::first_password::{FirstKeys, FirstPassword};
use crate::base::code::Code;
use crate::base::patience;
use crate::base::time::Timestamp;
use crate::problem::Problem;
use argon2::password_hash::phc::{Output, PasswordHash};
use argon2::{Algorithm, Argon2, Block, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// In KiB, passes and lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// Hashes and compares passwords.
#[derive(Clone)]
pub struct Passwords {
    turns: Arc<Turns>,
    first: FirstKeys,
}

struct Turns {
    free: Semaphore,
    /// Memory for those who come next. Under a flood it is used again, for having it anew takes a tenth of the time.
    spare: Mutex<Vec<Vec<Block>>>,
}

impl Passwords {
    /// What is kept where no password is good, and compared with for an unknown name, so that it takes as long as for a known one:
    /// the hash of nothing that anybody can type, for its output is made up.
    pub const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$c3RvYS1ub2JvZHktaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    /// At most `at_once` at a time, with 19 MiB each.
    pub fn new(at_once: usize) -> Self {
        let turns = Turns { free: Semaphore::new(at_once), spare: Mutex::default() };
        Self { turns: Arc::new(turns), first: FirstKeys::default() }
    }

    /// The same, with the server's secrets, without which there are no first passwords.
    #[must_use]
    pub fn knowing(self, secrets: &[SecretString]) -> Self {
        Self { first: FirstKeys::of(secrets), ..self }
    }

    /// What to keep, for now, of a first password that is good until then: see [`super::first_password`].
    pub fn keep_first(&self, password: &SecretString, until: Timestamp) -> Result<String, Problem> {
        self.first.keep(password, until).ok_or_else(|| Problem::internal("first passwords need a secret"))
    }

    /// Whether this is what is kept of a first password whose time is over.
    pub fn is_over(hash: &str, now: Timestamp) -> bool {
        FirstPassword::read(hash).is_some_and(|first| first.is_over(now))
    }

    /// Whether this is kept of the same first password, hardened or not.
    pub fn is_same_first(one: &str, other: &str) -> bool {
        let what = |hash| FirstPassword::read(hash).map(|first| (first.kid, first.until, first.salt));
        what(one).is_some_and(|one| what(other) == Some(one))
    }

    /// What to keep of a first password from now on, as dear to guess as any other; `None` if that is kept already, or it is
    /// no first password.
    pub async fn harden(&self, kept: &str) -> Result<Option<String>, Problem> {
        let Some(first) = FirstPassword::read(kept).filter(|first| !first.is_hardened()) else { return Ok(None) };
        let proof = self.hash(first.proof.clone().into()).await?;
        Ok(Some(FirstPassword { proof, ..first }.text()))
    }

    /// The hash to keep, with a salt of its own.
    pub async fn hash(&self, password: SecretString) -> Result<String, Problem> {
        self.run(move |argon2, _| {
            argon2.hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string()).map_err(Problem::internal)
        })
        .await?
    }

    /// Whether the password is the one that was hashed. Takes as long without a hash, and is then false.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Problem> {
        let first = self.first.clone();
        self.run(move |argon2, turns| {
            let typed = password.expose_secret().as_bytes();
            match hash.as_deref().and_then(FirstPassword::read) {
                None => matches(argon2, typed, hash.as_deref().unwrap_or(Self::NOBODYS), turns) && hash.is_some(),
                Some(kept) if kept.is_hardened() => {
                    let mac = first.typed(&kept, typed).unwrap_or_default();
                    matches(argon2, mac.as_bytes(), &kept.proof, turns) && !mac.is_empty()
                }
                Some(kept) => {
                    // For the time it takes.
                    matches(argon2, typed, Self::NOBODYS, turns);
                    first.verify(&kept, typed)
                }
            }
        })
        .await
    }

    async fn run<R: Send + 'static>(&self, work: impl FnOnce(&Argon2<'_>, &Turns) -> R + Send + 'static) -> Result<R, Problem> {
        let busy = || Problem::new(Code::Busy, "too many people are signing in; try again in a moment").retry_after(1);
        patience::wait(self.turns.free.acquire()).await.ok_or_else(busy)?.map_err(Problem::internal)?.forget();
        // Given back when the memory is free again, even when the caller has gone away.
        let turn = Turn(Arc::clone(&self.turns));
        let params = Params::new(COST.0, COST.1, COST.2, None).map_err(Problem::internal)?;
        let (tell, told) = oneshot::channel();
        let thread = std::thread::Builder::new().name("stoa-password".to_owned()).spawn(move || {
            give_way();
            let done = work(&Argon2::new(Algorithm::Argon2id, Version::V0x13, params), &turn.0);
            drop(turn);
            // A caller that has gone away needs no answer.
            drop(tell.send(done));
        });
        thread.map_err(Problem::internal)?;
        told.await.map_err(Problem::internal)
    }
}

/// Somebody's turn, over when this is dropped.
struct Turn(Arc<Turns>);

impl Drop for Turn {
    fn drop(&mut self) {
        // Nobody else is at it: the flood is over, and the memory goes back to the system.
        if self.0.free.available_permits() > 0 {
            self.0.spare.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }
        self.0.free.add_permits(1);
    }
}

/// Has the rest of the machine's work done before this thread's, where threads have a priority of their own.
fn give_way() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(10) {
        tracing::debug!(%error, "hashing does not give way");
    }
}

fn matches(argon2: &Argon2<'_>, password: &[u8], hash: &str, turns: &Turns) -> bool {
    let Ok(kept) = PasswordHash::new(hash) else { return false };
    if !is_made_like_ours(&kept) {
        return argon2.verify_password(password, &kept).is_ok();
    }
    let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else { return false };
    let spare = turns.spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut blocks = spare.unwrap_or_else(|| vec![Block::default(); argon2.params().block_count()]);
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    let done = argon2.hash_password_into_with_memory(password, salt.as_ref(), &mut output, &mut blocks);
    turns.spare.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
    // Compared in the same time whatever they have in common.
    done.is_ok() && Output::new(&output).is_ok_and(|output| output == *expected)
}

/// Whether a hash was made at the cost of ours; the memory is made for those.
fn is_made_like_ours(kept: &PasswordHash) -> bool {
    let is_ours = |params: Params| (params.m_cost(), params.t_cost(), params.p_cost()) == COST;
    kept.algorithm == Algorithm::Argon2id.ident()
        && kept.version == Some(Version::V0x13.into())
        && kept.hash.as_ref().is_some_and(|output| output.len() == Params::DEFAULT_OUTPUT_LEN)
        && Params::try_from(kept).is_ok_and(is_ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let passwords = Passwords::new(1);
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("battery staple".into(), Some(hash.clone())).await.unwrap());
        assert!(!passwords.verify("correct horse".into(), None).await.unwrap());
        assert_ne!(hash, passwords.hash("correct horse".into()).await.unwrap(), "each has a salt of its own");
    }

    #[tokio::test]
    async fn a_first_password_is_good_before_and_after_it_was_hardened() {
        let passwords = Passwords::new(1).knowing(&["a secret of the server".into()]);
        let until = Timestamp::from_micros(1_800_000_000_000_000).unwrap();
        let kept = passwords.keep_first(&"correct horse".into(), until).unwrap();
        let hardened = passwords.harden(&kept).await.unwrap().unwrap();
        assert!(hardened.starts_with("$first$") && hardened.contains("$argon2id$v=19$m=19456,t=2,p=1$"), "{hardened}");
        assert_eq!(passwords.harden(&hardened).await.unwrap(), None);
        for hash in [kept.clone(), hardened.clone()] {
            assert!(passwords.verify("correct horse".into(), Some(hash.clone())).await.unwrap());
            assert!(!passwords.verify("battery staple".into(), Some(hash.clone())).await.unwrap());
            assert!(!Passwords::new(1).verify("correct horse".into(), Some(hash.clone())).await.unwrap(), "without the secret");
            assert!(Passwords::is_over(&hash, until) && !Passwords::is_over(&hash, until.minus(chrono::TimeDelta::seconds(1))));
        }
        let other = passwords.keep_first(&"correct horse".into(), until).unwrap();
        assert!(Passwords::is_same_first(&kept, &hardened) && !Passwords::is_same_first(&kept, &other), "the salt is another");
        let own = passwords.hash("correct horse".into()).await.unwrap();
        assert!(!Passwords::is_same_first(&own, &own), "it is nobody's first");
        assert!(passwords.harden(&own).await.unwrap().is_none() && !Passwords::is_over(&own, until));
    }

    #[test]
    fn nobodys_hash_is_well_formed_and_as_dear_as_any() {
        let parsed = argon2::PasswordHash::new(Passwords::NOBODYS).unwrap();
        assert_eq!(parsed.params.to_string(), "m=19456,t=2,p=1");
    }
}
