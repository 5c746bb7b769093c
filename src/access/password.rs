//! Passwords: Argon2id (RFC 9106; m = 19 MiB, t = 2, p = 1), off the async threads and only so many at a time,
//! so that a flood of sign-ins can neither exhaust the memory nor starve other requests.

use crate::base::code::Code;
use crate::base::patience;
use crate::problem::Problem;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What an unknown name's password is compared with, so that it takes as long as a known one's.
/// It is the hash of nothing that anybody can type: its output is made up.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c3RvYS1ub2JvZHktaGVyZQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Hashes and compares passwords.
#[derive(Clone)]
pub struct Passwords(Arc<Semaphore>);

impl Passwords {
    /// At most `at_once` at a time, with 19 MiB each.
    pub fn new(at_once: usize) -> Self {
        Self(Arc::new(Semaphore::new(at_once)))
    }

    /// The hash to keep, with a salt of its own.
    pub async fn hash(&self, password: SecretString) -> Result<String, Problem> {
        self.run(move |argon2| {
            argon2.hash_password(password.expose_secret().as_bytes()).map(|hash| hash.to_string()).map_err(Problem::internal)
        })
        .await?
    }

    /// Whether the password is the one that was hashed. Takes as long without a hash, and is then false.
    pub async fn verify(&self, password: SecretString, hash: Option<String>) -> Result<bool, Problem> {
        self.run(move |argon2| {
            let matches = argon2.verify_password(password.expose_secret().as_bytes(), hash.as_deref().unwrap_or(NOBODY)).is_ok();
            matches && hash.is_some()
        })
        .await
    }

    async fn run<R: Send + 'static>(&self, work: impl FnOnce(Argon2<'_>) -> R + Send + 'static) -> Result<R, Problem> {
        let busy = || Problem::new(Code::Busy, "too many people are signing in; try again in a moment").retry_after(1);
        let turn = patience::wait(Arc::clone(&self.0).acquire_owned()).await;
        let turn = turn.ok_or_else(busy)?.map_err(Problem::internal)?;
        let params = Params::new(19_456, 2, 1, None).map_err(Problem::internal)?;
        let done = tokio::task::spawn_blocking(move || {
            // Held until the memory is free again, even when the caller has gone away.
            let _turn = turn;
            work(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
        });
        done.await.map_err(Problem::internal)
    }
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

    #[test]
    fn nobodys_hash_is_well_formed_and_as_dear_as_any() {
        let parsed = argon2::PasswordHash::new(NOBODY).unwrap();
        assert_eq!(parsed.params.to_string(), "m=19456,t=2,p=1");
    }
}
