//! A customer's addresses: their own, not too many, and one of them the default (API §6).

use crate::support::{Client, World};
use serde_json::{Value, json};

const ADDRESSES: &str = "/api/addresses";

async fn keep(customer: &Client, label: &str, is_default: bool) -> Value {
    let address = json!({"line1": format!("1 {label} Street"), "city": "Luxembourg", "country": "LU"});
    customer.post(ADDRESSES, json!({"label": label, "address": address, "is_default": is_default})).await.expect(201)
}

async fn list(client: &Client, path: &str) -> Vec<Value> {
    let page = client.get(path).await.expect(200);
    assert_eq!(page["next"], json!(null));
    page["items"].as_array().unwrap().clone()
}

/// What the addresses are called, the default first, which must be the only one.
async fn labels(customer: &Client) -> Vec<String> {
    let all = list(customer, ADDRESSES).await;
    let defaults: Vec<_> = all.iter().map(|address| address["is_default"] == true).collect();
    assert_eq!(defaults.iter().filter(|is_default| **is_default).count(), usize::from(!all.is_empty()), "{all:?}");
    assert!(all.is_empty() || defaults[0]);
    all.iter().map(|address| address["label"].as_str().unwrap_or_default().to_owned()).collect()
}

fn path(address: &Value) -> String {
    format!("{ADDRESSES}/{}", address["id"])
}

