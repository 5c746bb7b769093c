//! Tokens: nothing is believed that we did not sign, and of what we signed only what is whole, ours, meant for this and still good.

use super::{holds, holds_there, written};
use crate::support::{ISSUER, SECRET};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hmac::digest::{FixedOutput, Update};
use hmac::{Hmac, KeyInit};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use secrecy::SecretString;
use serde_json::{Map, Value, json};
use sha2::{Sha256, Sha384, Sha512};
use std::sync::Arc;
use stoa::access::{Bearer, Keys, Role, Subject, TokenError, TokenType, random_id};
use stoa::base::id::{CustomerId, SessionId, UserId, VendorId};
use stoa::base::time::Timestamp;

const NOW: i64 = 1_800_000_000;

fn noon() -> Timestamp {
    Timestamp::from_micros(NOW * 1_000_000).unwrap()
}

fn keys(secrets: &[&str]) -> Keys {
    let secrets: Vec<_> = secrets.iter().map(|secret| SecretString::from(*secret)).collect();
    Keys::new(&secrets, ISSUER.to_owned(), TimeDelta::minutes(15), TimeDelta::days(7))
}

const OLD_SECRET: &str = "an-older-secret-of-all-worlds-0123456789";

/// Tokens that are good: of several people, of both types, and of both secrets.
fn good_tokens() -> Vec<(String, TokenType)> {
    let people = [
        (Subject::User(UserId(1)), Role::Owner, Some((VendorId(1), "vendor1.example.com".to_owned()))),
        (Subject::Customer(CustomerId(5)), Role::Customer, Some((VendorId(2), "vendor2.example.com".to_owned()))),
        (Subject::User(UserId(9)), Role::Operator, None),
    ];
    let mut tokens = Vec::new();
    for (subject, role, tenant) in people {
        for token_type in [TokenType::Access, TokenType::Refresh] {
            for secret in [SECRET, OLD_SECRET] {
                let bearer = Bearer { subject, role, tenant: tenant.clone(), session: SessionId(7) };
                tokens.push((keys(&[secret]).sign(&bearer, token_type, random_id(), noon()).unwrap(), token_type));
            }
        }
    }
    tokens
}

/// Whether anybody would believe it.
fn believed(token: &str) -> bool {
    let keys = keys(&[SECRET, OLD_SECRET]);
    [TokenType::Access, TokenType::Refresh].into_iter().any(|token_type| keys.verify(token, token_type, noon()).is_ok())
}

fn part(token: &str, index: usize) -> &str {
    token.split('.').nth(index).unwrap()
}

fn opened(part: &str) -> Map<String, Value> {
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

fn sealed(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

fn signature<Algorithm: KeyInit + Update + FixedOutput>(message: &str, secret: &[u8]) -> String {
    let mac = Algorithm::new_from_slice(secret).unwrap().chain(message.as_bytes());
    BASE64_URL_SAFE_NO_PAD.encode(mac.finalize_fixed())
}

/// A token with this header and these claims, as text, that is signed like ours.
fn signed(header: &str, claims: &str, secret: &str) -> String {
    let message = format!("{}.{}", sealed(header), sealed(claims));
    let signature = signature::<Hmac<Sha256>>(&message, secret.as_bytes());
    format!("{message}.{signature}")
}

/// What may be done to a token's text.
#[derive(Clone, Debug)]
enum Damage {
    Put(Index, char),
    Add(Index, char),
    Lose(Index),
    End(Index),
    Swap(Index, Index),
    Part(usize, usize),
    Repeat(usize),
    Surround(char),
}

fn damage() -> impl Strategy<Value = Damage> {
    let c = || prop_oneof![4 => "[A-Za-z0-9_-]".prop_map(|text| text.chars().next().unwrap()), 1 => select(vec!['.', '=', '+', '/', ' ', '\n', '\0']), 1 => any::<char>()];
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), c()).prop_map(|(index, c)| Damage::Put(index, c)),
        2 => (at(), c()).prop_map(|(index, c)| Damage::Add(index, c)),
        2 => at().prop_map(Damage::Lose),
        1 => at().prop_map(Damage::End),
        2 => (at(), at()).prop_map(|(a, b)| Damage::Swap(a, b)),
        3 => (0..3_usize, 0..12_usize).prop_map(|(part, of)| Damage::Part(part, of)),
        1 => (0..3_usize).prop_map(Damage::Repeat),
        1 => c().prop_map(Damage::Surround),
    ]
}

