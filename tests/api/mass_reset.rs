//! Passwords that are taken from many at once, because they may have leaked.

use crate::operators::operator;
use crate::support::{Client, World};
use reqwest::Method;
use serde_json::{Value, json};
use stoa::mail::Links;

/// Begins a mass reset and waits for its end.
async fn reset(operator: &Client, wish: Value) -> Value {
    let reply = operator.post("/api/admin/password-resets", wish).await;
    let location = reply.header("location").unwrap().to_owned();
    assert_eq!(reply.expect(201)["status"], "running");
    loop {
        let seen = operator.get(&location).await.expect(200);
        if seen["status"] == "completed" {
            return seen;
        }
        actix_web::rt::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn may_sign_in(world: &World, n: usize, name: &str, password: &str) -> bool {
    let reply = world.anonymous(n).post("/api/auth/login", json!({"username": name, "password": password})).await;
    if reply.status == 200 {
        return true;
    }
    reply.problem(401, "invalid_credentials");
    false
}

both_engines! {
    async fn a_team_loses_its_passwords_and_sessions_and_gets_letters(world) {
        let operator = operator(&world).await;
        let people = [world.owner(2), world.staff(2), world.other_staff(2)];
        let done = reset(&operator, json!({"vendor_id": 2, "reason": "a laptop was stolen"})).await;
        assert_eq!((&done["total"], &done["done"], &done["mailed"]), (&json!(3), &json!(3), &json!(3)));
        assert_eq!((&done["vendor_id"], &done["reason"], &done["q"]), (&json!(2), &json!("a laptop was stolen"), &json!(null)));
        for person in people {
            person.get("/api/auth/me").await.problem(401, "session_ended");
        }
        assert!(!may_sign_in(&world, 2, "owner2", "password123").await);
        let letter = world.letters_to("owner2@vendor2.example.com").remove(0);
        assert_eq!(letter.subject, "Your password for stoa.test is no longer good");
        let choice = json!({"token": letter.token(), "new_password": "a-new-password"});
        world.stranger().post("/api/auth/password/reset", choice).await.expect(204);
        assert!(may_sign_in(&world, 2, "owner2", "a-new-password").await);
        // The vendor's customers, and other vendors' people, keep theirs.
        for other in [world.customer(2, 1), world.owner(1), world.staff(3), operator.at("vendor1.example.com")] {
            other.get("/api/auth/me").await.expect(200);
        }
        assert!(may_sign_in(&world, 1, "owner1", "password123").await);
    }

    async fn it_is_on_record_at_the_vendor_and_on_the_platform(world) {
        let operator = operator(&world).await;
        reset(&operator, json!({"vendor_id": 2, "reason": "a laptop was stolen"})).await;
        let name = "users.passwords_reset";
        let entries = operator.get(&format!("/api/admin/audit?action={name}")).await.expect(200);
        let after = &entries["items"][0]["after"];
        assert_eq!(*after, json!({"reason": "a laptop was stolen", "vendor_id": 2, "q": null, "total": 3}));
        // Who is in the team can read it as soon as they are back.
        let token = world.mailed_token("owner2@vendor2.example.com");
        world.stranger().post("/api/auth/password/reset", json!({"token": token, "new_password": "a-new-password"})).await.expect(204);
        let (owner, _) = world.sign_in(2, "owner2", "a-new-password").await;
        let entries = owner.get(&format!("/api/audit?action={name}")).await.expect(200);
        assert_eq!(entries["items"].as_array().unwrap().len(), 1);
        let entries = world.owner(1).get(&format!("/api/audit?action={name}")).await.expect(200);
        assert_eq!(entries["items"], json!([]));
    }

    async fn a_filter_finds_whom_it_is_about(world) {
        let operator = operator(&world).await;
        let done = reset(&operator, json!({"q": "VENDOR3_", "reason": "x"})).await;
        assert_eq!((&done["q"], &done["total"], &done["done"]), (&json!("vendor3_"), &json!(2), &json!(2)));
        world.owner(3).get("/api/auth/me").await.expect(200);
        world.staff(3).get("/api/auth/me").await.problem(401, "session_ended");
        let done = reset(&operator, json!({"q": "vendor3_", "vendor_id": 1, "reason": "x"})).await;
        assert_eq!((&done["total"], &done["finished_at"].is_string()), (&json!(0), &true), "both must be true");
        let done = reset(&operator, json!({"everybody": true, "reason": "x"})).await;
        assert_eq!((&done["total"], &done["done"]), (&json!(9), &json!(9)));
        world.owner(3).get("/api/auth/me").await.problem(401, "session_ended");
        operator.clone().at("vendor1.example.com").get("/api/auth/me").await.expect(200);
        let all = operator.get("/api/admin/password-resets?limit=2").await.expect(200);
        assert_eq!((all["items"].as_array().unwrap().len(), &all["items"][0]), (2, &done));
        let rest = operator.get(&format!("/api/admin/password-resets?limit=2&cursor={}", all["next"].as_str().unwrap())).await.expect(200);
        assert_eq!((&rest["items"][0]["q"], &rest["next"]), (&json!("vendor3_"), &json!(null)));
    }

    async fn who_may_not_sign_in_loses_the_password_and_gets_no_letter(world) {
        let operator = operator(&world).await;
        operator.patch("/api/admin/users/5", json!({"is_active": false})).await.expect(200);
        world.sql("UPDATE users SET email = NULL, email_key = NULL WHERE id = 6");
        let done = reset(&operator, json!({"vendor_id": 2, "reason": "x"})).await;
        assert_eq!((&done["done"], &done["mailed"]), (&json!(3), &json!(1)));
        operator.patch("/api/admin/users/5", json!({"is_active": true})).await.expect(200);
        assert!(!may_sign_in(&world, 2, "vendor2_staff1", "password123").await);
    }

    async fn what_a_crash_interrupted_is_gone_on_with(world) {
        let operator = operator(&world).await;
        let id = operator.get("/api/admin/users?is_operator=true").await.expect(200)["items"][0]["id"].as_i64().unwrap();
        world.sql(&format!(
            "INSERT INTO password_resets (operator_id, reason, wanted, total, done, mailed, last_user, created_at) \
             SELECT {id}, 'x', '{{\"vendor\":2,\"prefix\":null}}', 3, 1, 1, 4, created_at FROM users WHERE id = 1"
        ));
        for _ in 0..2 {
            stoa::housekeeping::resume_once(&world.db, &World::passwords(), &Links::new("http://stoa.test")).await.unwrap();
        }
        let seen = operator.get("/api/admin/password-resets/1").await.expect(200);
        assert_eq!((&seen["status"], &seen["done"], &seen["mailed"]), (&json!("completed"), &json!(3), &json!(3)));
        world.owner(2).get("/api/auth/me").await.expect(200);
        world.staff(2).get("/api/auth/me").await.problem(401, "session_ended");
        assert_eq!(world.letters_to("vendor2_staff1@vendor2.example.com").len(), 1, "nobody gets two letters");
    }

    async fn it_must_say_whose_and_why_and_is_for_operators(world) {
        let operator = operator(&world).await;
        for (wish, pointer, code) in [
            (json!({"reason": "x"}), "/vendor_id", "required"),
            (json!({"vendor_id": 9, "reason": "x"}), "/vendor_id", "unknown_vendor"),
            (json!({"vendor_id": 1, "reason": " "}), "/reason", "blank"),
            (json!({"q": "", "reason": "x"}), "/q", "invalid_length"),
        ] {
            let problem = operator.post("/api/admin/password-resets", wish.clone()).await.problem(422, "validation_failed");
            assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]), (&json!(pointer), &json!(code)), "{wish}");
        }
        for (method, path) in [(Method::POST, ""), (Method::GET, ""), (Method::GET, "/1")] {
            let path = format!("/api/admin/password-resets{path}");
            let body = (method == Method::POST).then(|| json!({"vendor_id": 1, "reason": "x"}));
            world.owner(1).send(method.clone(), &path, body.clone()).await.problem(403, "permission_denied");
            world.stranger().send(method, &path, body).await.problem(401, "authentication_required");
        }
        operator.get("/api/admin/password-resets/9").await.problem(404, "not_found");
    }
}
