//! Returns and refunds in any order: each piece is in one place, and no more is given back than is paid.

use super::holds_there;
use crate::returns::{came, deliver, list, path, wish};
use crate::shop::{basket, id, product, see, stock};
use crate::support::World;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many pieces are bought, at one euro each.
const BOUGHT: i64 = 9;

/// What somebody does next with an order that was delivered.
#[derive(Clone, Debug)]
enum Deed {
    Pay(i64),
    Void(Index),
    Ask(i64),
    Approve(Index),
    Reject(Index),
    Receive(Index, i64, i64),
    Refund(i64),
    RefundReturn(Index),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        3 => (1..=500_i64).prop_map(Deed::Pay),
        1 => any::<Index>().prop_map(Deed::Void),
        3 => (1..=4_i64).prop_map(Deed::Ask),
        3 => any::<Index>().prop_map(Deed::Approve),
        1 => any::<Index>().prop_map(Deed::Reject),
        3 => (any::<Index>(), 0..=3_i64, 0..=3_i64).prop_map(|(of, good, damaged)| Deed::Receive(of, good, damaged)),
        3 => (1..=400_i64).prop_map(Deed::Refund),
        3 => any::<Index>().prop_map(Deed::RefundReturn),
    ];
    vec(deed, 1..30)
}

/// So many cents, as they are written.
fn euros(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}

/// As many cents as are written.
fn cents(amount: &Value) -> i64 {
    amount.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// What a deed asks for: the path below the order's, and the body; none when there is nothing to do it to.
fn request(deed: &Deed, payments: &[i64], returns: &[i64]) -> Option<(String, Value)> {
    let one = |of: &Index, all: &[i64]| (!all.is_empty()).then(|| *of.get(all));
    Some(match deed {
        Deed::Pay(amount) => ("payments".to_owned(), json!({ "method": "cash", "amount": euros(*amount) })),
        Deed::Void(of) => (format!("payments/{}/void", one(of, payments)?), json!({ "reason": "x" })),
        Deed::Ask(_) | Deed::Receive(_, 0, 0) => return None,
        Deed::Approve(of) => (format!("returns/{}/approve", one(of, returns)?), json!({})),
        Deed::Reject(of) => (format!("returns/{}/reject", one(of, returns)?), json!({ "reason": "x" })),
        Deed::Receive(of, good, damaged) => (format!("returns/{}/receive", one(of, returns)?), came(0, *good, *damaged)),
        Deed::Refund(amount) => ("refunds".to_owned(), json!({ "amount": euros(*amount), "reason": "x" })),
        Deed::RefundReturn(of) => ("refunds".to_owned(), json!({ "return": one(of, returns)?, "reason": "x" })),
    })
}

/// Has it all done to a new order, whatever of it is refused.
async fn live(world: &World, deeds: Vec<Deed>) -> TestCaseResult {
    let owner = world.owner(1);
    let goods = product(world, "Button", "1.00", 100).await;
    let placed = owner.post("/api/orders", basket(&[(goods, BOUGHT)])).await.expect(201);
    let (order, line) = (id(&placed), id(&placed["items"][0]));
    deliver(&owner, order).await;
    let (mut payments, mut returns) = (Vec::new(), Vec::new());
    for deed in deeds {
        if let Deed::Ask(quantity) = deed {
            let reply = owner.post(&path(order), wish(line, quantity)).await;
            prop_assert!([201, 409].contains(&reply.status), "{:?}", reply);
            returns.extend((reply.status == 201).then(|| id(&reply.body)));
            continue;
        }
        let Some((below, mut body)) = request(&deed, &payments, &returns) else { continue };
        for item in body.get_mut("items").and_then(Value::as_array_mut).into_iter().flatten() {
            item["item"] = json!(line);
        }
        let reply = owner.post(&format!("/api/orders/{order}/{below}"), body).await;
        prop_assert!([200, 201, 409, 422].contains(&reply.status), "{:?}: {:?}", deed, reply);
        payments.extend((reply.status == 201 && below == "payments").then(|| id(&reply.body)));
        agrees(world, order, goods).await?;
    }
    Ok(())
}

/// Each piece is in one place, and the sums are those of what they are made of.
async fn agrees(world: &World, order: i64, goods: i64) -> TestCaseResult {
    let owner = world.owner(1);
    let (mut good, mut claimed) = (0, 0);
    for one in list(&owner, order).await {
        let number = |member: &str| one["items"][0][member].as_i64().unwrap();
        good += number("good");
        claimed += match one["status"].as_str().unwrap() {
            "rejected" => 0,
            "received" => number("good") + number("damaged"),
            _ => number("quantity"),
        };
    }
    prop_assert_eq!(stock(world, goods).await, 100 - BOUGHT + good, "what came back good is in stock, and nothing else");
    prop_assert!(claimed <= BOUGHT, "{} of {} pieces", claimed, BOUGHT);
    let sum = async |list: &str| {
        let page = owner.get(&format!("/api/orders/{order}/{list}")).await.expect(200);
        let counts = |one: &&Value| one.get("voided_at").is_none_or(Value::is_null);
        page["items"].as_array().unwrap().iter().filter(counts).map(|one| cents(&one["amount"])).sum::<i64>()
    };
    let (paid, refunded, seen) = (sum("payments").await, sum("refunds").await, see(&owner, order).await);
    prop_assert_eq!((cents(&seen["paid"]), cents(&seen["refunded"])), (paid, refunded));
    prop_assert!(refunded <= paid && paid <= BOUGHT * 100, "{} of {}", refunded, paid);
    let status = match (paid, refunded) {
        (_, 1..) if refunded == paid => "refunded",
        (_, 1..) => "partially_refunded",
        (0, _) => "unpaid",
        _ if paid < BOUGHT * 100 => "partially_paid",
        _ => "paid",
    };
    prop_assert_eq!(seen["payment_status"].as_str(), Some(status));
    Ok(())
}

both_engines! {
    async fn each_piece_is_in_one_place_and_no_more_is_given_back_than_is_paid(world) {
        let world = Arc::new(world);
        holds_there(20, deeds, move |deeds| {
            let world = Arc::clone(&world);
            async move { live(&world, deeds).await }
        })
        .await;
    }
}
