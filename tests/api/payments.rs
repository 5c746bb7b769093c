//! Payments: what is paid for an order is what was recorded and not voided, and never more than its total (API §7).

use crate::catalogue::Conn;
use crate::shop::{act, history, id, order, product, see};
use crate::support::{Client, Engine, World};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

fn path(order: i64) -> String {
    format!("/api/orders/{order}/payments")
}

fn cash(amount: &str) -> Value {
    json!({ "method": "cash", "amount": amount })
}

/// An order of the first customer that comes to 28.50.
async fn place(world: &World) -> i64 {
    id(&order(&world.customer(1, 1), &[(2, 3)]).await)
}

/// Records a payment, which must succeed.
async fn pay(client: &Client, order: i64, amount: &str) -> Value {
    client.post(&path(order), cash(amount)).await.expect(201)
}

/// Voids a payment, which must succeed.
async fn void(client: &Client, payment: &Value, reason: &str) -> Value {
    let path = format!("{}/{}/void", path(payment["order"].as_i64().unwrap()), payment["id"]);
    client.post(&path, json!({ "reason": reason })).await.expect(200)
}

/// The payments of an order as somebody sees them.
async fn list(client: &Client, order: i64) -> Vec<Value> {
    let page = client.get(&path(order)).await.expect(200);
    assert_eq!(page["next"], json!(null));
    page["items"].as_array().unwrap().clone()
}

/// What the order says: how much of it is paid, what that makes it, and how often it has changed.
async fn standing(world: &World, order: i64) -> (String, String, i64) {
    let order = see(&world.owner(1), order).await;
    let text = |member: &str| order[member].as_str().unwrap().to_owned();
    (text("paid"), text("payment_status"), order["version"].as_i64().unwrap())
}

fn stands(paid: &str, status: &str, version: i64) -> (String, String, i64) {
    (paid.to_owned(), status.to_owned(), version)
}

/// All that a refused payment could have changed.
async fn state(world: &World, order: i64) -> (Value, Vec<Value>, i64) {
    (see(&world.owner(1), order).await, list(&world.owner(1), order).await, world.last_event(1))
}

/// A connection of the tests' own, which reaches what is vendor 1's.
fn behind(world: &World) -> Conn {
    let mut conn = Conn::open(world.engine, &world.url);
    if world.engine == Engine::Postgres {
        conn.run("SET app.vendor_id = '1'").unwrap();
    }
    conn
}

