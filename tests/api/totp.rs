//! A second factor to sign in with (API §3).

use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

const TOTP: &str = "/api/auth/totp";

/// Begins a second factor; tells the secret, unless somebody may have none.
pub async fn begin(who: &Client) -> Option<String> {
    let reply = who.post(TOTP, json!({"password": "password123"})).await;
    (reply.status == 200).then(|| reply.body["secret"].as_str().unwrap().to_owned())
}

/// What the authenticator shows so many steps from now.
pub fn code(world: &World, secret: &str, steps: u64) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).build().unwrap();
    totp.generate(u64::try_from(world.clock().now().seconds()).unwrap() + steps * 30).to_string()
}

/// Has somebody have a second factor; tells its secret and the recovery codes. The code of this step is used up.
async fn enrol(world: &World, who: &Client) -> (String, Vec<String>) {
    let secret = begin(who).await.unwrap();
    let done = who.post("/api/auth/totp/confirm", json!({ "code": code(world, &secret, 0) })).await.expect(200);
    let codes = done["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (secret, codes)
}

async fn login(door: &Client, name: &str, code: Option<&str>) -> Reply {
    let mut body = json!({"username": name, "password": "password123"});
    if let Some(code) = code {
        body["totp_code"] = code.into();
    }
    door.post("/api/auth/login", body).await
}

fn next_step(world: &World) {
    world.advance(TimeDelta::seconds(30));
}

#[track_caller]
fn is_wrong(reply: Reply, pointer: &str, code: &str) {
    let problem = reply.problem(422, "validation_failed");
    assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]), (&json!(pointer), &json!(code)));
}

