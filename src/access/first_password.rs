//! First passwords: those that an operator gives to thousands of people in one file, each good once and for some days only.
//!
//! To hash ten thousand of them as dearly as passwords are hashed takes minutes. So what is kept at first is an HMAC
//! (RFC 2104, with SHA-256) of the password and a salt of its own, under a key made of the server's secret: of no use to
//! whoever has the database alone. Minutes later that is hashed with Argon2id in its turn ([`super::Passwords::harden`]), and
//! from then on guessing is as dear as with any other password, even for whoever has the secret, too. Nobody keeps such a
//! password: signing in with it is setting another.

use crate::base::hex;
use crate::base::time::Timestamp;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use rand::Rng;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// What the text of one begins with. No other hash does.
const MARK: &str = "$first$";

/// What is kept of a first password: `$first$<key>$<until>$<salt>$<mac>`, or with the hash of the mac in the place of the mac.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FirstPassword {
    pub(super) kid: String,
    pub(super) until: i64,
    pub(super) salt: String,
    /// Base64 of the mac, or a hash in PHC format, which contains `$`.
    pub(super) proof: String,
}

/// The keys, newest first: those made of the server's secrets.
#[derive(Clone, Default)]
pub(super) struct FirstKeys(Vec<(String, [u8; 32])>);

impl FirstKeys {
    pub(super) fn of(secrets: &[SecretString]) -> Self {
        let key = |secret: &SecretString| {
            let key: [u8; 32] = Sha256::digest([b"stoa first passwords:", secret.expose_secret().as_bytes()].concat()).into();
            let digest = Sha256::digest(key);
            (hex::encode(digest.first_chunk::<4>().unwrap_or(&[0; 4])), key)
        };
        Self(secrets.iter().map(key).collect())
    }

    /// What to keep of a password that is good until then; nothing without a key.
    pub(super) fn keep(&self, password: &SecretString, until: Timestamp) -> Option<String> {
        let (kid, _) = self.0.first()?;
        let mut salt = [0_u8; 16];
        rand::rng().fill_bytes(&mut salt);
        let mut first =
            FirstPassword { kid: kid.clone(), until: until.seconds(), salt: BASE64_STANDARD_NO_PAD.encode(salt), proof: String::new() };
        first.proof = BASE64_STANDARD_NO_PAD.encode(self.mac(&first, password.expose_secret().as_bytes())?.finalize().into_bytes());
        Some(first.text())
    }

    fn mac(&self, first: &FirstPassword, password: &[u8]) -> Option<Hmac<Sha256>> {
        let (_, key) = self.0.iter().find(|(kid, _)| *kid == first.kid)?;
        let mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
        Some(mac.chain_update(format!("{}${}$", first.until, first.salt)).chain_update(password))
    }

    /// The mac of the password that somebody typed, as text; to be compared with the hash of the right one.
    pub(super) fn typed(&self, first: &FirstPassword, password: &[u8]) -> Option<String> {
        Some(BASE64_STANDARD_NO_PAD.encode(self.mac(first, password)?.finalize().into_bytes()))
    }

    /// Whether the password has this very mac. Takes as long for a wrong one.
    pub(super) fn verify(&self, first: &FirstPassword, password: &[u8]) -> bool {
        let right = BASE64_STANDARD_NO_PAD.decode(&first.proof).ok();
        self.mac(first, password).zip(right).is_some_and(|(mac, right)| mac.verify_slice(&right).is_ok())
    }
}

impl FirstPassword {
    /// Reads what was kept; `None` when it is another kind of hash.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix(MARK)?.splitn(4, '$');
        let (kid, until, salt, proof) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
        Some(Self { kid: kid.to_owned(), until, salt: salt.to_owned(), proof: proof.to_owned() })
    }

    pub(super) fn text(&self) -> String {
        format!("{MARK}{}${}${}${}", self.kid, self.until, self.salt, self.proof)
    }

    /// Whether the mac was hashed in its turn.
    pub(super) fn is_hardened(&self) -> bool {
        self.proof.contains('$')
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.until <= now.seconds()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secrets: &[&str]) -> FirstKeys {
        FirstKeys::of(&secrets.iter().map(|secret| SecretString::from(*secret)).collect::<Vec<_>>())
    }

    #[test]
    fn it_is_good_with_its_own_key_until_its_time_and_for_nothing_else() {
        let (until, keys) = (Timestamp::from_micros(1_800_000_000_000_000).unwrap(), keys(&["one secret", "another"]));
        let kept = keys.keep(&"password123".into(), until).unwrap();
        assert!(!kept.contains("password123") && kept != keys.keep(&"password123".into(), until).unwrap(), "{kept}");
        let first = FirstPassword::read(&kept).unwrap();
        assert!(keys.verify(&first, b"password123") && !keys.verify(&first, b"password124"));
        assert!(!first.is_hardened() && first.is_over(until) && !first.is_over(until.minus(chrono::TimeDelta::seconds(1))));
        assert_eq!(FirstPassword::read(&first.text()), Some(first.clone()));
        let longer = FirstPassword { until: first.until + 1, ..first.clone() };
        assert!(!keys.verify(&longer, b"password123"), "nobody prolongs it");
        assert!(!self::keys(&["a third"]).verify(&first, b"password123"));
        assert!(self::keys(&["a third", "one secret"]).verify(&first, b"password123"), "secrets rotate");
        assert_eq!(FirstPassword::read("$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA"), None);
        assert_eq!(self::keys(&[]).keep(&"password123".into(), until), None);
    }
}