fn damaged(token: &str, damage: &Damage, others: &[(String, TokenType)]) -> String {
    let mut text: Vec<char> = token.chars().collect();
    let at = |index: &Index| index.index(token.len().max(1));
    match damage {
        Damage::Put(index, c) if !text.is_empty() => {
            let at = index.index(text.len());
            text[at] = *c;
        }
        Damage::Add(index, c) => text.insert(index.index(text.len() + 1), *c),
        Damage::Lose(index) if !text.is_empty() => drop(text.remove(index.index(text.len()))),
        Damage::End(index) => text.truncate(at(index).min(text.len())),
        Damage::Swap(a, b) if !text.is_empty() => {
            let length = text.len();
            text.swap(a.index(length), b.index(length));
        }
        Damage::Part(which, of) => {
            let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
            if let Some(slot) = parts.get_mut(*which) {
                part(&others[of % others.len()].0, *which).clone_into(slot);
            }
            return parts.join(".");
        }
        Damage::Repeat(which) => {
            let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
            if let Some(part) = parts.get(*which).cloned() {
                parts.insert(*which, part);
            }
            return parts.join(".");
        }
        Damage::Surround(c) => return format!("{c}{token}{c}"),
        _ => {}
    }
    text.into_iter().collect()
}

#[test]
fn a_token_with_anything_changed_is_not_believed() {
    let good = good_tokens();
    assert!(good.iter().all(|(token, _)| believed(token)));
    let inputs = (any::<Index>(), proptest::collection::vec(damage(), 1..4));
    holds(1500, inputs, |(which, damages)| {
        let whole = &which.get(&good).0;
        let token = damages.iter().fold(whole.clone(), |token, damage| damaged(&token, damage, &good));
        prop_assert!(!believed(&token) || good.iter().any(|(own, _)| *own == token), "{}", token);
        Ok(())
    });
}

#[test]
fn what_was_never_a_token_is_not_believed() {
    let texts =
        prop_oneof![any::<String>(), r"[A-Za-z0-9_-]{0,60}\.[A-Za-z0-9_-]{0,200}\.[A-Za-z0-9_-]{0,60}", r"\.{0,6}", r"[\[{ey.=]{0,400}"];
    holds(1500, texts, |text| {
        prop_assert!(!believed(&text));
        Ok(())
    });
}

/// Headers that try to have a token checked in another way, or by another key.
fn headers(kids: Vec<String>) -> impl Strategy<Value = Map<String, Value>> {
    let algorithms =
        ["HS256", "HS384", "HS512", "none", "None", "NONE", "", "RS256", "ES256", "PS512", "EdDSA", "hs256", "HS256 ", "A128KW"];
    let algorithm = prop_oneof![4 => select(algorithms.to_vec()).prop_map(Value::from), 1 => written::values()];
    let kid = prop_oneof![4 => select(kids).prop_map(Value::from), 1 => written::values()];
    let extra = proptest::collection::vec(
        (select(vec!["jku", "jwk", "x5u", "x5c", "crit", "b64", "typ", "cty", "zip", "enc", "alg ", "KID"]), written::values()),
        0..3,
    );
    (algorithm, kid, extra).prop_map(|(algorithm, kid, extra)| {
        let members = [("alg".to_owned(), algorithm), ("kid".to_owned(), kid)];
        members.into_iter().chain(extra.into_iter().map(|(name, value)| (name.to_owned(), value))).collect()
    })
}

