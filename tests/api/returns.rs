//! Returns: who may send back what, what becomes of it, and that each piece comes back once at the most (API §7).

use crate::document::Operation;
use crate::shop::{act, assign, history, id, order, see, stock};
use crate::support::{Client, Engine, World};
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

pub fn path(order: i64) -> String {
    format!("/api/orders/{order}/returns")
}

/// So many pieces of a line, to be returned.
pub fn wish(line: i64, quantity: i64) -> Value {
    json!({ "items": [{ "item": line, "quantity": quantity }], "reason": "too small" })
}

/// So many pieces of a line, good and damaged, as they came back.
pub fn came(line: i64, good: i64, damaged: i64) -> Value {
    let item = |quantity: i64, condition: &str| json!({ "item": line, "quantity": quantity, "condition": condition });
    let items: Vec<_> = [(good, "good"), (damaged, "damaged")].iter().filter(|(n, _)| *n > 0).map(|(n, how)| item(*n, how)).collect();
    json!({ "items": items })
}

/// Brings an order to its customer, wherever it is on its way.
pub async fn deliver(owner: &Client, order: i64) {
    loop {
        let shown = see(owner, order).await;
        let is_next = |action: &&str| shown["allowed_actions"].as_array().unwrap().contains(&json!(action));
        let Some(action) = ["process", "ship", "deliver"].into_iter().find(is_next) else { return };
        act(owner, order, action).await;
    }
}

/// Asks to return so many pieces of a line; tells which return it is.
pub async fn ask(client: &Client, order: i64, line: i64, quantity: i64) -> i64 {
    id(&client.post(&path(order), wish(line, quantity)).await.expect(201))
}

/// Takes a step with a return, which must succeed.
pub async fn step(owner: &Client, order: i64, of: i64, action: &str, body: Value) -> Value {
    owner.post(&format!("{}/{of}/{action}", path(order)), body).await.expect(200)
}

/// A return that was approved.
pub async fn approved(owner: &Client, order: i64, line: i64, quantity: i64) -> i64 {
    let of = ask(owner, order, line, quantity).await;
    step(owner, order, of, "approve", json!({})).await;
    of
}

/// A return of so many good pieces that are back.
pub async fn received(owner: &Client, order: i64, line: i64, quantity: i64) -> i64 {
    let of = approved(owner, order, line, quantity).await;
    step(owner, order, of, "receive", came(line, quantity, 0)).await;
    of
}

/// An order of vendor `n` with a return that came back.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    pub order: i64,
    pub line: i64,
    pub back: i64,
}

/// Has the third customer of vendor `n` buy three pieces, and return one twice, of which the first is rejected and the second
/// refunded. There is a row in each of the tables then, and `sign` in each text.
pub async fn give_back(world: &World, n: usize, sign: &str) -> Given {
    let (owner, customer) = (world.owner(n), world.customer(n, 3));
    let rule = json!({ "non_returnable_sku_patterns": [format!("{sign}-never-*")] });
    owner.patch("/api/vendor/settings", rule).await.expect(200);
    let placed = order(&customer, &[(i64::try_from((n - 1) * 5 + 2).unwrap(), 3)]).await;
    let (order, line) = (id(&placed), id(&placed["items"][0]));
    deliver(&owner, order).await;
    let payment = json!({ "method": "cash", "amount": placed["total"], "reference": sign });
    owner.post(&format!("/api/orders/{order}/payments"), payment).await.expect(201);
    let mut body = wish(line, 1);
    body["reason"] = json!(sign);
    let mistaken = id(&customer.post(&path(order), body.clone()).await.expect(201));
    step(&owner, order, mistaken, "reject", json!({ "reason": sign })).await;
    let back = id(&customer.post(&path(order), body).await.expect(201));
    step(&owner, order, back, "approve", json!({})).await;
    step(&owner, order, back, "receive", came(line, 1, 0)).await;
    owner.post(&format!("/api/orders/{order}/refunds"), json!({ "return": back, "reason": sign })).await.expect(201);
    Given { order, line, back }
}

