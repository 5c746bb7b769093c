//! What is remembered is never older than what it was made of: whoever changed it, and wherever.

use crate::operators::{operator, set_open};
use crate::shop::{act, basket, id, order, product};
use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// What this caller sees of a product, alone and in the list; asked for twice, so that the second answer may be a kept one.
async fn looks(client: &Client, product: i64) -> (Option<Value>, Option<Value>) {
    let (mut alone, mut listed) = (None, None);
    for _ in 0..2 {
        let reply = client.get(&format!("/api/products/{product}")).await;
        alone = (reply.status == 200).then(|| reply.body.clone());
        let page = client.get("/api/products?limit=100").await.expect(200);
        listed = page["items"].as_array().unwrap().iter().find(|item| id(item) == product).cloned();
        assert_eq!(alone, listed);
    }
    (alone, listed)
}

fn seen(look: &(Option<Value>, Option<Value>), member: &str) -> Value {
    look.0.as_ref().unwrap()[member].clone()
}

fn tag(reply: &Reply) -> String {
    reply.header("etag").unwrap().to_owned()
}

both_engines! {
    async fn every_change_of_a_product_is_seen_at_once_by_everybody_at_every_instance(world) {
        let beside = world.beside();
        let lamp = product(&world, "Lamp", "10.00", 5).await;
        let path = format!("/api/products/{lamp}");
        let shoppers = [world.anonymous(1), beside.anonymous(1), world.customer(1, 1), world.owner(1), beside.owner(1)];
        let all_see = async |member: &str, expected: Value| {
            for shopper in &shoppers {
                assert_eq!(seen(&looks(shopper, lamp).await, member), expected, "{member}");
            }
        };
        all_see("price", json!("10.00")).await;
        world.owner(1).patch(&path, json!({"price": "11.00"})).await.expect(200);
        all_see("price", json!("11.00")).await;
        beside.owner(1).put(&path, json!({"name": "Lantern", "price": "12.00"})).await.expect(200);
        all_see("name", json!("Lantern")).await;
        world.owner(1).post(&format!("{path}/stock"), json!({"delta": 2})).await.expect(200);
        all_see("stock", json!(7)).await;
        let placed = order(&beside.customer(1, 1), &[(lamp, 3)]).await;
        all_see("stock", json!(4)).await;
        act(&world.owner(1), id(&placed), "cancel").await;
        all_see("stock", json!(7)).await;
        world.sql(&format!("{} UPDATE products SET stock = 1 WHERE vendor_id = 1 AND id = {lamp};", at_vendor_1(&world)));
        all_see("stock", json!(1)).await;
        world.owner(1).patch(&path, json!({"status": "draft"})).await.expect(200);
        for shopper in &shoppers[..3] {
            assert_eq!(looks(shopper, lamp).await, (None, None), "a draft is for the team");
        }
        assert_eq!(seen(&looks(&beside.owner(1), lamp).await, "status"), "draft");
    }

    async fn a_product_that_is_deleted_is_gone_everywhere(world) {
        let beside = world.beside();
        let lamp = product(&world, "Lamp", "10.00", 5).await;
        for shopper in [world.anonymous(1), beside.anonymous(1)] {
            assert!(looks(&shopper, lamp).await.0.is_some());
        }
        beside.owner(1).delete(&format!("/api/products/{lamp}")).await.expect(204);
        for shopper in [world.anonymous(1), beside.anonymous(1), world.owner(1)] {
            assert_eq!(looks(&shopper, lamp).await, (None, None));
        }
    }

    async fn an_order_that_was_refused_changed_nothing_that_anybody_sees(world) {
        let lamp = product(&world, "Lamp", "10.00", 5).await;
        let before = looks(&world.anonymous(1), lamp).await;
        world.customer(1, 1).post("/api/orders", basket(&[(lamp, 1), (1, 100_000)])).await.problem(409, "insufficient_stock");
        assert_eq!(looks(&world.anonymous(1), lamp).await, before);
    }

    async fn what_the_caller_has_is_not_sent_again_until_it_changes(world) {
        let lamp = product(&world, "Lamp", "10.00", 5).await;
        for path in ["/api/products".to_owned(), format!("/api/products/{lamp}")] {
            let first = world.anonymous(1).get(&path).await;
            let asked_again = world.anonymous(1).with("if-none-match", &tag(&first));
            let again = asked_again.get(&path).await;
            assert_eq!((again.status, again.text.as_str(), tag(&again)), (304, "", tag(&first)));
            world.owner(1).post(&format!("/api/products/{lamp}/stock"), json!({"delta": 1})).await.expect(200);
            let changed = asked_again.get(&path).await;
            assert_eq!(changed.status, 200);
            assert_ne!(tag(&changed), tag(&first));
        }
    }

    async fn an_answer_is_kept_for_its_vendor_and_for_those_who_may_see_it(world) {
        world.owner(1).patch("/api/products/1", json!({"status": "draft"})).await.expect(200);
        for _ in 0..2 {
            let owners = world.owner(1).get("/api/products?limit=5").await.expect(200);
            let strangers = world.anonymous(1).get("/api/products?limit=5").await.expect(200);
            let others = world.anonymous(2).get("/api/products?limit=5").await.expect(200);
            let ids = |page: &Value| page["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>();
            assert!(ids(&owners).contains(&1) && !ids(&strangers).contains(&1), "{owners} {strangers}");
            assert!(ids(&others).iter().all(|id| (6..=10).contains(id)), "{others}");
            world.owner(1).get("/api/products/1").await.expect(200);
            world.anonymous(1).get("/api/products/1").await.problem(404, "not_found");
            world.anonymous(2).get("/api/products/1").await.problem(404, "not_found");
        }
    }

    async fn a_vendor_that_is_closed_is_closed_here_at_once_and_elsewhere_after_a_second(world) {
        let beside = world.beside();
        let operator = operator(&world).await;
        let both = [world.anonymous(1), beside.anonymous(1)];
        for shopper in &both {
            shopper.get("/api/products").await.expect(200);
        }
        set_open(&operator, 1, false).await;
        both[0].get("/api/products").await.problem(403, "tenant_inactive");
        world.advance(TimeDelta::seconds(1));
        both[1].get("/api/products").await.problem(403, "tenant_inactive");
        set_open(&operator, 1, true).await;
        both[0].get("/api/products").await.expect(200);
        world.advance(TimeDelta::seconds(1));
        both[1].get("/api/products").await.expect(200);
    }

    async fn a_shop_that_was_opened_elsewhere_is_found_after_a_second(world) {
        let beside = world.beside();
        let newcomer = beside.stranger().at("anna.example.com");
        newcomer.get("/api/products").await.problem(404, "unknown_tenant");
        let form = json!({"username": "anna", "password": "password123", "role": "owner", "vendor_domain": "anna.example.com"});
        world.stranger().post("/api/auth/register", form).await.expect(201);
        world.stranger().at("anna.example.com").get("/api/products").await.expect(200);
        world.advance(TimeDelta::seconds(1));
        newcomer.get("/api/products").await.expect(200);
    }

    async fn a_clock_that_was_set_back_makes_nobody_remember_for_longer(world) {
        let beside = world.beside();
        let operator = operator(&world).await;
        beside.anonymous(1).get("/api/products").await.expect(200);
        world.advance(TimeDelta::minutes(-1));
        set_open(&operator, 1, false).await;
        beside.anonymous(1).get("/api/products").await.problem(403, "tenant_inactive");
    }
}

/// Behind the server's back, too, somebody has to say whose rows they mean.
fn at_vendor_1(world: &World) -> &'static str {
    if world.engine == crate::support::Engine::Postgres { "SET app.vendor_id = '1';" } else { "" }
}
