//! The audit log: every write of a member or an operator is in it, with who, from where, what, before and after; and no secret is.

use crate::document::{Document, Operation};
use crate::operators::{operator, set_open};
use crate::shop::{basket, id, product};
use crate::support::{Client, Engine, World};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

/// What succeeds without an entry, and why.
const UNRECORDED: &[(&str, &str)] = &[
    ("login", "begins a session, and changes nothing of anybody's"),
    ("switch_vendor", "takes the session along, and changes nothing of anybody's"),
    ("logout", "ends one's own session"),
    ("refresh", "goes on with a session"),
    ("forgot_password", "sends a letter, and changes nothing of anybody's"),
    ("resend_verification", "sends a letter, and changes nothing of anybody's"),
    ("begin_totp", "makes a secret that counts for nothing until it is confirmed"),
    ("resume_vendor", "finds the example open already, and changes nothing"),
    ("verify_domain", "finds the example verified already, and changes nothing"),
];

/// Entries of vendor 1, newest first.
async fn entries(client: &Client, query: &str) -> Vec<Value> {
    client.get(&format!("/api/audit?limit=100{query}")).await.expect(200)["items"].as_array().unwrap().clone()
}

/// The entries that one request made.
async fn of_request(client: &Client, request: &str) -> Vec<Value> {
    let mut all = entries(client, "").await;
    all.retain(|entry| entry["request_id"] == request);
    all
}

/// Who did what in one request, as the tables have it: what operators do to themselves no vendor sees.
fn recorded(world: &World, request: &str) -> Vec<String> {
    let of = |table: &str| {
        let told = "actor_kind || ' ' || actor_id || ' ' || action";
        world.peek(1, &format!("SELECT {told} AS value FROM {table} WHERE request_id = '{request}'"))
    };
    [of("audit_entries"), of("platform_audit_entries")].concat()
}

/// Has somebody do every operation that writes, each in a fresh demo; tells which they could do.
async fn walk(engine: Engine, document: &Document, is_operator: bool) -> Vec<String> {
    let mut done = Vec::new();
    let writes = |operation: &Operation| operation.method != Method::GET && !UNRECORDED.iter().any(|(id, _)| *id == operation.id);
    for operation in document.api().into_iter().filter(writes) {
        let world = World::start(engine).await;
        let who = if is_operator { operator(&world).await.at("vendor1.example.com") } else { world.owner(1) };
        let request = format!("walk-{}", operation.id);
        let reply = operation.call(&who.clone().with("x-request-id", &request), &operation.sample(document)).await;
        // Somebody who registers as a customer is no member, whoever they are while they do.
        if reply.status >= 300 || operation.id == "register" {
            continue;
        }
        let found = recorded(&world, &request);
        assert!(!found.is_empty(), "{} left no entry: {reply:?}", operation.id);
        let by = if is_operator { "operator 10 " } else { "member 1 " };
        assert!(found.iter().all(|entry| entry.starts_with(by) && entry.contains('.')), "{}: {found:?}", operation.id);
        done.push(operation.id);
    }
    done
}

/// Everything that the log says, in both its tables.
fn all_text(world: &World) -> String {
    let mut text = Vec::new();
    for n in 1..=3 {
        for table in ["audit_entries", "platform_audit_entries"] {
            let what = "COALESCE(before, '') || COALESCE(after, '')";
            text.extend(world.peek(n, &format!("SELECT {what} AS value FROM {table} WHERE vendor_id = {n} OR vendor_id IS NULL")));
        }
    }
    text.join("\n").to_lowercase()
}

