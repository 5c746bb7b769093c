//! Neighbours: vendors who share one connection to the database, one after the other and at the same time, see their own alone.

use super::holds_there;
use crate::shop::basket;
use crate::support::{Client, Reply, World};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};
use std::sync::Arc;

/// What somebody of a vendor asks for. Each of the demo's vendors has five products and three of all else, numbered through.
#[derive(Clone, Copy, Debug)]
enum Wish {
    List(&'static str),
    See(&'static str),
    Other(&'static str),
    Change,
    Buy,
    BuyTooMuch,
    BuyFromOther,
    SignIn,
}

fn wishes() -> impl Strategy<Value = Vec<(usize, Wish)>> {
    let kinds = || select(vec!["products", "orders", "customers"]);
    let wish = prop_oneof![
        3 => select(vec!["/api/products", "/api/products?status=active&sort=name", "/api/orders", "/api/customers", "/api/staff"]).prop_map(Wish::List),
        2 => kinds().prop_map(Wish::See),
        3 => kinds().prop_map(Wish::Other),
        2 => Just(Wish::Change),
        2 => Just(Wish::Buy),
        1 => Just(Wish::BuyTooMuch),
        1 => Just(Wish::BuyFromOther),
        1 => Just(Wish::SignIn),
    ];
    vec((1..=3_usize, wish), 1..12)
}

/// The first of a vendor's own things of a kind.
fn first(n: usize, kind: &str) -> i64 {
    let n = i64::try_from(n).unwrap();
    if kind == "products" { (n - 1) * 5 + 1 } else { (n - 1) * 3 + 1 }
}

/// Whether all that an answer tells is the vendor's, by the marks that the demo puts on everything.
fn is_own(n: usize, reply: &Reply) -> bool {
    let others = (1..=3).filter(|other| *other != n);
    let marks = others.flat_map(|other| [format!("vendor{other}"), format!("\"V{other}-"), format!("owner{other}")]);
    marks.into_iter().all(|mark| !reply.text.contains(&mark))
}

async fn ask(n: usize, wish: Wish, owner: &Client, world: &World) -> Result<Reply, TestCaseError> {
    let next = n % 3 + 1;
    let (reply, status) = match wish {
        Wish::List(path) => (owner.get(path).await, 200),
        Wish::See(kind) => (owner.get(&format!("/api/{kind}/{}", first(n, kind))).await, 200),
        Wish::Other(kind) => (owner.get(&format!("/api/{kind}/{}", first(next, kind))).await, 404),
        Wish::Change => {
            let stock = json!({"description": format!("changed by vendor{n}"), "stock": 1_000_000});
            (owner.patch(&format!("/api/products/{}", first(n, "products")), stock).await, 200)
        }
        Wish::Buy => (owner.post("/api/orders", basket(&[(first(n, "products") + 1, 1)])).await, 201),
        Wish::BuyTooMuch => (owner.post("/api/orders", basket(&[(first(n, "products") + 4, 2000)])).await, 409),
        Wish::BuyFromOther => (owner.post("/api/orders", basket(&[(first(next, "products"), 1)])).await, 422),
        Wish::SignIn => {
            // By a name that is nobody's here and somebody's next door.
            let login = json!({"username": format!("vendor{next}_customer1"), "password": "password123"});
            (world.anonymous(n).post("/api/auth/login", login).await, 401)
        }
    };
    prop_assert_eq!(reply.status, status, "vendor {}, {:?}: {}", n, wish, reply.text);
    Ok(reply)
}

/// A list has something in it, and all of it is the vendor's.
fn check(n: usize, wish: Wish, reply: &Reply) -> TestCaseResult {
    prop_assert!(is_own(n, reply), "vendor {}, {:?}: {}", n, wish, reply.text);
    if let Wish::List(path) = wish {
        let items = reply.body["items"].as_array().unwrap();
        prop_assert!(items.len() >= 3, "vendor {}, {}: {}", n, path, reply.text);
        let is_theirs = |item: &Value| item["id"].as_i64().is_some_and(|id| (id - 1) / 5 + 1 == i64::try_from(n).unwrap());
        prop_assert!(!path.starts_with("/api/products") || items.iter().all(is_theirs), "vendor {}: {}", n, reply.text);
    }
    Ok(())
}

async fn live_side_by_side(world: &World, wishes: Vec<(usize, Wish)>, at_once: bool) -> TestCaseResult {
    let owners: Vec<_> = (1..=3).map(|n| world.owner(n)).collect();
    let one = async |(n, wish): &(usize, Wish)| check(*n, *wish, &ask(*n, *wish, &owners[*n - 1], world).await?);
    if at_once {
        for outcome in futures_util::future::join_all(wishes.iter().map(one)).await {
            outcome?;
        }
    } else {
        for wish in &wishes {
            one(wish).await?;
        }
    }
    Ok(())
}

both_engines! {
    async fn vendors_who_share_a_connection_see_their_own_alone(world) {
        let settings = [("RATE_LIMITS", "off"), ("DB_POOL_SIZE", "1"), ("PAGE_CACHE_MIB", "0")];
        let world = Arc::new(World::with(world.engine, &settings).await);
        holds_there(25, || (wishes(), any::<bool>()), move |(wishes, at_once)| {
            let world = Arc::clone(&world);
            async move { live_side_by_side(&world, wishes, at_once).await }
        })
        .await;
    }
}
