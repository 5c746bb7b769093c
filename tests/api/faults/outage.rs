//! The database goes away under load, or is kept by somebody else: callers are told to come back, soon, and nothing that
//! was acknowledged is lost. Nobody has to start the service again.

use super::load::{Load, Tally, Trouble};
use super::shop::{Shop, pause, postgres};
use crate::catalogue::Conn;
use crate::support::Engine;
use std::time::Duration;

/// Nobody waits longer for an answer, whatever it is.
const PATIENCE: Duration = Duration::from_secs(6);
const BUSY: &[(u16, &str)] = &[(503, "busy")];
const OUTAGE: Trouble = Trouble { cuts: false, orders: BUSY, visits: BUSY };

#[track_caller]
fn nobody_hung(tally: &Tally) {
    assert!(tally.slowest <= PATIENCE, "somebody waited for {:?}", tally.slowest);
}

/// Takes PostgreSQL away for five seconds.
async fn five_seconds_without(what: &str, take: (&str, &str), give_back: (&str, &[&str])) {
    let mut shop = Shop::open(Engine::Postgres, &[]).await;
    let opening = shop.books();
    let load = Load::start(&shop, 3, OUTAGE);
    load.until_promised(200).await;
    postgres(take.0, &[take.1]).await;
    pause(5000).await;
    postgres(give_back.0, give_back.1).await;
    load.until_promised_more(200).await;
    let tally = load.finish().await;
    tally.tell(&format!("five seconds {what}"));
    shop.has_stayed_up();
    nobody_hung(&tally);
    assert!(tally.put_off >= 1 && tally.visits_put_off >= 1, "nobody noticed");
    shop.audit(&opening, &tally).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn postgresql_may_stop_for_five_seconds() {
    five_seconds_without("without PostgreSQL", ("pg_halt", "fast"), ("pg_launch", &[])).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn postgresql_may_crash_and_recover() {
    five_seconds_without("after PostgreSQL crashed", ("pg_halt", "immediate"), ("pg_launch", &[])).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn postgresql_may_fall_silent() {
    five_seconds_without("with PostgreSQL stopped in its tracks", ("pg_signal", "STOP"), ("pg_signal", &["CONT"])).await;
}

/// Somebody else holds what every order needs, for longer than anybody waits.
async fn everything_is_taken(engine: Engine, take: &str, visits: &'static [(u16, &'static str)]) {
    let mut shop = Shop::open(engine, &[("DB_POOL_SIZE", "4")]).await;
    let opening = shop.books();
    let load = Load::start(&shop, 20, Trouble { cuts: false, orders: BUSY, visits });
    load.until_promised(200).await;
    let mut other = Conn::open(engine, &shop.url);
    other.run(take).unwrap();
    pause(8000).await;
    other.run("ROLLBACK").unwrap();
    load.until_promised_more(200).await;
    let tally = load.finish().await;
    tally.tell(&format!("eight seconds with everything taken on {engine:?}"));
    shop.has_stayed_up();
    nobody_hung(&tally);
    assert!(tally.put_off >= 100, "nobody noticed: {}", tally.put_off);
    shop.audit(&opening, &tally).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn who_finds_everything_taken_is_told_to_come_back_on_sqlite() {
    // Readers need nothing that a writer holds.
    everything_is_taken(Engine::Sqlite, "BEGIN IMMEDIATE", &[]).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn who_finds_everything_taken_is_told_to_come_back_on_postgres() {
    everything_is_taken(Engine::Postgres, "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE", BUSY).await;
}
