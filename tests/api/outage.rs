//! When the database goes away: 503 with `Retry-After`, never a hang and never a 500; and all is well again afterwards.

use crate::catalogue::Conn;
use crate::support::{Engine, Reply, World};
use futures_util::future::join_all;
use serde_json::json;

/// A connection to another database of the same server, from which this one's can be dealt with.
fn next_door(world: &World) -> (Conn, String) {
    let (server, name) = world.url.rsplit_once('/').unwrap();
    (Conn::open(Engine::Postgres, &format!("{server}/postgres")), name.to_owned())
}

fn cut_all(conn: &mut Conn, database: &str) -> i64 {
    conn.number(&format!(
        "SELECT count(pg_terminate_backend(pid)) AS n FROM pg_stat_activity WHERE datname = '{database}' AND usename = current_user"
    ))
}

#[track_caller]
fn is_told_to_come_back(reply: Reply) {
    is_put_off(reply, 503, "busy");
}

#[track_caller]
fn is_put_off(reply: Reply, status: u16, code: &str) {
    assert!(reply.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok_and(|seconds| seconds >= 1)), "{reply:?}");
    reply.problem(status, code);
}

fn order() -> serde_json::Value {
    json!({"items": [{"product": 1, "quantity": 1}], "address": "x"})
}

#[actix_web::test]
async fn without_postgresql_the_server_is_not_ready_until_it_is_back() {
    let world = World::start(Engine::Postgres).await;
    let (mut conn, name) = next_door(&world);
    let (stranger, customer) = (world.stranger(), world.customer(1, 1));
    stranger.get("/readyz").await.expect(200);
    conn.run(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).unwrap();
    assert!(cut_all(&mut conn, &name) >= 1);
    let (ready, listed, placed) =
        futures_util::future::join3(stranger.get("/readyz"), customer.get("/api/products"), customer.post("/api/orders", order())).await;
    for reply in [ready, listed, placed] {
        is_told_to_come_back(reply);
    }
    // The process itself is well, and is not to be restarted.
    stranger.get("/healthz").await.expect(200);
    conn.run(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).unwrap();
    stranger.get("/readyz").await.expect(200);
    customer.post("/api/orders", order()).await.expect(201);
}

#[actix_web::test]
async fn connections_that_postgresql_cut_are_made_anew_without_anybody_noticing() {
    let world = World::start(Engine::Postgres).await;
    let (mut conn, name) = next_door(&world);
    let customer = world.customer(1, 1);
    for round in 0..3 {
        // All of the pool's connections are in use, then idle, then dead.
        for reply in join_all((0..16).map(|_| customer.get("/api/products"))).await {
            reply.expect(200);
        }
        assert!(cut_all(&mut conn, &name) >= 1);
        if round == 0 {
            customer.post("/api/orders", order()).await.expect(201);
        }
        for reply in join_all((0..16).map(|_| customer.get("/api/orders/my"))).await {
            reply.expect(200);
        }
    }
}

#[actix_web::test]
async fn who_is_being_served_when_the_connection_is_cut_is_told_to_come_back() {
    let world = World::start(Engine::Postgres).await;
    let (mut conn, name) = next_door(&world);
    let mut lock = Conn::open(Engine::Postgres, &world.url);
    lock.run("BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE").unwrap();
    let customer = world.customer(1, 1);
    let placing = actix_web::rt::spawn(async move { customer.post("/api/orders", order()).await });
    let waiting = format!("FROM pg_stat_activity WHERE datname = '{name}' AND wait_event_type = 'Lock'");
    while conn.number(&format!("SELECT count(pg_terminate_backend(pid)) AS n {waiting}")) == 0 {
        actix_web::rt::task::yield_now().await;
    }
    lock.run("ROLLBACK").unwrap();
    is_told_to_come_back(placing.await.unwrap());
    // Nothing of it is there: neither the order nor the stock it would have taken.
    assert_eq!(world.owner(1).get("/api/products/1").await.expect(200)["stock"], 98);
    assert_eq!(world.owner(1).get("/api/orders").await.expect(200)["items"].as_array().unwrap().len(), 3);
}

#[actix_web::test]
async fn while_another_program_holds_the_sqlite_file_writers_are_told_to_come_back_and_readers_served() {
    let world = World::start(Engine::Sqlite).await;
    let mut other = Conn::open(Engine::Sqlite, &world.url);
    other.run("BEGIN IMMEDIATE").unwrap();
    let (stranger, customer) = (world.stranger(), world.customer(1, 1));
    let (ready, placed) = futures_util::future::join(stranger.get("/readyz"), customer.post("/api/orders", order())).await;
    is_told_to_come_back(ready);
    is_told_to_come_back(placed);
    customer.get("/api/products").await.expect(200);
    stranger.get("/healthz").await.expect(200);
    other.run("ROLLBACK").unwrap();
    stranger.get("/readyz").await.expect(200);
    customer.post("/api/orders", order()).await.expect(201);
}

/// Has every new order fail with what the engine says when it cannot write. (`tests/all faults` has it say so by itself.)
fn refuse_orders(world: &World, words: &str) {
    world.sql(&match world.engine {
        Engine::Sqlite => format!("CREATE TRIGGER refuse BEFORE INSERT ON orders BEGIN SELECT RAISE(FAIL, '{words}'); END"),
        Engine::Postgres => format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{words}'; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION refuse()"
        ),
    });
}

fn accept_orders(world: &World) {
    world.sql(if world.engine == Engine::Sqlite { "DROP TRIGGER refuse" } else { "DROP FUNCTION refuse CASCADE" });
}

both_engines! {
    async fn what_the_storage_refuses_is_told_by_a_code_and_what_needs_no_room_goes_on(world) {
        let words: &[(&str, u16, &str)] = match world.engine {
            Engine::Sqlite => &[("database or disk is full", 507, "storage_full"), ("disk I/O error", 503, "storage_failed")],
            Engine::Postgres => &[
                ("could not extend file \"base/16384/16391\": No space left on device", 507, "storage_full"),
                ("could not extend file \"base/16384/16391\": wrote only 4096 of 8192 bytes at block 7", 507, "storage_full"),
                ("could not read block 7 in file \"base/16384/16391\": Input/output error", 503, "storage_failed"),
            ],
        };
        let customer = world.customer(1, 1).with("idempotency-key", "k");
        for (words, status, code) in words {
            refuse_orders(&world, words);
            is_put_off(customer.post("/api/orders", order()).await, *status, code);
            customer.get("/api/products/1").await.expect(200);
            customer.patch("/api/auth/me", json!({"first_name": "Eve"})).await.expect(200);
            accept_orders(&world);
        }
        // Nothing of it was kept, neither the key nor the stock.
        assert_eq!(world.owner(1).get("/api/products/1").await.expect(200)["stock"], 98);
        let placed = customer.post("/api/orders", order()).await;
        assert_eq!((placed.status, placed.header("idempotent-replayed")), (201, None), "{}", placed.text);
    }
}
