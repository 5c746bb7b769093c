//! Many at once: stock, numbers and states come out as if everybody had waited for everybody else.

use crate::shop::{all, basket, basket_with, count, history, id, numbers, order, product, see, stock};
use crate::support::{Client, Reply, World};
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The three customers of the demo and 27 new ones, all signed in.
async fn thirty_customers(world: &World) -> Vec<Client> {
    let newcomer = async |n: usize| {
        let name = format!("buyer{n}");
        let body = json!({ "username": name, "password": "password123", "role": "customer", "email": format!("{name}@example.com") });
        world.anonymous(1).post("/api/auth/register", body).await.expect(201);
        world.sign_in(1, &name, "password123").await.0
    };
    let mut customers: Vec<_> = (1..=3).map(|m| world.customer(1, m)).collect();
    customers.extend(join_all((1..=27).map(newcomer)).await);
    customers
}

/// Places an order as a client should who may be told that the service is busy: with a key, again and again.
async fn insist(customer: Client, key: String, body: Value) -> Reply {
    let customer = customer.with("idempotency-key", &key);
    loop {
        let reply = customer.post("/api/orders", body.clone()).await;
        if reply.status != 503 {
            return reply;
        }
        assert_eq!(reply.header("retry-after"), Some("1"));
        reply.problem(503, "busy");
    }
}

/// How many answers have this status; all others must be this problem.
fn successes(replies: Vec<Reply>, status: u16, otherwise: (u16, &str)) -> usize {
    let (good, bad): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == status);
    for reply in bad {
        reply.problem(otherwise.0, otherwise.1);
    }
    good.len()
}

