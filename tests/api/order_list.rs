//! Lists of orders: who sees which, filters, pages, and one order with its version.

use crate::shop::{act, all, assign, basket_with, id, numbers, order, product, see};
use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

/// The numbers of the orders in one page of a list.
async fn listed(client: &Client, path: &str) -> Vec<i64> {
    numbers(client.get(path).await.expect(200)["items"].as_array().unwrap(), "number")
}

/// The owner's list under a filter.
async fn filtered(world: &World, filter: &str) -> Vec<i64> {
    listed(&world.owner(1), &format!("/api/orders?{filter}")).await
}

both_engines! {
    async fn the_owner_sees_all_orders_of_the_vendor_newest_first(world) {
        assert_eq!(listed(&world.owner(1), "/api/orders/").await, [1003, 1002, 1001]);
        order(&world.customer(1, 3), &[(2, 1)]).await;
        assert_eq!(listed(&world.owner(1), "/api/orders").await, [1004, 1003, 1002, 1001]);
        assert_eq!(numbers(&all(&world.owner(2), "/api/orders").await, "id"), [6, 5, 4], "and nobody else's");
    }

    async fn staff_see_the_orders_assigned_to_them_and_no_others(world) {
        assert_eq!(listed(&world.staff(1), "/api/orders").await, [1001]);
        assert!(listed(&world.other_staff(1), "/api/orders").await.is_empty());
        assign(&world, 2, 3).await;
        assert_eq!(listed(&world.other_staff(1), "/api/orders").await, [1002]);
        assert!(listed(&world.other_staff(1), "/api/orders?assigned_to=2").await.is_empty(), "a filter shows nothing more");
        assign(&world, 1, 3).await;
        assert!(listed(&world.staff(1), "/api/orders").await.is_empty(), "an order that was taken away is gone");
        assert_eq!(listed(&world.other_staff(1), "/api/orders").await, [1002, 1001]);
    }

    async fn customers_and_strangers_have_no_list_of_orders(world) {
        world.customer(1, 1).get("/api/orders").await.problem(403, "permission_denied");
        world.anonymous(1).get("/api/orders").await.problem(401, "authentication_required");
        world.owner(1).at("vendor2.example.com").get("/api/orders").await.problem(403, "tenant_mismatch");
    }

    async fn customers_see_their_own_orders_newest_first(world) {
        assert_eq!(listed(&world.customer(1, 1), "/api/orders/my/").await, [1003, 1001]);
        assert_eq!(listed(&world.customer(1, 2), "/api/orders/my").await, [1002]);
        assert!(listed(&world.customer(1, 3), "/api/orders/my").await.is_empty());
        world.owner(1).get("/api/orders/my").await.problem(403, "permission_denied");
        world.anonymous(1).get("/api/orders/my").await.problem(401, "authentication_required");
    }

    async fn each_filter_narrows_the_list(world) {
        let gift = product(&world, "Catalogue", "0", 10).await;
        world.advance(TimeDelta::seconds(60));
        let free = order(&world.customer(1, 3), &[(gift, 1)]).await;
        world.advance(TimeDelta::seconds(60));
        assign(&world, id(&free), 3).await;
        world.owner(1).post("/api/orders", basket_with(&[(2, 1)], json!({ "customer": 2, "external_ref": "WEB-77" }))).await.expect(201);
        assert_eq!(filtered(&world, "status=pending").await, [1005, 1004, 1002]);
        assert_eq!(filtered(&world, "status=processing").await, [1001]);
        assert_eq!(filtered(&world, "status=cancelled").await, [1003]);
        assert!(filtered(&world, "status=completed").await.is_empty());
        assert_eq!(filtered(&world, "payment_status=paid").await, [1004]);
        assert_eq!(filtered(&world, "payment_status=partially_paid").await, [1001]);
        assert_eq!(filtered(&world, "payment_status=unpaid").await, [1005, 1003, 1002]);
        assert_eq!(filtered(&world, "assigned_to=2").await, [1001]);
        assert_eq!(filtered(&world, "assigned_to=3").await, [1004]);
        assert_eq!(filtered(&world, "customer=2").await, [1005, 1002]);
        assert!(filtered(&world, "customer=4").await.is_empty(), "a customer of another vendor has ordered nothing here");
        assert_eq!(filtered(&world, "placed_after=2026-01-31T12:01:00Z").await, [1005, 1004]);
        assert_eq!(filtered(&world, "placed_before=2026-01-31T12:01:00Z").await, [1003, 1002, 1001]);
        assert_eq!(filtered(&world, "placed_after=2026-01-31T13:00:30%2B01:00&placed_before=2026-01-31T12:02:00Z").await, [1004]);
        assert_eq!(filtered(&world, "status=pending&customer=2&payment_status=unpaid&placed_before=2026-01-31T12:01:00Z").await, [1002]);
    }

    async fn an_order_is_found_by_its_number_or_how_its_reference_begins(world) {
        let named = |reference: &str| basket_with(&[(2, 1)], json!({ "external_ref": reference }));
        for reference in ["WEB-77", "WEB-78", "Web-79", "1001-b"] {
            world.customer(1, 1).post("/api/orders", named(reference)).await.expect(201);
        }
        assert_eq!(filtered(&world, "q=1002").await, [1002]);
        assert_eq!(filtered(&world, "q=%231002").await, [1002]);
        assert_eq!(filtered(&world, "q=WEB-").await, [1005, 1004]);
        assert_eq!(filtered(&world, "q=WEB-78").await, [1005]);
        assert_eq!(filtered(&world, "q=1001").await, [1007, 1001], "what looks like a number may begin a reference too");
        assert_eq!(filtered(&world, "q=1001&status=processing").await, [1001]);
        for nothing in ["002", "EB-77", "99999999999999999999999", "%25", "_EB-77"] {
            assert!(filtered(&world, &format!("q={nothing}")).await.is_empty(), "{nothing}");
        }
    }

    async fn pages_hold_every_order_once_whatever_is_placed_meanwhile(world) {
        for _ in 0..20 {
            order(&world.customer(1, 3), &[(2, 1)]).await;
        }
        let owner = world.owner(1);
        let mut seen = Vec::new();
        let mut cursor = String::new();
        let mut pages = 0;
        loop {
            let page = owner.get(&format!("/api/orders?limit=5{cursor}")).await.expect(200);
            seen.extend(numbers(page["items"].as_array().unwrap(), "number"));
            pages += 1;
            order(&world.customer(1, 3), &[(2, 1)]).await;
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, (1001..=1023).rev().collect::<Vec<_>>());
        assert_eq!(pages, 5);
    }

    async fn a_page_that_ends_with_the_last_order_has_no_next(world) {
        let page = world.owner(1).get("/api/orders?limit=3").await.expect(200);
        assert_eq!((numbers(page["items"].as_array().unwrap(), "number"), page["next"].is_null()), (vec![1003, 1002, 1001], true));
        let page = world.owner(1).get("/api/orders?limit=2").await.expect(200);
        let rest = world.owner(1).get(&format!("/api/orders?limit=2&cursor={}", page["next"].as_str().unwrap())).await.expect(200);
        assert_eq!((numbers(rest["items"].as_array().unwrap(), "number"), rest["next"].is_null()), (vec![1001], true));
    }

    async fn filters_and_own_orders_have_pages_too(world) {
        for _ in 0..4 {
            order(&world.customer(1, 2), &[(2, 1)]).await;
            order(&world.customer(1, 3), &[(2, 1)]).await;
        }
        for (client, path) in [(world.customer(1, 2), "/api/orders/my?"), (world.owner(1), "/api/orders?status=pending&customer=2&")] {
            let first = client.get(&format!("{path}limit=3")).await.expect(200);
            assert_eq!(numbers(first["items"].as_array().unwrap(), "number"), [1010, 1008, 1006]);
            let second = client.get(&format!("{path}limit=3&cursor={}", first["next"].as_str().unwrap())).await.expect(200);
            assert_eq!(numbers(second["items"].as_array().unwrap(), "number"), [1004, 1002]);
        }
    }

    async fn a_page_has_20_orders_unless_asked_otherwise_and_100_at_most(world) {
        for _ in 0..19 {
            order(&world.customer(1, 3), &[(2, 1)]).await;
        }
        assert_eq!(filtered(&world, "").await.len(), 20);
        assert_eq!(filtered(&world, "limit=100").await.len(), 22);
        for query in ["limit=0", "limit=101", "limit=-1", "limit=many", "limit=1.5"] {
            world.owner(1).get(&format!("/api/orders?{query}")).await.problem(400, "invalid_parameter");
        }
    }

    async fn a_filter_that_makes_no_sense_is_refused(world) {
        let owner = world.owner(1);
        for query in
            ["status=lost", "payment_status=owed", "assigned_to=me", "customer=carol", "placed_after=yesterday", "q=", "colour=red", "status=pending&status=cancelled"]
        {
            owner.get(&format!("/api/orders?{query}")).await.problem(400, "invalid_parameter");
        }
        world.customer(1, 1).get("/api/orders/my?status=pending").await.problem(400, "invalid_parameter");
    }

    async fn a_cursor_is_good_for_its_own_list_only(world) {
        let next = |page: serde_json::Value| page["next"].as_str().unwrap().to_owned();
        let all = next(world.owner(1).get("/api/orders?limit=1").await.expect(200));
        let own = next(world.customer(1, 1).get("/api/orders/my?limit=1").await.expect(200));
        let products = next(world.owner(1).get("/api/products?limit=1").await.expect(200));
        let theirs = next(world.owner(2).get("/api/orders?limit=1").await.expect(200));
        for cursor in [own.as_str(), &products, &theirs, "x", "e30"] {
            world.owner(1).get(&format!("/api/orders?cursor={cursor}")).await.problem(400, "invalid_cursor");
        }
        world.customer(1, 1).get(&format!("/api/orders/my?cursor={all}")).await.problem(400, "invalid_cursor");
    }

    async fn an_order_one_may_not_see_is_not_there(world) {
        see(&world.owner(1), 1).await;
        see(&world.staff(1), 1).await;
        see(&world.customer(1, 1), 1).await;
        for stranger in [world.customer(1, 2), world.other_staff(1), world.owner(2), world.staff(2), world.customer(2, 1)] {
            stranger.get("/api/orders/1").await.problem(404, "not_found");
            stranger.get("/api/orders/1/history").await.problem(404, "not_found");
        }
        world.staff(1).get("/api/orders/2").await.problem(404, "not_found");
        world.anonymous(1).get("/api/orders/1").await.problem(401, "authentication_required");
        for missing in ["999999", "0", "-1", "99999999999999999999", "one", "1.0"] {
            world.owner(1).get(&format!("/api/orders/{missing}")).await.problem(404, "not_found");
        }
    }

    async fn customers_do_not_learn_who_handles_their_order(world) {
        assert_eq!(see(&world.owner(1), 1).await["assigned_to"], 2);
        assert_eq!(see(&world.staff(1), 1).await["assigned_to"], 2);
        assert!(see(&world.customer(1, 1), 1).await["assigned_to"].is_null());
        assert!(world.customer(1, 1).get("/api/orders/my").await.expect(200)["items"][1]["assigned_to"].is_null());
    }

    async fn a_list_shows_each_order_as_it_is_by_itself(world) {
        for client in [world.owner(1), world.staff(1)] {
            for order in all(&client, "/api/orders").await {
                assert_eq!(order, see(&client, id(&order)).await);
            }
        }
        for order in all(&world.customer(1, 1), "/api/orders/my").await {
            assert_eq!(order, see(&world.customer(1, 1), id(&order)).await);
        }
    }

    async fn an_order_carries_its_version_and_is_not_sent_again_to_who_has_it(world) {
        let owner = world.owner(1);
        let tag = |reply: &Reply| reply.header("etag").unwrap().to_owned();
        let reply = owner.get("/api/orders/2").await;
        let first = tag(&reply);
        assert!(first.starts_with("\"1-"), "{first}");
        assert_eq!(reply.expect(200)["version"], 1);
        let asked_again = owner.clone().with("if-none-match", &first);
        let again = asked_again.get("/api/orders/2").await;
        assert_eq!((again.status, again.text.as_str(), tag(&again)), (304, "", first.clone()));
        let reply = owner.clone().with("if-match", &first).send(Method::POST, "/api/orders/2/confirm", None).await;
        assert!(tag(&reply).starts_with("\"2-"), "{reply:?}");
        assert_eq!(tag(&reply), tag(&owner.get("/api/orders/2").await));
        assert_eq!(asked_again.get("/api/orders/2").await.expect(200)["status"], "confirmed");
        owner.with("if-match", &first).post("/api/orders/2/process", json!({})).await.problem(412, "precondition_failed");
    }

    async fn who_has_an_order_gets_it_again_when_something_else_in_it_has_changed(world) {
        let owner = world.owner(1);
        let has = async || {
            let tag = owner.get("/api/orders/2").await.header("etag").unwrap().to_owned();
            owner.clone().with("if-none-match", &tag)
        };
        let before = has().await;
        world.customer(1, 2).patch("/api/auth/me", json!({"first_name": "Daniel"})).await.expect(200);
        assert_eq!(before.get("/api/orders/2").await.expect(200)["customer"]["first_name"], "Daniel");
        let before = has().await;
        world.sql("UPDATE members SET role_id = (SELECT id FROM roles WHERE vendor_id = 1 AND name = 'Viewer') WHERE vendor_id = 1 AND user_id = 1");
        assert_eq!(before.get("/api/orders/2").await.expect(200)["allowed_actions"], json!([]));
        assert_eq!(has().await.get("/api/orders/2").await.status, 304);
    }

    async fn a_change_meant_for_another_version_is_refused(world) {
        let owner = world.owner(1);
        act(&owner, 2, "confirm").await;
        let stale = owner.clone().with("if-match", "\"1\"");
        let refusals = [
            stale.post("/api/orders/2/process", json!({})).await,
            stale.patch("/api/orders/2/status", json!({ "status": "processing" })).await,
            stale.patch("/api/orders/2/assign-staff", json!({ "staff_id": 2 })).await,
        ];
        for refusal in refusals {
            assert_eq!(refusal.problem(412, "precondition_failed")["version"], 2);
        }
        owner.clone().with("if-match", "W/\"2\"").post("/api/orders/2/process", json!({})).await.problem(400, "invalid_header");
        assert_eq!(see(&owner, 2).await["version"], 2);
        owner.clone().with("if-match", "\"1\", \"2\"").post("/api/orders/2/process", json!({})).await.expect(200);
        owner.clone().with("if-match", "\"3\"").patch("/api/orders/2/assign-staff", json!({ "staff_id": 2 })).await.expect(200);
        owner.with("if-match", "*").patch("/api/orders/2/status", json!({ "status": "cancelled" })).await.expect(200);
    }
}
