//! The rules of returning: what may come back, how much of it, and until when (API §7).

use crate::returns::{approved, ask, came, delivered, faults, list, path, received, rule, state, step, wish};
use crate::shop::{act, id, order};
use crate::support::Engine;
use chrono::TimeDelta;
use serde_json::{Value, json};

both_engines! {
    async fn only_what_was_delivered_can_be_returned(world) {
        let (owner, customer) = (world.owner(1), world.customer(1, 1));
        let placed = order(&customer, &[(2, 1)]).await;
        let (order, line) = (id(&placed), id(&placed["items"][0]));
        for action in ["process", "ship"] {
            customer.post(&path(order), wish(line, 1)).await.problem(409, "order_not_delivered");
            owner.post(&path(order), wish(line, 1)).await.problem(409, "order_not_delivered");
            act(&owner, order, action).await;
        }
        act(&owner, order, "deliver").await;
        ask(&customer, order, line, 1).await;
        customer.post(&path(3), wish(4, 1)).await.problem(409, "order_not_delivered");
    }

    async fn a_completed_order_can_be_returned_too(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        owner.post(&format!("/api/orders/{order}/payments"), json!({ "method": "cash", "amount": "48.49" })).await.expect(201);
        act(&owner, order, "complete").await;
        received(&owner, order, line, 1).await;
    }

    async fn no_more_is_returned_than_was_delivered(world) {
        let (owner, customer, (order, line, other)) = (world.owner(1), world.customer(1, 1), delivered(&world).await);
        let first = ask(&customer, order, line, 2).await;
        let before = state(&world, order).await;
        let twice = json!({ "items": [{ "item": line, "quantity": 1 }, { "item": other, "quantity": 1 }, { "item": line, "quantity": 1 }], "reason": "x" });
        for (body, fault) in [(wish(line, 2), "/items/0/quantity"), (twice, "/items/2/quantity"), (wish(other, 100_000), "/items/0/quantity")] {
            let refused = customer.post(&path(order), body).await.problem(409, "not_returnable");
            assert_eq!(faults(&refused), [(fault, "too_many")]);
        }
        assert_eq!(state(&world, order).await, before);
        // What is rejected counts for nothing.
        step(&owner, order, first, "reject", json!({ "reason": "worn" })).await;
        ask(&customer, order, line, 3).await;
    }

    async fn no_more_comes_back_than_was_to_come(world) {
        let (owner, (order, line, other)) = (world.owner(1), delivered(&world).await);
        let of = approved(&owner, order, line, 2).await;
        let (before, at) = (state(&world, order).await, format!("{}/{of}/receive", path(order)));
        for (body, fault, code) in [
            (came(line, 3, 0), "/items/0/quantity", "more_than_requested"),
            (came(line, 2, 1), "/items/1/quantity", "more_than_requested"),
            (came(other, 1, 0), "/items/0/item", "unknown_item"),
            (came(999_999_999, 1, 0), "/items/0/item", "unknown_item"),
        ] {
            let refused = owner.post(&at, body).await.problem(422, "validation_failed");
            assert_eq!(faults(&refused), [(fault, code)]);
        }
        assert_eq!(state(&world, order).await, before);
    }

    async fn the_days_of_the_vendor_count_from_delivery(world) {
        let (order, line, _) = delivered(&world).await;
        rule(&world, json!({ "days_to_return": 2 })).await;
        let (customer, _) = world.sign_in(1, "vendor1_customer1", "password123").await;
        ask(&customer, order, line, 1).await;
        world.advance(TimeDelta::days(2));
        let (customer, _) = world.sign_in(1, "vendor1_customer1", "password123").await;
        ask(&customer, order, line, 1).await;
        world.advance(TimeDelta::seconds(1));
        let refused = customer.post(&path(order), wish(line, 1)).await.problem(409, "return_window_over");
        assert_eq!(refused["until"], "2026-02-02T12:00:00.000000Z");
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        owner.patch("/api/vendor/settings", json!({ "days_to_return": null })).await.expect(200);
        ask(&customer, order, line, 1).await;
    }

    async fn a_window_of_no_days_takes_nothing_back(world) {
        let (customer, (order, line, _)) = (world.customer(1, 1), delivered(&world).await);
        rule(&world, json!({ "days_to_return": 0 })).await;
        world.advance(TimeDelta::seconds(1));
        let before = state(&world, order).await;
        let refused = customer.post(&path(order), wish(line, 1)).await.problem(409, "return_window_over");
        assert_eq!(refused["until"], "2026-01-31T12:00:00.000000Z", "the moment in which it was delivered");
        assert_eq!(state(&world, order).await, before);
    }

    async fn where_nobody_knows_when_an_order_was_delivered_the_days_count_from_when_it_was_placed(world) {
        let (order, line, _) = delivered(&world).await;
        rule(&world, json!({ "days_to_return": 2 })).await;
        let whose = if world.engine == Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
        world.sql(&format!("{whose} UPDATE orders SET delivered_at = NULL WHERE vendor_id = 1 AND id = {order}"));
        world.advance(TimeDelta::days(2));
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        ask(&owner, order, line, 1).await;
        world.advance(TimeDelta::seconds(1));
        // Whatever else is done with the order does not make the time longer.
        owner.post(&format!("/api/orders/{order}/payments"), json!({ "method": "cash", "amount": "1.00" })).await.expect(201);
        let refused = owner.post(&path(order), wish(line, 1)).await.problem(409, "return_window_over");
        assert_eq!(refused["until"], "2026-02-02T12:00:00.000000Z");
    }

    async fn what_has_such_a_sku_is_not_taken_back(world) {
        let (customer, (order, line, other)) = (world.customer(1, 1), delivered(&world).await);
        rule(&world, json!({ "non_returnable_sku_patterns": ["X-*", "V1-*2"] })).await;
        let before = state(&world, order).await;
        let both = json!({ "items": [{ "item": other, "quantity": 1 }, { "item": line, "quantity": 1 }], "reason": "x" });
        let refused = customer.post(&path(order), both).await.problem(409, "not_returnable");
        assert_eq!(faults(&refused), [("/items/1/item", "non_returnable_sku")]);
        assert_eq!(state(&world, order).await, before);
        ask(&customer, order, other, 1).await;
        rule(&world, json!({ "non_returnable_sku_patterns": [] })).await;
        ask(&customer, order, line, 1).await;
    }

    async fn a_vendor_may_take_back_whole_orders_only(world) {
        let (customer, (order, line, other)) = (world.customer(1, 1), delivered(&world).await);
        rule(&world, json!({ "allow_partial_return": false })).await;
        let both = |few: i64| json!({ "items": [{ "item": line, "quantity": few }, { "item": other, "quantity": 1 }], "reason": "x" });
        for body in [wish(line, 3), wish(other, 1), both(2)] {
            let refused = customer.post(&path(order), body).await.problem(409, "not_returnable");
            assert_eq!(faults(&refused), [("/items", "partial_return")]);
        }
        // What is not taken back at all need not be there.
        rule(&world, json!({ "non_returnable_sku_patterns": ["V1-001"] })).await;
        let of = ask(&customer, order, line, 3).await;
        step(&world.owner(1), order, of, "reject", json!({ "reason": "worn" })).await;
        rule(&world, json!({ "non_returnable_sku_patterns": [] })).await;
        customer.post(&path(order), both(3)).await.expect(201);
    }

    async fn a_line_that_the_order_does_not_have_is_refused_by_name(world) {
        let (customer, (order, line, _)) = (world.customer(1, 1), delivered(&world).await);
        for other in [1, 4, 999_999_999, 0, -1] {
            let body = json!({ "items": [{ "item": line, "quantity": 1 }, { "item": other, "quantity": 1 }], "reason": "x" });
            let refused = customer.post(&path(order), body).await.problem(422, "validation_failed");
            assert_eq!(faults(&refused), [("/items/1/item", "unknown_item")]);
        }
        assert_eq!(list(&customer, order).await, Vec::<Value>::new());
    }

    async fn an_order_has_not_too_many_returns(world) {
        let (order, line, _) = delivered(&world).await;
        let row = format!("(1, {order}, 'rejected', '2026-01-31 12:00:00', '2026-01-31 12:00:00')");
        let whose = if world.engine == Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
        let rows = vec![row; 99].join(", ");
        world.sql(&format!("{whose} INSERT INTO returns (vendor_id, order_id, status, requested_at, decided_at) VALUES {rows}"));
        ask(&world.customer(1, 1), order, line, 1).await;
        world.customer(1, 1).post(&path(order), wish(line, 1)).await.problem(409, "return_limit");
    }

    async fn a_return_has_rules(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        let of = approved(&owner, order, line, 1).await;
        let before = state(&world, order).await;
        let long = "é".repeat(501);
        let one = |quantity: Value| json!([{ "item": line, "quantity": quantity }]);
        for (body, pointer, code) in [
            (json!({ "reason": "x" }), "/items", "required"),
            (json!({ "items": one(json!(1)) }), "/reason", "required"),
            (json!({ "items": [], "reason": "x" }), "/items", "invalid_length"),
            (json!({ "items": vec![one(json!(1))[0].clone(); 201], "reason": "x" }), "/items", "invalid_length"),
            (json!({ "items": one(json!(0)), "reason": "x" }), "/items/0/quantity", "out_of_range"),
            (json!({ "items": one(json!(-1)), "reason": "x" }), "/items/0/quantity", "out_of_range"),
            (json!({ "items": one(json!(100_001)), "reason": "x" }), "/items/0/quantity", "out_of_range"),
            (json!({ "items": one(json!(1.5)), "reason": "x" }), "/items/0/quantity", "invalid_value"),
            (json!({ "items": one(json!("1")), "reason": "x" }), "/items/0/quantity", "invalid_value"),
            (json!({ "items": [{ "quantity": 1 }], "reason": "x" }), "/items/0/item", "required"),
            (json!({ "items": [{ "item": line, "quantity": 1, "condition": "good" }], "reason": "x" }), "/items/0/condition", "unknown_field"),
            (json!({ "items": one(json!(1)), "reason": "" }), "/reason", "invalid_length"),
            (json!({ "items": one(json!(1)), "reason": " \n" }), "/reason", "blank"),
            (json!({ "items": one(json!(1)), "reason": long }), "/reason", "invalid_length"),
            (json!({ "items": one(json!(1)), "reason": "x", "status": "approved" }), "/status", "unknown_field"),
        ] {
            let refused = owner.post(&path(order), body.clone()).await.problem(422, "validation_failed");
            assert!(faults(&refused).contains(&(pointer, code)), "{body}: {refused}");
        }
        let counted = |condition: &str| json!({ "items": [{ "item": line, "quantity": 1, "condition": condition }] });
        for (body, pointer, code) in [
            (json!({}), "/items", "required"),
            (json!({ "items": [] }), "/items", "invalid_length"),
            (json!({ "items": one(json!(1)) }), "/items/0/condition", "required"),
            (counted("broken"), "/items/0/condition", "invalid_value"),
            (counted("Good"), "/items/0/condition", "invalid_value"),
            (json!({ "items": [{ "item": line, "quantity": 0, "condition": "good" }] }), "/items/0/quantity", "out_of_range"),
            (json!({ "items": vec![counted("good")["items"][0].clone(); 401] }), "/items", "invalid_length"),
            (json!({ "items": counted("good")["items"], "note": "x" }), "/note", "unknown_field"),
        ] {
            let refused = owner.post(&format!("{}/{of}/receive", path(order)), body.clone()).await.problem(422, "validation_failed");
            assert!(faults(&refused).contains(&(pointer, code)), "{body}: {refused}");
        }
        assert_eq!(state(&world, order).await, before);
    }
}