#[test]
fn no_header_makes_a_foreign_signature_ours() {
    let good = good_tokens();
    let kids: Vec<_> = good.iter().map(|(token, _)| opened(part(token, 0))["kid"].as_str().unwrap().to_owned()).collect();
    let guesses = prop_oneof![any::<Vec<u8>>(), select(kids.clone()).prop_map(String::into_bytes), Just(ISSUER.as_bytes().to_vec())];
    let inputs = (headers(kids), any::<Index>(), guesses, 0..6_usize);
    holds(1500, inputs, |(header, whose, guess, how)| {
        let claims = part(&whose.get(&good).0, 1);
        let message = format!("{}.{claims}", sealed(&Value::Object(header.clone()).to_string()));
        let signature = match how {
            0 => String::new(),
            1 => part(&whose.get(&good).0, 2).to_owned(),
            2 => signature::<Hmac<Sha256>>(&message, &guess),
            3 => signature::<Hmac<Sha512>>(&message, &guess),
            // By the secret itself, but in a way in which we never sign.
            4 => signature::<Hmac<Sha384>>(&message, SECRET.as_bytes()),
            _ => BASE64_URL_SAFE_NO_PAD.encode(&guess),
        };
        let token = format!("{message}.{signature}");
        let is_whole = good.iter().any(|(own, _)| *own == token);
        prop_assert!(is_whole || !believed(&token), "{}", token);
        Ok(())
    });
}

#[test]
fn the_key_that_the_header_names_is_the_one_that_must_have_signed() {
    let good = good_tokens();
    let header = |secret: &str| opened(part(&keys(&[secret]).sign(&bearer(), TokenType::Access, random_id(), noon()).unwrap(), 0));
    for (named, used) in [(SECRET, OLD_SECRET), (OLD_SECRET, SECRET)] {
        let claims = Value::Object(opened(part(&good[0].0, 1))).to_string();
        assert!(!believed(&signed(&Value::Object(header(named)).to_string(), &claims, used)));
        assert!(believed(&signed(&Value::Object(header(used)).to_string(), &claims, used)));
    }
}

fn bearer() -> Bearer {
    let tenant = Some((VendorId(1), "vendor1.example.com".to_owned()));
    Bearer { subject: Subject::User(UserId(1)), role: Role::Owner, tenant, session: SessionId(7) }
}

const CLAIMS: [&str; 12] = ["sub", "user_id", "role", "tenant_id", "tenant_domain", "token_type", "jti", "sid", "iat", "exp", "iss", "aud"];

fn claim_values() -> impl Strategy<Value = Value> {
    let words = [
        "user:1",
        "user:2",
        "customer:1",
        "user:01",
        "user:",
        "owner",
        "staff",
        "customer",
        "operator",
        "access",
        "refresh",
        "stoa-api",
        ISSUER,
    ];
    let times = select(vec![NOW - 1, NOW, NOW + 1, 0, -1, i64::MAX, i64::MIN]);
    prop_oneof![
        3 => select(words.to_vec()).prop_map(Value::from),
        3 => times.prop_map(Value::from),
        1 => (1..4_i64).prop_map(Value::from),
        1 => Just(json!(["stoa-api"])),
        1 => Just(json!([ISSUER])),
        1 => Just(json!(1.0)),
        2 => written::values(),
    ]
}

