//! `Idempotency-Key`: a request sent again is answered again, and done once.

use crate::support::{Client, Reply};
use chrono::TimeDelta;
use serde_json::{Value, json};

const KEY: &str = "idempotency-key";

fn wish() -> Value {
    json!({"items": [{"product": 1, "quantity": 2}], "address": "1 Road", "note": "ring twice"})
}

/// The same request in other words: members in another order, other white space, another spelling of a letter.
const REWORDED: &str =
    "{\n  \"note\" :\t\"r\\u0069ng twice\",\"address\":\"1 Road\" , \"items\": [ {\"quantity\":2,   \"product\":1} ]\r\n}";

fn assert_replay(first: &Reply, again: &Reply) {
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    for name in ["location", "content-type"] {
        assert_eq!(again.header(name), first.header(name), "{name}");
    }
    assert!(first.header("location").is_some());
    assert_eq!((first.header("idempotent-replayed"), again.header("idempotent-replayed")), (None, Some("true")));
}

async fn orders(client: &Client) -> usize {
    client.get("/api/orders?limit=100").await.expect(200)["items"].as_array().unwrap().len()
}

async fn stock(client: &Client, product: i64) -> i64 {
    client.get(&format!("/api/products/{product}")).await.expect(200)["stock"].as_i64().unwrap()
}

