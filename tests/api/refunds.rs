//! Refunds: what is given back for an order is never more than is paid, whoever asks and however many at once (API §7).

use crate::catalogue::Conn;
use crate::returns::{approved, came, delivered, faults, give_back, received, rule, step};
use crate::shop::{act, history, id, order, product, see};
use crate::support::{Client, Engine, World};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

fn path(order: i64) -> String {
    format!("/api/orders/{order}/refunds")
}

fn some(amount: &str) -> Value {
    json!({ "amount": amount, "reason": "kept waiting" })
}

fn all_of(of: i64) -> Value {
    json!({ "return": of, "reason": "came back" })
}

/// An order of the first customer that comes to 28.50, with so much paid.
async fn paid(world: &World, amount: &str) -> i64 {
    let order = id(&order(&world.customer(1, 1), &[(2, 3)]).await);
    pay(world, order, amount).await;
    order
}

/// Records a payment, which must succeed; tells which.
async fn pay(world: &World, order: i64, amount: &str) -> i64 {
    let payment = json!({ "method": "cash", "amount": amount });
    id(&world.owner(1).post(&format!("/api/orders/{order}/payments"), payment).await.expect(201))
}

/// Gives so much back, which must succeed.
async fn refund(client: &Client, order: i64, body: Value) -> Value {
    client.post(&path(order), body).await.expect(201)
}

/// The refunds of an order as somebody sees them.
async fn list(client: &Client, order: i64) -> Vec<Value> {
    let page = client.get(&path(order)).await.expect(200);
    assert_eq!(page["next"], json!(null));
    page["items"].as_array().unwrap().clone()
}

/// What the order says: how much is paid, how much of it was given back, and what that makes it.
async fn standing(world: &World, order: i64) -> (String, String, String) {
    let order = see(&world.owner(1), order).await;
    let text = |member: &str| order[member].as_str().unwrap().to_owned();
    (text("paid"), text("refunded"), text("payment_status"))
}

fn stands(paid: &str, refunded: &str, status: &str) -> (String, String, String) {
    (paid.to_owned(), refunded.to_owned(), status.to_owned())
}

/// All that a refused refund could have changed.
async fn state(world: &World, order: i64) -> (Value, Vec<Value>, i64) {
    (see(&world.owner(1), order).await, list(&world.owner(1), order).await, world.last_event(1))
}