both_engines! {
    async fn the_first_is_the_default_until_another_is_made_that(world) {
        let erin = world.customer(1, 3);
        assert_eq!(labels(&erin).await, [] as [&str; 0]);
        let home = keep(&erin, "Home", false).await;
        assert_eq!(home["is_default"], true);
        keep(&erin, "Work", false).await;
        assert_eq!(labels(&erin).await, ["Home", "Work"]);
        let summer = keep(&erin, "Summer", true).await;
        assert_eq!(labels(&erin).await, ["Summer", "Work", "Home"]);
        let again = erin.patch(&path(&home), json!({"is_default": true})).await.expect(200);
        assert_eq!((&again["is_default"], &again["label"]), (&json!(true), &json!("Home")));
        assert_eq!(labels(&erin).await, ["Home", "Summer", "Work"]);
        let refused = erin.patch(&path(&home), json!({"is_default": false})).await.problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], "/is_default");
        erin.patch(&path(&summer), json!({"is_default": false})).await.expect(200);
        erin.delete(&path(&home)).await.expect(204);
        assert_eq!(labels(&erin).await, ["Summer", "Work"], "the newest takes its place");
        erin.delete(&path(&summer)).await.expect(204);
        erin.delete(&path(&list(&erin, ADDRESSES).await[0])).await.expect(204);
        assert_eq!(labels(&erin).await, [] as [&str; 0]);
    }

    async fn an_address_is_made_seen_changed_and_deleted(world) {
        let erin = world.customer(1, 3);
        let parts = json!({"name": "Erin", "line1": "1 Quay", "city": "Wiltz", "postal_code": "L-9500", "country": "LU", "phone": "+352 1"});
        let reply = erin.post(ADDRESSES, json!({ "address": parts })).await;
        let location = reply.header("location").unwrap().to_owned();
        let made = reply.expect(201);
        assert_eq!((&made["address"], &made["label"], &made["version"]), (&parts, &json!(null), &json!(1)));
        let seen = erin.get(&location).await;
        let tag = seen.header("etag").unwrap().to_owned();
        assert_eq!(seen.expect(200), made);
        assert_eq!(erin.clone().with("if-none-match", &tag).get(&location).await.status, 304);
        let changed = erin.clone().with("if-match", &tag).patch(&location, json!({"address": "2 Quay, Wiltz"})).await.expect(200);
        assert_eq!((&changed["address"], &changed["version"]), (&json!("2 Quay, Wiltz"), &json!(2)));
        erin.clone().with("if-match", &tag).patch(&location, json!({"label": "x"})).await.problem(412, "precondition_failed");
        erin.clone().with("if-match", &tag).delete(&location).await.problem(412, "precondition_failed");
        erin.delete(&location).await.expect(204);
        erin.get(&location).await.problem(404, "not_found");
        // An order takes it as it is.
        erin.post("/api/orders", json!({"items": [{"product": 1, "quantity": 1}], "address": made["address"]})).await.expect(201);
    }

    async fn nobody_else_sees_or_changes_them(world) {
        let carols = list(&world.customer(1, 1), ADDRESSES).await;
        assert_eq!((&carols[0]["id"], &carols[0]["label"]), (&json!(1), &json!("Home")));
        let address = format!("{ADDRESSES}/1");
        for other in [world.customer(1, 2), world.customer(2, 1)] {
            other.get(&address).await.problem(404, "not_found");
            other.patch(&address, json!({"label": "Mine"})).await.problem(404, "not_found");
            other.delete(&address).await.problem(404, "not_found");
        }
        world.owner(1).get(&address).await.problem(403, "permission_denied");
        world.owner(1).get(ADDRESSES).await.problem(403, "permission_denied");
        world.anonymous(1).get(ADDRESSES).await.problem(401, "authentication_required");
        assert_eq!(list(&world.customer(1, 1), ADDRESSES).await, carols);
        assert_eq!(list(&world.owner(1), "/api/customers/1/addresses").await, carols, "the team sees them");
        world.owner(1).get("/api/customers/4/addresses").await.problem(404, "not_found");
        world.staff(1).get("/api/customers/1/addresses").await.problem(403, "permission_denied");
    }

    async fn there_are_not_too_many(world) {
        let erin = world.customer(1, 3);
        let all = futures_util::future::join_all((0..60).map(|n| {
            let erin = erin.clone();
            async move { erin.post(ADDRESSES, json!({"address": format!("{n} Street")})).await }
        }));
        let (made, refused): (Vec<_>, Vec<_>) = all.await.into_iter().partition(|reply| reply.status == 201);
        assert_eq!((made.len(), refused.len()), (50, 10));
        for reply in refused {
            reply.problem(409, "address_limit");
        }
        assert_eq!(labels(&erin).await.len(), 50);
        erin.delete(&path(&made[3].body)).await.expect(204);
        keep(&erin, "Once more", false).await;
    }

    async fn sent_again_with_its_key_it_is_the_same_address(world) {
        let erin = world.customer(1, 3).with("idempotency-key", "one");
        let first = keep(&erin, "Home", false).await;
        let reply = erin.post(ADDRESSES, json!({"label": "Home", "is_default": false, "address": first["address"]})).await;
        assert_eq!(reply.header("idempotent-replayed"), Some("true"));
        assert_eq!(reply.expect(201), first);
        assert_eq!(labels(&erin).await, ["Home"]);
    }

    async fn of_many_that_want_to_be_the_default_at_once_one_is(world) {
        let erin = world.customer(1, 3);
        futures_util::future::join_all((0..8).map(|_| keep(&erin, "Home", true))).await;
        assert_eq!(labels(&erin).await.len(), 8);
    }

    async fn an_address_has_rules(world) {
        let erin = world.customer(1, 3);
        for (body, pointer) in [
            (json!({}), "/address"),
            (json!({"address": ""}), "/address"),
            (json!({"address": " "}), "/address"),
            (json!({"address": {"line1": "1 Quay", "city": "Wiltz"}}), "/address/country"),
            (json!({"address": {"line1": "1 Quay", "city": "", "country": "LU"}}), "/address/city"),
            (json!({"address": "1 Quay", "label": ""}), "/label"),
            (json!({"address": "1 Quay", "label": "x".repeat(101)}), "/label"),
            (json!({"address": "1 Quay", "is_default": 1}), "/is_default"),
            (json!({"address": "1 Quay", "customer": 2}), "/customer"),
        ] {
            let refused = erin.post(ADDRESSES, body.clone()).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
        }
        assert_eq!(labels(&erin).await, [] as [&str; 0]);
    }

    async fn the_record_tells_that_addresses_changed_and_not_what_they_say(world) {
        let last = world.last_event(1);
        let home = keep(&world.customer(1, 3), "Home", false).await;
        world.customer(1, 3).delete(&path(&home)).await.expect(204);
        assert_eq!(world.events_after(1, last), ["customer.updated customer/3 by customer/3"; 2]);
        let told = world.peek(1, &format!("SELECT data AS value FROM events WHERE vendor_id = 1 AND id > {last}"));
        assert!(told.iter().all(|data| !data.contains("Street")), "{told:?}");
    }
}

/// A customer is not left without what they need when one world is two servers.
#[actix_web::test]
async fn two_servers_keep_one_book() {
    let world = World::start(crate::support::Engine::Postgres).await;
    let beside = world.beside();
    let (here, there) = (world.customer(1, 3), beside.customer(1, 3));
    futures_util::future::join(keep(&here, "Here", true), keep(&there, "There", true)).await;
    assert_eq!(labels(&here).await, labels(&there).await);
}
