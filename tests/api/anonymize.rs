//! A customer who is made nobody: no mark of theirs is left anywhere in the database, and all sums are (API §6).

use crate::catalogue::Conn;
use crate::returns::deliver;
use crate::support::{Client, World};
use serde_json::{Value, json};
use stoa::db::schema::TENANT_TABLES;

/// A sign that stands nowhere else: in every text that the person ever wrote.
const MARK: &str = "xylocarp";

/// Somebody who writes their mark wherever they can; tells who, and their session.
async fn leave_marks(world: &World) -> (i64, Client) {
    let form = json!({
        "username": MARK, "password": "password123", "role": "customer", "email": format!("{MARK}@{MARK}.example"),
        "first_name": MARK, "last_name": MARK,
    });
    let id = world.anonymous(1).post("/api/auth/register", form).await.expect(201)["id"].as_i64().unwrap();
    world.sql(&format!(
        "INSERT INTO mails (vendor_id, template, recipient, subject, attempts, created_at, sent_at) VALUES \
         (1, 'welcome', '{MARK}@{MARK}.example', 'Welcome, {MARK}', 1, '2026-01-31 12:00:00', '2026-01-31 12:00:00')"
    ));
    let (person, _) = world.sign_in(1, MARK, "password123").await;
    person.patch("/api/auth/me", json!({"phone": MARK})).await.expect(200);
    let address = json!({"name": MARK, "line1": MARK, "city": MARK, "country": MARK, "phone": MARK});
    for label in [MARK, "Work"] {
        let keyed = person.clone().with("idempotency-key", &format!("{label}-address"));
        keyed.post("/api/addresses", json!({"label": label, "address": address})).await.expect(201);
    }
    let basket = |n: i64| json!({"items": [{"product": 2, "quantity": n}], "address": address, "note": format!("for {MARK}")});
    for n in 1..=3 {
        let keyed = person.clone().with("idempotency-key", &format!("{MARK}-{n}"));
        let order = keyed.post("/api/orders", basket(n)).await.expect(201);
        if n == 3 {
            person.post(&format!("/api/orders/{}/cancel", order["id"]), json!({"reason": format!("{MARK} moved")})).await.expect(200);
        }
    }
    let mut of_team = basket(4);
    of_team["customer"] = json!(id);
    let order = world.owner(1).with("idempotency-key", &format!("by the team {id}")).post("/api/orders", of_team).await.expect(201);
    let wish = json!({"status": "processing", "reason": format!("{MARK} is in a hurry")});
    world.owner(1).patch(&format!("/api/orders/{}/status", order["id"]), wish).await.expect(200);
    let payments = format!("/api/orders/{}/payments", order["id"]);
    let payment = json!({"method": "bank_transfer", "amount": "1.00", "reference": format!("from {MARK}")});
    let paid = world.owner(1).with("idempotency-key", &format!("paid by {id}")).post(&payments, payment).await.expect(201);
    let reason = json!({"reason": format!("{MARK} has no money")});
    world.owner(1).post(&format!("{payments}/{}/void", paid["id"]), reason).await.expect(200);
    return_some(world, &person, &order).await;
    (id, person)
}

/// Has a piece of an order returned twice, at first in vain, and some money given back, with the mark in each reason.
async fn return_some(world: &World, person: &Client, order: &Value) {
    let (owner, id) = (world.owner(1), order["id"].as_i64().unwrap());
    deliver(&owner, id).await;
    owner.post(&format!("/api/orders/{id}/payments"), json!({"method": "cash", "amount": "9.50"})).await.expect(201);
    let wish = json!({"items": [{"item": order["items"][0]["id"], "quantity": 1}], "reason": format!("too small for {MARK}")});
    let asked =
        person.clone().with("idempotency-key", &format!("return-{id}")).post(&format!("/api/orders/{id}/returns"), wish.clone()).await;
    let refusal = json!({"reason": format!("{MARK} has worn it")});
    owner.post(&format!("/api/orders/{id}/returns/{}/reject", asked.expect(201)["id"]), refusal).await.expect(200);
    owner.clone().with("idempotency-key", &format!("return-{id}")).post(&format!("/api/orders/{id}/returns"), wish).await.expect(201);
    let refund = json!({"amount": "1.00", "reason": format!("{MARK} was angry")});
    owner.with("idempotency-key", &format!("refund-{id}")).post(&format!("/api/orders/{id}/refunds"), refund).await.expect(201);
}

