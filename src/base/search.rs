//! Words to search by: the same on every engine.
//!
//! Text is split at what is neither letter nor digit, folded to lower case and freed of accents
//! (Unicode NFKD, combining marks dropped), so that "Café-Crème" is found by "creme".

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A longer word is cut: nobody types it in whole.
const MAX_WORD: usize = 40;

/// The text as it is compared and sorted: lower case, no accents.
pub fn fold(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// The distinct words of `text`, at most `most`, in order of appearance.
pub fn words(text: &str, most: usize) -> Vec<String> {
    let mut found = Vec::new();
    for word in fold(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let word: String = word.chars().take(MAX_WORD).collect();
        if !found.contains(&word) {
            found.push(word);
        }
        if found.len() == most {
            break;
        }
    }
    found
}

/// The first text that sorts after everything that starts with `prefix`.
pub fn after_prefix(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn words_are_folded_and_distinct() {
        assert_eq!(words("Café-Crème, CAFE  №5!", 9), ["cafe", "creme", "no5"]);
        assert_eq!(words("a b c", 2), ["a", "b"]);
        assert_eq!(words(" -- ", 9), Vec::<String>::new());
    }
}