both_engines! {
    async fn with_a_second_factor_the_password_alone_opens_nothing(world) {
        for (client, name) in [(world.owner(1), "owner1"), (world.staff(1), "vendor1_staff1")] {
            let door = world.anonymous(1);
            let (secret, _) = enrol(&world, &client).await;
            next_step(&world);
            let refused = login(&door, name, None).await;
            assert!(!refused.text.contains("vendor1"), "{}", refused.text);
            refused.problem(401, "totp_required");
            login(&door, name, Some("000000")).await.problem(401, "totp_invalid");
            let pair = login(&door, name, Some(&code(&world, &secret, 0))).await.expect(200);
            assert_eq!(pair["user"]["totp_enabled"], true);
            // Who does not know the password learns nothing of all that.
            let wrong = json!({"username": name, "password": "wrong-password", "totp_code": "000000"});
            door.post("/api/auth/login", wrong).await.problem(401, "invalid_credentials");
        }
        login(&world.anonymous(1), "vendor1_staff2", None).await.expect(200);
    }

    async fn a_factor_that_is_not_confirmed_is_not_asked_for(world) {
        let owner = world.owner(1);
        let first = begin(&owner).await.unwrap();
        login(&world.anonymous(1), "owner1", None).await.expect(200);
        assert_eq!(owner.get("/api/auth/me").await.expect(200)["totp_enabled"], false);
        let second = begin(&owner).await.unwrap();
        assert_ne!(first, second);
        let confirm = async |code: String| owner.post("/api/auth/totp/confirm", json!({ "code": code })).await;
        is_wrong(confirm(code(&world, &first, 0)).await, "/code", "wrong_code");
        is_wrong(confirm("abc".to_owned()).await, "/code", "wrong_code");
        confirm(code(&world, &second, 0)).await.expect(200);
        assert_eq!(owner.get("/api/auth/me").await.expect(200)["totp_enabled"], true);
        confirm(code(&world, &second, 1)).await.problem(409, "totp_enabled");
        owner.post(TOTP, json!({"password": "password123"})).await.problem(409, "totp_enabled");
    }

    async fn the_secret_is_for_an_authenticator_and_is_never_shown_again(world) {
        let owner = world.owner(1);
        let begun = owner.post(TOTP, json!({"password": "password123"})).await.expect(200);
        let (secret, url) = (begun["secret"].as_str().unwrap(), begun["otpauth_url"].as_str().unwrap());
        assert_eq!(url, format!("otpauth://totp/stoa.test:owner1?secret={secret}&issuer=stoa.test"));
        owner.post("/api/auth/totp/confirm", json!({ "code": code(&world, secret, 0) })).await.expect(200);
        for path in ["/api/auth/me", "/api/auth/sessions"] {
            assert!(!owner.get(path).await.text.contains(secret), "{path}");
        }
    }

    async fn it_takes_the_password_to_begin_and_both_to_end(world) {
        let owner = world.owner(1);
        is_wrong(owner.post(TOTP, json!({"password": "wrong-password"})).await, "/password", "wrong_password");
        let both = |password: &str, code: &str| json!({"password": password, "code": code});
        for path in ["/api/auth/totp/disable", "/api/auth/totp/recovery-codes"] {
            owner.post(path, both("password123", "123456")).await.problem(409, "totp_not_enabled");
        }
        owner.post("/api/auth/totp/confirm", json!({"code": "123456"})).await.problem(409, "totp_not_enabled");
        let (secret, _) = enrol(&world, &owner).await;
        next_step(&world);
        for path in ["/api/auth/totp/disable", "/api/auth/totp/recovery-codes"] {
            is_wrong(owner.post(path, both("wrong-password", &code(&world, &secret, 0))).await, "/password", "wrong_password");
            is_wrong(owner.post(path, both("password123", "000000")).await, "/code", "wrong_code");
        }
        owner.post("/api/auth/totp/disable", both("password123", &code(&world, &secret, 0))).await.expect(204);
        login(&world.anonymous(1), "owner1", None).await.expect(200);
        assert_eq!(owner.get("/api/auth/me").await.expect(200)["totp_enabled"], false);
        assert_eq!(world.peek(1, "SELECT digest AS value FROM recovery_codes"), Vec::<String>::new());
    }

    async fn it_is_for_users(world) {
        let customer = world.customer(1, 1);
        customer.post(TOTP, json!({"password": "password123"})).await.problem(403, "permission_denied");
        assert!(customer.get("/api/auth/me").await.expect(200)["totp_enabled"].is_null());
        let operator = crate::operators::operator(&world).await.at("vendor1.example.com");
        let (secret, _) = enrol(&world, &operator).await;
        let by = |code: Value| json!({"email": "ops@stoa.example", "password": "password123", "totp_code": code});
        world.stranger().post("/api/auth/login", by(Value::Null)).await.problem(401, "totp_required");
        next_step(&world);
        world.stranger().post("/api/auth/login", by(code(&world, &secret, 0).into())).await.expect(200);
    }

    async fn a_code_is_good_once_and_about_now(world) {
        let (secret, _) = enrol(&world, &world.owner(1)).await;
        let door = world.anonymous(1);
        // The one that confirmed the factor is used up, too.
        login(&door, "owner1", Some(&code(&world, &secret, 0))).await.problem(401, "totp_invalid");
        next_step(&world);
        let current = code(&world, &secret, 0);
        login(&door, "owner1", Some(&current)).await.expect(200);
        login(&door, "owner1", Some(&current)).await.problem(401, "totp_invalid");
        // A clock may be half a minute off, either way; but no code comes after a later one.
        let ahead = code(&world, &secret, 1);
        login(&door, "owner1", Some(&ahead)).await.expect(200);
        next_step(&world);
        login(&door, "owner1", Some(&ahead)).await.problem(401, "totp_invalid");
        world.advance(TimeDelta::minutes(2));
        let late = code(&world, &secret, 0);
        next_step(&world);
        let spaced = format!(" {} {} ", &late[..3], &late[3..]);
        login(&door, "owner1", Some(&spaced)).await.expect(200);
        world.advance(TimeDelta::minutes(2));
        let too_late = code(&world, &secret, 0);
        world.advance(TimeDelta::minutes(1));
        login(&door, "owner1", Some(&too_late)).await.problem(401, "totp_invalid");
    }

    async fn of_two_who_come_with_one_code_at_once_one_gets_in(world) {
        let (secret, _) = enrol(&world, &world.owner(1)).await;
        next_step(&world);
        let (door, code) = (world.anonymous(1), code(&world, &secret, 0));
        let replies = join_all((0..4).map(|_| login(&door, "owner1", Some(&code)))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1, "{replies:?}");
    }

    async fn a_recovery_code_is_good_once_and_kept_as_a_digest(world) {
        let owner = world.owner(1);
        let (secret, codes) = enrol(&world, &owner).await;
        assert_eq!(codes.len(), 10);
        let kept = world.peek(1, "SELECT digest AS value FROM recovery_codes");
        assert!(kept.len() == 10 && kept.iter().all(|digest| digest.len() == 64), "{kept:?}");
        let door = world.anonymous(1);
        let typed = codes[0].to_uppercase().replace('-', " ");
        login(&door, "owner1", Some(&typed)).await.expect(200);
        login(&door, "owner1", Some(&codes[0])).await.problem(401, "totp_invalid");
        login(&door, "owner1", Some("aaaa-bbbb-cccc-dddd")).await.problem(401, "totp_invalid");
        // Another one gives new ones; then the old ones are no good.
        let both = json!({"password": "password123", "code": codes[1]});
        let renewed = owner.post("/api/auth/totp/recovery-codes", both).await.expect(200);
        let fresh = renewed["recovery_codes"][0].as_str().unwrap();
        login(&door, "owner1", Some(&codes[2])).await.problem(401, "totp_invalid");
        login(&door, "owner1", Some(fresh)).await.expect(200);
        next_step(&world);
        login(&door, "owner1", Some(&code(&world, &secret, 0))).await.expect(200);
    }

    async fn who_guesses_codes_is_slowed_down_and_the_owner_is_not_shut_out(world) {
        let (secret, codes) = enrol(&world, &world.owner(1)).await;
        next_step(&world);
        let door = world.anonymous(1);
        for _ in 0..5 {
            login(&door, "owner1", Some("000000")).await.problem(401, "totp_invalid");
        }
        let right = code(&world, &secret, 0);
        let waiting = login(&door, "owner1", Some(&right)).await;
        assert_eq!(waiting.header("retry-after"), Some("30"));
        waiting.problem(429, "too_many_requests");
        // Not even many at once are looked at.
        for reply in join_all((0..8).map(|_| login(&door, "owner1", Some("111111")))).await {
            reply.problem(429, "too_many_requests");
        }
        login(&door, "owner1", Some(&codes[0])).await.expect(200);
        // That was the owner: the guesses count no more.
        login(&door, "owner1", Some(&right)).await.expect(200);
        for _ in 0..5 {
            login(&door, "owner1", Some("000000")).await.problem(401, "totp_invalid");
        }
        world.advance(TimeDelta::seconds(30));
        login(&door, "owner1", Some("000000")).await.problem(401, "totp_invalid");
        assert_eq!(login(&door, "owner1", Some("000000")).await.header("retry-after"), Some("60"));
        // With a new password whoever knew the old one guesses no more.
        door.post("/api/auth/password/forgot", json!({"username": "owner1"})).await.expect(202);
        let reset = json!({"token": world.mailed_token("owner1@vendor1.example.com"), "new_password": "password123"});
        door.post("/api/auth/password/reset", reset).await.expect(204);
        login(&door, "owner1", Some(&code(&world, &secret, 0))).await.expect(200);
    }

    async fn who_has_to_choose_a_vendor_spends_no_code_on_it_and_learns_nothing_without_one(world) {
        world.sql("INSERT INTO members (vendor_id, user_id, role_id, is_active, created_at) \
                   SELECT 2, 2, id, TRUE, '2026-01-31 12:00:00' FROM roles WHERE vendor_id = 2 AND name = 'Staff'");
        let (secret, _) = enrol(&world, &world.staff(1)).await;
        next_step(&world);
        let refused = login(&world.stranger(), "vendor1_staff1", None).await;
        assert!(!refused.text.contains("example.com"), "{}", refused.text);
        refused.problem(401, "totp_required");
        let right = code(&world, &secret, 0);
        login(&world.stranger(), "vendor1_staff1", Some("000000")).await.problem(401, "totp_invalid");
        login(&world.stranger(), "vendor1_staff1", Some(&right)).await.problem(409, "vendor_choice_required");
        login(&world.anonymous(2), "vendor1_staff1", Some(&right)).await.expect(200);
        login(&world.anonymous(1), "vendor1_staff1", Some(&right)).await.problem(401, "totp_invalid");
    }

    async fn a_new_password_does_not_turn_the_factor_off_and_its_owner_is_told_of_changes(world) {
        let (owner, address) = (world.owner(1), "owner1@vendor1.example.com");
        let (secret, _) = enrol(&world, &owner).await;
        let told = |what: &str| world.letters_to(address).iter().filter(|letter| letter.text.contains(what)).count();
        assert_eq!(told("second factor was turned on"), 1);
        world.anonymous(1).post("/api/auth/password/forgot", json!({"username": "owner1"})).await.expect(202);
        let reset = json!({"token": world.mailed_token(address), "new_password": "password123"});
        world.anonymous(1).post("/api/auth/password/reset", reset).await.expect(204);
        login(&world.anonymous(1), "owner1", None).await.problem(401, "totp_required");
        next_step(&world);
        let pair = login(&world.anonymous(1), "owner1", Some(&code(&world, &secret, 0))).await.expect(200);
        let owner = world.anonymous(1).bearing(pair["access"].as_str().unwrap());
        next_step(&world);
        let both = json!({"password": "password123", "code": code(&world, &secret, 0)});
        owner.post("/api/auth/totp/disable", both).await.expect(204);
        assert_eq!(told("second factor was turned off"), 1);
    }

    async fn codes_to_confirm_with_are_not_guessed(world) {
        let secret = begin(&world.owner(1)).await.unwrap();
        let confirm = async |code: &str| world.owner(1).post("/api/auth/totp/confirm", json!({ "code": code })).await;
        let right = code(&world, &secret, 0);
        let wrong = if right == "000000" { "000001" } else { "000000" };
        for _ in 0..5 {
            is_wrong(confirm(wrong).await, "/code", "wrong_code");
        }
        assert_eq!(confirm(&right).await.status, 429);
    }
}