/// Where in the whole database the mark stands: tables and columns.
fn traces(world: &World) -> Vec<String> {
    let mut conn = Conn::open(world.engine, &world.url);
    if matches!(conn, Conn::Postgres(_)) {
        conn.run("SET app.vendor_id = '1'").unwrap();
    }
    let columns = conn.catalogue().columns;
    let mut found = Vec::new();
    for column in columns.iter().filter(|column| column.kind == "Text") {
        let whose = if TENANT_TABLES.contains(&column.tab.as_str()) { "vendor_id = 1 AND" } else { "" };
        let query = format!("SELECT COUNT(*) AS n FROM {} WHERE {whose} LOWER({}) LIKE '%{MARK}%'", column.tab, column.name);
        if conn.number(&query) > 0 {
            found.push(format!("{}.{}", column.tab, column.name));
        }
    }
    found
}

async fn orders(world: &World, id: i64) -> Vec<Value> {
    world.owner(1).get(&format!("/api/orders?customer={id}")).await.expect(200)["items"].as_array().unwrap().clone()
}

async fn anonymize(world: &World, id: i64) -> Value {
    world.owner(1).post(&format!("/api/customers/{id}/anonymize"), json!({})).await.expect(200)
}

both_engines! {
    async fn no_mark_is_left_anywhere_in_the_database(world) {
        let (id, _) = leave_marks(&world).await;
        let before = traces(&world);
        for place in ["customers.username", "customers.email_key", "addresses.address", "orders.address", "orders.note",
            "orders.cancel_reason", "payments.reference", "payments.void_reason", "returns.reason", "returns.reject_reason", "refunds.reason", "events.data", "mails.recipient",
            "idempotency_keys.body", "idempotency_keys.key"]
        {
            assert!(before.contains(&place.to_owned()), "{place} was never marked, so nothing is proved: {before:?}");
        }
        anonymize(&world, id).await;
        assert_eq!(traces(&world), Vec::<String>::new());
        let sessions = world.peek(1, &format!("SELECT refresh_id AS value FROM sessions WHERE vendor_id = 1 AND customer_id = {id}"));
        assert_eq!(sessions, Vec::<String>::new());
    }

    async fn orders_and_sums_stay(world) {
        let (id, _) = leave_marks(&world).await;
        let path = format!("/api/customers/{id}");
        let (before, bought) = (world.owner(1).get(&path).await.expect(200), orders(&world, id).await);
        let after = anonymize(&world, id).await;
        assert_eq!((&after["totals"], &after["id"], &after["created_at"]), (&before["totals"], &before["id"], &before["created_at"]));
        assert_eq!(
            (&after["username"], &after["email"], &after["first_name"], &after["phone"], &after["is_active"]),
            (&json!(format!("anonymized#{id}")), &json!(null), &json!(""), &json!(null), &json!(false))
        );
        assert_eq!(after["anonymized_at"], "2026-01-31T12:00:00.000000Z");
        let left = orders(&world, id).await;
        assert_eq!(left.len(), 4);
        for (left, was) in left.iter().zip(&bought) {
            for member in ["id", "number", "status", "items", "subtotal", "total", "currency", "placed_at", "assigned_to"] {
                assert_eq!(left[member], was[member], "{member}");
            }
            assert_eq!((&left["address"], &left["note"], &left["cancel_reason"]), (&json!("(anonymized)"), &json!(null), &json!(null)));
            assert_eq!(left["customer"]["first_name"], "");
        }
        let history = world.owner(1).get(&format!("/api/orders/{}/history", left[0]["id"])).await.expect(200);
        assert!(history["items"].as_array().unwrap().len() >= 2, "{history}");
    }

    async fn it_cannot_be_undone_and_doing_it_again_changes_nothing(world) {
        let (id, person) = leave_marks(&world).await;
        let path = format!("/api/customers/{id}");
        let after = anonymize(&world, id).await;
        let orders_after = orders(&world, id).await;
        world.advance(chrono::TimeDelta::minutes(5));
        assert_eq!(anonymize(&world, id).await, after);
        assert_eq!(orders(&world, id).await, orders_after);
        for edit in [json!({"is_active": true}), json!({"first_name": "Back"}), json!({})] {
            world.owner(1).patch(&path, edit).await.problem(409, "customer_anonymized");
        }
        assert_eq!(world.owner(1).get(&path).await.expect(200), after);
        person.get("/api/auth/me").await.problem(401, "session_ended");
        person.post("/api/addresses", json!({"address": "Back"})).await.problem(401, "session_ended");
        for name in [MARK.to_owned(), format!("anonymized#{id}")] {
            let login = json!({"username": name, "password": "password123"});
            world.anonymous(1).post("/api/auth/login", login).await.problem(401, "invalid_credentials");
        }
    }

    async fn the_name_and_the_address_are_free_again_and_are_somebody_elses(world) {
        let (id, _) = leave_marks(&world).await;
        anonymize(&world, id).await;
        let (other, person) = leave_marks(&world).await;
        assert_ne!(other, id);
        let mine = person.get("/api/orders/my").await.expect(200);
        assert_eq!(mine["items"].as_array().unwrap().len(), 4, "{mine}");
        let form = json!({"username": format!("anonymized#{id}"), "password": "password123", "role": "customer"});
        world.anonymous(1).post("/api/auth/register", form).await.problem(422, "validation_failed");
    }

    async fn nobody_orders_for_somebody_who_is_nobody(world) {
        let (id, _) = leave_marks(&world).await;
        anonymize(&world, id).await;
        let order = json!({"items": [{"product": 2, "quantity": 1}], "address": "1 Street", "customer": id});
        let refused = world.owner(1).post("/api/orders", order).await.problem(422, "validation_failed");
        assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/customer"), &json!("unknown_customer")));
    }

    async fn an_answer_that_was_kept_is_given_again_without_what_it_told(world) {
        let (id, _) = leave_marks(&world).await;
        let address = json!({"name": MARK, "line1": MARK, "city": MARK, "country": MARK, "phone": MARK});
        let basket = json!({"items": [{"product": 2, "quantity": 4}], "address": address, "note": format!("for {MARK}"), "customer": id});
        let team = world.owner(1).with("idempotency-key", &format!("by the team {id}"));
        let first = team.post("/api/orders", basket.clone()).await.expect(201);
        anonymize(&world, id).await;
        let again = team.post("/api/orders", basket).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert!(!again.text.contains(MARK), "{}", again.text);
        let again = again.expect(201);
        assert_eq!((&again["id"], &again["total"], &again["customer"]["id"]), (&first["id"], &first["total"], &json!(id)));
        let team = world.owner(1).with("idempotency-key", &format!("paid by {id}"));
        let payment = json!({"method": "bank_transfer", "amount": "1.00", "reference": format!("from {MARK}")});
        let again = team.post(&format!("/api/orders/{}/payments", first["id"]), payment).await;
        assert_eq!((again.header("idempotent-replayed"), &again.body["reference"]), (Some("true"), &Value::Null));
        let refund = json!({"amount": "1.00", "reason": format!("{MARK} was angry")});
        let team = world.owner(1).with("idempotency-key", &format!("refund-{}", first["id"]));
        let again = team.post(&format!("/api/orders/{}/refunds", first["id"]), refund).await;
        assert_eq!((again.header("idempotent-replayed"), &again.body["reason"]), (Some("true"), &Value::Null));
        let wish = json!({"items": [{"item": first["items"][0]["id"], "quantity": 1}], "reason": format!("too small for {MARK}")});
        let team = world.owner(1).with("idempotency-key", &format!("return-{}", first["id"]));
        let again = team.post(&format!("/api/orders/{}/returns", first["id"]), wish).await;
        assert_eq!((again.header("idempotent-replayed"), &again.body["reason"]), (Some("true"), &Value::Null));
    }

    async fn what_came_in_at_that_moment_is_cleared_away_later(world) {
        let (id, _) = leave_marks(&world).await;
        anonymize(&world, id).await;
        let whose = if world.engine == crate::support::Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
        world.sql(&format!("{whose} UPDATE orders SET note = 'for {MARK}' WHERE vendor_id = 1 AND customer_id = {id}"));
        assert_eq!(traces(&world), ["orders.note"]);
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(traces(&world), Vec::<String>::new());
    }

    async fn of_others_nothing_is_taken_away(world) {
        let (id, _) = leave_marks(&world).await;
        let everything = async || {
            let mut seen = Vec::new();
            for n in 1..=3 {
                for path in ["/api/customers", "/api/orders", "/api/staff"] {
                    let page = world.owner(n).get(path).await.expect(200);
                    let is_theirs = |item: &Value| n == 1 && (item["id"] == id && path == "/api/customers" || item["customer"]["id"] == id);
                    seen.extend(page["items"].as_array().unwrap().iter().filter(|item| !is_theirs(item)).cloned());
                }
            }
            seen.push(world.customer(1, 1).get("/api/addresses").await.expect(200));
            seen
        };
        let before = everything().await;
        anonymize(&world, id).await;
        assert_eq!(everything().await, before);
    }
}
