//! The rules of the house that the compiler does not watch over. They are read off the source, as text.

use std::path::Path;

const FEATURES: [&str; 12] =
    ["api_keys", "audit", "events", "idempotency", "mail", "identity", "tenancy", "catalog", "orders", "customers", "analytics", "admin"];

/// One source file: its path below `src`, its text, and its code, which is the text without comments and unit tests.
struct Source {
    path: String,
    text: String,
    code: String,
}

fn sources() -> Vec<Source> {
    fn read(folder: &Path, prefix: &str, found: &mut Vec<Source>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{prefix}{}", entry.file_name().to_str().unwrap());
            if entry.path().is_dir() {
                read(&entry.path(), &format!("{path}/"), found);
            } else if entry.path().extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(entry.path()).unwrap();
                found.push(Source { path, code: code_of(&text), text });
            }
        }
    }
    let mut found = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    assert!(found.len() >= 60, "{}", found.len());
    found
}

/// Unit tests stand at the end of a file; `//` begins a comment unless it is part of a URL.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().map(|line| match line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':')) {
        Some((at, _)) => &line[..at],
        None => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The files whose code says one of `words` and that `may` not.
fn offenders(words: &[&str], may: impl Fn(&str) -> bool) -> Vec<String> {
    let says = |source: &Source| words.iter().any(|word| source.code.contains(word));
    let all: Vec<_> = sources().into_iter().filter(says).map(|source| source.path).collect();
    assert!(all.iter().any(|path| may(path)), "nobody says {words:?}: the rule watches over nothing");
    all.into_iter().filter(|path| !may(path)).collect()
}

const NOBODY: Vec<String> = Vec::new();

#[test]
fn only_the_database_the_stores_and_the_types_of_columns_know_diesel() {
    let types = ["base/column.rs", "base/id.rs", "base/money.rs", "base/text_enum.rs", "base/time.rs"];
    assert_eq!(offenders(&["diesel::"], |path| path.starts_with("db/") || path.ends_with("/store.rs") || types.contains(&path)), NOBODY);
}

#[test]
fn only_what_speaks_http_knows_the_web_framework() {
    let may = |path: &str| {
        ["server/", "http/", "access/"].iter().any(|folder| path.starts_with(folder))
            || path.ends_with("/http.rs")
            || ["problem.rs", "commands.rs", "main.rs"].contains(&path)
    };
    assert_eq!(offenders(&["actix_web::"], may), NOBODY);
}

#[test]
fn only_the_database_and_the_settings_name_an_engine() {
    let engines = ["sqlite", "Sqlite", "SQLite", "SQLITE", "postgres", "Postgres", "POSTGRES", "PgConnection", "pg_"];
    // The metrics tell what is counted in words for people.
    let may = |path: &str| path.starts_with("db/") || ["config.rs", "commands.rs", "main.rs", "server/metrics.rs"].contains(&path);
    assert_eq!(offenders(&engines, may), NOBODY);
    let metrics = sources().into_iter().find(|source| source.path == "server/metrics.rs").unwrap();
    assert_eq!(metrics.code.matches("SQLite").count(), metrics.code.matches("\"Commits of the SQLite writer\"").count());
}

#[test]
fn only_access_makes_keys_to_a_vendors_data() {
    assert_eq!(offenders(&["MayRead for", "MayWrite for"], |path| path.starts_with("access/")), NOBODY);
}

#[test]
fn stoa_goes_to_work_for_a_vendor_by_itself_in_few_places_only() {
    assert_eq!(
        offenders(&["Itself::at", "Itself("], |path| {
            ["demo.rs", "housekeeping.rs", "identity/desk.rs", "audit/verify.rs", "orders/figures/fold.rs", "access/caller.rs"]
                .contains(&path)
        }),
        NOBODY
    );
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long: Vec<_> = sources().into_iter().filter(|source| source.text.lines().count() > 400).map(|source| source.path).collect();
    assert_eq!(long, NOBODY);
}

#[test]
fn nothing_is_taken_for_granted_outside_tests() {
    let all = sources();
    let says = |source: &Source| {
        [".unwrap()", ".expect(", "panic!(", "todo!(", "unimplemented!(", "unreachable!("].iter().any(|word| source.code.contains(word))
    };
    assert_eq!(all.into_iter().filter(says).map(|source| source.path).collect::<Vec<_>>(), NOBODY);
}

#[test]
fn features_meet_at_their_front_doors() {
    let mut through_the_back = Vec::new();
    for source in sources() {
        let own = source.path.split('/').next().unwrap().trim_end_matches(".rs");
        for feature in FEATURES.iter().filter(|feature| **feature != own) {
            for part in ["store", "service", "model", "desk", "place", "workflow"] {
                if source.code.contains(&format!("{feature}::{part}::")) {
                    through_the_back.push(format!("{}: {feature}::{part}", source.path));
                }
            }
        }
    }
    assert_eq!(through_the_back, NOBODY);
}

#[test]
fn the_ground_knows_nothing_of_what_stands_on_it() {
    let mut upwards = Vec::new();
    for source in sources() {
        let above: &[&str] = match source.path.split('/').next().unwrap() {
            "base" => &["crate::problem", "crate::http", "crate::db", "crate::access", "crate::server"],
            "problem.rs" | "http" => &["crate::db", "crate::access", "crate::server"],
            "db" => &["crate::http", "crate::access", "crate::server"],
            "access" => &["crate::server"],
            _ => continue,
        };
        let features = FEATURES.map(|feature| format!("crate::{feature}"));
        for word in above.iter().copied().chain(features.iter().map(String::as_str)) {
            if source.code.contains(word) {
                upwards.push(format!("{}: {word}", source.path));
            }
        }
    }
    assert_eq!(upwards, NOBODY);
}
