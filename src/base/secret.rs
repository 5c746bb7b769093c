//! Secrets that are told once, such as the token of a mailed link: how they are made, and what is kept of them.

use super::hex;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rand::Rng;
use sha2::{Digest, Sha256};

/// A new secret: 256 random bits in 43 characters that need no escaping in a URL.
pub fn new() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// What is kept of a secret, and found by it: its SHA-256, from which nobody gets back to a secret of 256 bits.
pub fn digest(secret: &str) -> String {
    hex::encode(&Sha256::digest(secret.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::{digest, new};

    #[test]
    fn a_secret_is_long_and_never_the_same() {
        let (one, other) = (new(), new());
        assert_ne!(one, other);
        assert!(one.len() == 43 && one.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'), "{one}");
    }

    #[test]
    fn a_digest_is_sha_256_in_hexadecimal() {
        assert_eq!(digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