/// Makes what the document's examples of returns and refunds are about: the first two orders of vendor 1 are delivered, each
/// with a return where one is named, and some of what was paid for them is given back where a refund is.
pub async fn arrange(world: &World, operation: &Operation) {
    let owner = world.owner(1);
    if operation.path.starts_with("/api/orders/{id}/returns") {
        for (order, line) in [(1, 1), (2, 3)] {
            deliver(&owner, order).await;
            if operation.id == "receive_return" {
                approved(&owner, order, line, 1).await;
            } else if operation.path.contains("{return_id}") {
                ask(&owner, order, line, 1).await;
            }
        }
    }
    if operation.path.contains("{refund_id}") {
        for order in [1, 2] {
            let payment = json!({ "method": "cash", "amount": "1.00" });
            owner.post(&format!("/api/orders/{order}/payments"), payment).await.expect(201);
            owner.post(&format!("/api/orders/{order}/refunds"), json!({ "amount": "0.50", "reason": "x" })).await.expect(201);
        }
    }
}

/// An order of the first customer that was delivered: three of the second product (9.50 each) and one of the first (19.99); and
/// its two lines.
pub async fn delivered(world: &World) -> (i64, i64, i64) {
    let placed = order(&world.customer(1, 1), &[(2, 3), (1, 1)]).await;
    deliver(&world.owner(1), id(&placed)).await;
    (id(&placed), id(&placed["items"][0]), id(&placed["items"][1]))
}

/// The returns of an order as somebody sees them.
pub async fn list(client: &Client, order: i64) -> Vec<Value> {
    let page = client.get(&path(order)).await.expect(200);
    assert_eq!(page["next"], json!(null));
    page["items"].as_array().unwrap().clone()
}

/// All that a refused request could have changed.
pub async fn state(world: &World, order: i64) -> (Value, Vec<Value>, i64, i64) {
    (see(&world.owner(1), order).await, list(&world.owner(1), order).await, stock(world, 2).await, world.last_event(1))
}

/// Changes the rules by which the first vendor takes goods back.
pub async fn rule(world: &World, rules: Value) {
    world.owner(1).patch("/api/vendor/settings", rules).await.expect(200);
}

/// Where a refusal finds fault, and why.
pub fn faults(problem: &Value) -> Vec<(&str, &str)> {
    let errors = problem["errors"].as_array().unwrap();
    errors.iter().map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap())).collect()
}

