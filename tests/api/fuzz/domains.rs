//! Which vendor a request means: exactly the one that it names, or a refusal with the code that the API promises; never another.

use super::{holds, holds_there};
use crate::support::World;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::TestCaseResult;
use serde_json::json;
use std::sync::Arc;
use stoa::access::Directory;
use stoa::base::code::Code;
use stoa::base::domain::normalise;

const PLATFORM: &str = "shops.example";
const SETTINGS: [(&str, &str); 2] = [("RATE_LIMITS", "off"), ("PLATFORM_DOMAIN", PLATFORM)];

/// The vendors of these worlds by the names that they have, in lower case, with dots and without decoration.
const NAMES: [(i64, &str); 11] = [
    (1, "vendor1.example.com"),
    (1, "vendor1.shops.example"),
    (2, "vendor2.example.com"),
    (2, "vendor2.shops.example"),
    (3, "vendor3.example.com"),
    (4, "bücher.example"),
    (4, "bu\u{308}cher.example"),
    (4, "xn--bcher-kva.example"),
    (4, "xn--bcher-kva.shops.example"),
    (4, "bücher.shops.example"),
    (5, "berta.shops.example"),
];

async fn world_of_names(engine: crate::support::Engine) -> World {
    let world = World::with(engine, &SETTINGS).await;
    for (id, name, domain) in [(4, "bruno", "bücher.example"), (5, "berta", "berta.shops.example")] {
        let owner = json!({"username": name, "password": "password123", "role": "owner", "vendor_domain": domain});
        assert_eq!(world.stranger().post("/api/auth/register", owner).await.expect(201)["vendor"]["id"], id);
        let login = json!({"username": name, "password": "password123"});
        let pair = world.stranger().post("/api/auth/login", login).await.expect(200);
        let owner = world.stranger().at(domain).bearing(pair["access"].as_str().unwrap());
        assert_eq!(owner.post("/api/products", json!({"name": "Thing", "price": "1"})).await.expect(201)["id"], 12 + id);
    }
    world
}

/// A name on the wire, and whom it means.
#[derive(Clone, Debug)]
struct Spelling {
    text: String,
    vendor: Option<i64>,
}

/// Another way to write a character, after UTS #46: case, width, stops, and what is ignored.
fn respelt(c: char, how: u8) -> String {
    match (c, how % 8) {
        (_, 0 | 1) => c.to_uppercase().collect(),
        ('.', 2) => "\u{3002}".to_owned(),
        ('.', 3) => "\u{ff0e}".to_owned(),
        ('.', 4) => "\u{ff61}".to_owned(),
        ('!'..='~', 2 | 3) => char::from_u32(u32::from(c) + 0xfee0).unwrap().to_string(),
        ('s', 4) => "ſ".to_owned(),
        ('k', 4) => "\u{212a}".to_owned(),
        (_, 5) => format!("{c}\u{ad}"),
        (_, 6) => format!("\u{200b}{c}"),
        _ => c.to_string(),
    }
}

/// A vendor's name, written as differently as the same name can be.
fn right() -> impl Strategy<Value = Spelling> {
    let letters = prop_oneof![2 => Just(vec![7_u8; 40]), 2 => vec(prop_oneof![Just(0_u8), Just(7)], 40), 1 => vec(any::<u8>(), 40)];
    let end = select(vec!["", "", ".", ":80", ":8080", ".:443", ":00000", ":99999999999999999999"]);
    (select(NAMES.to_vec()), letters, end).prop_map(|((vendor, name), how, end)| {
        let name: String = name.chars().zip(how).map(|(c, how)| respelt(c, how)).collect();
        Spelling { text: format!("{name}{end}"), vendor: Some(vendor) }
    })
}

const TROUBLE: &str =
    "@/\\?#%,;\"'<>(){}[]|^`_!$&*+=~\u{0}\u{1}\u{7f} \t\u{a0}\u{b7}\u{2044}\u{430}\u{435}\u{456}\u{200d}\u{202e}\u{fffd}\u{1f40d}aQ0-";