/// What is to be made of claims that we did sign, told without reading them into anything.
fn verdict(claims: &Map<String, Value>) -> Result<(), TokenError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let whole = |name: &str| claims.get(name).and_then(Value::as_i64);
    let absent_or = |name: &str, is: fn(&Value) -> bool| claims.get(name).is_none_or(|value| value.is_null() || is(value));
    let kind = match text("role") {
        Some("owner" | "staff" | "operator") => "user",
        Some("customer") => "customer",
        _ => return Err(TokenError::Invalid),
    };
    let is_whole = whole("user_id").is_some_and(|id| text("sub") == Some(&format!("{kind}:{id}")))
        && absent_or("tenant_id", Value::is_i64)
        && absent_or("tenant_domain", Value::is_string)
        && text("token_type") == Some("access")
        && text("jti").is_some()
        && whole("sid").and(whole("iat")).is_some()
        && text("iss") == Some(ISSUER)
        && text("aud") == Some("stoa-api");
    match whole("exp") {
        Some(end) if is_whole && end > NOW => Ok(()),
        // Before 1970 there were no tokens.
        Some(0..) if is_whole => Err(TokenError::Expired),
        _ => Err(TokenError::Invalid),
    }
}

#[test]
fn of_what_we_signed_only_what_is_whole_and_still_good_is_believed() {
    let token = keys(&[SECRET]).sign(&bearer(), TokenType::Access, random_id(), noon()).unwrap();
    let (header, own) = (Value::Object(opened(part(&token, 0))).to_string(), opened(part(&token, 1)));
    let name = prop_oneof![8 => select(CLAIMS.to_vec()).prop_map(str::to_owned), 1 => any::<String>()];
    let edits = proptest::collection::vec((name, proptest::option::weighted(0.8, claim_values())), 0..4);
    holds(1500, edits, move |edits| {
        let mut claims = own.clone();
        for (name, value) in edits {
            match value {
                Some(value) => claims.insert(name, value),
                None => claims.remove(&name),
            };
        }
        let token = signed(&header, &Value::Object(claims.clone()).to_string(), SECRET);
        let found = keys(&[SECRET]).verify(&token, TokenType::Access, noon());
        prop_assert_eq!(found.map(drop), verdict(&claims), "{:?}", claims);
        Ok(())
    });
}

#[test]
fn claims_that_are_no_object_or_say_something_twice_are_not_believed() {
    let token = keys(&[SECRET]).sign(&bearer(), TokenType::Access, random_id(), noon()).unwrap();
    let (header, own) = (Value::Object(opened(part(&token, 0))).to_string(), Value::Object(opened(part(&token, 1))).to_string());
    holds(500, (select(CLAIMS.to_vec()), claim_values(), any::<String>()), move |(name, value, junk)| {
        let twice = own.replacen('{', &format!("{{\"{name}\":{value},"), 1);
        prop_assert!(!believed(&signed(&header, &twice, SECRET)), "{}", twice);
        prop_assert!(!believed(&signed(&header, &junk, SECRET)));
        Ok(())
    });
}

both_engines! {
    async fn no_damaged_token_gets_anybody_in(world) {
        let world = Arc::new(world);
        let people = ["owner1", "vendor1_staff1", "vendor1_customer1", "owner2", "vendor2_customer1"];
        let tokens: Vec<_> = people.iter().map(|name| (world.token(name).to_owned(), TokenType::Access)).collect();
        let inputs = || (0..5_usize, proptest::collection::vec(damage(), 1..3));
        holds_there(60, inputs, move |(whose, damages)| {
            let (world, tokens) = (Arc::clone(&world), tokens.clone());
            async move {
                let token = damages.iter().fold(tokens[whose].0.clone(), |token, damage| damaged(&token, damage, &tokens));
                // What no header can hold, and what is a good token again.
                let sent = format!("Bearer {token}");
                if sent.bytes().any(|byte| byte.is_ascii_control()) || tokens.iter().any(|(good, _)| *good == token.trim()) {
                    return Ok(());
                }
                let reply = world.anonymous(1).with("authorization", &sent).get("/api/auth/me").await;
                prop_assert_eq!((reply.status, reply.body["code"].as_str()), (401, Some("invalid_token")), "{}: {}", sent, reply.text);
                Ok(())
            }
        })
        .await;
    }
}