both_engines! {
    async fn every_write_of_an_owner_is_in_it(world) {
        let document = Document::of(&world).await;
        let done = walk(world.engine, &document, false).await;
        assert!(done.len() >= 11, "{done:?}");
    }

    async fn every_write_of_an_operator_is_in_it(world) {
        let document = Document::of(&world).await;
        let done = walk(world.engine, &document, true).await;
        assert!(done.contains(&"edit_vendor".to_owned()), "{done:?}");
    }

    async fn an_entry_tells_who_from_where_what_and_what_it_was_before(world) {
        world.advance(TimeDelta::minutes(1));
        let staff = world.staff(1).with("x-request-id", "r-1");
        staff.patch("/api/products/1", json!({"price": "21.00", "description": "Waterproof watch"})).await.expect(200);
        let found = of_request(&world.owner(1), "r-1").await;
        assert_eq!(found.len(), 1, "{found:?}");
        let mut entry = found[0].clone();
        assert!(entry["id"].take().as_str().unwrap().starts_with("vendor-"));
        assert_eq!(
            entry,
            json!({
                "id": null, "occurred_at": "2026-01-31T12:01:00.000000Z", "actor": "member", "actor_id": 2, "impersonated_by": null,
                "api_key": null, "address": "127.0.0.1", "request_id": "r-1", "vendor": 1, "action": "product.updated",
                "target": "product", "target_id": 1, "before": {"price": "19.99", "version": 2}, "after": {"price": "21.00", "version": 3},
            })
        );
    }

    async fn what_is_made_has_no_before_and_what_is_gone_no_after(world) {
        let lamp = product(&world, "Lamp", "10.00", 5).await;
        let made = entries(&world.owner(1), &format!("&target=product:{lamp}")).await;
        assert_eq!((made.len(), &made[0]["before"], &made[0]["after"]["name"]), (1, &json!(null), &json!("Lamp")));
        world.owner(1).delete(&format!("/api/products/{lamp}")).await.expect(204);
        let gone = entries(&world.owner(1), &format!("&target=product:{lamp}")).await;
        assert_eq!((gone.len(), &gone[0]["action"], &gone[0]["after"]), (2, &json!("product.deleted"), &json!(null)));
        assert_eq!(gone[0]["before"]["name"], "Lamp");
    }

    async fn what_the_platform_has_of_a_vendor_is_in_the_same_list(world) {
        let owner = world.owner(1);
        owner.patch("/api/vendor", json!({"name": "Alice's Clocks"})).await.expect(200);
        world.advance(TimeDelta::seconds(1));
        owner.patch("/api/products/1", json!({"price": "21.00"})).await.expect(200);
        world.advance(TimeDelta::seconds(1));
        owner.patch("/api/auth/me", json!({"first_name": "Alicia"})).await.expect(200);
        let new = entries(&owner, "&after=2026-01-31T12:00:00Z").await;
        let told: Vec<_> = new.iter().take(3).map(|entry| (entry["action"].as_str().unwrap(), &entry["before"], &entry["after"])).collect();
        assert_eq!(told[0], ("user.updated", &json!({"first_name": "Alice"}), &json!({"first_name": "Alicia"})));
        assert_eq!(told[1].0, "product.updated");
        let (before, after) = (json!({"name": "Alice's Watches", "version": 1}), json!({"name": "Alice's Clocks", "version": 2}));
        assert_eq!(told[2], ("vendor.updated", &before, &after));
    }

    async fn pages_of_both_planes_leave_nothing_out_and_show_nothing_twice(world) {
        let owner = world.owner(1);
        // All at one instant, so that only the places in the chains tell them apart.
        for n in 0..6 {
            owner.patch("/api/vendor", json!({ "name": format!("Shop {n}") })).await.expect(200);
            owner.post("/api/products/1/stock", json!({"delta": 1})).await.expect(200);
        }
        world.advance(TimeDelta::seconds(1));
        owner.patch("/api/vendor", json!({"name": "Shop"})).await.expect(200);
        let whole = entries(&owner, "").await;
        assert!(whole.len() >= 20, "{}", whole.len());
        for limit in [1, 3, 7] {
            let (mut seen, mut next) = (Vec::new(), String::new());
            loop {
                let page = owner.get(&format!("/api/audit?limit={limit}{next}")).await.expect(200);
                seen.extend(page["items"].as_array().unwrap().clone());
                match page["next"].as_str() {
                    Some(cursor) => next = format!("&cursor={cursor}"),
                    None => break,
                }
            }
            assert_eq!(seen, whole, "pages of {limit}");
        }
    }

    async fn it_is_searched_by_who_what_to_what_and_when(world) {
        let owner = world.owner(1);
        world.advance(TimeDelta::minutes(5));
        world.staff(1).post("/api/products/2/stock", json!({"delta": 1})).await.expect(200);
        owner.post("/api/products/1/stock", json!({"delta": 1})).await.expect(200);
        world.advance(TimeDelta::minutes(5));
        owner.patch("/api/vendor", json!({"name": "Shop"})).await.expect(200);
        let all = entries(&owner, "").await;
        for (query, fits) in [
            ("&actor=2", (|entry: &Value| entry["actor_id"] == 2) as fn(&Value) -> bool),
            ("&action=product.stock_changed", |entry| entry["action"] == "product.stock_changed"),
            ("&action=vendor.updated", |entry| entry["action"] == "vendor.updated"),
            ("&target=vendor", |entry| entry["target"] == "vendor"),
            ("&target=product:1", |entry| entry["target"] == "product" && entry["target_id"] == 1),
            ("&after=2026-01-31T12:05:00Z", |entry| entry["occurred_at"].as_str() >= Some("2026-01-31T12:05")),
            ("&before=2026-01-31T12:05:00Z", |entry| entry["occurred_at"].as_str() < Some("2026-01-31T12:05")),
            ("&actor=1&target=product&after=2026-01-31T12:05:00Z", |entry| {
                entry["actor_id"] == 1 && entry["target"] == "product" && entry["occurred_at"].as_str() >= Some("2026-01-31T12:05")
            }),
        ] {
            let expected: Vec<_> = all.iter().filter(|entry| fits(entry)).cloned().collect();
            assert!(!expected.is_empty() && expected.len() < all.len(), "{query} chooses nothing");
            assert_eq!(entries(&owner, query).await, expected, "{query}");
        }
        assert_eq!(entries(&owner, "&action=nothing.done").await, Vec::<Value>::new());
        let refused = owner.get("/api/audit?target=product:x").await.problem(400, "invalid_parameter");
        assert_eq!(refused["errors"][0]["pointer"], "target");
    }

    async fn it_is_for_those_who_may_see_it(world) {
        world.owner(1).get("/api/audit").await.expect(200);
        for client in [world.staff(1), world.customer(1, 1)] {
            client.get("/api/audit").await.problem(403, "permission_denied");
        }
        let operator = operator(&world).await.at("vendor1.example.com");
        assert_eq!(entries(&operator, "").await, entries(&world.owner(1), "").await);
    }

    async fn operators_see_what_was_done_to_the_platform_by_anybody(world) {
        let operator = operator(&world).await;
        set_open(&operator, 2, false).await;
        set_open(&operator, 2, true).await;
        world.advance(TimeDelta::seconds(1));
        world.owner(1).patch("/api/vendor", json!({"name": "Shop"})).await.expect(200);
        world.owner(1).patch("/api/products/1", json!({"price": "21.00"})).await.expect(200);
        let list = async |query: &str| {
            let page = operator.get(&format!("/api/admin/audit?limit=100{query}")).await.expect(200);
            page["items"].as_array().unwrap().clone()
        };
        let all = list("").await;
        assert_eq!((&all[0]["action"], &all[0]["vendor"], &all[0]["address"]), (&json!("vendor.updated"), &json!(1), &json!("127.0.0.1")));
        assert!(all.iter().all(|entry| entry["id"].as_str().unwrap().starts_with("platform-")), "{all:?}");
        for (query, fits) in [
            ("&vendor=2", (|entry: &Value| entry["vendor"] == 2) as fn(&Value) -> bool),
            ("&actor=1", |entry| entry["actor_id"] == 1),
            ("&action=vendor.suspended", |entry| entry["action"] == "vendor.suspended"),
            ("&after=2026-01-31T12:00:01Z", |entry| entry["occurred_at"] == "2026-01-31T12:00:01.000000Z"),
            ("&before=2026-01-31T12:00:01Z", |entry| entry["occurred_at"] == "2026-01-31T12:00:00.000000Z"),
        ] {
            let expected: Vec<_> = all.iter().filter(|entry| fits(entry)).cloned().collect();
            assert!(!expected.is_empty() && expected.len() < all.len(), "{query} chooses nothing");
            assert_eq!(list(query).await, expected, "{query}");
        }
        let (mut seen, mut next) = (Vec::new(), String::new());
        loop {
            let page = operator.get(&format!("/api/admin/audit?limit=2{next}")).await.expect(200);
            seen.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["next"].as_str() else { break };
            next = format!("&cursor={cursor}");
        }
        assert_eq!(seen, all);
        for client in [world.owner(1), world.customer(1, 1)] {
            client.get("/api/admin/audit").await.problem(403, "permission_denied");
        }
        world.stranger().get("/api/admin/audit").await.problem(401, "authentication_required");
    }

    async fn a_vendor_sees_what_operators_did_to_it_and_not_where_they_sit(world) {
        let operator = operator(&world).await;
        set_open(&operator, 1, false).await;
        set_open(&operator, 1, true).await;
        let found = entries(&world.owner(1), "&target=vendor:1").await;
        let told: Vec<_> = found.iter().map(|entry| (entry["action"].as_str().unwrap(), entry["actor"].as_str().unwrap())).collect();
        assert_eq!(told, [("vendor.resumed", "operator"), ("vendor.suspended", "operator")]);
        assert!(found.iter().all(|entry| entry["address"].is_null() && entry["request_id"].is_string()), "{found:?}");
        assert_eq!(found[1]["after"]["is_active"], false);
        assert_eq!(entries(&world.owner(2), "&target=vendor").await, Vec::<Value>::new());
    }

    async fn what_customers_do_is_not_in_it_and_costs_nothing(world) {
        let before = entries(&world.owner(1), "").await;
        let customer = world.customer(1, 1);
        let (reply, statements) = world.statements(customer.post("/api/orders", basket(&[(1, 1)]))).await;
        let order = id(&reply.expect(201));
        assert!(statements.iter().all(|text| !text.contains("audit")), "{statements:#?}");
        customer.post(&format!("/api/orders/{order}/cancel"), json!({})).await.expect(200);
        customer.patch("/api/auth/me", json!({"first_name": "Caroline"})).await.expect(200);
        let form = json!({"username": "dora", "password": "password123", "role": "customer"});
        world.anonymous(1).post("/api/auth/register", form).await.expect(201);
        assert_eq!(entries(&world.owner(1), "").await, before);
    }

    async fn an_entry_costs_two_statements(world) {
        let cost = async |client: Client, path: &str, body: Value| {
            let (reply, statements) = world.statements(client.patch(path, body)).await;
            reply.expect(200);
            statements.iter().filter(|text| text.contains("audit")).count()
        };
        assert_eq!(cost(world.owner(1), "/api/products/1", json!({"price": "21.00"})).await, 2);
        assert_eq!(cost(world.owner(1), "/api/vendor", json!({"name": "Shop"})).await, 2);
    }

    async fn what_was_refused_never_happened(world) {
        let before = entries(&world.owner(1), "").await;
        let owner = world.owner(1);
        owner.patch("/api/products/999", json!({"price": "21.00"})).await.problem(404, "not_found");
        owner.patch("/api/products/1", json!({"sku": "V1-002"})).await.problem(409, "sku_taken");
        owner.with("if-match", "\"999\"").patch("/api/vendor", json!({"name": "Shop"})).await.problem(412, "precondition_failed");
        world.owner(1).patch("/api/vendor", json!({})).await.expect(200);
        world.owner(1).patch("/api/products/1", json!({})).await.expect(200);
        assert_eq!(entries(&world.owner(1), "").await, before);
    }

    async fn a_new_shop_begins_with_its_opening(world) {
        let form = json!({"username": "anna", "password": "password123", "role": "owner", "vendor_domain": "anna.example.com"});
        world.stranger().post("/api/auth/register", form).await.expect(201);
        let here = world.stranger().at("anna.example.com");
        let pair = here.post("/api/auth/login", json!({"username": "anna", "password": "password123"})).await.expect(200);
        let anna = here.bearing(pair["access"].as_str().unwrap());
        let mut found = entries(&anna, "").await;
        found.reverse();
        let told: Vec<_> = found.iter().map(|entry| (entry["action"].as_str().unwrap(), entry["actor_id"] == pair["user"]["id"])).collect();
        assert_eq!(told, [("vendor.created", true), ("member.joined", true)]);
    }

    async fn no_secret_is_ever_in_it(world) {
        let body = json!({"current_password": "password123", "new_password": "another-password"});
        world.owner(1).post("/api/auth/password", body).await.expect(204);
        let form = json!({"username": "sid", "password": "password456", "role": "staff", "email": "sid@example.com"});
        world.owner(1).post("/api/auth/register", form).await.expect(201);
        let (owner, refresh) = world.sign_in(1, "owner1", "another-password").await;
        owner.post("/api/auth/refresh", json!({ "refresh": refresh })).await.expect(200);
        let changed = entries(&owner, "&action=user.password_changed").await;
        assert_eq!((changed.len(), &changed[0]["target_id"], &changed[0]["after"]), (1, &json!(1), &json!(null)));
        let text = all_text(&world);
        assert!(text.contains("sid@example.com"), "{text}");
        let hashes = world.peek(1, "SELECT password_hash AS value FROM users UNION ALL SELECT refresh_id FROM sessions");
        let words = ["password123", "another-password", "password456", "argon2", "eyj"].map(str::to_owned);
        for secret in words.into_iter().chain(hashes).chain([refresh]) {
            assert!(!text.contains(&secret.to_lowercase()), "{secret} is in the log");
        }
    }
}
