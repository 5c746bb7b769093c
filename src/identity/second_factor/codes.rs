//! The codes: those of an authenticator, and those for when it is lost.

use crate::base::time::Timestamp;
use rand::Rng;
use totp_rs::{Builder, Secret, Totp};

/// How many recovery codes there are.
const RECOVERY_CODES: usize = 10;
/// What they are made of: no two that look alike.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A secret as it is kept, in base 32: 160 random bits.
pub(super) fn new_secret() -> String {
    let mut bytes = [0_u8; 20];
    rand::rng().fill_bytes(&mut bytes);
    Secret::from(bytes).to_base32()
}

fn totp(secret: &str, account: &str, issuer: &str) -> Option<Totp> {
    let secret = Secret::try_from_base32(secret).ok()?;
    let plain = |text: &str| text.replace(':', " ");
    Builder::new().with_secret(secret).with_account_name(plain(account)).with_issuer(Some(plain(issuer))).build().ok()
}

/// What an authenticator reads off a QR code.
pub(super) fn url(secret: &str, account: &str, issuer: &str) -> Option<String> {
    totp(secret, account, issuer)?.to_url().ok()
}

/// The step of 30 seconds that a code belongs to, if that is about now: the one before and the next one are, too.
pub(super) fn step(secret: &str, code: &str, now: Timestamp) -> Option<i64> {
    let seconds = u64::try_from(now.seconds()).ok()?;
    i64::try_from(totp(secret, "", "")?.check(code, seconds)?).ok()
}

/// The six digits that somebody typed, if that is what they typed.
pub(super) fn digits(typed: &str) -> Option<String> {
    let digits: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    (digits.len() == 6 && digits.chars().all(|c| c.is_ascii_digit())).then_some(digits)
}

/// New recovery codes, of 80 bits each.
pub(super) fn new_recovery_codes() -> Vec<String> {
    (0..RECOVERY_CODES).map(|_| recovery_code()).collect()
}

fn recovery_code() -> String {
    let mut bytes = [0_u8; 16];
    rand::rng().fill_bytes(&mut bytes);
    let mut code = String::new();
    for (index, byte) in bytes.into_iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            code.push('-');
        }
        code.push(LETTERS.get(usize::from(byte % 32)).copied().map_or('x', char::from));
    }
    code
}

/// A recovery code as it is compared, however it was typed.
pub(super) fn plain(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, for SHA-1: "12345678901234567890" in base 32, and the last six of the eight digits.
    #[test]
    fn codes_are_those_of_the_standard() {
        let secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000).unwrap();
            assert_eq!(step(secret, code, at(seconds)), Some(seconds / 30), "{seconds}");
            assert_eq!(step(secret, code, at(seconds + 30)), Some(seconds / 30));
            assert_eq!(step(secret, code, at(seconds + 60)), None);
            assert_eq!(step(secret, "000000", at(seconds)), None);
        }
    }

    #[test]
    fn an_authenticator_is_told_whose_code_it_is() {
        let url = url(&new_secret(), "a:b@example.com", "stoa.example").unwrap();
        assert!(url.starts_with("otpauth://totp/stoa.example:a%20b%40example.com?secret=") && url.contains("issuer=stoa.example"), "{url}");
    }

    #[test]
    fn a_recovery_code_may_be_typed_in_any_way() {
        let codes = new_recovery_codes();
        assert!(codes.len() == 10 && codes.iter().all(|code| code.len() == 19 && plain(code).len() == 16), "{codes:?}");
        let code = &codes[0];
        assert_eq!(plain(&format!(" {} ", code.to_uppercase().replace('-', " "))), plain(code));
        assert_eq!((digits("123 456"), digits(code), digits("12345"), digits("١٢٣٤٥٦")), (Some("123456".to_owned()), None, None, None));
    }

    #[test]
    fn recovery_codes_use_every_letter_alike() {
        let mut letters = LETTERS.to_vec();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), 32);
    }
}
