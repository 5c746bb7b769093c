//! Signing in (API §3).

use crate::operators::operator;
use crate::support::{Client, Reply, World};
use serde_json::{Value, json};

async fn by_name(client: &Client, name: &str, password: &str) -> Reply {
    client.post("/api/auth/login", json!({"username": name, "password": password})).await
}

async fn by_email(client: &Client, email: &str, password: &str) -> Reply {
    client.post("/api/auth/login", json!({"email": email, "password": password})).await
}

/// Takes owner 1 on as staff at vendor 2.
fn join_vendor_2(world: &World) {
    world.sql(
        "INSERT INTO members (vendor_id, user_id, role_id, is_active, created_at) \
         SELECT 2, 1, (SELECT id FROM roles WHERE vendor_id = 2 AND name = 'Staff'), true, created_at FROM users WHERE id = 1",
    );
}

/// The answer, less what tells one request from another.
fn told(reply: Reply) -> Value {
    let mut body = reply.problem(401, "invalid_credentials");
    body.as_object_mut().unwrap().remove("request_id");
    body
}

both_engines! {
    async fn signing_in_gives_tokens_and_tells_whose_they_are(world) {
        let reply = by_name(&world.anonymous(1), "owner1", "password123").await;
        assert_eq!(reply.header("cache-control"), Some("no-store"), "tokens are for nobody's cache");
        let pair = reply.expect(200);
        assert_eq!((&pair["token_type"], &pair["expires_in"]), (&json!("Bearer"), &json!(900)));
        let user = &pair["user"];
        assert_eq!((&user["id"], &user["username"], &user["role"]), (&json!(1), &json!("owner1"), &json!("owner")));
        assert_eq!(user["vendor"], json!({"id": 1, "domain": "vendor1.example.com"}));
        let client = world.anonymous(1).bearing(pair["access"].as_str().unwrap());
        assert_eq!(&client.get("/api/auth/me").await.expect(200), user);
    }

    async fn everybody_signs_in_by_name_or_by_address_whatever_the_case(world) {
        for name in ["owner2", "vendor2_staff1", "vendor2_customer1"] {
            let here = world.anonymous(2);
            let spelt = name.to_uppercase();
            assert_eq!(by_name(&here, &spelt, "password123").await.expect(200)["user"]["username"], name);
            let address = format!("{spelt}@Vendor2.example.com");
            assert_eq!(by_email(&here, &address, "password123").await.expect(200)["user"]["username"], name);
        }
    }

    async fn a_user_of_one_team_needs_to_name_no_vendor(world) {
        let pair = by_name(&world.stranger(), "vendor2_staff1", "password123").await.expect(200);
        assert_eq!((&pair["user"]["role"], &pair["user"]["vendor"]["id"]), (&json!("staff"), &json!(2)));
        let pair = by_email(&world.stranger(), "owner3@vendor3.example.com", "password123").await.expect(200);
        assert_eq!((&pair["user"]["role"], &pair["user"]["vendor"]["id"]), (&json!("owner"), &json!(3)));
        let token = pair["access"].as_str().unwrap();
        world.anonymous(3).bearing(token).get("/api/vendor").await.expect(200);
        world.anonymous(2).bearing(token).get("/api/vendor").await.problem(403, "tenant_mismatch");
    }

    async fn a_customer_has_to_name_the_vendor(world) {
        by_name(&world.stranger(), "vendor1_customer1", "password123").await.problem(401, "invalid_credentials");
        by_name(&world.anonymous(2), "vendor1_customer1", "password123").await.problem(401, "invalid_credentials");
        let pair = by_name(&world.stranger().with("host", "vendor1.example.com"), "vendor1_customer1", "password123").await.expect(200);
        assert_eq!((&pair["user"]["role"], &pair["user"]["permissions"]), (&json!("customer"), &json!([])));
    }

    async fn a_user_of_several_teams_chooses_the_vendor(world) {
        join_vendor_2(&world);
        let choice = by_name(&world.stranger(), "owner1", "password123").await.problem(409, "vendor_choice_required");
        let vendors = json!([{"id": 1, "domain": "vendor1.example.com"}, {"id": 2, "domain": "vendor2.example.com"}]);
        assert_eq!(choice["vendors"], vendors);
        assert_eq!(choice["access"], json!(null));
        for (n, role) in [(1, "owner"), (2, "staff")] {
            let pair = by_name(&world.anonymous(n), "owner1", "password123").await.expect(200);
            assert_eq!((&pair["user"]["role"], &pair["user"]["vendor"]), (&json!(role), &vendors[n - 1]));
            let client = world.anonymous(n).bearing(pair["access"].as_str().unwrap());
            let expected = if n == 1 { 200 } else { 403 };
            assert_eq!(client.get("/api/customers").await.status, expected, "the rights are those of the place");
        }
        by_name(&world.stranger(), "owner1", "password124").await.problem(401, "invalid_credentials");
    }

    async fn a_team_that_somebody_has_left_is_no_choice(world) {
        join_vendor_2(&world);
        world.sql("UPDATE members SET is_active = false WHERE vendor_id = 2 AND user_id = 1");
        assert_eq!(by_name(&world.stranger(), "owner1", "password123").await.expect(200)["user"]["vendor"]["id"], 1);
    }

    async fn an_unknown_name_and_a_wrong_password_get_one_answer(world) {
        for client in [world.stranger(), world.anonymous(1)] {
            let wrong = by_name(&client, "owner1", "wrong-password").await;
            assert_eq!(wrong.header("www-authenticate"), Some("Bearer"));
            let wrong = told(wrong);
            assert_eq!(told(by_name(&client, "nobody", "wrong-password").await), wrong);
            assert_eq!(told(by_email(&client, "owner1@vendor1.example.com", "wrong-password").await), wrong);
            assert_eq!(told(by_email(&client, "nobody@example.com", "wrong-password").await), wrong);
            assert_eq!(told(by_name(&client, "vendor1_customer1", "wrong-password").await), wrong);
            assert_eq!(told(by_name(&client, "owner2", "wrong-password").await), wrong);
            assert_eq!(told(by_name(&client, "owner1", "").await), wrong, "the empty password");
            assert_eq!(told(by_name(&client, "owner1", "PASSWORD123").await), wrong, "a password's case matters");
        }
        assert_eq!(
            told(by_name(&world.anonymous(1), "owner2", "password123").await),
            told(by_name(&world.anonymous(1), "nobody", "password123").await),
            "the right password of somebody elsewhere"
        );
    }

    async fn who_was_shut_out_gets_the_same_answer_as_a_stranger(world) {
        world.sql("UPDATE members SET is_active = false WHERE user_id = 2");
        world.sql("UPDATE users SET is_active = false WHERE id = 3");
        let stranger = told(by_name(&world.anonymous(1), "nobody", "password123").await);
        for name in ["vendor1_staff1", "vendor1_staff2"] {
            assert_eq!(told(by_name(&world.anonymous(1), name, "password123").await), stranger);
            assert_eq!(told(by_name(&world.stranger(), name, "password123").await), stranger);
        }
    }

    async fn one_says_either_the_name_or_the_address(world) {
        for body in [
            json!({"password": "password123"}),
            json!({"username": "owner1", "email": "owner1@vendor1.example.com", "password": "password123"}),
        ] {
            assert_eq!(
                world.anonymous(1).post("/api/auth/login", body).await.problem(422, "validation_failed")["errors"][0]["pointer"],
                "/username"
            );
        }
        let missing = world.anonymous(1).post("/api/auth/login", json!({"username": "owner1"})).await.problem(422, "validation_failed");
        assert_eq!(missing["errors"][0]["pointer"], "/password");
        let huge = world.anonymous(1).post("/api/auth/login", json!({"username": "owner1", "password": "x".repeat(1025)})).await;
        huge.problem(422, "validation_failed");
    }

    async fn an_address_is_no_name_and_a_name_no_address(world) {
        by_name(&world.anonymous(1), "owner1@vendor1.example.com", "password123").await.problem(401, "invalid_credentials");
        by_email(&world.anonymous(1), "owner1", "password123").await.problem(401, "invalid_credentials");
    }

    async fn an_old_token_keeps_nobody_from_signing_in(world) {
        world.advance(chrono::TimeDelta::minutes(20));
        by_name(&world.owner(1), "owner1", "password123").await.expect(200);
        by_name(&world.anonymous(1).bearing("nonsense"), "owner1", "password123").await.expect(200);
    }

    async fn an_operator_signs_in_at_no_vendor(world) {
        operator(&world).await;
        for client in [world.stranger(), world.anonymous(1), world.anonymous(2)] {
            let pair = by_email(&client, "OPS@stoa.example", "password123").await.expect(200);
            assert_eq!((&pair["user"]["role"], &pair["user"]["vendor"]), (&json!("operator"), &json!(null)));
            by_email(&client, "ops@stoa.example", "password124").await.problem(401, "invalid_credentials");
        }
    }
}