both_engines! {
    async fn goods_come_back_and_the_good_ones_are_in_stock_again(world) {
        let (owner, customer, (order, line, _)) = (world.owner(1), world.customer(1, 1), delivered(&world).await);
        let before = stock(&world, 2).await;
        world.advance(TimeDelta::seconds(5));
        let reply = customer.post(&path(order), wish(line, 3)).await;
        let location = reply.header("location").unwrap().to_owned();
        let made = reply.expect(201);
        let of = id(&made);
        assert_eq!(location, format!("{}/{of}", path(order)));
        let mut expected = json!({
            "id": of, "order": order, "status": "requested", "items": [{ "item": line, "quantity": 3, "good": 0, "damaged": 0 }],
            "reason": "too small", "reject_reason": null, "requested_by": null, "requested_at": "2026-01-31T12:00:05.000000Z",
            "decided_by": null, "decided_at": null, "received_by": null, "received_at": null,
        });
        assert_eq!(made, expected);
        world.advance(TimeDelta::seconds(5));
        expected["status"] = json!("approved");
        expected["decided_by"] = json!(1);
        expected["decided_at"] = json!("2026-01-31T12:00:10.000000Z");
        assert_eq!(step(&owner, order, of, "approve", json!({})).await, expected);
        assert_eq!(stock(&world, 2).await, before, "nothing is back yet");
        world.advance(TimeDelta::seconds(5));
        expected["status"] = json!("received");
        expected["items"] = json!([{ "item": line, "quantity": 3, "good": 1, "damaged": 1 }]);
        expected["received_by"] = json!(1);
        expected["received_at"] = json!("2026-01-31T12:00:15.000000Z");
        assert_eq!(step(&owner, order, of, "receive", came(line, 1, 1)).await, expected);
        assert_eq!(stock(&world, 2).await, before + 1, "of three, one came back good and one damaged");
        assert_eq!(owner.get(&location).await.expect(200), expected);
        // To the customer, it is nobody's doing.
        expected["decided_by"] = json!(null);
        expected["received_by"] = json!(null);
        assert_eq!(customer.get(&location).await.expect(200), expected);
        assert_eq!(list(&customer, order).await, [expected]);
        // What did not come can be returned another time.
        ask(&customer, order, line, 1).await;
        customer.post(&path(order), wish(line, 1)).await.problem(409, "not_returnable");
    }

    async fn what_was_said_once_can_be_said_again_and_changes_nothing(world) {
        let (owner, (order, line, other)) = (world.owner(1), delivered(&world).await);
        let of = ask(&world.customer(1, 1), order, line, 2).await;
        let approved = step(&owner, order, of, "approve", json!({})).await;
        let before = state(&world, order).await;
        world.advance(TimeDelta::minutes(1));
        assert_eq!(step(&owner, order, of, "approve", json!({})).await, approved);
        assert_eq!(state(&world, order).await, before);
        let received = step(&owner, order, of, "receive", came(line, 2, 0)).await;
        let before = state(&world, order).await;
        assert_eq!(step(&owner, order, of, "receive", came(line, 2, 0)).await, received);
        let refused = owner.post(&format!("{}/{of}/receive", path(order)), came(line, 1, 1)).await.problem(409, "illegal_transition");
        assert_eq!((&refused["from"], &refused["to"], &refused["allowed"]), (&json!("received"), &json!("received"), &json!([])));
        assert_eq!(state(&world, order).await, before);
        let of = ask(&world.customer(1, 1), order, other, 1).await;
        let rejected = step(&owner, order, of, "reject", json!({ "reason": "worn" })).await;
        let before = state(&world, order).await;
        assert_eq!(step(&owner, order, of, "reject", json!({ "reason": "torn" })).await, rejected);
        assert_eq!(state(&world, order).await, before);
    }

    async fn a_return_moves_where_its_workflow_lets_it_and_nowhere_else(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        let bodies = [("approve", json!({})), ("reject", json!({ "reason": "worn" })), ("receive", came(line, 1, 0))];
        for (way, from, allowed) in [
            (vec![], "requested", vec!["approved", "rejected"]),
            (vec![0], "approved", vec!["received", "rejected"]),
            (vec![0, 2], "received", vec![]),
            (vec![1], "rejected", vec![]),
            (vec![0, 1], "rejected", vec![]),
        ] {
            for ((action, body), to) in bodies.iter().zip(["approved", "rejected", "received"]) {
                let of = ask(&owner, order, line, 1).await;
                for done in &way {
                    let (action, body): &(&str, Value) = &bodies[*done];
                    step(&owner, order, of, action, body.clone()).await;
                }
                let reply = owner.post(&format!("{}/{of}/{action}", path(order)), body.clone()).await;
                if allowed.contains(&to) || from == to {
                    assert_eq!(reply.expect(200)["status"], to);
                } else {
                    let refused = reply.problem(409, "illegal_transition");
                    assert_eq!((&refused["from"], &refused["to"], &refused["allowed"]), (&json!(from), &json!(to), &json!(allowed)));
                }
                // So that there is something to return the next time.
                let whose = if world.engine == Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
                world.sql(&format!("{whose} UPDATE returns SET status = 'rejected', decided_at = requested_at, received_at = NULL WHERE vendor_id = 1 AND id = {of}"));
            }
        }
    }

    async fn a_return_sent_again_is_answered_again_and_asked_for_once(world) {
        let ((order, line, _), (other, theirs, _)) = (delivered(&world).await, delivered(&world).await);
        let customer = world.customer(1, 1).with("idempotency-key", "back-1");
        let first = customer.post(&path(order), wish(line, 2)).await;
        assert_eq!((first.status, first.header("idempotent-replayed")), (201, None));
        let again = customer.post(&path(order), wish(line, 2)).await;
        assert_eq!((again.status, &again.text, again.header("idempotent-replayed")), (201, &first.text, Some("true")));
        customer.post(&path(order), wish(line, 1)).await.problem(422, "idempotency_key_reused");
        customer.post(&path(other), wish(theirs, 2)).await.problem(422, "idempotency_key_reused");
        assert_eq!((list(&customer, order).await.len(), list(&customer, other).await.len()), (1, 0));
    }

    async fn of_eight_who_return_all_of_it_at_once_one_does(world) {
        let (customer, (order, line, _)) = (world.customer(1, 1), delivered(&world).await);
        let (all, at) = (wish(line, 3), path(order));
        let replies = join_all((0..8).map(|_| customer.post(&at, all.clone()))).await;
        let (asked, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
        assert_eq!((asked.len(), list(&customer, order).await.len()), (1, 1));
        for reply in refused {
            assert_eq!(faults(&reply.problem(409, "not_returnable")), [("/items/0/quantity", "too_many")]);
        }
    }

    async fn however_many_receive_at_once_the_goods_are_put_back_once(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        let of = approved(&owner, order, line, 3).await;
        let (before, event) = (stock(&world, 2).await, world.last_event(1));
        let (body, at) = (came(line, 2, 1), format!("{}/{of}/receive", path(order)));
        let replies = join_all((0..8).map(|_| owner.post(&at, body.clone()))).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        assert_eq!(stock(&world, 2).await, before + 2);
        assert_eq!(world.events_after(1, event), [format!("return.received order/{order} by member/1")]);
    }

    async fn of_those_who_decide_otherwise_at_once_one_is_right(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        let (requested, on_its_way) = (ask(&owner, order, line, 1).await, approved(&owner, order, line, 1).await);
        let reason = json!({ "reason": "worn" });
        for (of, action, body, status) in
            [(requested, "approve", json!({}), "approved"), (on_its_way, "receive", came(line, 1, 0), "received")]
        {
            let (at, reject) = (format!("{}/{of}/{action}", path(order)), format!("{}/{of}/reject", path(order)));
            let before = stock(&world, 2).await;
            let (done, rejected) = futures_util::future::join(owner.post(&at, body), owner.post(&reject, reason.clone())).await;
            let shown = owner.get(&format!("{}/{of}", path(order))).await.expect(200);
            // What was approved first may be rejected still; what was received may not.
            match (done.status, rejected.status) {
                (200, 200) => assert_eq!((action, &shown["status"]), ("approve", &json!("rejected"))),
                (200, 409) => assert_eq!((action, &shown["status"]), ("receive", &json!(status))),
                (409, 200) => assert_eq!(shown["status"], "rejected"),
                other => panic!("{other:?}"),
            }
            assert_eq!(stock(&world, 2).await - before, i64::from(shown["status"] == "received"));
        }
    }

    async fn goods_that_are_sold_no_more_come_back_all_the_same(world) {
        let (owner, (order, line, _)) = (world.owner(1), delivered(&world).await);
        owner.patch("/api/products/2", json!({ "status": "archived" })).await.expect(200);
        let before = stock(&world, 2).await;
        received(&owner, order, line, 2).await;
        assert_eq!(stock(&world, 2).await, before + 2);
    }

    async fn who_sees_all_orders_and_changes_their_own_decides_on_the_returns_of_those_alone(world) {
        let (owner, half, (order, line, _)) = (world.owner(1), world.other_staff(1), delivered(&world).await);
        let role = "INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES";
        world.sql(&format!("{role} (9005, 1, 'Half', FALSE, '[\"orders.view\", \"orders.edit_assigned\"]')"));
        world.sql("UPDATE members SET role_id = 9005 WHERE vendor_id = 1 AND user_id = 3");
        let (asked, on_its_way) = (ask(&owner, order, line, 1).await, approved(&owner, order, line, 1).await);
        let before = state(&world, order).await;
        half.post(&path(order), wish(line, 1)).await.problem(403, "permission_denied");
        let deeds = [(asked, "approve", json!({})), (asked, "reject", json!({ "reason": "x" })), (on_its_way, "receive", came(line, 1, 0))];
        for (of, action, body) in &deeds {
            half.post(&format!("{}/{of}/{action}", path(order)), body.clone()).await.problem(403, "permission_denied");
        }
        assert_eq!(state(&world, order).await, before);
        assign(&world, order, 3).await;
        step(&half, order, on_its_way, "receive", came(line, 1, 0)).await;
    }

    async fn customers_return_and_see_what_is_theirs_alone(world) {
        let (owner, carol, dan, (order, line, _)) = (world.owner(1), world.customer(1, 1), world.customer(1, 2), delivered(&world).await);
        let of = ask(&carol, order, line, 1).await;
        let at = format!("{}/{of}", path(order));
        dan.get(&path(order)).await.problem(404, "not_found");
        dan.get(&at).await.problem(404, "not_found");
        dan.post(&path(order), wish(line, 1)).await.problem(404, "not_found");
        for (action, body) in [("approve", json!({})), ("reject", json!({ "reason": "mine" })), ("receive", came(line, 1, 0))] {
            carol.post(&format!("{at}/{action}"), body.clone()).await.problem(403, "permission_denied");
            world.anonymous(1).post(&format!("{at}/{action}"), body).await.problem(401, "authentication_required");
        }
        world.anonymous(1).get(&path(order)).await.problem(401, "authentication_required");
        assert_eq!(list(&owner, order).await[0]["status"], "requested");
    }

    async fn staff_see_to_the_returns_of_the_orders_assigned_to_them(world) {
        let (staff, (order, line, _)) = (world.staff(1), delivered(&world).await);
        staff.post(&path(order), wish(line, 1)).await.problem(404, "not_found");
        assign(&world, order, 2).await;
        let of = received(&staff, order, line, 1).await;
        let seen = staff.get(&format!("{}/{of}", path(order))).await.expect(200);
        assert_eq!([&seen["requested_by"], &seen["decided_by"], &seen["received_by"]], [&json!(2); 3]);
        world.other_staff(1).get(&path(order)).await.problem(404, "not_found");
        // Who only looks asks for nothing.
        let viewer = "(SELECT id FROM roles WHERE vendor_id = 1 AND name = 'Viewer')";
        world.sql(&format!("UPDATE members SET role_id = {viewer} WHERE vendor_id = 1 AND user_id = 3"));
        let viewer = world.other_staff(1);
        assert_eq!(list(&viewer, order).await.len(), 1);
        viewer.post(&path(order), wish(line, 1)).await.problem(403, "permission_denied");
        viewer.post(&format!("{}/{of}/approve", path(order)), json!({})).await.problem(403, "permission_denied");
    }

    async fn what_is_another_vendors_or_another_orders_is_not_there(world) {
        let (own, theirs) = (give_back(&world, 1, "own").await, give_back(&world, 2, "theirs").await);
        let owner = world.owner(1);
        let before = (state(&world, own.order).await, list(&world.owner(2), theirs.order).await);
        for (order, of) in [(theirs.order, theirs.back), (own.order, theirs.back), (1, own.back), (own.order, 999_999_999), (999_999_999, own.back)] {
            let at = format!("{}/{of}", path(order));
            owner.get(&at).await.problem(404, "not_found");
            for (action, body) in [("approve", json!({})), ("reject", json!({ "reason": "x" })), ("receive", came(own.line, 1, 0))] {
                owner.post(&format!("{at}/{action}"), body).await.problem(404, "not_found");
            }
        }
        owner.get(&path(theirs.order)).await.problem(404, "not_found");
        owner.post(&path(theirs.order), wish(theirs.line, 1)).await.problem(404, "not_found");
        assert_eq!((state(&world, own.order).await, list(&world.owner(2), theirs.order).await), before);
    }

    async fn the_history_tells_of_returns_and_to_customers_why_they_were_rejected(world) {
        let (owner, customer, (order, line, _)) = (world.owner(1), world.customer(1, 1), delivered(&world).await);
        let mistaken = ask(&customer, order, line, 1).await;
        step(&owner, order, mistaken, "reject", json!({ "reason": "worn" })).await;
        let of = received(&owner, order, line, 2).await;
        let entries = history(&customer, order).await;
        let told: Vec<_> = entries.iter().skip(4).map(|entry| (entry["type"].as_str().unwrap(), entry["actor_id"].as_i64(), &entry["data"]["reason"])).collect();
        assert_eq!(told, [
            ("return.requested", Some(1), &json!("too small")),
            ("return.rejected", None, &json!("worn")),
            ("return.requested", None, &json!("too small")),
            ("return.approved", None, &json!(null)),
            ("return.received", None, &json!(null)),
        ]);
        let mut last = history(&owner, order).await.pop().unwrap()["data"].clone();
        assert!(last["number"].take().is_i64());
        let items = json!([{ "item": line, "quantity": 2, "good": 2, "damaged": 0 }]);
        assert_eq!(last, json!({ "id": order, "number": null, "return": of, "status": "received", "items": items, "reason": null }));
        let page = owner.get(&format!("/api/audit?target=order:{order}&action=return.received")).await.expect(200);
        let entry = &page["items"][0];
        assert_eq!((&entry["before"], &entry["after"]), (&json!({ "status": "approved" }), &json!({ "return": { "id": of, "items": items }, "status": "received" })));
        let page = owner.get(&format!("/api/audit?target=order:{order}")).await.expect(200);
        assert!(!page.to_string().contains("worn") && !page.to_string().contains("too small"), "{page}");
    }
}
