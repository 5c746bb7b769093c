//! What the team changes about a customer, and who is shut out by it (API §6).

use crate::support::{Reply, World};
use serde_json::{Value, json};

const CAROL: &str = "/api/customers/1";

async fn sign_in(world: &World, name: &str) -> Reply {
    world.anonymous(1).post("/api/auth/login", json!({"username": name, "password": "password123"})).await
}

both_engines! {
    async fn what_is_mentioned_changes_and_the_rest_stays(world) {
        world.advance(chrono::TimeDelta::seconds(5));
        let edit = json!({"first_name": "Caroline", "email": "Caro@Example.com", "phone": "+352 1"});
        let reply = world.owner(1).patch(CAROL, edit).await;
        assert!(reply.header("etag").unwrap().starts_with("\"2-"), "{reply:?}");
        let carol = reply.expect(200);
        assert_eq!(
            (&carol["first_name"], &carol["last_name"], &carol["email"], &carol["phone"]),
            (&json!("Caroline"), &json!("Customer"), &json!("Caro@Example.com"), &json!("+352 1"))
        );
        assert_eq!((&carol["version"], &carol["updated_at"]), (&json!(2), &json!("2026-01-31T12:00:05.000000Z")));
        assert_eq!(carol["totals"][0]["total"], "99.97");
        assert_eq!(world.customer(1, 1).get("/api/auth/me").await.expect(200)["first_name"], "Caroline");
        let cleared = world.owner(1).patch(CAROL, json!({"phone": null, "email": null})).await.expect(200);
        assert_eq!((&cleared["phone"], &cleared["email"], &cleared["first_name"]), (&json!(null), &json!(null), &json!("Caroline")));
        let record = world.events_after(1, 0);
        assert_eq!(record.iter().filter(|event| *event == "customer.updated customer/1 by member/1").count(), 2, "{record:?}");
    }

    async fn a_customer_has_a_tag_and_a_change_may_depend_on_it(world) {
        let owner = world.owner(1);
        let tag = owner.get(CAROL).await.header("etag").unwrap().to_owned();
        assert_eq!(owner.clone().with("if-none-match", &tag).get(CAROL).await.status, 304);
        owner.clone().with("if-match", &tag).patch(CAROL, json!({"first_name": "One"})).await.expect(200);
        let stale = owner.clone().with("if-match", &tag).patch(CAROL, json!({"first_name": "Two"})).await;
        assert_eq!(stale.problem(412, "precondition_failed")["version"], 2);
        owner.clone().with("if-match", &tag).post(&format!("{CAROL}/anonymize"), json!({})).await.problem(412, "precondition_failed");
        assert_eq!(owner.get(CAROL).await.expect(200)["first_name"], "One");
        assert_eq!(owner.with("if-none-match", &tag).get(CAROL).await.status, 200);
    }

    async fn an_order_placed_meanwhile_is_another_tag(world) {
        let owner = world.owner(1);
        let tag = owner.get(CAROL).await.header("etag").unwrap().to_owned();
        crate::shop::order(&world.customer(1, 1), &[(2, 1)]).await;
        assert_eq!(owner.with("if-none-match", &tag).get(CAROL).await.status, 200);
    }

    async fn who_is_no_longer_active_is_out_at_once_and_for_as_long(world) {
        let (carol, refresh) = world.sign_in(1, "vendor1_customer1", "password123").await;
        let (dan, _) = world.sign_in(1, "vendor1_customer2", "password123").await;
        world.owner(1).patch(CAROL, json!({"is_active": false})).await.expect(200);
        for session in [&carol, &world.customer(1, 1)] {
            session.get("/api/auth/me").await.problem(401, "session_ended");
            session.get("/api/orders/my").await.problem(401, "session_ended");
        }
        world.anonymous(1).post("/api/auth/refresh", json!({ "refresh": refresh })).await.problem(401, "session_ended");
        sign_in(&world, "vendor1_customer1").await.problem(401, "invalid_credentials");
        dan.get("/api/auth/me").await.expect(200);
        world.owner(1).patch(CAROL, json!({"is_active": true})).await.expect(200);
        carol.get("/api/auth/me").await.problem(401, "session_ended");
        sign_in(&world, "vendor1_customer1").await.expect(200);
    }

    async fn a_session_that_outlived_its_customer_is_of_no_use_for_long(world) {
        let (_, refresh) = world.sign_in(1, "vendor1_customer1", "password123").await;
        let statement = "UPDATE customers SET is_active = FALSE WHERE vendor_id = 1 AND id = 1";
        let whose = if world.engine == crate::support::Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
        world.sql(&format!("{whose} {statement}"));
        world.anonymous(1).post("/api/auth/refresh", json!({ "refresh": refresh })).await.problem(401, "session_ended");
        world.customer(1, 1).get("/api/auth/me").await.problem(401, "session_ended");
    }

    async fn of_signing_in_and_being_shut_out_at_once_no_session_is_left(world) {
        for _ in 0..5 {
            world.owner(1).patch(CAROL, json!({"is_active": true})).await.expect(200);
            let shut_out = async { world.owner(1).patch(CAROL, json!({"is_active": false})).await.expect(200) };
            let logins = futures_util::future::join_all((0..4).map(|_| sign_in(&world, "vendor1_customer1")));
            let (_, replies) = futures_util::future::join(shut_out, logins).await;
            for reply in replies {
                if let Some(token) = reply.body["access"].as_str() {
                    world.anonymous(1).bearing(token).get("/api/auth/me").await.problem(401, "session_ended");
                }
            }
        }
    }

    async fn names_and_addresses_stay_apart(world) {
        let owner = world.owner(1);
        for email in ["vendor1_customer2@vendor1.example.com", "owner1@vendor1.example.com", "OWNER1@vendor1.example.com"] {
            let refused = owner.patch(CAROL, json!({ "email": email })).await.problem(409, "email_taken");
            assert_eq!(refused["errors"][0]["pointer"], "/email", "{email}");
        }
        // Elsewhere it is somebody else's.
        owner.patch(CAROL, json!({"email": "vendor2_customer1@vendor2.example.com"})).await.expect(200);
    }

    async fn a_change_has_rules(world) {
        for (edit, pointer) in [
            (json!({"first_name": "x".repeat(151)}), "/first_name"),
            (json!({"first_name": null}), "/first_name"),
            (json!({"email": "nobody"}), "/email"),
            (json!({"phone": ""}), "/phone"),
            (json!({"username": "other"}), "/username"),
            (json!({"password": "password123"}), "/password"),
            (json!({"is_active": "no"}), "/is_active"),
            (json!({"anonymized_at": null}), "/anonymized_at"),
        ] {
            let refused = world.owner(1).patch(CAROL, edit.clone()).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{edit}");
        }
        assert_eq!(world.owner(1).get(CAROL).await.expect(200)["version"], 1);
    }

    async fn only_who_may_edit_customers_does(world) {
        for path in [CAROL.to_owned(), format!("{CAROL}/anonymize")] {
            for client in [world.staff(1), world.customer(1, 1)] {
                let call = async |body: Value| if path == CAROL { client.patch(&path, body).await } else { client.post(&path, body).await };
                let refused = call(json!({})).await.problem(403, "permission_denied");
                assert_eq!(refused["required_any_of"], json!(["customers.edit"]));
            }
        }
        world.owner(1).patch("/api/customers/4", json!({"first_name": "Mine"})).await.problem(404, "not_found");
        world.owner(1).post("/api/customers/4/anonymize", json!({})).await.problem(404, "not_found");
        assert_eq!(world.owner(2).get("/api/customers/4").await.expect(200)["version"], 1);
    }
}
