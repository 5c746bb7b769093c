//! Checks on input that more than one feature makes. Each answers with a code and a message for the field.

use super::patch::Patch;
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

/// An address that mail could be sent to: one `@`, a dotted domain, no spaces.
pub fn email(text: &str) -> Result<(), ValidationError> {
    let plausible = text.chars().count() <= 254
        && !text.contains(char::is_whitespace)
        && text.rsplit_once('@').is_some_and(|(name, domain)| {
            !name.is_empty() && !name.contains('@') && domain.split('.').count() >= 2 && domain.split('.').all(|label| !label.is_empty())
        });
    if plausible { Ok(()) } else { refuse("invalid_email", "must be an e-mail address") }
}

/// [`email`] of a PATCH.
pub fn patched_email(text: &Patch<String>) -> Result<(), ValidationError> {
    text.value().map_or(Ok(()), |text| email(text))
}

/// A name to sign in with: letters, digits and `@ . + - _`.
pub fn username(text: &str) -> Result<(), ValidationError> {
    let allowed = |c: char| c.is_alphanumeric() || "@.+-_".contains(c);
    if !text.is_empty() && text.chars().all(allowed) {
        Ok(())
    } else {
        refuse("invalid_username", "may have letters, digits and @ . + - _")
    }
}

/// Web addresses, at most 20.
pub fn web_addresses(urls: &[String]) -> Result<(), ValidationError> {
    let plausible = |url: &String| {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        url.chars().count() <= 2000 && rest.is_some_and(|rest| !rest.is_empty()) && !url.contains(char::is_whitespace)
    };
    match (urls.len() <= 20, urls.iter().all(plausible)) {
        (false, _) => refuse("too_many", "must have at most 20 entries"),
        (_, false) => refuse("invalid_url", "must be addresses that start with https:// or http://"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_needs_a_name_and_a_dotted_domain() {
        assert!(email("alice@example.com").is_ok());
        for text in ["", "alice", "alice@", "@example.com", "a b@example.com", "a@b@example.com", "a@example", "a@.com"] {
            assert!(email(text).is_err(), "{text:?}");
        }
    }
}
