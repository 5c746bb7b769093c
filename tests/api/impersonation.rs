//! Operators who are members of a vendor's team for a while.

use crate::operators::operator;
use crate::support::{Client, World};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

fn wish(vendor: i64, user: i64) -> Value {
    json!({"vendor_id": vendor, "user_id": user, "reason": "ticket 4711", "minutes": 15})
}

/// An operator in the place of a member of vendor 1, and their impersonation's path.
async fn in_place_of(world: &World, operator: &Client, user: i64) -> (Client, String) {
    let begun = operator.post("/api/admin/impersonations", wish(1, user)).await.expect(201);
    let path = format!("/api/admin/impersonations/{}", begun["impersonation"]["id"]);
    (world.anonymous(1).bearing(begun["access"].as_str().unwrap()), path)
}

both_engines! {
    async fn an_operator_sees_and_does_what_a_member_does(world) {
        let operator = operator(&world).await;
        let reply = operator.post("/api/admin/impersonations", wish(1, 2)).await;
        let location = reply.header("location").unwrap().to_owned();
        let begun = reply.expect(201);
        assert_eq!((&begun["token_type"], &begun["expires_in"], &begun["refresh"]), (&json!("Bearer"), &json!(900), &json!(null)));
        let about = &begun["impersonation"];
        assert_eq!((&about["operator"]["username"], &about["user"]["username"]), (&json!("ops@stoa.example"), &json!("vendor1_staff1")));
        assert_eq!((&about["vendor_domain"], &about["expires_at"]), (&json!("vendor1.example.com"), &json!("2026-01-31T12:15:00.000000Z")));
        assert_eq!(operator.get(&location).await.expect(200), *about);
        let client = world.anonymous(1).bearing(begun["access"].as_str().unwrap());
        let me = client.get("/api/auth/me").await.expect(200);
        assert_eq!((&me["username"], &me["role"]), (&json!("vendor1_staff1"), &json!("staff")));
        let seen = client.get("/api/orders").await.expect(200);
        assert_eq!(seen, world.staff(1).get("/api/orders").await.expect(200), "the orders that are assigned to them");
        client.post("/api/products", json!({"name": "Watch", "price": "1.00"})).await.expect(201);
        client.get("/api/customers").await.problem(403, "permission_denied");
        client.get("/api/admin/vendors").await.problem(403, "permission_denied");
        world.anonymous(2).bearing(begun["access"].as_str().unwrap()).get("/api/orders").await.problem(403, "tenant_mismatch");
    }

    async fn every_call_is_marked(world) {
        let operator = operator(&world).await;
        let own = operator.get("/api/admin/users?is_operator=true").await.expect(200)["items"][0]["id"].to_string();
        let (client, _) = in_place_of(&world, &operator, 1).await;
        for path in ["/api/orders", "/api/orders/999", "/api/products?limit=0"] {
            assert_eq!(client.get(path).await.header("x-impersonated-by"), Some(own.as_str()), "{path}");
        }
        assert_eq!(client.post("/api/auth/password", json!({})).await.header("x-impersonated-by"), Some(own.as_str()));
        assert_eq!(world.owner(1).get("/api/orders").await.header("x-impersonated-by"), None);
        let product = client.post("/api/products", json!({"name": "Watch", "price": "1.00"})).await.expect(201);
        let entries = world.owner(1).get(&format!("/api/audit?target=product:{}", product["id"])).await.expect(200);
        assert_eq!((&entries["items"][0]["actor_id"], entries["items"][0]["impersonated_by"].to_string()), (&json!(1), own.clone()));
        let entries = world.owner(1).get("/api/audit?action=impersonation.started").await.expect(200);
        let entry = &entries["items"][0];
        assert_eq!((&entry["actor"], entry["actor_id"].to_string()), (&json!("operator"), own));
        assert_eq!((&entry["target_id"], &entry["after"]["reason"]), (&json!(1), &json!("ticket 4711")), "the vendor can see it");
    }

    async fn what_would_outlast_it_is_out_of_reach(world) {
        let operator = operator(&world).await;
        let (client, _) = in_place_of(&world, &operator, 1).await;
        let password = json!({"current_password": "password123", "new_password": "another password"});
        for path in ["/api/auth/password", "/api/auth/%70assword", "/api/auth/password/", "/api//auth/password"] {
            let reply = client.post(path, password.clone()).await;
            assert!(reply.status == 404 || reply.body["code"] == "impersonation_limited", "{path}: {}", reply.text);
        }
        client.post("/api/auth/password", password).await.problem(403, "impersonation_limited");
        client.patch("/api/auth/me", json!({"email": "mine@stoa.example"})).await.problem(403, "impersonation_limited");
        let staff = json!({"username": "mole", "password": "password123", "role": "staff"});
        client.post("/api/auth/register", staff).await.problem(403, "impersonation_limited");
        for (method, path) in [(Method::DELETE, "/api/auth/sessions/1"), (Method::POST, "/api/auth/switch"), (Method::POST, "/api/api-keys")] {
            let reply = client.send(method, path, Some(json!({}))).await;
            assert!([403, 404, 405].contains(&reply.status), "{reply:?}");
        }
        world.sign_in(1, "owner1", "password123").await;
    }

    async fn it_ends_by_itself_by_hand_and_with_the_operators_own_standing(world) {
        let operator = operator(&world).await;
        let (first, path) = in_place_of(&world, &operator, 1).await;
        let (second, _) = in_place_of(&world, &operator, 2).await;
        let (third, _) = in_place_of(&world, &operator, 3).await;
        operator.delete(&path).await.expect(204);
        first.get("/api/orders").await.problem(401, "session_ended");
        second.get("/api/orders").await.expect(200);
        assert!(operator.get(&path).await.expect(200)["ended_at"].is_string());
        operator.delete(&path).await.expect(204);
        operator.delete("/api/admin/impersonations/999").await.problem(404, "not_found");
        operator.patch("/api/admin/users/3", json!({"is_active": false})).await.expect(200);
        third.get("/api/orders").await.problem(401, "session_ended");
        world.owner(1).get("/api/orders").await.expect(200);
        world.sql("UPDATE users SET is_operator = FALSE WHERE username = 'ops@stoa.example'");
        second.get("/api/orders").await.problem(401, "session_ended");
        world.sql("UPDATE users SET is_operator = TRUE WHERE username = 'ops@stoa.example'");
        second.get("/api/orders").await.expect(200);
        world.advance(TimeDelta::minutes(15));
        second.get("/api/orders").await.problem(401, "token_expired");
    }

    async fn only_active_members_of_open_vendors_are_impersonated(world) {
        let operator = operator(&world).await;
        world.sql("UPDATE members SET is_active = FALSE WHERE user_id = 3");
        for (vendor, user) in [(1, 3), (1, 4), (2, 1), (1, 999), (999, 1)] {
            let refused = operator.post("/api/admin/impersonations", wish(vendor, user)).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["code"], "not_a_member", "{vendor} {user}");
        }
        operator.post("/api/admin/vendors/1/suspend", json!({"reason": "x"})).await.expect(200);
        operator.post("/api/admin/impersonations", wish(1, 1)).await.problem(422, "validation_failed");
        for (member, value) in [("minutes", json!(0)), ("minutes", json!(61)), ("reason", json!(" ")), ("reason", json!(null))] {
            let mut wish = wish(2, 4);
            wish[member] = value;
            operator.post("/api/admin/impersonations", wish).await.problem(422, "validation_failed");
        }
        world.owner(2).post("/api/admin/impersonations", wish(2, 5)).await.problem(403, "permission_denied");
        assert_eq!(operator.get("/api/admin/impersonations").await.expect(200)["items"], json!([]));
    }

    async fn all_there_ever_were_are_listed(world) {
        let operator = operator(&world).await;
        for (vendor, user) in [(1, 1), (1, 2), (2, 4)] {
            operator.post("/api/admin/impersonations", wish(vendor, user)).await.expect(201);
        }
        let users = async |query: &str| -> Vec<i64> {
            let page = operator.get(&format!("/api/admin/impersonations?{query}")).await.expect(200);
            page["items"].as_array().unwrap().iter().map(|one| one["user"]["id"].as_i64().unwrap()).collect()
        };
        assert_eq!(users("").await, [4, 2, 1]);
        assert_eq!(users("vendor=1").await, [2, 1]);
        assert_eq!(users("operator=1").await, Vec::<i64>::new());
        let page = operator.get("/api/admin/impersonations?limit=2").await.expect(200);
        assert_eq!(users(&format!("limit=2&cursor={}", page["next"].as_str().unwrap())).await, [1]);
    }

    async fn it_ends_when_the_operator_signs_out(world) {
        let operator = operator(&world).await;
        let (client, _) = in_place_of(&world, &operator, 1).await;
        client.get("/api/orders").await.expect(200);
        let own = operator.clone().at("vendor1.example.com");
        let sessions = own.get("/api/auth/sessions").await.expect(200);
        let here = sessions["items"].as_array().unwrap().iter().find(|one| one["is_current"] == true).unwrap();
        own.delete(&format!("/api/auth/sessions/{}", here["id"])).await.expect(204);
        client.get("/api/orders").await.problem(401, "session_ended");
    }

    async fn nobody_is_taken_on_and_no_domain_is_claimed_in_a_members_place(world) {
        let operator = operator(&world).await;
        let (client, _) = in_place_of(&world, &operator, 1).await;
        for (method, path) in [
            (Method::POST, "/api/team/invitations"),
            (Method::POST, "/api/team/roles"),
            (Method::PUT, "/api/team/members/2"),
            (Method::DELETE, "/api/team/members/2"),
            (Method::POST, "/api/invitations/demo-invitation-to-the-team-of-vendor-2-xyz/accept"),
            (Method::POST, "/api/vendor/domains"),
        ] {
            client.send(method, path, Some(json!({}))).await.problem(403, "impersonation_limited");
        }
        client.get("/api/team/members").await.expect(200);
    }
}
