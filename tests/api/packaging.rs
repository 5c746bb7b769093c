//! What is said in the Dockerfile, in compose.yaml and in the systemd unit fits the program. It is read off the files, as text.

use std::collections::BTreeSet;
use std::path::Path;

fn text(file: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The settings that there are: those that `.env.example` lists.
fn settings() -> BTreeSet<String> {
    let lines = text(".env.example");
    let names = lines.lines().filter_map(|line| line.strip_prefix("# ")?.split_once('=')).map(|(name, _)| name.to_owned());
    let found: BTreeSet<_> = names.filter(|name| name.chars().all(|c| c.is_ascii_uppercase() || c == '_')).collect();
    assert!(found.len() >= 17, "{found:?}");
    found
}

/// The settings that a file makes, however it is written: `NAME: value`, `NAME=value` or `Environment=NAME=value`.
fn made_in(part: &str) -> BTreeSet<String> {
    let word = |line: &str| {
        let line = line.trim().trim_start_matches("Environment=").trim_start_matches("ENV ").to_owned();
        let end = line.find([':', '=']).filter(|end| *end > 0)?;
        let name = line.get(..end)?.to_owned();
        name.chars().all(|c| c.is_ascii_uppercase() || c == '_').then_some(name)
    };
    part.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(word).collect()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("no {from:?}"));
    rest.split_once(to).unwrap_or_else(|| panic!("no {to:?} after {from:?}")).0
}

#[test]
fn every_setting_that_is_packaged_is_one_of_the_program() {
    let (dockerfile, compose, unit) = (text("Dockerfile"), text("compose.yaml"), text("packaging/stoa.service"));
    let service = between(&compose, "\n  stoa:\n", "\n  database:\n");
    for (file, part, at_least) in [
        ("Dockerfile", between(&dockerfile, "\nENV ", "\nWORKDIR"), 1),
        ("compose.yaml", between(service, "environment:\n", "\n    ports:"), 10),
        ("stoa.service", unit.as_str(), 1),
    ] {
        let made = made_in(part);
        assert!(made.len() >= at_least, "{file}: {made:?}");
        assert_eq!(made.difference(&settings()).collect::<Vec<_>>(), Vec::<&String>::new(), "{file}");
    }
    // Named twice, given once: what the service is told and what the database makes is one password.
    assert_eq!(compose.matches("${STOA_DB_PASSWORD:?").count(), 2);
    assert!(text("packaging/postgres-init.sh").contains("\"$STOA_DB_PASSWORD\""));
}

#[test]
fn the_image_is_built_with_the_rust_that_the_manifest_asks_for() {
    let (manifest, dockerfile) = (text("Cargo.toml"), text("Dockerfile"));
    assert_eq!(between(&dockerfile, "ARG RUST=", "\n"), between(&manifest, "rust-version = \"", "\""));
}

/// All else is kept from the builder, so what is copied must be let through, and must be there.
#[test]
fn what_the_image_is_built_of_is_all_that_the_builder_sees() {
    let (dockerfile, ignored) = (text("Dockerfile"), text(".dockerignore"));
    let rules: Vec<_> = ignored.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(rules.first(), Some(&"*"));
    let let_through: BTreeSet<_> = rules.iter().skip(1).map(|rule| rule.strip_prefix('!').unwrap()).collect();
    let copied: BTreeSet<_> = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("COPY "))
        .filter(|line| !line.starts_with("--from"))
        .flat_map(|line| line.split_whitespace().rev().skip(1))
        .collect();
    assert_eq!(copied, let_through);
    for name in copied {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists(), "{name}");
    }
}

#[test]
fn nothing_runs_with_more_rights_than_it_needs() {
    let (dockerfile, compose, unit) = (text("Dockerfile"), text("compose.yaml"), text("packaging/stoa.service"));
    let last = dockerfile.lines().filter_map(|line| line.strip_prefix("USER ")).next_back();
    assert_eq!(last, Some("65532:65532"), "a number, which a cluster can check to be no superuser");
    let service = between(&compose, "\n  stoa:\n", "\n  database:\n");
    for word in ["read_only: true", "cap_drop: [ALL]", "no-new-privileges:true"] {
        assert!(service.contains(word), "{word}");
    }
    for word in ["DynamicUser=yes", "ProtectSystem=strict", "NoNewPrivileges=yes", "CapabilityBoundingSet=\n"] {
        assert!(unit.contains(word), "{word}");
    }
    assert!(text("packaging/postgres-init.sh").contains("NOSUPERUSER") && text("packaging/postgres-init.sh").contains("NOBYPASSRLS"));
}
