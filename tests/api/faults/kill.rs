//! SIGKILL at any moment, again and again: what was acknowledged is there, once.

use super::load::{Load, Tally, Trouble};
use super::shop::{Shop, pause};
use crate::support::Engine;

const KILLS: usize = 20;

/// Kills the server under load and starts it again, so many times, each time when `moment` has come.
pub async fn outlives_crashes(shop: &mut Shop, kills: usize, mut moment: impl AsyncFnMut(&Load)) -> Tally {
    let opening = shop.books();
    let load = Load::start(shop, 3, Trouble { cuts: true, ..Trouble::default() });
    for _ in 0..kills {
        moment(&load).await;
        shop.kill();
        shop.start_again();
    }
    shop.ready().await;
    load.until_promised_more(20).await;
    let tally = load.finish().await;
    assert!(tally.cut >= kills, "nobody noticed: {} answers were cut off by {kills} kills", tally.cut);
    shop.audit(&opening, &tally).await;
    tally
}

async fn twenty_random_moments(engine: Engine) {
    let mut shop = Shop::open(engine, &[]).await;
    // From the start of the process on, so that some come while it is still getting ready.
    let tally = outlives_crashes(&mut shop, KILLS, async |_| pause(rand::random_range(0..2000)).await).await;
    assert!(tally.promises.len() >= 200, "hardly any load: {}", tally.promises.len());
    tally.tell(&format!("{KILLS} times kill -9 on {engine:?}"));
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn what_was_promised_outlives_twenty_kills_at_random_moments_on_sqlite() {
    twenty_random_moments(Engine::Sqlite).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn what_was_promised_outlives_twenty_kills_at_random_moments_on_postgres() {
    twenty_random_moments(Engine::Postgres).await;
}