both_engines! {
    async fn money_is_given_back_in_parts(world) {
        let (owner, order) = (world.owner(1), paid(&world, "28.50").await);
        assert_eq!(standing(&world, order).await, stands("28.50", "0.00", "paid"));
        let first = refund(&owner, order, some("10.00")).await;
        assert_eq!(standing(&world, order).await, stands("28.50", "10.00", "partially_refunded"));
        let second = refund(&owner, order, some("18.49")).await;
        let third = refund(&owner, order, some("0.01")).await;
        assert_eq!(standing(&world, order).await, stands("28.50", "28.50", "refunded"));
        assert_eq!(list(&owner, order).await, [first, second, third], "in the order in which they were given");
        assert_eq!(see(&owner, order).await["version"], 5);
        for (status, found) in [("refunded", 1), ("paid", 0), ("partially_refunded", 0)] {
            let page = owner.get(&format!("/api/orders?payment_status={status}")).await.expect(200);
            assert_eq!(page["items"].as_array().unwrap().len(), found, "{status}");
        }
    }

    async fn a_refund_tells_all_about_itself(world) {
        let (owner, order) = (world.owner(1), paid(&world, "20.00").await);
        world.advance(TimeDelta::seconds(5));
        let reply = owner.post(&path(order), some("1.5")).await;
        let location = reply.header("location").unwrap().to_owned();
        let made = reply.expect(201);
        assert_eq!(location, format!("{}/{}", path(order), made["id"]));
        let mut expected = json!({
            "id": made["id"], "order": order, "return": null, "amount": "1.50", "currency": "EUR", "reason": "kept waiting",
            "created_by": 1, "created_at": "2026-01-31T12:00:05.000000Z",
        });
        assert_eq!(made, expected);
        assert_eq!(owner.get(&location).await.expect(200), expected);
        // To the customer, it is nobody's doing.
        for member in ["created_by", "reason"] {
            expected[member] = json!(null);
        }
        assert_eq!(world.customer(1, 1).get(&location).await.expect(200), expected);
        assert_eq!(list(&world.customer(1, 1), order).await, [expected]);
    }

    async fn more_than_is_paid_is_refused_and_nothing_changes(world) {
        let (owner, order) = (world.owner(1), paid(&world, "20.00").await);
        for (given, refundable, too_much) in [(None, "20.00", "20.01"), (Some("12.00"), "8.00", "8.01"), (Some("8.00"), "0.00", "0.01")] {
            if let Some(amount) = given {
                refund(&owner, order, some(amount)).await;
            }
            let before = state(&world, order).await;
            for amount in [too_much, "28.50", "10000000000.00"] {
                let refused = owner.post(&path(order), some(amount)).await.problem(409, "overrefunded");
                assert_eq!(refused["refundable"], refundable, "{amount}");
            }
            assert_eq!(state(&world, order).await, before);
        }
        assert_eq!(standing(&world, order).await, stands("20.00", "20.00", "refunded"));
        // What is paid afterwards can be given back, too.
        pay(&world, order, "8.50").await;
        assert_eq!(standing(&world, order).await, stands("28.50", "20.00", "partially_refunded"));
        refund(&owner, order, some("8.50")).await;
    }

    async fn a_cancelled_order_and_one_under_way_are_refunded_like_any(world) {
        let (owner, order) = (world.owner(1), paid(&world, "10.00").await);
        refund(&owner, order, some("4.00")).await;
        act(&owner, order, "cancel").await;
        refund(&owner, order, some("6.00")).await;
        assert_eq!(standing(&world, order).await, stands("10.00", "10.00", "refunded"));
    }

    async fn an_order_is_completed_when_it_was_paid_whatever_was_given_back_since(world) {
        let (owner, order) = (world.owner(1), paid(&world, "28.50").await);
        crate::returns::deliver(&owner, order).await;
        refund(&owner, order, some("5.00")).await;
        assert_eq!(see(&owner, order).await["allowed_actions"], json!(["complete"]));
        act(&owner, order, "complete").await;
        refund(&owner, order, some("23.50")).await;
        assert_eq!(standing(&world, order).await, stands("28.50", "28.50", "refunded"));
    }

    async fn a_payment_that_was_given_back_is_not_voided(world) {
        let (owner, order) = (world.owner(1), paid(&world, "10.00").await);
        let second = pay(&world, order, "5.00").await;
        refund(&owner, order, some("10.01")).await;
        let void = format!("/api/orders/{order}/payments/{second}/void");
        let before = state(&world, order).await;
        let refused = owner.post(&void, json!({ "reason": "x" })).await.problem(409, "payment_refunded");
        assert_eq!(refused["refunded"], "10.01");
        assert_eq!(state(&world, order).await, before);
        pay(&world, order, "0.01").await;
        owner.post(&void, json!({ "reason": "x" })).await.expect(200);
        assert_eq!(standing(&world, order).await, stands("10.01", "10.01", "refunded"));
    }

    async fn a_return_is_refunded_by_the_vendors_rules(world) {
        let (owner, (order, line, other)) = (world.owner(1), delivered(&world).await);
        pay(&world, order, "48.49").await;
        rule(&world, json!({ "restocking_fee_percent": "10.5", "max_refund_amount": "15.00" })).await;
        // 9.50 less 10.5 percent, which leaves 8.5025 and so 8.50.
        let of = received(&owner, order, line, 1).await;
        let made = refund(&owner, order, all_of(of)).await;
        assert_eq!((&made["amount"], &made["return"]), (&json!("8.50"), &json!(of)));
        // 19.00 less 10.5 percent would be more than the vendor gives.
        let of = approved(&owner, order, line, 2).await;
        step(&owner, order, of, "receive", came(line, 1, 1)).await;
        assert_eq!(refund(&owner, order, all_of(of)).await["amount"], "15.00");
        rule(&world, json!({ "restocking_fee_percent": "0", "max_refund_amount": null })).await;
        let of = received(&owner, order, other, 1).await;
        assert_eq!(refund(&owner, order, all_of(of)).await["amount"], "19.99");
        assert_eq!(standing(&world, order).await, stands("48.49", "43.49", "partially_refunded"));
        // Who says an amount is bound by what was paid alone.
        let mut more = all_of(of);
        more["amount"] = json!("5.00");
        refund(&owner, order, more).await;
        assert_eq!(standing(&world, order).await, stands("48.49", "48.49", "refunded"));
    }

    async fn a_return_is_refunded_by_the_rules_that_held_when_it_was_asked_for(world) {
        let (owner, (order, line, other)) = (world.owner(1), delivered(&world).await);
        pay(&world, order, "48.49").await;
        let free = approved(&owner, order, line, 1).await;
        rule(&world, json!({ "restocking_fee_percent": "10", "max_refund_amount": "5.00" })).await;
        let limited = approved(&owner, order, line, 1).await;
        rule(&world, json!({ "max_refund_amount": null })).await;
        let dear = approved(&owner, order, other, 1).await;
        rule(&world, json!({ "restocking_fee_percent": "100" })).await;
        for (of, line, due) in [(free, line, "9.50"), (limited, line, "5.00"), (dear, other, "17.99")] {
            step(&owner, order, of, "receive", came(line, 1, 0)).await;
            assert_eq!(refund(&owner, order, all_of(of)).await["amount"], due);
            owner.post(&path(order), all_of(of)).await.problem(409, "nothing_to_refund");
        }
    }

    async fn half_a_minor_unit_is_given_back_as_a_whole_one(world) {
        rule(&world, json!({ "restocking_fee_percent": "10" })).await;
        let owner = world.owner(1);
        // 17.955, and over several lines, two of them of the same product, it is their sum that is rounded: 0.135.
        for (price, lines, due) in [("19.95", 1, "17.96"), ("0.05", 3, "0.14"), ("0.00", 1, "")] {
            let goods = product(&world, "Strap", price, 10).await;
            let placed = order(&world.customer(1, 1), &vec![(goods, 1); lines]).await;
            let order = id(&placed);
            crate::returns::deliver(&owner, order).await;
            if due.is_empty() {
                let of = received(&owner, order, id(&placed["items"][0]), 1).await;
                owner.post(&path(order), all_of(of)).await.problem(409, "nothing_to_refund");
                continue;
            }
            pay(&world, order, placed["total"].as_str().unwrap()).await;
            let ids = placed["items"].as_array().unwrap().iter().map(id);
            let (wishes, counts): (Vec<_>, Vec<_>) = ids
                .map(|line| (json!({ "item": line, "quantity": 1 }), json!({ "item": line, "quantity": 1, "condition": "good" })))
                .unzip();
            let asked = json!({ "items": wishes, "reason": "too small" });
            let of = id(&owner.post(&crate::returns::path(order), asked).await.expect(201));
            step(&owner, order, of, "approve", json!({})).await;
            let before = crate::shop::stock(&world, goods).await;
            step(&owner, order, of, "receive", json!({ "items": counts })).await;
            assert_eq!(crate::shop::stock(&world, goods).await, before + i64::try_from(lines).unwrap());
            assert_eq!(refund(&owner, order, all_of(of)).await["amount"], due);
        }
    }

    async fn what_is_left_of_a_return_is_given_back_and_then_nothing(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        pay(&world, order, "48.49").await;
        let of = received(&owner, order, line, 2).await;
        let mut part = all_of(of);
        part["amount"] = json!("4.00");
        refund(&owner, order, part).await;
        assert_eq!(refund(&owner, order, all_of(of)).await["amount"], "15.00");
        let before = state(&world, order).await;
        owner.post(&path(order), all_of(of)).await.problem(409, "nothing_to_refund");
        assert_eq!(state(&world, order).await, before);
        rule(&world, json!({ "restocking_fee_percent": "100" })).await;
        let of = received(&owner, order, line, 1).await;
        owner.post(&path(order), all_of(of)).await.problem(409, "nothing_to_refund");
    }

    async fn only_a_return_that_is_back_is_refunded(world) {
        let (owner, (order, line, other)) = (world.owner(1), delivered(&world).await);
        pay(&world, order, "10.00").await;
        let of = approved(&owner, order, line, 1).await;
        let mut named = all_of(of);
        named["amount"] = json!("1.00");
        for body in [all_of(of), named] {
            owner.post(&path(order), body).await.problem(409, "return_not_received");
        }
        // Another order's return is none of this one.
        for of in [give_back(&world, 1, "own").await.back, 999_999_999, 0] {
            let refused = owner.post(&path(order), all_of(of)).await.problem(422, "validation_failed");
            assert_eq!(faults(&refused), [("/return", "unknown_return")]);
        }
        // What is worth more than was paid is not given back by itself.
        let of = received(&owner, order, other, 1).await;
        assert_eq!(owner.post(&path(order), all_of(of)).await.problem(409, "overrefunded")["refundable"], "10.00");
        assert_eq!(standing(&world, order).await, stands("10.00", "0.00", "partially_paid"));
    }

    async fn a_refund_sent_again_is_answered_again_and_given_once(world) {
        let (order, other) = (paid(&world, "20.00").await, paid(&world, "20.00").await);
        let owner = world.owner(1).with("idempotency-key", "till-1");
        let first = owner.post(&path(order), some("10.00")).await;
        assert_eq!((first.status, first.header("idempotent-replayed")), (201, None));
        for _ in 0..2 {
            let again = owner.post(&path(order), some("10.00")).await;
            assert_eq!((again.status, &again.text, again.header("location")), (201, &first.text, first.header("location")));
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
        }
        assert_eq!(standing(&world, order).await, stands("20.00", "10.00", "partially_refunded"));
        owner.post(&path(order), some("10.01")).await.problem(422, "idempotency_key_reused");
        owner.post(&path(other), some("10.00")).await.problem(422, "idempotency_key_reused");
        assert_eq!(standing(&world, other).await, stands("20.00", "0.00", "partially_paid"));
    }

    async fn of_eight_who_give_all_of_it_back_at_once_one_does(world) {
        let (owner, order) = (world.owner(1), paid(&world, "28.50").await);
        let event = world.last_event(1);
        let (all, at) = (some("28.50"), path(order));
        let replies = join_all((0..8).map(|_| owner.post(&at, all.clone()))).await;
        let (given, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
        assert_eq!(given.len(), 1);
        for reply in refused {
            assert_eq!(reply.problem(409, "overrefunded")["refundable"], "0.00");
        }
        assert_eq!(standing(&world, order).await, stands("28.50", "28.50", "refunded"));
        assert_eq!(list(&owner, order).await, [given[0].body.clone()]);
        assert_eq!(world.events_after(1, event), [format!("refund.created order/{order} by member/1")]);
    }

    async fn of_eight_who_refund_at_once_for_a_return_and_for_nothing_no_more_is_given_than_is_paid(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        pay(&world, order, "30.00").await;
        let of = received(&owner, order, line, 3).await;
        let (back, more, at) = (all_of(of), some("10.00"), path(order));
        let returns = join_all((0..4).map(|_| owner.post(&at, back.clone())));
        let others = join_all((0..4).map(|_| owner.post(&at, more.clone())));
        let (returns, others) = futures_util::future::join(returns, others).await;
        let given = |replies: &[crate::support::Reply]| replies.iter().filter(|reply| reply.status == 201).count();
        // The return's 28.50, or three times 10.00: whoever is first, there is no room for the others.
        let sums = (given(&returns), given(&others), standing(&world, order).await.1);
        assert!(sums == (1, 0, "28.50".to_owned()) || sums == (0, 3, "30.00".to_owned()), "{sums:?}");
    }

    async fn of_eight_who_refund_a_return_and_void_its_payment_at_once_the_sums_are_right(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        let payment = pay(&world, order, "9.50").await;
        let of = received(&owner, order, line, 1).await;
        let (back, at) = (all_of(of), path(order));
        let (void, why) = (format!("/api/orders/{order}/payments/{payment}/void"), json!({ "reason": "x" }));
        let given = join_all((0..4).map(|_| owner.post(&at, back.clone())));
        let voided = join_all((0..4).map(|_| owner.post(&void, why.clone())));
        let (given, voided) = futures_util::future::join(given, voided).await;
        let (given, voided) = (given.iter().filter(|reply| reply.status == 201).count(), voided.iter().filter(|reply| reply.status == 200).count());
        let (paid, refunded, _) = standing(&world, order).await;
        match (given, voided) {
            (1, 0) => assert_eq!((paid.as_str(), refunded.as_str()), ("9.50", "9.50")),
            (0, 4) => assert_eq!((paid.as_str(), refunded.as_str()), ("0.00", "0.00")),
            other => panic!("{other:?}"),
        }
    }

    async fn the_tables_themselves_take_no_other_sum(world) {
        let order = paid(&world, "10.00").await;
        let mut conn = Conn::open(world.engine, &world.url);
        if world.engine == Engine::Postgres {
            conn.run("SET app.vendor_id = '1'").unwrap();
        }
        let new = "INSERT INTO refunds (vendor_id, order_id, amount, created_at) VALUES";
        for statement in [
            format!("{new} (1, {order}, 1001, '2026-01-31 12:00:00')"),
            format!("{new} (1, {order}, 1000, '2026-01-31 12:00:00'), (1, {order}, 1, '2026-01-31 12:00:00')"),
            format!("{new} (1, {order}, 0, '2026-01-31 12:00:00')"),
            format!("{new} (1, {order}, -100, '2026-01-31 12:00:00')"),
        ] {
            let refused = conn.touch(&statement);
            assert!(refused.as_ref().is_err_and(|error| error.to_lowercase().contains("check constraint")), "{statement}: {refused:?}");
        }
        assert_eq!(conn.touch(&format!("{new} (1, {order}, 600, '2026-01-31 12:00:00')")), Ok(1));
        assert_eq!(conn.number(&format!("SELECT refunded AS n FROM orders WHERE vendor_id = 1 AND id = {order}")), 600);
        let refused = conn.touch(&format!("{new} (1, {order}, 401, '2026-01-31 12:00:00')"));
        assert!(refused.as_ref().is_err_and(|error| error.to_lowercase().contains("check constraint")), "{refused:?}");
        let void = format!("UPDATE payments SET voided_at = '2026-01-31 12:00:00' WHERE vendor_id = 1 AND order_id = {order}");
        let refused = conn.touch(&void);
        assert!(refused.as_ref().is_err_and(|error| error.to_lowercase().contains("check constraint")), "{refused:?}");
        for (statement, why) in [
            (format!("UPDATE refunds SET amount = 1 WHERE vendor_id = 1 AND order_id = {order}"), "refunds stay"),
            (format!("DELETE FROM refunds WHERE vendor_id = 1 AND order_id = {order}"), "refunds stay"),
            (format!("UPDATE orders SET refunded = 0 WHERE vendor_id = 1 AND id = {order}"), "what is given back is what the refunds come to"),
            (format!("UPDATE orders SET refunded = 1001 WHERE vendor_id = 1 AND id = {order}"), "what is given back is what the refunds come to"),
        ] {
            let refused = conn.touch(&statement);
            assert!(refused.as_ref().is_err_and(|error| error.contains(why)), "{statement}: {refused:?}");
        }
        // Order 4 is vendor 2's.
        let refused = conn.touch(&format!("{new} (1, 4, 100, '2026-01-31 12:00:00')"));
        assert!(refused.as_ref().is_err_and(|error| error.to_lowercase().contains("foreign key")), "{refused:?}");
    }

    async fn an_order_has_not_too_many_refunds(world) {
        let order = paid(&world, "28.50").await;
        let row = format!("(1, {order}, 1, '2026-01-31 12:00:00')");
        let whose = if world.engine == Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
        let rows = vec![row; 99].join(", ");
        world.sql(&format!("{whose} INSERT INTO refunds (vendor_id, order_id, amount, created_at) VALUES {rows}"));
        refund(&world.owner(1), order, some("1.00")).await;
        world.owner(1).post(&path(order), some("1.00")).await.problem(409, "refund_limit");
        assert_eq!(list(&world.owner(1), order).await.len(), 100);
    }

    async fn who_may_refund_does_and_nobody_else(world) {
        let order = paid(&world, "20.00").await;
        crate::shop::assign(&world, order, 2).await;
        for client in [world.staff(1), world.other_staff(1), world.customer(1, 1)] {
            let refused = client.post(&path(order), some("1.00")).await.problem(403, "permission_denied");
            assert_eq!(refused["required_any_of"], json!(["orders.refund"]));
        }
        world.anonymous(1).post(&path(order), some("1.00")).await.problem(401, "authentication_required");
        world.anonymous(1).get(&path(order)).await.problem(401, "authentication_required");
        // Who may refund, and sees what is assigned to them.
        let role = "INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES";
        world.sql(&format!("{role} (9004, 1, 'Till', FALSE, '[\"orders.refund\", \"orders.view_assigned\"]')"));
        world.sql("UPDATE members SET role_id = 9004 WHERE vendor_id = 1 AND user_id IN (2, 3)");
        assert_eq!(refund(&world.staff(1), order, some("1.00")).await["created_by"], 2);
        world.other_staff(1).post(&path(order), some("1.00")).await.problem(404, "not_found");
        world.staff(1).post(&path(2), some("1.00")).await.problem(404, "not_found");
    }

    async fn what_is_another_vendors_or_another_orders_is_not_there(world) {
        let (own, theirs) = (give_back(&world, 1, "own").await, give_back(&world, 2, "theirs").await);
        let refunds = (list(&world.owner(1), own.order).await, list(&world.owner(2), theirs.order).await);
        let (mine, foreign) = (id(&refunds.0[0]), id(&refunds.1[0]));
        for (order, of) in [(theirs.order, foreign), (own.order, foreign), (1, mine), (own.order, 999_999_999), (999_999_999, mine)] {
            world.owner(1).get(&format!("{}/{of}", path(order))).await.problem(404, "not_found");
        }
        for order in [theirs.order, 999_999_999] {
            world.owner(1).get(&path(order)).await.problem(404, "not_found");
            world.owner(1).post(&path(order), some("1.00")).await.problem(404, "not_found");
        }
        // Nor are other customers' to a customer.
        let (theirs_it_is, another) = (world.customer(1, 3), world.customer(1, 2));
        assert_eq!(list(&theirs_it_is, own.order).await.len(), 1);
        another.get(&path(own.order)).await.problem(404, "not_found");
        another.get(&format!("{}/{mine}", path(own.order))).await.problem(404, "not_found");
        assert_eq!((list(&world.owner(1), own.order).await, list(&world.owner(2), theirs.order).await), refunds);
    }

    async fn the_history_and_the_audit_log_tell_of_refunds_and_not_to_all_why(world) {
        let (owner, order) = (world.owner(1), paid(&world, "20.00").await);
        let number = see(&owner, order).await["number"].clone();
        let made = refund(&owner, order, some("5.00")).await;
        let last = history(&owner, order).await.pop().unwrap();
        assert_eq!((&last["type"], &last["actor_id"]), (&json!("refund.created"), &json!(1)));
        let data = json!({
            "id": order, "number": number, "refund": made["id"], "return": null, "amount": "5.00", "refunded": "5.00",
            "payment_status": "partially_refunded", "reason": "kept waiting",
        });
        assert_eq!(last["data"], data);
        let seen = history(&world.customer(1, 1), order).await.pop().unwrap();
        assert_eq!((&seen["type"], &seen["actor_id"], &seen["data"]["amount"]), (&json!("refund.created"), &json!(null), &json!("5.00")));
        assert!(!seen.to_string().contains("kept waiting"), "{seen}");
        let page = owner.get(&format!("/api/audit?target=order:{order}&action=refund.created")).await.expect(200);
        let entry = &page["items"][0];
        assert_eq!(entry["before"], json!({ "refunded": "0.00", "payment_status": "partially_paid", "version": 2 }));
        let refund = json!({ "id": made["id"], "return": null, "amount": "5.00" });
        assert_eq!(entry["after"], json!({ "refunded": "5.00", "payment_status": "partially_refunded", "version": 3, "refund": refund }));
    }

    async fn nothing_is_given_back_for_an_order_that_costs_nothing(world) {
        let gift = product(&world, "Catalogue", "0", 10).await;
        let free = id(&order(&world.customer(1, 1), &[(gift, 1)]).await);
        assert_eq!(world.owner(1).post(&path(free), some("0.01")).await.problem(409, "overrefunded")["refundable"], "0.00");
        assert_eq!(standing(&world, free).await, stands("0.00", "0.00", "paid"));
    }

    async fn a_refund_has_rules(world) {
        let (owner, order) = (world.owner(1), paid(&world, "20.00").await);
        let before = state(&world, order).await;
        for (body, pointer, code) in [
            (json!({ "amount": "1.00" }), "/reason", "required"),
            (json!({ "reason": "x" }), "/amount", "required"),
            (json!({ "reason": "x", "return": null, "amount": null }), "/amount", "required"),
            (json!({ "amount": "1.00", "reason": "" }), "/reason", "invalid_length"),
            (json!({ "amount": "1.00", "reason": " " }), "/reason", "blank"),
            (json!({ "amount": "1.00", "reason": "é".repeat(501) }), "/reason", "invalid_length"),
            (json!({ "amount": "1.00", "reason": "x", "return": "1" }), "/return", "invalid_value"),
            (json!({ "amount": "1.00", "reason": "x", "currency": "EUR" }), "/currency", "unknown_field"),
            (json!({ "amount": "1.00", "reason": "x", "of": 1 }), "/of", "unknown_field"),
            (json!({ "amount": 1, "reason": "x" }), "/amount", "invalid_value"),
            (some("-1.00"), "/amount", "invalid_value"),
            (some("1e2"), "/amount", "invalid_value"),
            (some("0"), "/amount", "out_of_range"),
            (some("1.001"), "/amount", "too_many_decimals"),
            (some("10000000000.01"), "/amount", "out_of_range"),
        ] {
            let refused = owner.post(&path(order), body.clone()).await.problem(422, "validation_failed");
            assert!(faults(&refused).contains(&(pointer, code)), "{body}: {refused}");
        }
        assert_eq!(state(&world, order).await, before);
    }
}
