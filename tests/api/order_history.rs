//! What an order's history tells, and that nothing happens without it.

use crate::shop::{act, assign, basket, count, history, id, order, see, stock};
use crate::support::{Engine, World};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// Type, kind of actor and their id, of every entry.
fn told(entries: &[Value]) -> Vec<(&str, &str, Option<i64>)> {
    entries.iter().map(|entry| (entry["type"].as_str().unwrap(), entry["actor"].as_str().unwrap(), entry["actor_id"].as_i64())).collect()
}

/// From now on the database takes no events.
fn refuse_events(world: &World) {
    match world.engine {
        Engine::Sqlite => {
            world.sql("CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'no events today'); END");
        }
        Engine::Postgres => world.sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no events today'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION refuse()",
        ),
    }
}

both_engines! {
    async fn the_history_tells_what_happened_who_did_it_and_when(world) {
        let placed = order(&world.customer(1, 3), &[(2, 2), (1, 1)]).await;
        let order = id(&placed);
        world.advance(TimeDelta::seconds(5));
        assign(&world, order, 2).await;
        world.advance(TimeDelta::seconds(5));
        act(&world.staff(1), order, "process").await;
        world.advance(TimeDelta::seconds(5));
        world.owner(1).post(&format!("/api/orders/{order}/cancel"), json!({ "reason": "out of oil" })).await.expect(200);
        let entries = history(&world.owner(1), order).await;
        let expected = [
            ("order.placed", "customer", Some(3)),
            ("order.assigned", "member", Some(1)),
            ("order.status_changed", "member", Some(2)),
            ("order.status_changed", "member", Some(1)),
        ];
        assert_eq!(told(&entries), expected);
        let number = &placed["number"];
        let items = json!([
            { "id": placed["items"][0]["id"], "product": 2, "quantity": 2, "price": "9.50" },
            { "id": placed["items"][1]["id"], "product": 1, "quantity": 1, "price": "19.99" },
        ]);
        let data = [
            json!({ "id": order, "number": number, "status": "pending", "customer": 3, "items": items, "total": "38.99", "currency": "EUR" }),
            json!({ "id": order, "number": number, "from": null, "to": 2 }),
            json!({ "id": order, "number": number, "action": "process", "from": "pending", "to": "processing", "reason": null }),
            json!({ "id": order, "number": number, "action": "cancel", "from": "processing", "to": "cancelled", "reason": "out of oil" }),
        ];
        for (index, (entry, data)) in entries.iter().zip(data).enumerate() {
            assert_eq!(entry["data"], data);
            assert_eq!(entry["occurred_at"], format!("2026-01-31T12:00:{:02}.000000Z", index * 5));
        }
        let ids = crate::shop::numbers(&entries, "id");
        assert!(ids.is_sorted(), "{ids:?}");
    }

    async fn customers_read_their_orders_history_without_the_teams_doings(world) {
        let order = id(&order(&world.customer(1, 3), &[(2, 2)]).await);
        assign(&world, order, 2).await;
        act(&world.staff(1), order, "confirm").await;
        act(&world.customer(1, 3), order, "cancel").await;
        let entries = history(&world.customer(1, 3), order).await;
        let expected =
            [("order.placed", "customer", Some(3)), ("order.status_changed", "member", None), ("order.status_changed", "customer", Some(3))];
        assert_eq!(told(&entries), expected);
    }

    async fn an_order_placed_for_a_customer_does_not_tell_them_by_whom(world) {
        let mut body = basket(&[(2, 1)]);
        body["customer"] = json!(2);
        let order = id(&world.owner(1).post("/api/orders", body).await.expect(201));
        assert_eq!(told(&history(&world.owner(1), order).await), [("order.placed", "member", Some(1))]);
        assert_eq!(told(&history(&world.customer(1, 2), order).await), [("order.placed", "member", None)]);
    }

    async fn a_refusal_leaves_no_trace_in_the_history(world) {
        let owner = world.owner(1);
        let before = history(&owner, 2).await;
        owner.post("/api/orders/2/complete", json!({})).await.problem(409, "illegal_transition");
        owner.patch("/api/orders/2/status", json!({ "status": "lost" })).await.problem(422, "validation_failed");
        owner.patch("/api/orders/2/assign-staff", json!({ "staff_id": 5 })).await.problem(422, "validation_failed");
        owner.clone().with("if-match", "\"9\"").post("/api/orders/2/confirm", json!({})).await.problem(412, "precondition_failed");
        assert_eq!(history(&owner, 2).await, before);
        assert_eq!(see(&owner, 2).await["version"], 1);
    }

    async fn nothing_changes_that_cannot_be_told(world) {
        let owner = world.owner(1);
        let before = (count(&world).await, stock(&world, 2).await, see(&owner, 2).await);
        refuse_events(&world);
        let key = world.customer(1, 1).with("idempotency-key", "k-1");
        let failures = [
            key.post("/api/orders", basket(&[(2, 1)])).await,
            owner.post("/api/orders/2/cancel", json!({})).await,
            owner.patch("/api/orders/2/status", json!({ "status": "confirmed" })).await,
            owner.patch("/api/orders/2/assign-staff", json!({ "staff_id": 2 })).await,
            owner.post("/api/orders/2/payments", json!({ "method": "cash", "amount": "1.00" })).await,
            owner.post("/api/orders/1/refunds", json!({ "amount": "1.00", "reason": "r" })).await,
            owner.patch("/api/vendor/settings", json!({ "days_to_return": 30 })).await,
            owner.post("/api/products/2/stock", json!({ "delta": 5 })).await,
            owner.patch("/api/products/2", json!({ "name": "Belt" })).await,
        ];
        for failure in failures {
            let text = failure.text.clone();
            failure.problem(500, "internal_error");
            assert!(!text.contains("no events today"), "the cause is not for the caller: {text}");
        }
        let after = (count(&world).await, stock(&world, 2).await, see(&owner, 2).await);
        assert_eq!(after, before);
        world.sql(if world.engine == Engine::Sqlite { "DROP TRIGGER refuse" } else { "DROP TRIGGER refuse ON events" });
        let placed = key.post("/api/orders", basket(&[(2, 1)])).await.expect(201);
        assert_eq!(placed["number"], 1004, "the failed try used up neither key nor number");
    }
}
