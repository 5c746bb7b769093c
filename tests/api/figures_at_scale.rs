//! The figures of a vendor with a million orders: that they are right, and in how much time. Takes minutes, so it is asked for:
//!
//! `cargo test --release --test api -- --ignored --nocapture figures_at_scale`

use crate::support::{Engine, World};
use std::time::{Duration, Instant};

/// How many orders, over the year before the world begins; each has three lines of a thousand products.
const ORDERS: i64 = 1_000_000;
const PRODUCTS: i64 = 1000;
/// How long a question may take.
const PROMISED: Duration = Duration::from_millis(50);

/// A number for each row, from one to the other.
fn rows(engine: Engine, first: i64, last: i64) -> String {
    match engine {
        Engine::Sqlite => format!("WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"),
        Engine::Postgres => format!("WITH n(i) AS (SELECT generate_series({first}::BIGINT, {last}::BIGINT))"),
    }
}

fn run(world: &World, statement: &str) {
    let whose = if world.engine == Engine::Postgres { "SET app.vendor_id = '1'; SET statement_timeout = 0;" } else { "" };
    world.sql(&format!("{whose} {statement}"));
}

fn stock_up(world: &World) {
    let rows = rows(world.engine, 1, PRODUCTS);
    run(
        world,
        &format!(
            "{rows} INSERT INTO products (vendor_id, id, name, name_key, description, price, currency, stock, is_ordered, status,
                image_urls, attributes, version, created_at, updated_at)
             SELECT 1, 999 + i, 'Product ' || i, 'product ' || i, '', 100, 'EUR', 1000, TRUE, 'active', '[]', '{{}}', 1,
                '2025-01-01 00:00:00', '2025-01-01 00:00:00' FROM n"
        ),
    );
}

/// Writes orders, one every 31 seconds.
fn order(world: &World, first: i64, last: i64) {
    let rows = rows(world.engine, first, last);
    let instant = match world.engine {
        Engine::Sqlite => "datetime(1738324800 + i * 31, 'unixepoch')",
        Engine::Postgres => "to_timestamp(1738324800 + i * 31) AT TIME ZONE 'UTC'",
    };
    // Which products, how many of each, and at what price: numbers that look mixed.
    let product = |line: i64| format!("1000 + (i * 7919 + {line} * 104729 + (i / 1000) * 31) % {PRODUCTS}");
    let quantity = |line: i64| format!("(1 + (i + {line}) % 3)");
    let price = |line: i64| format!("(100 + (i * 13 + {line} * 7) % 5000)");
    let total = (0..3).map(|line| format!("{} * {}", quantity(line), price(line))).collect::<Vec<_>>().join(" + ");
    run(
        world,
        &format!(
            "{rows} INSERT INTO orders (vendor_id, id, number, status, payment_status, subtotal, discount, shipping, tax, total, currency,
                address, version, placed_at, updated_at)
             SELECT 1, 1000 + i, 2000 + i, CASE WHEN i % 20 = 0 THEN 'cancelled' ELSE 'completed' END, 'paid', {total}, 0, 0, 0, {total},
                'EUR', '\"1 Street\"', 1, {instant}, '2026-01-31 00:00:00' FROM n;
             UPDATE order_counters SET last_number = {} WHERE vendor_id = 1",
            2000 + last
        ),
    );
    for line in 0..3 {
        run(
            world,
            &format!(
                "{rows} INSERT INTO order_lines (vendor_id, order_id, product_id, name, unit_price, quantity, total)
                 SELECT 1, 1000 + i, {}, 'x', {price}, {quantity}, {price} * {quantity} FROM n",
                product(line),
                price = price(line),
                quantity = quantity(line)
            ),
        );
    }
    if world.engine == Engine::Postgres {
        run(world, "ANALYZE orders; ANALYZE order_lines; ANALYZE products");
    }
}

/// How long a question takes: the middle one of five times.
async fn time(world: &World, query: &str) -> Duration {
    let (client, path) = (world.owner(1), format!("/api/analytics?{query}"));
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        client.get(&path).await.expect(200);
        times.push(began.elapsed());
    }
    times.sort_unstable();
    times[2]
}

async fn measure(engine: Engine) {
    let world = World::start(engine).await;
    let began = Instant::now();
    stock_up(&world);
    order(&world, 1, ORDERS);
    println!("{engine:?}: {ORDERS} orders written in {:?}", began.elapsed());
    let began = Instant::now();
    stoa::housekeeping::tidy(&world.db).await.unwrap();
    println!("{engine:?}: folded in {:?}", began.elapsed());
    if engine == Engine::Postgres {
        run(&world, "ANALYZE order_figures; ANALYZE product_figures");
    }
    // As many as may wait to be folded.
    order(&world, ORDERS + 1, ORDERS + 999);
    for query in [
        "",
        "time_zone=Europe/Luxembourg",
        "time_zone=Pacific/Auckland",
        "time_zone=Asia/Kathmandu&from=2025-02-01",
        "from=2025-01-31&time_zone=America/New_York",
        "from=2025-01-31&by=week",
        "from=2025-01-31&by=month&time_zone=Europe/Luxembourg",
        "from=2026-01-31",
    ] {
        let took = time(&world, query).await;
        println!("{engine:?}: {took:>12?}  {query}");
        assert!(took <= PROMISED, "{took:?} {query}");
    }
    let year = world.owner(1).get("/api/analytics?from=2025-01-31&by=month").await.expect(200);
    let counted = world.peek(1, "SELECT CAST(COUNT(*) AS TEXT) || ' ' || CAST(SUM(total) AS TEXT) AS value FROM orders WHERE vendor_id = 1 AND status <> 'cancelled'");
    let figures = &year["currencies"][0];
    let revenue = figures["revenue"].as_str().unwrap().replace('.', "");
    assert_eq!(format!("{} {revenue}", figures["orders"]), counted[0]);
}

#[actix_web::test]
#[ignore = "takes minutes"]
async fn on_sqlite() {
    measure(Engine::Sqlite).await;
}

#[actix_web::test]
#[ignore = "takes minutes"]
async fn on_postgres() {
    measure(Engine::Postgres).await;
}