both_engines! {
    async fn of_1000_orders_at_once_for_100_pieces_exactly_100_succeed(world) {
        let scarce = product(&world, "Tourbillon", "100.00", 100).await;
        let customers = thirty_customers(&world).await;
        let wish = |n: usize| insist(customers[n % customers.len()].clone(), format!("order-{n}"), basket(&[(scarce, 1)]));
        let replies = join_all((0..1000).map(wish)).await;
        let (placed, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
        assert_eq!((placed.len(), refused.len()), (100, 900));
        for refusal in refused {
            let refusal = refusal.problem(409, "insufficient_stock");
            assert_eq!(refusal["products"], json!([{ "product": scarce, "requested": 1, "available": 0 }]));
        }
        assert_eq!(stock(&world, scarce).await, 0);
        let orders: Vec<_> = all(&world.owner(1), "/api/orders").await.into_iter().filter(|order| order["items"][0]["product"] == scarce).collect();
        let answered: BTreeSet<_> = placed.into_iter().map(|reply| id(&reply.body)).collect();
        assert_eq!(numbers(&orders, "id").into_iter().collect::<BTreeSet<_>>(), answered, "there are those that were answered for, and no others");
        let mut given = numbers(&orders, "number");
        given.sort_unstable();
        assert_eq!(given, (1004..1104).collect::<Vec<_>>(), "no number twice, and none left out");
        let sold: i64 = orders.iter().map(|order| order["items"][0]["quantity"].as_i64().unwrap()).sum();
        assert_eq!(sold, 100);
        assert!(orders.iter().all(|order| order["total"] == "100.00" && order["items"].as_array().unwrap().len() == 1));
        let buyers: BTreeSet<_> = orders.iter().map(|order| order["customer"]["id"].as_i64().unwrap()).collect();
        assert!(buyers.len() > 1, "many customers have had their share: {buyers:?}");
    }

    async fn orders_of_many_pieces_sell_what_there_is_and_no_more(world) {
        let scarce = product(&world, "Tourbillon", "100.00", 50).await;
        let wish = async |n: usize| world.customer(1, n % 3 + 1).post("/api/orders", basket(&[(scarce, 3), (2, 1)])).await;
        let replies = join_all((0..40).map(wish)).await;
        assert_eq!(successes(replies, 201, (409, "insufficient_stock")), 16);
        assert_eq!((stock(&world, scarce).await, stock(&world, 2).await), (2, 247 - 16), "a refused order took nothing of its other lines");
    }

    async fn orders_with_opposite_lines_do_not_stand_in_each_others_way(world) {
        let (a, b, c) = (product(&world, "A", "1.00", 500).await, product(&world, "B", "1.00", 500).await, product(&world, "C", "1.00", 500).await);
        let wish = async |n: usize| {
            let lines = if n.is_multiple_of(2) { [(a, 1), (b, 1), (c, 1)] } else { [(c, 1), (b, 1), (a, 1)] };
            order(&world.customer(1, n % 3 + 1), &lines).await
        };
        let orders = join_all((0..60).map(wish)).await;
        let given: BTreeSet<_> = numbers(&orders, "number").into_iter().collect();
        assert_eq!(given, (1004..1064).collect());
        assert_eq!((stock(&world, a).await, stock(&world, b).await, stock(&world, c).await), (440, 440, 440));
    }

    async fn orders_and_cancellations_crosswise_leave_the_stock_right(world) {
        let (a, b) = (product(&world, "A", "1.00", 500).await, product(&world, "B", "1.00", 500).await);
        let placed = join_all((0..20).map(async |_| id(&order(&world.customer(1, 1), &[(b, 2), (a, 1)]).await))).await;
        let cancel = async |order: i64| world.owner(1).post(&format!("/api/orders/{order}/cancel"), json!({})).await.expect(200);
        let cancellations = join_all(placed.iter().map(|order| cancel(*order)));
        let more = join_all((0..20).map(async |_| order(&world.customer(1, 2), &[(a, 1), (b, 2)]).await));
        tokio::join!(cancellations, more);
        assert_eq!((stock(&world, a).await, stock(&world, b).await), (480, 460));
    }

    async fn sixty_four_writers_at_once_all_succeed(world) {
        let write = async |n: usize| match n % 4 {
            0 => world.customer(1, n % 3 + 1).post("/api/orders", basket(&[(2, 1)])).await.expect(201),
            1 => world.owner(1).post("/api/products", json!({ "name": format!("Part {n}"), "price": "1.00" })).await.expect(201),
            2 => world.owner(1).post("/api/products/3/stock", json!({ "delta": 1 })).await.expect(200),
            _ => world.owner(2).patch("/api/products/6", json!({ "description": format!("Edition {n}") })).await.expect(200),
        };
        join_all((0..64).map(write)).await;
        assert_eq!(count(&world).await, 3 + 16);
        assert_eq!((stock(&world, 2).await, stock(&world, 3).await), (247 - 16, 39 + 16));
        let edited = world.owner(2).get("/api/products/6").await.expect(200);
        assert_eq!(edited["version"], 2 + 16, "each of the edits counted");
    }

    async fn an_order_cancelled_by_many_at_once_returns_its_stock_once(world) {
        let order = id(&order(&world.customer(1, 1), &[(1, 10), (5, 5)]).await);
        let cancel = async |n: usize| {
            let client = if n.is_multiple_of(2) { world.owner(1) } else { world.customer(1, 1) };
            client.post(&format!("/api/orders/{order}/cancel"), json!({ "reason": format!("reason {n}") })).await
        };
        let replies = join_all((0..32).map(cancel)).await;
        assert_eq!(successes(replies, 200, (409, "illegal_transition")), 1);
        assert_eq!((stock(&world, 1).await, stock(&world, 5).await), (98, 5));
        assert_eq!(history(&world.owner(1), order).await.len(), 2);
    }

    async fn of_many_equal_moves_at_once_one_is_made(world) {
        let confirm = async |_| world.owner(1).patch("/api/orders/2/status", json!({ "status": "confirmed" })).await;
        let replies = join_all((0..32).map(confirm)).await;
        assert_eq!(successes(replies, 200, (409, "illegal_transition")), 1);
        let order = see(&world.owner(1), 2).await;
        assert_eq!((&order["status"], &order["version"]), (&json!("confirmed"), &json!(2)));
        assert_eq!(history(&world.owner(1), 2).await.len(), 2);
    }

    async fn an_order_is_either_cancelled_or_moved_on_never_both(world) {
        for _ in 0..5 {
            let order = id(&order(&world.customer(1, 1), &[(1, 4)]).await);
            world.owner(1).send(Method::POST, &format!("/api/orders/{order}/process"), None).await.expect(200);
            let before = stock(&world, 1).await;
            let ask = async |n: usize| {
                let action = if n.is_multiple_of(2) { "ship" } else { "cancel" };
                world.owner(1).send(Method::POST, &format!("/api/orders/{order}/{action}"), None).await
            };
            let replies = join_all((0..16).map(ask)).await;
            assert_eq!(successes(replies, 200, (409, "illegal_transition")), 1);
            let returned = if see(&world.owner(1), order).await["status"] == "cancelled" { 4 } else { 0 };
            assert_eq!(stock(&world, 1).await, before + returned);
        }
    }

    async fn many_assignments_at_once_follow_one_another(world) {
        let give = async |n: i64| world.owner(1).patch("/api/orders/2/assign-staff", json!({ "staff_id": n % 3 + 1 })).await.expect(200);
        join_all((0..32).map(give)).await;
        let order = see(&world.owner(1), 2).await;
        assert_eq!(order["version"], 33);
        let entries = history(&world.owner(1), 2).await;
        let moves: Vec<_> = entries.iter().skip(1).map(|entry| (&entry["data"]["from"], &entry["data"]["to"])).collect();
        assert_eq!(moves.len(), 32);
        assert_eq!((moves[0].0, moves[31].1), (&Value::Null, &order["assigned_to"]));
        for pair in moves.windows(2) {
            assert_eq!(pair[0].1, pair[1].0, "each took it from whom the one before gave it to");
        }
    }

    async fn of_many_changes_to_one_version_one_is_made(world) {
        let give = async |n: i64| {
            let owner = world.owner(1).with("if-match", "\"1\"");
            owner.patch("/api/orders/2/assign-staff", json!({ "staff_id": n % 3 + 1 })).await
        };
        let replies = join_all((0..32).map(give)).await;
        assert_eq!(successes(replies, 200, (412, "precondition_failed")), 1);
        assert_eq!(see(&world.owner(1), 2).await["version"], 2);
    }

    async fn of_many_edits_of_one_version_of_a_product_one_is_made(world) {
        let version = world.owner(1).get("/api/products/1").await.expect(200)["version"].as_i64().unwrap();
        let edit = async |n: usize| {
            let owner = world.owner(1).with("if-match", &format!("\"{version}\""));
            owner.patch("/api/products/1", json!({ "name": format!("Watch {n}"), "price": format!("{n}.00") })).await
        };
        let replies = join_all((0..32).map(edit)).await;
        assert_eq!(successes(replies, 200, (412, "precondition_failed")), 1);
        assert_eq!(world.owner(1).get("/api/products/1").await.expect(200)["version"], version + 1);
    }

    async fn of_many_corrections_of_the_same_stock_one_counts(world) {
        let correct = async |n: i64| {
            let wish = if n % 2 == 0 { json!({ "delta": n + 1, "expected": 98 }) } else { json!({ "set": 200 + n, "expected": 98 }) };
            world.owner(1).post("/api/products/1/stock", wish).await
        };
        let replies = join_all((0..32).map(correct)).await;
        let winners: Vec<_> = replies.iter().filter(|reply| reply.status == 200).map(|reply| reply.body["stock"].as_i64().unwrap()).collect();
        assert_eq!(successes(replies, 200, (409, "stock_changed")), 1);
        assert_eq!(winners, [stock(&world, 1).await]);
    }

    async fn deliveries_at_once_add_up(world) {
        let deliver = async |n: i64| world.owner(1).post("/api/products/1/stock", json!({ "delta": n })).await.expect(200);
        join_all((1..=32).map(deliver)).await;
        assert_eq!(stock(&world, 1).await, 98 + 32 * 33 / 2);
    }

    async fn a_reference_that_many_send_at_once_names_one_order(world) {
        let wish = async |n: usize| world.customer(1, n % 3 + 1).post("/api/orders", basket_with(&[(2, 1)], json!({ "external_ref": "WEB-1" }))).await;
        let replies = join_all((0..32).map(wish)).await;
        assert_eq!(successes(replies, 201, (409, "external_ref_taken")), 1);
        assert_eq!((stock(&world, 2).await, count(&world).await), (246, 4));
    }
}