both_engines! {
    async fn an_order_sent_again_is_answered_again_and_placed_once(world) {
        let (customer, owner) = (world.customer(1, 1).with(KEY, "k-1"), world.owner(1));
        let (count, left, event) = (orders(&owner).await, stock(&owner, 1).await, world.last_event(1));
        let first = customer.post("/api/orders", wish()).await;
        assert_eq!(first.status, 201);
        for _ in 0..3 {
            assert_replay(&first, &customer.post("/api/orders", wish()).await);
        }
        assert_eq!((orders(&owner).await, stock(&owner, 1).await), (count + 1, left - 2));
        assert_eq!(world.events_after(1, event).len(), 1);
    }

    async fn a_product_sent_again_is_answered_again_and_added_once(world) {
        let owner = world.owner(1);
        let product = json!({"name": "New", "price": "1.00", "sku": "wanted"});
        let keyed = owner.clone().with(KEY, "k-1");
        let first = keyed.post("/api/products", product.clone()).await;
        assert_eq!(first.status, 201);
        assert_replay(&first, &keyed.post("/api/products/", product.clone()).await);
        owner.post("/api/products", product).await.problem(409, "sku_taken");
        let listed = owner.get("/api/products?q=wanted").await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    }

    async fn the_first_answer_is_given_again_whatever_happened_since(world) {
        let (customer, owner) = (world.customer(1, 1).with(KEY, "k-1"), world.owner(1));
        let first = customer.post("/api/orders", wish()).await;
        owner.post(&format!("/api/orders/{}/cancel", first.body["id"]), json!({})).await.expect(200);
        owner.delete("/api/products/1").await.expect(204);
        assert_replay(&first, &customer.post("/api/orders", wish()).await);
    }

    async fn white_space_and_the_order_of_members_make_no_other_request(world) {
        let customer = world.customer(1, 1).with(KEY, "k-1");
        let first = customer.post("/api/orders", wish()).await;
        let again = customer.send_raw(reqwest::Method::POST, "/api/orders", REWORDED.into(), Some("application/json; charset=utf-8")).await;
        assert_replay(&first, &again);
    }

    async fn a_key_with_another_body_is_refused_and_nothing_is_done(world) {
        let (customer, owner) = (world.customer(1, 1).with(KEY, "k-1"), world.owner(1));
        let first = customer.post("/api/orders", wish()).await;
        let (count, left) = (orders(&owner).await, stock(&owner, 1).await);
        let mut others = [wish(), wish(), wish()];
        others[0]["items"][0]["quantity"] = json!(3);
        others[1]["note"] = Value::Null;
        others[2]["items"] = json!([{"product": 1, "quantity": 2}, {"product": 2, "quantity": 1}]);
        for other in others {
            let reply = customer.post("/api/orders", other).await;
            assert_eq!(reply.header("idempotent-replayed"), None);
            reply.problem(422, "idempotency_key_reused");
        }
        assert_eq!((orders(&owner).await, stock(&owner, 1).await), (count, left));
        assert_replay(&first, &customer.post("/api/orders", wish()).await);
    }

    async fn a_key_is_one_callers_at_one_vendor_on_one_route(world) {
        let (owner, product) = (world.owner(1), json!({"name": "New", "price": "1.00"}));
        let order = |product: i64| json!({"items": [{"product": product, "quantity": 1}], "address": "1 Road"});
        let mut made = Vec::new();
        for (client, path, body) in [
            (world.customer(1, 1), "/api/orders", order(1)),
            (world.customer(1, 2), "/api/orders", order(1)),
            (world.owner(1), "/api/orders", order(1)),
            (world.customer(2, 1), "/api/orders", order(6)),
            (owner.clone(), "/api/products", product.clone()),
            (world.staff(1), "/api/products", product.clone()),
            (world.owner(2), "/api/products", product),
            (world.owner(1), "/api/orders/2/payments", json!({"method": "cash", "amount": "1.00"})),
            (world.owner(1), "/api/orders/1/refunds", json!({"amount": "1.00", "reason": "r"})),
        ] {
            let reply = client.clone().with(KEY, "same").post(path, body.clone()).await;
            assert_eq!(reply.header("idempotent-replayed"), None, "{path}");
            assert_replay(&reply, &client.with(KEY, "same").post(path, body).await);
            made.push(reply.header("location").unwrap().to_owned());
        }
        let distinct: std::collections::BTreeSet<_> = made.iter().collect();
        assert_eq!(distinct.len(), made.len(), "{made:?}");
    }

    async fn another_sign_in_of_the_same_person_is_the_same_caller(world) {
        let first = world.customer(1, 1).with(KEY, "k-1").post("/api/orders", wish()).await;
        let (again, _) = world.sign_in(1, "vendor1_customer1", "password123").await;
        assert_replay(&first, &again.with(KEY, "k-1").post("/api/orders", wish()).await);
    }

    async fn keys_are_told_apart_to_the_letter(world) {
        let mut places = std::collections::BTreeSet::new();
        for key in ["key", "KEY", "key2", "ke y", "k", "'; --", &"x".repeat(255)] {
            let reply = world.customer(1, 1).with(KEY, key).post("/api/orders", wish()).await;
            assert_eq!((reply.status, reply.header("idempotent-replayed")), (201, None), "{key}");
            assert!(places.insert(reply.header("location").unwrap().to_owned()), "{key}");
        }
    }

    async fn a_refusal_is_not_kept_so_the_next_try_counts(world) {
        let (customer, owner) = (world.customer(1, 1).with(KEY, "k-1"), world.owner(1));
        let wish = json!({"items": [{"product": 5, "quantity": 6}], "address": "1 Road"});
        for _ in 0..2 {
            let reply = customer.post("/api/orders", wish.clone()).await;
            assert_eq!(reply.header("idempotent-replayed"), None);
            reply.problem(409, "insufficient_stock");
        }
        owner.post("/api/products/5/stock", json!({"delta": 1})).await.expect(200);
        let first = customer.post("/api/orders", wish.clone()).await;
        assert_eq!((first.status, stock(&owner, 5).await), (201, 0));
        assert_replay(&first, &customer.post("/api/orders", wish).await);

        // Nor does a body that was refused bind the key.
        let keyed = owner.clone().with(KEY, "k-2");
        keyed.post("/api/products", json!({"name": "", "price": "1"})).await.problem(422, "validation_failed");
        keyed.post("/api/products", json!({"name": "A", "price": "1", "sku": "V1-001"})).await.problem(409, "sku_taken");
        keyed.post("/api/products", json!({"name": "A", "price": "1", "sku": "A-1"})).await.expect(201);
    }

    async fn a_key_survives_a_restart_of_the_server(world) {
        let first = world.customer(1, 1).with(KEY, "k-1").post("/api/orders", wish()).await;
        let world = world.restart().await;
        let count = orders(&world.owner(1)).await;
        assert_replay(&first, &world.customer(1, 1).with(KEY, "k-1").post("/api/orders", wish()).await);
        assert_eq!(orders(&world.owner(1)).await, count);
    }

    async fn a_key_is_remembered_for_a_day_and_then_forgotten(world) {
        let first = world.customer(1, 1).with(KEY, "k-1").post("/api/orders", wish()).await;
        world.advance(TimeDelta::hours(24));
        let (customer, _) = world.sign_in(1, "vendor1_customer1", "password123").await;
        let customer = customer.with(KEY, "k-1");
        assert_replay(&first, &customer.post("/api/orders", wish()).await);
        world.advance(TimeDelta::seconds(1));
        let mut other = wish();
        other["items"][0]["quantity"] = json!(1);
        let anew = customer.post("/api/orders", other.clone()).await;
        assert_eq!((anew.status, anew.header("idempotent-replayed")), (201, None));
        assert_ne!(anew.header("location"), first.header("location"));
        assert_replay(&anew, &customer.post("/api/orders", other).await);
        customer.post("/api/orders", wish()).await.problem(422, "idempotency_key_reused");
    }

    async fn of_fifty_requests_at_once_with_one_key_one_is_done_and_all_are_answered(world) {
        let (customer, owner) = (world.customer(1, 1).with(KEY, "k-1"), world.owner(1));
        let (count, left, event) = (orders(&owner).await, stock(&owner, 1).await, world.last_event(1));
        let replies = futures_util::future::join_all((0..50).map(|_| customer.post("/api/orders", wish()))).await;
        let (first, again): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.header("idempotent-replayed").is_none());
        assert_eq!((first.len(), first[0].status), (1, 201), "{:?}", first[0]);
        for reply in &again {
            assert_replay(&first[0], reply);
        }
        assert_eq!((orders(&owner).await, stock(&owner, 1).await), (count + 1, left - 2));
        assert_eq!(world.events_after(1, event).len(), 1);
    }

    async fn without_a_key_every_request_counts(world) {
        let owner = world.owner(1);
        let count = orders(&owner).await;
        for _ in 0..2 {
            assert_eq!(world.customer(1, 1).post("/api/orders", wish()).await.header("idempotent-replayed"), None);
        }
        assert_eq!(orders(&owner).await, count + 2);
    }

    async fn a_key_that_is_no_key_is_refused(world) {
        let owner = world.owner(1);
        let count = orders(&owner).await;
        for key in ["", " ", "\t", "a\tb", &"x".repeat(256)] {
            let customer = world.customer(1, 1).with(KEY, key);
            customer.post("/api/orders", wish()).await.problem(400, "invalid_header");
            let owner = owner.clone().with(KEY, key);
            owner.post("/api/products", json!({"name": "A", "price": "1"})).await.problem(400, "invalid_header");
        }
        assert_eq!(orders(&owner).await, count);
    }

    async fn whoever_may_not_is_told_so_and_gets_no_answer_of_others(world) {
        world.customer(1, 1).with(KEY, "k-1").post("/api/orders", wish()).await.expect(201);
        world.anonymous(1).with(KEY, "k-1").post("/api/orders", wish()).await.problem(401, "authentication_required");
        world.staff(1).with(KEY, "k-1").post("/api/orders", wish()).await.problem(403, "permission_denied");
    }
}
