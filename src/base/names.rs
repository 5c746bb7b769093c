//! Names and e-mail addresses of people, as they are compared: without regard to case, in one Unicode form (NFKC).

use unicode_normalization::UnicodeNormalization;

/// The form that is the same for all ways to write a name; accents count.
pub fn key(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn case_and_form_do_not_count_and_accents_do() {
        assert_eq!(key("Alice@Example.COM"), "alice@example.com");
        assert_eq!(key("Jose\u{301}"), key("JOSÉ"));
        assert_ne!(key("José"), key("Jose"));
    }
}