/// What looks like a vendor's name and is not: no vendor may answer to it.
#[expect(clippy::too_many_lines, reason = "a list of what people and attackers write")]
fn wrong() -> impl Strategy<Value = Spelling> {
    let frames = [
        ("user@", ""),
        ("user:pass@", ""),
        ("http://", ""),
        ("//", ""),
        ("", "/"),
        ("", "/api"),
        ("", "@evil.test"),
        ("", ".evil.test"),
        ("", "#"),
        ("", "?x"),
        ("evil-", ""),
        ("evil.", ""),
        ("www.", ""),
        ("", ","),
        ("", ",vendor2.example.com"),
        ("vendor2.example.com,", ""),
        ("vendor2.example.com ", ""),
        ("", " vendor2.example.com"),
        ("", ".."),
        ("", "...:80"),
        (".", ""),
        ("[", "]"),
        ("", ":"),
        ("", ":80:80"),
        ("", ":8o"),
        ("", ":-1"),
        ("", ":٨"),
        ("", ".shops.example"),
        ("", "%00"),
        ("", ".local"),
        ("xn--", ""),
        ("*", ""),
        ("", "\u{3002}"),
    ];
    let name = || select(NAMES.to_vec()).prop_map(|(_, name)| name.to_owned());
    let in_a_frame = (select(frames.to_vec()), name()).prop_map(|((before, after), name)| format!("{before}{name}{after}"));
    let inserted = (name(), any::<Index>(), select(TROUBLE.chars().collect::<Vec<_>>())).prop_map(|(name, at, c)| {
        let mut text: Vec<char> = name.chars().collect();
        // In between: what stands at the ends may be trimmed.
        text.insert(1 + at.index(text.len() - 1), c);
        text.into_iter().collect()
    });
    let cut = (name(), any::<Index>()).prop_map(|(name, at)| {
        let mut text: Vec<char> = name.chars().collect();
        text.remove(at.index(text.len()));
        text.into_iter().collect()
    });
    let alien = select(vec![
        "",
        ".",
        ":80",
        "localhost",
        "127.0.0.1",
        "127.0.0.1:8080",
        "127.1",
        "0x7f.1",
        "2130706433",
        "[::1]",
        "[::1]:80",
        "::1",
        "0",
        "1",
        "vendor1",
        "example.com",
        PLATFORM,
        "com",
        "nobody.example.com",
        "nobody.shops.example",
        "xn--a",
        "xn--",
        "null",
        "undefined",
        "１２７.0.0.1",
    ]);
    let long =
        (name(), select(vec!["a", "a.", "é", "-", ".", "xn--", "\u{ad}"]), 60..3000_usize).prop_map(|(name, part, times)| match part {
            "\u{ad}" => format!("{}x{name}", part.repeat(times)),
            part => format!("{}{name}", part.repeat(times)),
        });
    let text = prop_oneof![4 => in_a_frame, 4 => inserted, 2 => cut, 2 => alien.prop_map(str::to_owned), 1 => long, 1 => any::<String>(), 1 => "[a-z0-9.:-]{0,30}"];
    text.prop_filter("a vendor's own name", |text| !NAMES.iter().any(|(_, name)| text.trim() == *name))
        .prop_map(|text| Spelling { text, vendor: None })
}

fn spelling() -> impl Strategy<Value = Spelling> {
    prop_oneof![right(), wrong()]
}

#[test]
fn a_normalised_name_is_a_name_in_one_form_only() {
    holds(2000, prop_oneof![right(), wrong()], |Spelling { text, vendor }| {
        let Some(name) = normalise(&text) else {
            prop_assert!(vendor.is_none(), "{:?} is the name of {:?}", text, vendor);
            return Ok(());
        };
        prop_assert_eq!(normalise(&name), Some(name.clone()));
        let labels: Vec<_> = name.split('.').collect();
        let is_plain = |label: &&str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        prop_assert!(labels.iter().all(is_plain) && name.len() <= 253 && name.parse::<std::net::IpAddr>().is_err(), "{}", name);
        let is_theirs = NAMES.iter().any(|(id, own)| vendor == Some(*id) && normalise(own).as_ref() == Some(&name));
        let is_anybodys = NAMES.iter().any(|(_, own)| normalise(own).as_ref() == Some(&name));
        prop_assert_eq!((is_theirs, is_anybodys), (vendor.is_some(), vendor.is_some()), "{:?} became {}", text, name);
        Ok(())
    });
}

/// Whom header and host together mean, or why nobody: told by who is meant by each, not by what they say.
fn meant(header: Option<Option<i64>>, host: Option<Option<i64>>) -> Vec<Result<Option<i64>, Code>> {
    match (header, host.flatten()) {
        (Some(None), _) => vec![Err(Code::UnknownTenant)],
        (Some(Some(a)), Some(b)) if a != b => vec![Err(Code::TenantConflict)],
        (Some(Some(a)), _) => vec![Ok(Some(a))],
        (None, Some(b)) => vec![Ok(Some(b))],
        // A host that is nobody's is none of our business, but for one that could be a vendor's under the platform.
        (None, None) if host.is_some() => vec![Ok(None), Err(Code::UnknownTenant)],
        (None, None) => vec![Ok(None)],
    }
}

