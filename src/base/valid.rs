//! Checks on input that more than one feature makes. Each answers with a code and a message for the field.

use super::patch::Patch;
use super::shape::{Email, Username, WebAddress};
use serde_json::{Map, Value};
use std::borrow::Cow;
use validator::ValidationError;

fn refuse(code: &'static str, message: &'static str) -> Result<(), ValidationError> {
    Err(ValidationError::new(code).with_message(Cow::Borrowed(message)))
}

/// Text that says something.
pub fn not_blank(text: &str) -> Result<(), ValidationError> {
    if text.trim().is_empty() { refuse("blank", "must not be blank") } else { Ok(()) }
}

/// [`not_blank`] of a PATCH.
pub fn patched_not_blank(text: &Patch<String>) -> Result<(), ValidationError> {
    text.value().map_or(Ok(()), |text| not_blank(text))
}

/// An address that mail could be sent to.
pub fn email(text: &str) -> Result<(), ValidationError> {
    if Email::is(text) { Ok(()) } else { refuse("invalid_email", "must be an e-mail address") }
}

/// [`email`] of a PATCH.
pub fn patched_email(text: &Patch<String>) -> Result<(), ValidationError> {
    text.value().map_or(Ok(()), |text| email(text))
}

/// A name to sign in with.
pub fn username(text: &str) -> Result<(), ValidationError> {
    if Username::is(text) { Ok(()) } else { refuse("invalid_username", "may have letters, digits and @ . + - _") }
}

/// A web address.
pub fn web_address(text: &str) -> Result<(), ValidationError> {
    if WebAddress::is(text) {
        Ok(())
    } else {
        refuse("invalid_url", "must be an address that starts with https:// or http:// and a domain")
    }
}

/// [`web_address`] of a PATCH.
pub fn patched_web_address(text: &Patch<String>) -> Result<(), ValidationError> {
    text.value().map_or(Ok(()), |text| web_address(text))
}

/// Web addresses, at most 20.
pub fn web_addresses(urls: &[String]) -> Result<(), ValidationError> {
    match (urls.len() <= 20, urls.iter().all(|url| WebAddress::is(url))) {
        (false, _) => refuse("too_many", "must have at most 20 entries"),
        (_, false) => refuse("invalid_url", "must be addresses that start with https:// or http:// and a domain"),
        _ => Ok(()),
    }
}

/// Members of any name and any value, as many as [`Attributes`](super::shape::Attributes) may have.
pub fn attributes(attributes: &Map<String, Value>) -> Result<(), ValidationError> {
    let size = serde_json::to_string(attributes).map_or(usize::MAX, |text| text.len());
    if attributes.len() <= 50 && size <= 16 * 1024 { Ok(()) } else { refuse("too_large", "must have at most 50 members and 16 KiB") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_address_has_a_domain() {
        for url in ["http://a", "https://example.com/a?b#c", "https://example.com:8080", "https://bücher.example?q=[1]"] {
            assert!(WebAddress::is(url), "{url}");
        }
        for url in
            ["https://", "https:///a", "https://[", "https://[::1]/", "https://a@b", "https://a:", "https://a:x", "ftp://a", "https://a b"]
        {
            assert!(!WebAddress::is(url), "{url}");
        }
    }

    #[test]
    fn an_accent_may_stand_by_itself_in_a_name() {
        assert!(username("jose\u{301}").is_ok() && username("josé@example.com").is_ok());
        assert!(username("a b").is_err() && username("").is_err());
    }

    #[test]
    fn an_email_needs_a_name_and_a_dotted_domain() {
        assert!(email("alice@example.com").is_ok());
        for text in ["", "alice", "alice@", "@example.com", "a b@example.com", "a@b@example.com", "a@example", "a@.com"] {
            assert!(email(text).is_err(), "{text:?}");
        }
    }
}
