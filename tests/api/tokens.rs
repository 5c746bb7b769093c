//! What a token says, which tokens are good, and that rights are read anew for each request (API §2).

use crate::operators::operator;
use crate::support::{Client, ISSUER, SECRET, World};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use hmac::digest::{FixedOutput, Update};
use hmac::{Hmac, KeyInit};
use serde_json::{Value, json};
use sha2::{Sha256, Sha512};

/// When every world begins, in seconds.
const BEGINNING: i64 = 1_769_860_800;

fn part(token: &str, index: usize) -> Value {
    let parts: Vec<_> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(parts[index]).unwrap()).unwrap()
}

fn claims(token: &str) -> Value {
    part(token, 1)
}

fn kid(token: &str) -> String {
    part(token, 0)["kid"].as_str().unwrap().to_owned()
}

/// A token with these claims that is signed like ours, or nearly so.
fn signed_as<Algorithm: KeyInit + Update + FixedOutput>(name: &str, claims: &Value, kid: Option<&str>, secret: &str) -> String {
    let mut header = json!({"typ": "JWT", "alg": name});
    if let Some(kid) = kid {
        header["kid"] = kid.into();
    }
    let [header, claims] = [&header, claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    let text = format!("{header}.{claims}");
    let mac = Algorithm::new_from_slice(secret.as_bytes()).unwrap().chain(text.as_bytes()).finalize_fixed();
    format!("{text}.{}", BASE64_URL_SAFE_NO_PAD.encode(mac))
}

fn signed(claims: &Value, kid: Option<&str>, secret: &str) -> String {
    signed_as::<Hmac<Sha256>>("HS256", claims, kid, secret)
}

fn but(claims: &Value, name: &str, value: Value) -> Value {
    let mut claims = claims.clone();
    claims[name] = value;
    claims
}

fn without(claims: &Value, name: &str) -> Value {
    let mut claims = claims.clone();
    claims.as_object_mut().unwrap().remove(name).unwrap();
    claims
}

async fn pair(world: &World, name: &str) -> Value {
    world.anonymous(1).post("/api/auth/login", json!({"username": name, "password": "password123"})).await.expect(200)
}

/// Asserts that a request with this `Authorization` is refused, on a public route and on another.
async fn refused(world: &World, authorization: &str, code: &str) {
    let client: Client = world.anonymous(1).with("authorization", authorization);
    for path in ["/api/auth/me", "/api/products", "/api/orders"] {
        let reply = client.get(path).await;
        assert_eq!(reply.header("www-authenticate"), Some("Bearer"), "{authorization}");
        reply.problem(401, code);
    }
}

const NEW_SECRET: &str = "a-newer-secret-of-this-test-world-012345";

both_engines! {
    async fn a_token_says_who_where_and_until_when_and_nothing_else(world) {
        for (name, id, role, sub) in
            [("owner1", 1, "owner", "user:1"), ("vendor1_staff2", 3, "staff", "user:3"), ("vendor1_customer3", 3, "customer", "customer:3")]
        {
            let pair = pair(&world, name).await;
            for (kind, seconds) in [("access", 15 * 60), ("refresh", 7 * 86400)] {
                let token = pair[kind].as_str().unwrap();
                let header = part(token, 0);
                assert_eq!((&header["alg"], &header["typ"]), (&json!("HS256"), &json!("JWT")));
                assert!(!kid(token).is_empty());
                let claims = claims(token);
                let expected = json!({"sub": sub, "user_id": id, "role": role, "tenant_id": 1, "tenant_domain": "vendor1.example.com",
                    "token_type": kind, "iat": BEGINNING, "exp": BEGINNING + seconds, "iss": ISSUER, "aud": "stoa-api",
                    "jti": claims["jti"], "sid": claims["sid"]});
                assert_eq!(claims, expected);
                assert!(claims["jti"].as_str().unwrap().len() >= 32);
            }
        }
    }

    async fn an_operators_token_is_of_no_vendor(world) {
        operator(&world).await;
        let login = json!({"email": "ops@stoa.example", "password": "password123"});
        let pair = world.anonymous(1).post("/api/auth/login", login).await.expect(200);
        let claims = claims(pair["access"].as_str().unwrap());
        assert_eq!((&claims["role"], &claims["tenant_id"], &claims["tenant_domain"]), (&json!("operator"), &json!(null), &json!(null)));
    }

    async fn every_token_has_a_name_of_its_own(world) {
        let mut names = Vec::new();
        for _ in 0..3 {
            let pair = pair(&world, "owner1").await;
            names.extend(["access", "refresh"].map(|kind| claims(pair[kind].as_str().unwrap())["jti"].to_string()));
        }
        names.sort();
        names.dedup();
        assert_eq!(names.len(), 6);
    }

    async fn an_access_token_is_good_until_the_second_it_expires(world) {
        world.advance(TimeDelta::seconds(15 * 60 - 1));
        world.owner(1).get("/api/auth/me").await.expect(200);
        world.advance(TimeDelta::seconds(1));
        refused(&world, &format!("Bearer {}", world.token("owner1")), "token_expired").await;
    }

    async fn how_long_tokens_live_can_be_set(world) {
        let settings = [("RATE_LIMITS", "off"), ("ACCESS_TOKEN_TTL", "90s"), ("REFRESH_TOKEN_TTL", "2h")];
        let world = World::with(world.engine, &settings).await;
        let pair = pair(&world, "owner1").await;
        assert_eq!(pair["expires_in"], 90);
        let life = |kind: &str| {
            let claims = claims(pair[kind].as_str().unwrap());
            claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap()
        };
        assert_eq!((life("access"), life("refresh")), (90, 7200));
        world.advance(TimeDelta::seconds(90));
        refused(&world, &format!("Bearer {}", pair["access"].as_str().unwrap()), "token_expired").await;
        world.advance(TimeDelta::hours(2));
        world.stranger().post("/api/auth/refresh", json!({"refresh": pair["refresh"]})).await.problem(401, "token_expired");
    }

    async fn a_token_that_is_not_quite_ours_is_refused(world) {
        let good = world.token("owner1").to_owned();
        let (own, kid) = (claims(&good), kid(&good));
        let sign = |claims: &Value| signed(claims, Some(&kid), SECRET);
        let here = world.anonymous(1);
        here.clone().bearing(&sign(&own)).get("/api/auth/me").await.expect(200);

        let forged = |header: Value, claims: &Value, signature: &str| {
            let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
            format!("{}.{}.{signature}", part(&header), part(claims))
        };
        let signature = good.rsplit('.').next().unwrap();
        let header = json!({"typ": "JWT", "alg": "HS256", "kid": kid});
        let refresh = pair(&world, "owner1").await["refresh"].as_str().unwrap().to_owned();
        let tokens = [
            ("tampered with", forged(header.clone(), &but(&own, "user_id", json!(2)), signature)),
            ("cut short", good[..good.len() - 4].to_owned()),
            ("unsigned", forged(header, &own, "")),
            ("of no algorithm", forged(json!({"typ": "JWT", "alg": "none", "kid": kid}), &own, "")),
            ("of no algorithm, in capitals", forged(json!({"typ": "JWT", "alg": "NONE", "kid": kid}), &own, signature)),
            ("of another algorithm", signed_as::<Hmac<Sha512>>("HS512", &own, Some(&kid), SECRET)),
            ("of another secret", signed(&own, Some(&kid), NEW_SECRET)),
            ("without a key id", signed(&own, None, SECRET)),
            ("of an unknown key id", signed(&own, Some("00000000"), SECRET)),
            ("for another audience", sign(&but(&own, "aud", json!("another-api")))),
            ("for no audience", sign(&without(&own, "aud"))),
            ("of another issuer", sign(&but(&own, "iss", json!("http://elsewhere.test")))),
            ("of no issuer", sign(&without(&own, "iss"))),
            ("without an end", sign(&without(&own, "exp"))),
            ("without a type", sign(&without(&own, "token_type"))),
            ("of somebody else by its sub", sign(&but(&own, "sub", json!("user:2")))),
            ("of a role that there is not", sign(&but(&own, "role", json!("admin")))),
            ("a refresh token", refresh),
            ("nonsense", "nonsense".to_owned()),
            ("nothing", String::new()),
        ];
        for (what, token) in tokens {
            let reply = here.clone().bearing(&token).get("/api/auth/me").await;
            assert_eq!((reply.status, reply.body["code"].as_str()), (401, Some("invalid_token")), "{what}: {}", reply.text);
            refused(&world, &format!("Bearer {token}"), "invalid_token").await;
        }
        refused(&world, &format!("Basic {good}"), "invalid_token").await;
        refused(&world, &good, "invalid_token").await;
        here.with("authorization", &format!("bearer {good}")).get("/api/auth/me").await.expect(200);
    }

    async fn a_token_speaks_only_for_the_owner_of_its_session(world) {
        let own = claims(world.token("vendor1_staff1"));
        let kid = kid(world.token("vendor1_staff1"));
        let sign = |claims: &Value| signed(claims, Some(&kid), SECRET);
        let owner = but(&but(&own, "user_id", json!(1)), "sub", json!("user:1"));
        let customer = but(&but(&own, "role", json!("customer")), "sub", json!("customer:2"));
        let operator = but(&own, "role", json!("operator"));
        for claims in [owner, customer, operator, but(&own, "sid", json!(999_999))] {
            refused(&world, &format!("Bearer {}", sign(&claims)), "session_ended").await;
        }
    }

    async fn what_the_role_in_a_token_says_gives_no_rights(world) {
        let own = but(&claims(world.token("vendor1_staff1")), "role", json!("owner"));
        let token = signed(&own, Some(&kid(world.token("owner1"))), SECRET);
        world.anonymous(1).bearing(&token).get("/api/customers").await.problem(403, "permission_denied");
    }

    async fn secrets_rotate_without_signing_anybody_out(world) {
        let (old, both) = (world.token("owner1").to_owned(), format!("{NEW_SECRET},{SECRET}"));
        let during = World::with(world.engine, &[("RATE_LIMITS", "off"), ("JWT_SECRET", &both)]).await;
        during.owner(1).get("/api/auth/me").await.expect(200);
        let new = pair(&during, "owner1").await["access"].as_str().unwrap().to_owned();
        assert_ne!(kid(&new), kid(&old));
        during.anonymous(1).bearing(&new).get("/api/auth/me").await.expect(200);
        let after = World::with(world.engine, &[("RATE_LIMITS", "off"), ("JWT_SECRET", NEW_SECRET)]).await;
        refused(&after, &format!("Bearer {old}"), "invalid_token").await;
        assert_eq!(kid(pair(&after, "owner1").await["access"].as_str().unwrap()), kid(&new));
    }

    async fn a_change_of_role_takes_effect_at_once(world) {
        let owner = world.owner(1);
        owner.get("/api/customers").await.expect(200);
        world.sql("UPDATE members SET role_id = (SELECT id FROM roles WHERE vendor_id = 1 AND name = 'Viewer') WHERE vendor_id = 1 AND user_id = 1");
        owner.get("/api/customers").await.problem(403, "permission_denied");
        owner.patch("/api/vendor", json!({"name": "Mine"})).await.problem(403, "permission_denied");
        owner.get("/api/orders").await.expect(200);
        let me = owner.get("/api/auth/me").await.expect(200);
        assert_eq!(me["permissions"], json!(["products.view", "orders.view", "imports.view"]));
        assert_eq!(me["role"], "staff", "what they are now, not what their token says");
    }

    async fn a_deactivated_member_is_out_at_once(world) {
        let member = world.staff(1);
        member.get("/api/orders").await.expect(200);
        world.sql("UPDATE members SET is_active = false WHERE vendor_id = 1 AND user_id = 2");
        refused(&world, &format!("Bearer {}", world.token("vendor1_staff1")), "session_ended").await;
        world.sql("UPDATE members SET is_active = true WHERE vendor_id = 1 AND user_id = 2");
        member.get("/api/orders").await.expect(200);
        world.sql("UPDATE users SET is_active = false WHERE id = 2");
        refused(&world, &format!("Bearer {}", world.token("vendor1_staff1")), "session_ended").await;
        world.other_staff(1).get("/api/orders").await.expect(200);
    }

    async fn a_removed_member_is_out_at_once(world) {
        world.sql("DELETE FROM members WHERE vendor_id = 1 AND user_id = 3");
        refused(&world, &format!("Bearer {}", world.token("vendor1_staff2")), "session_ended").await;
    }
}