both_engines! {
    async fn whoever_is_named_is_found_and_nobody_else(world) {
        let world = world_of_names(world.engine).await;
        let directory = Arc::new(Directory::new(world.db.clone(), world.clock(), Some(PLATFORM.to_owned()), vec![PLATFORM.to_owned(), "api.stoa.test".to_owned()]));
        let inputs = || (proptest::option::of(spelling()), proptest::option::of(spelling()));
        holds_there(300, inputs, move |(header, host)| {
            let directory = Arc::clone(&directory);
            async move {
                let text = |spelling: &Option<Spelling>| spelling.as_ref().map(|spelling| spelling.text.clone());
                let found = directory.resolve(text(&header).as_deref(), text(&host).as_deref()).await;
                let found = found.map(|vendor| vendor.map(|vendor| vendor.id.0)).map_err(|problem| problem.code());
                let expected = meant(header.map(|one| one.vendor), host.map(|one| one.vendor));
                prop_assert!(expected.contains(&found), "found {:?} instead of {:?}", found, expected);
                Ok(())
            }
        })
        .await;
        drop(world);
    }

    async fn a_request_is_served_by_the_one_vendor_that_all_of_it_names(world) {
        let world = Arc::new(world_of_names(world.engine).await);
        let few = || prop_oneof![6 => vec(spelling(), 1), 3 => vec(spelling(), 0), 1 => vec(spelling(), 2)];
        let inputs = move || (few(), prop_oneof![20 => vec(spelling(), 1), 1 => few()], proptest::option::weighted(0.2, select(NAMES.to_vec())));
        holds_there(60, inputs, move |(headers, hosts, target)| {
            let world = Arc::clone(&world);
            async move { serves_whom_it_names(&world, headers, hosts, target).await }
        })
        .await;
    }
}

/// The vendor of the first product in an answer: each of the demo's has five, and the others one.
fn vendor_of(answer: &str) -> i64 {
    let id = answer.split("{\"id\":").nth(1).and_then(|item| item.split(',').next()).unwrap_or_else(|| panic!("no product: {answer}"));
    match id.parse().unwrap() {
        demo @ 1..=15 => (demo - 1) / 5 + 1,
        16 => 4,
        17 => 5,
        other => panic!("whose is product {other}?"),
    }
}

async fn serves_whom_it_names(world: &World, headers: Vec<Spelling>, hosts: Vec<Spelling>, target: Option<(i64, &str)>) -> TestCaseResult {
    // A header ends with its line, and a target has no room for other letters than ASCII's.
    let target = target.filter(|(_, name)| name.is_ascii());
    if headers.iter().chain(&hosts).any(|one| one.text.contains(|c: char| c.is_ascii_control())) {
        return Ok(());
    }
    let authority = target.map(|(_, name)| format!("http://{name}")).unwrap_or_default();
    let header_lines = headers.iter().map(|one| format!("X-Tenant-Domain: {}\r\n", one.text));
    let lines: String = hosts.iter().map(|one| format!("Host: {}\r\n", one.text)).chain(header_lines).collect();
    let request = format!("GET {authority}/api/products HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    let (status, answer) = world.send_bytes(request.into_bytes()).await;
    if hosts.len() != 1 {
        // HTTP asks for exactly one.
        prop_assert_eq!(status, 400, "{}", answer);
        return Ok(());
    }
    let says = |code: &Code| answer.contains(&format!("\"code\":\"{}\"", code.as_str()));
    let found = match Code::ALL.iter().copied().find(says) {
        None if status == 200 => Ok(Some(vendor_of(&answer))),
        None => return Err(TestCaseError::fail(answer)),
        Some(Code::TenantRequired) => Ok(None),
        Some(code) => Err(code),
    };
    // A target that names a host counts for more than the header (RFC 9112, 3.2.2).
    let host = target.map_or(hosts[0].vendor, |(vendor, _)| Some(vendor));
    let expected = match headers.as_slice() {
        [] => meant(None, Some(host)),
        [one] => meant(Some(one.vendor), Some(host)),
        _ => vec![Err(Code::InvalidHeader)],
    };
    prop_assert!(expected.contains(&found), "found {:?} instead of {:?}", found, expected);
    Ok(())
}