both_engines! {
    async fn an_order_is_paid_in_parts(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        assert_eq!(standing(&world, order).await, stands("0.00", "unpaid", 1));
        let first = pay(&owner, order, "10.00").await;
        assert_eq!(standing(&world, order).await, stands("10.00", "partially_paid", 2));
        let second = pay(&owner, order, "18.49").await;
        assert_eq!(standing(&world, order).await, stands("28.49", "partially_paid", 3));
        let third = pay(&owner, order, "0.01").await;
        assert_eq!(standing(&world, order).await, stands("28.50", "paid", 4));
        assert_eq!(list(&owner, order).await, [first, second, third], "in the order in which they came");
        assert_eq!(owner.get("/api/orders?payment_status=paid").await.expect(200)["items"][0]["id"], order);
    }

    async fn a_payment_tells_all_about_itself(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        world.advance(TimeDelta::seconds(5));
        let reply = owner.post(&path(order), json!({ "method": "bank_transfer", "amount": "9.5", "reference": "RF18 5390" })).await;
        let location = reply.header("location").unwrap().to_owned();
        let made = reply.expect(201);
        assert_eq!(location, format!("{}/{}", path(order), made["id"]));
        let mut expected = json!({
            "id": made["id"], "order": order, "method": "bank_transfer", "amount": "9.50", "currency": "EUR", "reference": "RF18 5390",
            "recorded_by": 1, "recorded_at": "2026-01-31T12:00:05.000000Z", "voided_by": null, "voided_at": null, "void_reason": null,
        });
        assert_eq!(made, expected);
        assert_eq!(owner.get(&location).await.expect(200), expected);
        world.advance(TimeDelta::seconds(5));
        let voided = void(&world.owner(1), &made, "it bounced").await;
        expected["voided_by"] = json!(1);
        expected["voided_at"] = json!("2026-01-31T12:00:10.000000Z");
        expected["void_reason"] = json!("it bounced");
        assert_eq!(voided, expected);
        assert_eq!(list(&owner, order).await, [expected.clone()]);
        // To the customer, it is nobody's doing.
        for member in ["recorded_by", "voided_by", "void_reason"] {
            expected[member] = json!(null);
        }
        assert_eq!(world.customer(1, 1).get(&location).await.expect(200), expected);
        assert_eq!(list(&world.customer(1, 1), order).await, [expected]);
    }

    async fn each_method_is_kept(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        for method in ["cash", "card", "bank_transfer", "other"] {
            let made = owner.post(&path(order), json!({ "method": method, "amount": "1.00" })).await.expect(201);
            assert_eq!((&made["method"], &made["reference"]), (&json!(method), &json!(null)));
        }
        assert_eq!(standing(&world, order).await, stands("4.00", "partially_paid", 5));
    }

    async fn more_than_is_due_is_refused_and_nothing_changes(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        for (paid, due, too_much) in [(None, "28.50", "28.51"), (Some("20.00"), "8.50", "8.51"), (Some("8.50"), "0.00", "0.01")] {
            if let Some(amount) = paid {
                pay(&owner, order, amount).await;
            }
            let before = state(&world, order).await;
            for amount in [too_much, "1000000.00", "10000000000.00"] {
                let refusal = owner.post(&path(order), cash(amount)).await.problem(409, "overpaid");
                assert_eq!(refusal["due"], due, "{amount}");
            }
            assert_eq!(state(&world, order).await, before);
        }
    }

    async fn nothing_is_due_for_an_order_that_costs_nothing(world) {
        let gift = product(&world, "Catalogue", "0", 10).await;
        let free = id(&order(&world.customer(1, 1), &[(gift, 1)]).await);
        assert_eq!(world.owner(1).post(&path(free), cash("0.01")).await.problem(409, "overpaid")["due"], "0.00");
        assert_eq!(standing(&world, free).await, stands("0.00", "paid", 1));
    }

    async fn a_voided_payment_counts_for_nothing_and_stays_voided(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        let (first, second) = (pay(&owner, order, "10.00").await, pay(&owner, order, "18.50").await);
        let voided = void(&owner, &first, "entered twice").await;
        assert_eq!(standing(&world, order).await, stands("18.50", "partially_paid", 4));
        let before = state(&world, order).await;
        world.advance(TimeDelta::minutes(1));
        assert_eq!(void(&world.owner(1), &first, "for another reason").await, voided);
        assert_eq!(state(&world, order).await, before, "doing it again changes nothing");
        assert_eq!(list(&owner, order).await, [voided, second]);
        assert_eq!(owner.post(&path(order), cash("10.01")).await.problem(409, "overpaid")["due"], "10.00");
        pay(&owner, order, "10.00").await;
        assert_eq!(standing(&world, order).await, stands("28.50", "paid", 5));
        for payment in list(&owner, order).await {
            void(&owner, &payment, "all of it").await;
        }
        assert_eq!(standing(&world, order).await, stands("0.00", "unpaid", 7));
    }

    async fn a_cancelled_order_takes_no_payment_and_gives_those_it_has_up(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        let deposit = pay(&owner, order, "10.00").await;
        act(&owner, order, "cancel").await;
        let before = state(&world, order).await;
        owner.post(&path(order), cash("1.00")).await.problem(409, "order_cancelled");
        owner.post(&path(order), cash("1000.00")).await.problem(409, "order_cancelled");
        assert_eq!(state(&world, order).await, before);
        void(&owner, &deposit, "given back").await;
        assert_eq!(standing(&world, order).await, stands("0.00", "unpaid", 4));
    }

    async fn an_order_is_completed_once_it_is_paid_and_its_payments_stay(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        for action in ["process", "ship", "deliver"] {
            act(&owner, order, action).await;
        }
        let first = pay(&owner, order, "28.49").await;
        assert_eq!(see(&owner, order).await["allowed_actions"], json!([]));
        owner.post(&format!("/api/orders/{order}/complete"), json!({})).await.problem(409, "order_unpaid");
        pay(&owner, order, "0.01").await;
        assert_eq!(see(&owner, order).await["allowed_actions"], json!(["complete"]));
        act(&owner, order, "complete").await;
        let before = state(&world, order).await;
        owner.post(&format!("{}/{}/void", path(order), first["id"]), json!({ "reason": "too late" })).await.problem(409, "order_completed");
        assert_eq!(owner.post(&path(order), cash("0.01")).await.problem(409, "overpaid")["due"], "0.00");
        assert_eq!(state(&world, order).await, before);
    }

    async fn a_payment_sent_again_is_answered_again_and_recorded_once(world) {
        let (order, other) = (place(&world).await, place(&world).await);
        let owner = world.owner(1).with("idempotency-key", "till-1");
        let first = owner.post(&path(order), cash("10.00")).await;
        assert_eq!((first.status, first.header("idempotent-replayed")), (201, None));
        for _ in 0..2 {
            let again = owner.post(&path(order), cash("10.00")).await;
            assert_eq!((again.status, &again.text, again.header("location")), (201, &first.text, first.header("location")));
            assert_eq!(again.header("idempotent-replayed"), Some("true"));
        }
        assert_eq!(standing(&world, order).await, stands("10.00", "partially_paid", 2));
        assert_eq!(list(&world.owner(1), order).await.len(), 1);
        // Another amount, and the same for another order, are other requests.
        owner.post(&path(order), cash("10.01")).await.problem(422, "idempotency_key_reused");
        owner.post(&path(other), cash("10.00")).await.problem(422, "idempotency_key_reused");
        assert_eq!(standing(&world, other).await, stands("0.00", "unpaid", 1));
        world.owner(1).with("idempotency-key", "till-2").post(&path(other), cash("10.00")).await.expect(201);
    }

    async fn of_eight_who_pay_all_of_it_at_once_one_does(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        let event = world.last_event(1);
        let (all, at) = (cash("28.50"), path(order));
        let replies = join_all((0..8).map(|_| owner.post(&at, all.clone()))).await;
        let (paid, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
        assert_eq!(paid.len(), 1);
        for reply in refused {
            assert_eq!(reply.problem(409, "overpaid")["due"], "0.00");
        }
        assert_eq!(standing(&world, order).await, stands("28.50", "paid", 2));
        assert_eq!(list(&owner, order).await, [paid[0].body.clone()]);
        assert_eq!(world.events_after(1, event), [format!("payment.recorded order/{order} by member/1")]);
    }

    async fn however_many_pay_and_void_at_once_the_sums_are_right(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        let (part, at) = (cash("10.00"), path(order));
        let replies = join_all((0..8).map(|_| owner.post(&at, part.clone()))).await;
        assert_eq!(replies.iter().filter(|reply| reply.status == 201).count(), 2, "a third would be too much");
        assert_eq!(standing(&world, order).await, stands("20.00", "partially_paid", 3));
        let one = list(&owner, order).await[0].clone();
        let voided = join_all((0..8).map(|_| void(&owner, &one, "entered twice"))).await;
        assert!(voided.iter().all(|other| *other == voided[0]), "{voided:?}");
        assert_eq!(standing(&world, order).await, stands("10.00", "partially_paid", 4));
        let sum = behind(&world).number(&format!(
            "SELECT CAST(SUM(amount) AS BIGINT) AS n FROM payments WHERE vendor_id = 1 AND order_id = {order} AND voided_at IS NULL"
        ));
        assert_eq!(sum, 1000);
    }

    async fn the_tables_themselves_take_no_other_sum(world) {
        let order = place(&world).await;
        let mut conn = behind(&world);
        let new = "INSERT INTO payments (vendor_id, order_id, method, amount, recorded_at) VALUES";
        for statement in [
            format!("{new} (1, {order}, 'cash', 2851, '2026-01-31 12:00:00')"),
            format!("{new} (1, {order}, 'cash', 2850, '2026-01-31 12:00:00'), (1, {order}, 'cash', 1, '2026-01-31 12:00:00')"),
            format!("{new} (1, {order}, 'cash', 0, '2026-01-31 12:00:00')"),
            format!("{new} (1, {order}, 'cash', -100, '2026-01-31 12:00:00')"),
            format!("{new} (1, {order}, 'cheque', 100, '2026-01-31 12:00:00')"),
        ] {
            let refused = conn.touch(&statement);
            assert!(refused.as_ref().is_err_and(|error| error.to_lowercase().contains("check constraint")), "{statement}: {refused:?}");
        }
        // Order 4 is vendor 2's.
        let refused = conn.touch(&format!("{new} (1, 4, 'cash', 100, '2026-01-31 12:00:00')"));
        assert!(refused.as_ref().is_err_and(|error| error.to_lowercase().contains("foreign key")), "{refused:?}");
        assert_eq!(standing(&world, order).await, stands("0.00", "unpaid", 1));
    }

    async fn the_tables_themselves_sum_up_what_is_paid(world) {
        let order = place(&world).await;
        let mut conn = behind(&world);
        let new = "INSERT INTO payments (vendor_id, order_id, method, amount, recorded_at) VALUES";
        let paid = format!("SELECT paid AS n FROM orders WHERE vendor_id = 1 AND id = {order}");
        let at = "'2026-01-31 12:00:00'";
        assert_eq!(conn.touch(&format!("{new} (1, {order}, 'cash', 1000, {at}), (1, {order}, 'card', 500, {at})")), Ok(2));
        assert_eq!(conn.number(&paid), 1500);
        let own = format!("WHERE vendor_id = 1 AND order_id = {order} AND amount = 500");
        assert_eq!(conn.touch(&format!("UPDATE payments SET voided_at = {at} {own}")), Ok(1));
        assert_eq!(conn.number(&paid), 1000);
        for (statement, why) in [
            (format!("UPDATE payments SET amount = 1 {own}"), "payments stay"),
            (format!("DELETE FROM payments {own}"), "payments stay"),
            (format!("UPDATE orders SET paid = 999 WHERE vendor_id = 1 AND id = {order}"), "what is paid is what the payments come to"),
            (format!("UPDATE orders SET paid = 1001 WHERE vendor_id = 1 AND id = {order}"), "what is paid is what the payments come to"),
        ] {
            let refused = conn.touch(&statement);
            assert!(refused.as_ref().is_err_and(|error| error.contains(why)), "{statement}: {refused:?}");
        }
        assert_eq!(conn.touch(&format!("UPDATE orders SET paid = 1000 WHERE vendor_id = 1 AND id = {order}")), Ok(1));
        // What is written afterwards is added to what is there.
        pay(&world.owner(1), order, "1.00").await;
        assert_eq!((conn.number(&paid), standing(&world, order).await), (1100, stands("11.00", "partially_paid", 2)));
    }

    async fn an_order_has_not_too_many_payments(world) {
        let order = place(&world).await;
        let row = format!("(1, {order}, 'cash', 1, '2026-01-31 12:00:00', '2026-01-31 12:00:00')");
        let rows = vec![row; 99].join(", ");
        let new = "INSERT INTO payments (vendor_id, order_id, method, amount, recorded_at, voided_at) VALUES";
        assert_eq!(behind(&world).touch(&format!("{new} {rows}")), Ok(99));
        pay(&world.owner(1), order, "1.00").await;
        world.owner(1).post(&path(order), cash("1.00")).await.problem(409, "payment_limit");
        assert_eq!(list(&world.owner(1), order).await.len(), 100);
    }

    async fn what_is_another_vendors_or_another_orders_is_not_there(world) {
        // Payment 2 is of order 4, vendor 2's; payment 1 of order 1.
        let (own, theirs) = (world.owner(1), world.owner(2));
        let before = (list(&own, 1).await, list(&theirs, 4).await);
        assert_eq!((before.0[0]["id"].as_i64(), before.1[0]["id"].as_i64()), (Some(1), Some(2)));
        for (who, order, payment) in [(&own, 4, 2), (&own, 1, 2), (&own, 2, 1), (&own, 1, 999), (&own, 999, 1), (&theirs, 1, 1), (&theirs, 4, 1)] {
            let at = format!("{}/{payment}", path(order));
            who.get(&at).await.problem(404, "not_found");
            who.post(&format!("{at}/void"), json!({ "reason": "not mine" })).await.problem(404, "not_found");
        }
        for (who, order) in [(&own, 4), (&own, 999), (&theirs, 1)] {
            who.get(&path(order)).await.problem(404, "not_found");
            who.post(&path(order), cash("1.00")).await.problem(404, "not_found");
        }
        assert_eq!((list(&own, 1).await, list(&theirs, 4).await), before);
    }

    async fn customers_see_the_payments_of_their_own_orders_and_record_none(world) {
        let (carol, dan) = (world.customer(1, 1), world.customer(1, 2));
        let seen = list(&carol, 1).await;
        assert_eq!((seen.len(), &seen[0]["amount"], &seen[0]["reference"]), (1, &json!("20.00"), &json!("4711")));
        assert_eq!(list(&dan, 2).await, Vec::<Value>::new());
        dan.get(&path(1)).await.problem(404, "not_found");
        dan.get(&format!("{}/1", path(1))).await.problem(404, "not_found");
        for (who, order) in [(&carol, 1), (&dan, 1), (&dan, 2)] {
            who.post(&path(order), cash("1.00")).await.problem(403, "permission_denied");
            who.post(&format!("{}/1/void", path(order)), json!({ "reason": "mine" })).await.problem(403, "permission_denied");
        }
        world.anonymous(1).get(&path(1)).await.problem(401, "authentication_required");
        world.anonymous(1).post(&path(1), cash("1.00")).await.problem(401, "authentication_required");
    }

    async fn staff_record_and_void_for_the_orders_assigned_to_them(world) {
        let (staff, other) = (world.staff(1), world.other_staff(1));
        let made = pay(&staff, 1, "5.00").await;
        assert_eq!(made["recorded_by"], 2);
        assert_eq!(list(&staff, 1).await.len(), 2);
        for (who, order) in [(&staff, 2), (&other, 1), (&other, 2)] {
            who.get(&path(order)).await.problem(404, "not_found");
            who.post(&path(order), cash("1.00")).await.problem(404, "not_found");
        }
        other.post(&format!("{}/{}/void", path(1), made["id"]), json!({ "reason": "x" })).await.problem(404, "not_found");
        assert_eq!(void(&staff, &made, "wrong order").await["voided_by"], 2);
    }

    async fn who_only_sees_orders_records_nothing(world) {
        let (other, give) = (world.other_staff(1), "UPDATE members SET role_id =");
        world.sql(&format!("{give} (SELECT id FROM roles WHERE vendor_id = 1 AND name = 'Viewer') WHERE vendor_id = 1 AND user_id = 3"));
        assert_eq!(list(&other, 1).await.len(), 1);
        let refused = other.post(&path(1), cash("1.00")).await.problem(403, "permission_denied");
        assert_eq!(refused["required_any_of"], json!(["orders.edit", "orders.edit_assigned"]));
        // Who sees all and changes what is assigned to them: here that is nothing.
        let role = "INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES";
        world.sql(&format!("{role} (9003, 1, 'Half', FALSE, '[\"orders.view\", \"orders.edit_assigned\"]')"));
        world.sql(&format!("{give} 9003 WHERE vendor_id = 1 AND user_id = 3"));
        other.post(&path(1), cash("1.00")).await.problem(403, "permission_denied");
        other.post(&format!("{}/1/void", path(1)), json!({ "reason": "x" })).await.problem(403, "permission_denied");
        world.owner(1).patch("/api/orders/1/assign-staff", json!({ "staff_id": 3 })).await.expect(200);
        pay(&other, 1, "1.00").await;
    }

    async fn the_history_tells_of_payments_and_to_customers_not_why_they_were_voided(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        let number = see(&owner, order).await["number"].clone();
        let made = owner.post(&path(order), json!({ "method": "card", "amount": "28.50", "reference": "4712" })).await.expect(201);
        void(&owner, &made, "the boss paid").await;
        let entries = history(&owner, order).await;
        let told: Vec<_> = entries.iter().map(|entry| (entry["type"].as_str().unwrap(), entry["actor_id"].as_i64())).collect();
        assert_eq!(told, [("order.placed", Some(1)), ("payment.recorded", Some(1)), ("payment.voided", Some(1))]);
        let data = |paid: &str, status: &str, reason: Value| {
            json!({
                "id": order, "number": number, "payment": made["id"], "method": "card", "amount": "28.50", "paid": paid,
                "payment_status": status, "reason": reason,
            })
        };
        assert_eq!(entries[1]["data"], data("28.50", "paid", json!(null)));
        assert_eq!(entries[2]["data"], data("0.00", "unpaid", json!("the boss paid")));
        let seen = history(&world.customer(1, 1), order).await;
        assert_eq!(seen.iter().map(|entry| &entry["actor_id"]).collect::<Vec<_>>(), [&json!(1), &json!(null), &json!(null)]);
        assert!(!json!(seen).to_string().contains("the boss paid"), "{seen:?}");
    }

    async fn the_audit_log_tells_what_the_payment_changed_and_nothing_that_has_to_be_forgotten(world) {
        let (owner, order) = (world.owner(1), place(&world).await);
        let made = owner.post(&path(order), json!({ "method": "card", "amount": "8.50", "reference": "from Carol" })).await.expect(201);
        void(&owner, &made, "Carol's card is gone").await;
        let page = owner.get(&format!("/api/audit?target=order:{order}")).await.expect(200);
        let told: Vec<_> = page["items"].as_array().unwrap().iter().map(|entry| (entry["action"].as_str().unwrap(), &entry["before"], &entry["after"])).collect();
        let payment = json!({ "id": made["id"], "method": "card", "amount": "8.50" });
        let (unpaid, partly) = (
            |version: i64| json!({ "paid": "0.00", "payment_status": "unpaid", "version": version }),
            json!({ "paid": "8.50", "payment_status": "partially_paid", "version": 2 }),
        );
        let with_payment = |mut change: Value| {
            change["payment"] = payment.clone();
            change
        };
        let (first, last) = (unpaid(1), with_payment(unpaid(3)));
        assert_eq!(told, [("payment.voided", &partly, &last), ("payment.recorded", &first, &with_payment(partly.clone()))]);
        assert!(!page.to_string().contains("Carol"), "{page}");
    }

    async fn a_payment_has_rules(world) {
        let (owner, before) = (world.owner(1), state(&world, 1).await);
        let long = |length: usize| "é".repeat(length);
        for (body, pointer, code) in [
            (json!({}), "/method", "required"),
            (json!({ "method": "cash" }), "/amount", "required"),
            (json!({ "method": "cheque", "amount": "1.00" }), "/method", "invalid_value"),
            (json!({ "method": "Cash", "amount": "1.00" }), "/method", "invalid_value"),
            (json!({ "method": null, "amount": "1.00" }), "/method", "invalid_value"),
            (json!({ "method": "cash", "amount": 1 }), "/amount", "invalid_value"),
            (cash(""), "/amount", "invalid_value"),
            (cash("-1.00"), "/amount", "invalid_value"),
            (cash("1e2"), "/amount", "invalid_value"),
            (cash("1,00"), "/amount", "invalid_value"),
            (cash("0"), "/amount", "out_of_range"),
            (cash("0.00"), "/amount", "out_of_range"),
            (cash("1.001"), "/amount", "too_many_decimals"),
            (cash("10000000000.01"), "/amount", "out_of_range"),
            (json!({ "method": "cash", "amount": "1.00", "reference": "" }), "/reference", "invalid_length"),
            (json!({ "method": "cash", "amount": "1.00", "reference": "  " }), "/reference", "blank"),
            (json!({ "method": "cash", "amount": "1.00", "reference": long(101) }), "/reference", "invalid_length"),
            (json!({ "method": "cash", "amount": "1.00", "currency": "EUR" }), "/currency", "unknown_field"),
            (json!({ "method": "cash", "amount": "1.00", "recorded_by": 3 }), "/recorded_by", "unknown_field"),
        ] {
            let refused = owner.post(&path(1), body.clone()).await.problem(422, "validation_failed");
            let errors = refused["errors"].as_array().unwrap();
            assert!(errors.iter().any(|error| error["pointer"] == pointer && error["code"] == code), "{body}: {errors:?}");
        }
        for (body, code) in [
            (json!({}), "required"),
            (json!({ "reason": null }), "invalid_value"),
            (json!({ "reason": "" }), "invalid_length"),
            (json!({ "reason": " " }), "blank"),
            (json!({ "reason": long(501) }), "invalid_length"),
        ] {
            let refused = owner.post(&format!("{}/1/void", path(1)), body.clone()).await.problem(422, "validation_failed");
            let errors = refused["errors"].as_array().unwrap();
            assert!(errors.iter().any(|error| error["pointer"] == "/reason" && error["code"] == code), "{body}: {errors:?}");
        }
        assert_eq!(state(&world, 1).await, before);
        let made = owner.post(&path(1), json!({ "method": "cash", "amount": "1.00", "reference": long(100) })).await.expect(201);
        assert_eq!(made["reference"], long(100));
    }
}
