//! The sums that are kept are those that counting every order would give: whatever is placed, cancelled and folded, in whatever
//! order and at once.

use super::holds_there;
use crate::shop::{act, basket, id};
use crate::support::World;
use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone};
use chrono_tz::Tz;
use futures_util::future::join_all;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const ZONES: [&str; 6] = ["UTC", "Europe/Luxembourg", "America/St_Johns", "Asia/Kathmandu", "Pacific/Kiritimati", "Pacific/Chatham"];

/// What somebody does next.
#[derive(Clone, Debug)]
enum Step {
    /// So many minutes later, these pieces of the first three products are ordered.
    Place(i64, [i64; 3]),
    /// One of the orders is cancelled, if it can be.
    Cancel(prop::sample::Index),
    Fold,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3000_i64, [0..3_i64, 0..3, 0..3]).prop_map(|(minutes, pieces)| Step::Place(minutes, pieces)),
        2 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        1 => Just(Step::Fold),
    ];
    proptest::collection::vec(step, 1..14)
}

/// All orders of vendor 1, as anybody would count them.
async fn orders(world: &World) -> Vec<Value> {
    crate::shop::all(&world.owner(1), "/api/orders").await
}

fn minor(money: &Value) -> i64 {
    money.as_str().unwrap().replace('.', "").parse().unwrap()
}

/// Orders, units and revenue.
type Sums = (i64, i64, i64);

/// What one gets who counts them: by day of the time zone, and by product.
fn naive(orders: &[Value], zone: Tz, from: NaiveDate, to: NaiveDate) -> (BTreeMap<String, Sums>, BTreeMap<i64, (i64, i64)>) {
    let (mut days, mut products) = (BTreeMap::new(), BTreeMap::new());
    for order in orders.iter().filter(|order| order["status"] != "cancelled") {
        let placed = DateTime::parse_from_rfc3339(order["placed_at"].as_str().unwrap()).unwrap();
        let day = zone.from_utc_datetime(&placed.naive_utc()).date_naive();
        if !(from..=to).contains(&day) {
            continue;
        }
        let sums: &mut Sums = days.entry(day.to_string()).or_default();
        sums.0 += 1;
        sums.2 += minor(&order["total"]);
        for line in order["items"].as_array().unwrap() {
            let quantity = line["quantity"].as_i64().unwrap();
            sums.1 += quantity;
            let sold: &mut (i64, i64) = products.entry(line["product"].as_i64().unwrap()).or_default();
            *sold = (sold.0 + quantity, sold.1 + minor(&line["total"]));
        }
    }
    (days, products)
}

/// What the server tells, in the same form.
async fn told(world: &World, zone: Tz, from: NaiveDate, to: NaiveDate) -> (BTreeMap<String, Sums>, BTreeMap<i64, (i64, i64)>) {
    let path = format!("/api/analytics?from={from}&to={to}&time_zone={zone}&top=100");
    let answer = world.owner(1).get(&path).await.expect(200);
    let figures = &answer["currencies"][0];
    let number = |value: &Value| value.as_i64().unwrap();
    let sums = |one: &Value| (number(&one["orders"]), number(&one["units"]), minor(&one["revenue"]));
    let periods = figures["periods"].as_array().unwrap().iter().filter(|one| one["orders"] != 0);
    let days: BTreeMap<_, _> = periods.map(|one| (one["from"].as_str().unwrap().to_owned(), sums(one))).collect();
    let all = days.values().fold((0, 0, 0), |all: Sums, one| (all.0 + one.0, all.1 + one.1, all.2 + one.2));
    assert_eq!(all, sums(figures), "the whole is the sum of its parts");
    let products = figures["top_products"].as_array().unwrap().iter();
    (days, products.map(|one| (number(&one["product"]), (number(&one["units"]), minor(&one["revenue"])))).collect())
}

async fn take(world: &World, step: Step, placed: &mut Vec<i64>) {
    match step {
        Step::Place(minutes, pieces) => {
            // Behind the server's back, so that nobody's token expires.
            let lines: Vec<_> =
                pieces.iter().zip(1..).filter(|(pieces, _)| **pieces > 0).map(|(pieces, product)| (product, *pieces)).collect();
            if lines.is_empty() {
                return;
            }
            let reply = world.owner(1).post("/api/orders", basket(&lines)).await;
            if reply.status == 409 {
                reply.problem(409, "insufficient_stock");
                return;
            }
            placed.push(id(&reply.expect(201)));
            let whose = if world.engine == crate::support::Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
            let last = placed.iter().max().unwrap();
            let at = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap() + TimeDelta::minutes(minutes);
            world.sql(&format!(
                "{whose} UPDATE orders SET placed_at = '{}' WHERE vendor_id = 1 AND id = {last}",
                at.format("%Y-%m-%d %H:%M:%S%.6f")
            ));
        }
        Step::Cancel(which) if !placed.is_empty() => {
            let order = placed[which.index(placed.len())];
            world.owner(1).post(&format!("/api/orders/{order}/cancel"), json!({})).await;
        }
        Step::Cancel(_) => {}
        Step::Fold => stoa::housekeeping::tidy(&world.db).await.unwrap(),
    }
}

both_engines! {
    async fn sums_are_what_counting_would_give(world) {
        let world = Arc::new(world);
        let placed = Arc::new(tokio::sync::Mutex::new(Vec::new()));
        let inputs = || (steps(), 0..ZONES.len(), -3..35_i64, 0..35_i64);
        holds_there(25, inputs, move |(steps, zone, from, length)| {
            let (world, placed) = (Arc::clone(&world), Arc::clone(&placed));
            async move {
                let mut placed = placed.lock().await;
                for step in steps {
                    take(&world, step, &mut placed).await;
                }
                let zone: Tz = ZONES[zone].parse().unwrap();
                let from = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + TimeDelta::days(from);
                let to = from + TimeDelta::days(length);
                let expected = naive(&orders(&world).await, zone, from, to);
                prop_assert_eq!(told(&world, zone, from, to).await, expected, "{} {} {}", zone, from, to);
                Ok(())
            }
        })
        .await;
    }

    async fn placing_cancelling_folding_and_asking_at_once_lose_nothing(world) {
        let beside = world.beside();
        let owner = world.owner(1);
        let (from, to) = (NaiveDate::from_ymd_opt(2026, 1, 1).unwrap(), NaiveDate::from_ymd_opt(2026, 2, 28).unwrap());
        for _ in 0..6 {
            let placing = join_all((0..12).map(|n| {
                let owner = owner.clone();
                async move {
                    let order = owner.post("/api/orders", basket(&[(2, 1), (4, 1)])).await.expect(201);
                    if n % 3 == 0 {
                        act(&owner, id(&order), "cancel").await;
                    }
                }
            }));
            let folding = join_all([&world, &beside].map(|server| async {
                for _ in 0..4 {
                    stoa::housekeeping::tidy(&server.db).await.unwrap();
                }
            }));
            let asking = async {
                for _ in 0..6 {
                    told(&world, Tz::UTC, from, to).await;
                }
            };
            futures_util::future::join3(placing, folding, asking).await;
            assert_eq!(told(&world, Tz::UTC, from, to).await, naive(&orders(&world).await, Tz::UTC, from, to));
        }
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(told(&beside, Tz::UTC, from, to).await, naive(&orders(&world).await, Tz::UTC, from, to));
    }
}
