//! How tokens are signed: HMAC with SHA-256 (HS256, RFC 7518, section 3.2), and in no other way.
//!
//! `jsonwebtoken` leaves the choice of cryptography to its user. This is all that Stoa chooses, so a token that names another
//! algorithm cannot be verified at all, and what other algorithms would need is not in the program.

use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind};
use jsonwebtoken::signature::{Error as Wrong, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use sha2::Sha256;

static HS256_ONLY: CryptoProvider =
    CryptoProvider { signer_factory: signer, verifier_factory: verifier, key_utils: KeyUtils::new_unimplemented() };

/// Makes this the cryptography of all tokens in this process. To say so again changes nothing.
pub(super) fn choose() {
    // It is an error to choose twice, and everybody here chooses the same.
    CryptoProvider::install_default(&HS256_ONLY).ok();
}

/// A secret, ready to sign and to verify.
struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(algorithm: Algorithm, family: AlgorithmFamily, secret: &[u8]) -> Result<Box<Self>, Error> {
        if algorithm != Algorithm::HS256 || family != AlgorithmFamily::Hmac {
            return Err(ErrorKind::InvalidAlgorithm.into());
        }
        Hmac::new_from_slice(secret).map(|mac| Box::new(Self(mac))).map_err(|_| ErrorKind::InvalidKeyFormat.into())
    }

    fn over(&self, message: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(message)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "this is how jsonwebtoken asks")]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Ok(Hs256::new(*algorithm, key.family(), key.as_bytes())?)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "this is how jsonwebtoken asks")]
fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    Ok(Hs256::new(*algorithm, key.family(), key.try_get_as_bytes()?)?)
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, Wrong> {
        Ok(self.over(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    /// Takes as long for a wrong signature as for the right one.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), Wrong> {
        self.over(message).verify_slice(signature).map_err(Wrong::from_source)
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    /// The example of RFC 7515, appendix A.1: the secret, the signed text and its signature.
    const SECRET: &str = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
    const TEXT: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    const SIGNATURE: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn bytes(text: &str) -> Vec<u8> {
        BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn the_example_of_the_standard_is_signed_and_verified() {
        let signer = signer(&Algorithm::HS256, &EncodingKey::from_secret(&bytes(SECRET))).unwrap();
        assert_eq!(signer.try_sign(TEXT.as_bytes()).unwrap(), bytes(SIGNATURE));
        let verifier = verifier(&Algorithm::HS256, &DecodingKey::from_secret(&bytes(SECRET))).unwrap();
        assert!(verifier.verify(TEXT.as_bytes(), &bytes(SIGNATURE)).is_ok());
    }

    #[test]
    fn a_signature_that_is_wrong_in_any_way_is_refused() {
        let verifier = verifier(&Algorithm::HS256, &DecodingKey::from_secret(&bytes(SECRET))).unwrap();
        let right = bytes(SIGNATURE);
        for bit in 0..right.len() * 8 {
            let mut wrong = right.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            assert!(verifier.verify(TEXT.as_bytes(), &wrong).is_err(), "{bit}");
        }
        for length in 0..right.len() {
            assert!(verifier.verify(TEXT.as_bytes(), &right[..length].to_vec()).is_err(), "{length}");
        }
        assert!(verifier.verify(b"another text", &right).is_err());
    }

    #[test]
    fn there_is_no_other_algorithm() {
        for algorithm in [Algorithm::HS384, Algorithm::HS512, Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA] {
            assert!(signer(&algorithm, &EncodingKey::from_secret(b"secret")).is_err(), "{algorithm:?}");
            assert!(verifier(&algorithm, &DecodingKey::from_secret(b"secret")).is_err(), "{algorithm:?}");
        }
        assert!(verifier(&Algorithm::HS256, &DecodingKey::from_rsa_der(b"a public key")).is_err());
    }
}
