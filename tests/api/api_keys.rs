//! API keys: made by somebody, for less than they may do themselves; shown once; good until they are revoked, expire, or their
//! maker no longer may.

use crate::document::{Document, Operation};
use crate::operators::operator;
use crate::shop::{basket, product};
use crate::support::{Client, World};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use stoa::access::Permission;

const KEYS: &str = "/api/api-keys";

/// Has somebody make a key for this.
pub async fn make(who: &Client, permissions: &[&str]) -> Value {
    who.post(KEYS, json!({ "name": "Warehouse", "permissions": permissions })).await.expect(201)
}

/// Making keys and taking on people: both would outlive the key.
fn is_not_for_keys(operation: &Operation) -> bool {
    operation.path.starts_with(KEYS) || (operation.path.starts_with("/api/team/") && operation.method != Method::GET)
}

/// A program with a key of the owner of vendor `n`, which names no vendor.
pub async fn program(world: &World, n: usize, permissions: &[&str]) -> Client {
    let made = make(&world.owner(n), permissions).await;
    world.stranger().bearing(made["secret"].as_str().unwrap())
}

fn all() -> Vec<&'static str> {
    Permission::ALL.iter().map(|one| one.as_str()).collect()
}

/// The key as the list has it.
async fn listed(world: &World, id: &Value) -> Value {
    let page = world.owner(1).get(&format!("{KEYS}?limit=100")).await.expect(200);
    page["items"].as_array().unwrap().iter().find(|key| key["id"] == *id).cloned().unwrap()
}

/// Gives the second of vendor 1's staff a role of these permissions.
fn with_role(world: &World, permissions: &[&str]) {
    let list = json!(permissions);
    if world.peek(1, "SELECT name AS value FROM roles WHERE id = 9002").is_empty() {
        world.sql("INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES (9002, 1, 'Maker', FALSE, '[]')");
    }
    world.sql(&format!("UPDATE roles SET permissions = '{list}' WHERE id = 9002"));
    world.sql("UPDATE members SET role_id = 9002 WHERE vendor_id = 1 AND user_id = 3");
}

both_engines! {
    async fn a_key_is_shown_once_and_kept_as_a_digest(world) {
        let made = make(&world.owner(1), &["products.view", "orders.view"]).await;
        let secret = made["secret"].as_str().unwrap();
        assert!(secret.len() == 46 && secret.starts_with("sk_"), "{secret}");
        assert!(secret.starts_with(made["prefix"].as_str().unwrap()) && made["prefix"].as_str().unwrap().len() == 9, "{made}");
        let mut shown = made.clone();
        shown.as_object_mut().unwrap().remove("secret");
        assert_eq!(world.owner(1).get(&format!("{KEYS}/{}", made["id"])).await.expect(200), shown);
        assert_eq!(listed(&world, &made["id"]).await, shown);
        for table in ["api_keys", "platform_audit_entries"] {
            let columns = if table == "api_keys" { "name || prefix || digest || permissions" } else { "COALESCE(after, '')" };
            let text = world.peek(1, &format!("SELECT {columns} AS value FROM {table}")).join("\n");
            assert!(!text.contains(secret) && !text.contains(&secret[9..]), "{table}: {text}");
        }
        assert_ne!(make(&world.owner(1), &["products.view"]).await["secret"], made["secret"]);
    }

    async fn a_program_needs_to_name_no_vendor_and_may_do_what_its_key_says(world) {
        let program = program(&world, 1, &["products.edit", "orders.view"]).await;
        program.patch("/api/products/1", json!({"price": "21.00"})).await.expect(200);
        program.clone().at("vendor1.example.com").patch("/api/products/1", json!({"price": "22.00"})).await.expect(200);
        let page = program.get("/api/orders").await.expect(200);
        assert_eq!(page["items"].as_array().unwrap().len(), 3);
        let refused = program.post("/api/products", json!({"name": "Lamp", "price": "1.00"})).await.problem(403, "permission_denied");
        assert_eq!(refused["required_any_of"], json!(["products.create"]));
        assert_eq!(program.get("/api/vendor").await.expect(200)["id"], 1);
    }

    async fn it_sees_what_its_permissions_show(world) {
        world.owner(1).patch("/api/products/1", json!({"status": "draft"})).await.expect(200);
        program(&world, 1, &["products.view"]).await.get("/api/products/1").await.expect(200);
        program(&world, 1, &["orders.view"]).await.get("/api/products/1").await.problem(404, "not_found");
    }

    async fn at_another_vendors_door_it_is_refused_on_every_route(world) {
        let foreign = program(&world, 2, &all()).await.at("vendor1.example.com");
        let document = Document::of(&world).await;
        for operation in document.api() {
            let path = operation.sample(&document);
            let reply = operation.call(&foreign, &path).await;
            assert_eq!((reply.status, reply.body["code"].as_str()), (403, Some("tenant_mismatch")), "{}: {reply:?}", operation.id);
        }
    }

    async fn nobody_gives_a_key_what_they_lack(world) {
        with_role(&world, &["apikeys.manage", "products.view"]);
        let maker = world.other_staff(1);
        make(&maker, &["products.view"]).await;
        make(&maker, &["apikeys.manage", "products.view"]).await;
        for one in Permission::ALL.iter().map(|one| one.as_str()).filter(|one| !["apikeys.manage", "products.view"].contains(one)) {
            let body = json!({"name": "Too much", "permissions": ["products.view", one]});
            let refused = maker.post(KEYS, body).await.problem(403, "permission_denied");
            assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/permissions/1"), &json!("not_yours")), "{one}");
        }
        world.staff(1).post(KEYS, json!({"name": "None", "permissions": ["products.view"]})).await.problem(403, "permission_denied");
        operator(&world).await.at("vendor1.example.com").get(KEYS).await.problem(403, "permission_denied");
    }

    async fn a_key_may_never_do_more_than_its_maker_may_now(world) {
        with_role(&world, &["apikeys.manage", "products.edit", "orders.view"]);
        let made = make(&world.other_staff(1), &["products.edit", "orders.view"]).await;
        let program = world.stranger().bearing(made["secret"].as_str().unwrap());
        program.get("/api/orders").await.expect(200);
        with_role(&world, &["apikeys.manage", "products.edit", "products.create"]);
        program.get("/api/orders").await.problem(403, "permission_denied");
        program.post("/api/products", json!({"name": "Lamp", "price": "1.00"})).await.problem(403, "permission_denied");
        program.patch("/api/products/1", json!({"price": "21.00"})).await.expect(200);
        for (out, back) in [
            ("UPDATE members SET is_active = FALSE WHERE user_id = 3", "UPDATE members SET is_active = TRUE WHERE user_id = 3"),
            ("UPDATE users SET is_active = FALSE WHERE id = 3", "UPDATE users SET is_active = TRUE WHERE id = 3"),
        ] {
            world.sql(out);
            program.patch("/api/products/1", json!({"price": "22.00"})).await.problem(401, "invalid_token");
            world.sql(back);
            program.patch("/api/products/1", json!({"price": "22.00"})).await.expect(200);
        }
        world.sql("DELETE FROM members WHERE user_id = 3");
        program.patch("/api/products/1", json!({"price": "22.00"})).await.problem(401, "invalid_token");
    }

    async fn a_revoked_key_is_good_for_nothing_at_once_and_at_every_instance(world) {
        let made = make(&world.owner(1), &["orders.view"]).await;
        let beside = world.beside();
        let programs = [&world, &beside].map(|world| world.stranger().bearing(made["secret"].as_str().unwrap()));
        for program in &programs {
            program.get("/api/orders").await.expect(200);
        }
        let path = format!("{KEYS}/{}", made["id"]);
        world.owner(1).delete(&path).await.expect(204);
        for program in &programs {
            program.get("/api/orders").await.problem(401, "invalid_token");
            // Not even what everybody may see: who sends a key means to be known.
            program.clone().at("vendor1.example.com").get("/api/products").await.problem(401, "invalid_token");
        }
        assert!(listed(&world, &made["id"]).await["revoked_at"].is_string());
        world.owner(1).delete(&path).await.expect(204);
        let revocations = world.owner(1).get(&format!("/api/audit?action=api_key.revoked&target=api_key:{}", made["id"])).await.expect(200);
        assert_eq!(revocations["items"].as_array().unwrap().len(), 1);
    }

    async fn a_key_expires_when_it_was_said_to(world) {
        let wish = |end: &str| json!({"name": "For a day", "permissions": ["orders.view"], "expires_at": end});
        let made = world.owner(1).post(KEYS, wish("2026-01-31T12:10:00Z")).await.expect(201);
        let program = world.stranger().bearing(made["secret"].as_str().unwrap());
        world.advance(TimeDelta::seconds(599));
        program.get("/api/orders").await.expect(200);
        world.advance(TimeDelta::seconds(1));
        program.get("/api/orders").await.problem(401, "invalid_token");
        let refused = world.owner(1).post(KEYS, wish("2026-01-31T12:10:00Z")).await.problem(422, "validation_failed");
        assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/expires_at"), &json!("in_the_past")));
    }

    async fn what_is_no_key_gets_nobody_in(world) {
        let made = make(&world.owner(1), &["orders.view"]).await;
        let secret = made["secret"].as_str().unwrap();
        let digest = world.peek(1, &format!("SELECT digest AS value FROM api_keys WHERE id = {}", made["id"]))[0].clone();
        for wrong in ["sk_", "sk_x", &secret[..45], &format!("{secret}x"), &secret.to_uppercase(), &format!("sk_{digest}"), &digest] {
            world.anonymous(1).bearing(wrong).get("/api/orders").await.problem(401, "invalid_token");
        }
        world.anonymous(1).with("authorization", &format!("Basic {secret}")).get("/api/orders").await.problem(401, "invalid_token");
    }

    async fn it_is_written_down_when_a_key_was_used_and_once_a_minute_at_the_most(world) {
        let made = make(&world.owner(1), &["orders.view"]).await;
        assert_eq!(made["last_used_at"], json!(null));
        let program = world.stranger().bearing(made["secret"].as_str().unwrap());
        let used = async |at: &str| {
            program.get("/api/orders").await.expect(200);
            // It is written after the answer, soon.
            for _ in 0..500 {
                if listed(&world, &made["id"]).await["last_used_at"] == at {
                    return;
                }
            }
            panic!("{}", listed(&world, &made["id"]).await);
        };
        used("2026-01-31T12:00:00.000000Z").await;
        world.advance(TimeDelta::seconds(59));
        let (_, statements) = world.statements(async { program.get("/api/orders").await.expect(200) }).await;
        assert!(statements.iter().all(|text| !text.starts_with("UPDATE")), "{statements:#?}");
        world.advance(TimeDelta::seconds(1));
        used("2026-01-31T12:01:00.000000Z").await;
    }

    async fn a_request_by_key_costs_as_many_statements_as_one_by_token(world) {
        let program = program(&world, 1, &["orders.view"]).await.at("vendor1.example.com");
        let count = async |client: Client| {
            client.get("/api/orders").await.expect(200);
            let (_, statements) = world.statements(async { client.get("/api/orders").await.expect(200) }).await;
            statements.iter().filter(|text| text.starts_with("SELECT")).count()
        };
        // The vendor is known by then, and that the key was used is noted.
        assert_eq!(count(program).await, count(world.owner(1)).await);
    }

    async fn the_log_tells_by_which_key_something_was_done_and_for_whom(world) {
        let made = make(&world.owner(1), &["products.edit"]).await;
        let program = world.stranger().bearing(made["secret"].as_str().unwrap());
        program.with("x-request-id", "by-key").patch("/api/products/1", json!({"price": "21.00"})).await.expect(200);
        let page = world.owner(1).get("/api/audit?limit=100").await.expect(200);
        let of = |test: &dyn Fn(&Value) -> bool| page["items"].as_array().unwrap().iter().find(|entry| test(entry)).cloned().unwrap();
        let edit = of(&|entry| entry["request_id"] == "by-key");
        assert_eq!((&edit["api_key"], &edit["actor"], &edit["actor_id"]), (&made["id"], &json!("member"), &json!(1)));
        let making = of(&|entry| entry["action"] == "api_key.created" && entry["target_id"] == made["id"]);
        assert_eq!((&making["api_key"], &making["after"]["permissions"]), (&json!(null), &json!(["products.edit"])));
        assert_eq!(making["after"]["prefix"], made["prefix"]);
    }

    async fn what_is_a_persons_own_is_not_for_keys(world) {
        let document = Document::of(&world).await;
        let program = program(&world, 1, &all()).await.at("vendor1.example.com");
        let mut refused = Vec::new();
        for operation in document.api().into_iter().filter(|operation| operation.demands("token")) {
            // Where no permission is named, somebody is meant who has signed in.
            if operation.scopes().is_empty() && !["get_vendor", "get_vendor_settings"].contains(&operation.id.as_str()) || is_not_for_keys(&operation) {
                operation.call(&program, &operation.sample(&document)).await.problem(403, "permission_denied");
                refused.push(operation.id);
            }
        }
        for id in ["get_me", "edit_me", "change_password", "create_api_key", "list_api_keys", "list_my_orders", "create_invitation", "edit_member"] {
            assert!(refused.iter().any(|one| one == id), "{id}: {refused:?}");
        }
        let staff = json!({"username": "mole", "password": "password123", "role": "staff"});
        program.post("/api/auth/register", staff).await.problem(403, "permission_denied");
    }

    async fn each_permission_of_a_key_is_enough_and_each_other_is_not(world) {
        let document = Document::of(&world).await;
        let mut operations = document.api();
        operations.retain(|operation| operation.demands("token") && !operation.scopes().is_empty() && !is_not_for_keys(operation));
        // Deleting last, so that there is still something to do for the others.
        operations.sort_by_key(|operation| operation.method == Method::DELETE);
        let made = make(&world.owner(1), &["products.view"]).await;
        let program = world.stranger().bearing(made["secret"].as_str().unwrap());
        let allow = |permissions: &[&str]| {
            world.sql(&format!("UPDATE api_keys SET permissions = '{}' WHERE id = {}", json!(permissions), made["id"]));
        };
        for operation in operations {
            let scopes = operation.scopes();
            let others: Vec<_> = all().into_iter().filter(|one| !scopes.iter().any(|scope| scope == one)).collect();
            allow(&others);
            operation.call(&program, &operation.sample(&document)).await.problem(403, "permission_denied");
            for scope in &scopes {
                allow(&[scope]);
                let reply = operation.call(&program, &operation.sample(&document)).await;
                let is_in = ![401, 403].contains(&reply.status) || reply.body["missing"].is_array();
                assert!(is_in && reply.status < 500, "{scope} is not enough: {reply:?}");
            }
        }
    }

    async fn another_vendors_keys_are_as_if_they_were_nowhere(world) {
        let made = make(&world.owner(2), &["orders.view"]).await;
        let path = format!("{KEYS}/{}", made["id"]);
        world.owner(1).get(&path).await.problem(404, "not_found");
        world.owner(1).patch(&path, json!({"name": "Mine"})).await.problem(404, "not_found");
        world.owner(1).delete(&path).await.problem(404, "not_found");
        let program = world.stranger().bearing(made["secret"].as_str().unwrap());
        program.get("/api/orders").await.expect(200);
        let page = world.owner(1).get(KEYS).await.expect(200);
        assert!(page["items"].as_array().unwrap().iter().all(|key| key["id"] != made["id"]), "{page}");
    }

    async fn a_key_is_renamed_and_stays_what_it_is(world) {
        let made = make(&world.owner(1), &["orders.view"]).await;
        let renamed = world.owner(1).patch(&format!("{KEYS}/{}", made["id"]), json!({"name": "Scanner"})).await.expect(200);
        assert_eq!((&renamed["name"], &renamed["permissions"]), (&json!("Scanner"), &json!(["orders.view"])));
        world.stranger().bearing(made["secret"].as_str().unwrap()).get("/api/orders").await.expect(200);
        for body in [json!({"permissions": ["orders.edit"]}), json!({"expires_at": null}), json!({"name": null}), json!({"name": " "})] {
            world.owner(1).patch(&format!("{KEYS}/{}", made["id"]), body).await.problem(422, "validation_failed");
        }
    }

    async fn a_vendor_has_a_hundred_keys_at_the_most(world) {
        // One is there from the beginning.
        for _ in 0..99 {
            make(&world.owner(1), &["orders.view"]).await;
        }
        let body = json!({"name": "One more", "permissions": ["orders.view"]});
        assert_eq!(world.owner(1).post(KEYS, body.clone()).await.problem(422, "validation_failed")["errors"][0]["code"], "too_many");
        world.owner(1).delete(&format!("{KEYS}/1")).await.expect(204);
        world.owner(1).post(KEYS, body).await.expect(201);
    }

    async fn a_program_that_calls_too_often_is_slowed_down(world) {
        let world = World::with(world.engine, &[]).await;
        let made = make(&world.owner(1), &["products.view"]).await;
        let program = world.stranger().bearing(made["secret"].as_str().unwrap());
        for _ in 0..1000 {
            assert_eq!(program.get("/api/products/1").await.status, 200);
        }
        let refused = program.get("/api/products/1").await;
        assert_eq!((refused.header("retry-after"), refused.header("ratelimit-limit")), (Some("1"), Some("1000")));
        refused.problem(429, "too_many_requests");
        // Others are not.
        world.owner(1).get("/api/products/1").await.expect(200);
        world.advance(TimeDelta::milliseconds(20));
        program.get("/api/products/1").await.expect(200);
    }

    async fn who_guesses_keys_is_slowed_down_and_nobody_else(world) {
        let world = World::with(world.engine, &[]).await;
        let program = program(&world, 1, &["products.view"]).await;
        for n in 0..60 {
            world.stranger().bearing(&format!("sk_guess-{n}")).get("/api/orders").await.problem(401, "invalid_token");
        }
        world.stranger().bearing("sk_guess").get("/api/orders").await.problem(429, "too_many_requests");
        program.get("/api/products/1").await.expect(200);
        world.owner(1).get("/api/products/1").await.expect(200);
    }

    async fn a_key_and_its_maker_do_not_share_idempotency_keys(world) {
        let lamp = product(&world, "Lamp", "10.00", 5).await;
        let program = program(&world, 1, &["orders.create"]).await.with("idempotency-key", "same");
        let by_key = program.post("/api/orders", basket(&[(lamp, 1)])).await.expect(201);
        let by_owner = world.owner(1).with("idempotency-key", "same").post("/api/orders", basket(&[(lamp, 1)])).await.expect(201);
        assert_ne!(by_key["id"], by_owner["id"]);
        assert_eq!(program.post("/api/orders", basket(&[(lamp, 1)])).await.expect(201)["id"], by_key["id"]);
    }

    async fn its_maker_is_told_of_a_key_and_it_goes_when_they_leave(world) {
        let made = make(&world.owner(1), &["orders.view"]).await;
        let letter = world.letters_to("owner1@vendor1.example.com").pop().unwrap();
        assert!(letter.text.contains("An API key was made in your name, \"Warehouse\""), "{letter:?}");
        assert!(!letter.text.contains(made["secret"].as_str().unwrap()));
        world.sql("UPDATE members SET role_id = 1 WHERE vendor_id = 1 AND user_id = 2");
        let theirs = make(&world.staff(1), &["orders.view"]).await;
        let program = world.stranger().bearing(theirs["secret"].as_str().unwrap());
        program.get("/api/orders").await.expect(200);
        world.owner(1).delete("/api/team/members/2").await.expect(204);
        program.get("/api/orders").await.problem(401, "invalid_token");
        // Were they to come back, the key would not.
        let key = world.owner(1).get(&format!("{KEYS}/{}", theirs["id"])).await.expect(200);
        assert!(key["revoked_at"].is_string(), "{key}");
        let log = world.owner(1).get("/api/audit?action=api_key.revoked").await.expect(200);
        assert_eq!(log["items"][0]["target_id"], theirs["id"]);
    }
}
