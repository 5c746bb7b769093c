//! The disk is full: writes are refused with a code that says so, reads go on, and when there is room again, so do
//! writes. Nothing is damaged.

use super::load::{Load, Trouble};
use super::shop::Shop;
use crate::support::{Client, Database, Engine, Folder, Reply, setting};
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

const FULL: (u16, &str) = (507, "storage_full");
const FAILED: (u16, &str) = (503, "storage_failed");

/// What takes up all the room that was left on a disk, until it goes.
struct Ballast(PathBuf);

impl Ballast {
    fn on(disk: &Path) -> Self {
        let path = disk.join("ballast");
        let mut file = std::fs::File::create(&path).unwrap();
        let full = std::iter::repeat_with(|| file.write_all(&[1; 4096])).find_map(Result::err).unwrap();
        assert_eq!(full.kind(), std::io::ErrorKind::StorageFull, "{full}");
        Self(path)
    }
}

impl Drop for Ballast {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

#[track_caller]
fn is_done_or(reply: Reply, refusal: (u16, &str)) {
    if !(200..300).contains(&reply.status) {
        assert!(reply.header("retry-after").is_some(), "{reply:?}");
        reply.problem(refusal.0, refusal.1);
    }
}

/// Writes of every sort, each of which may just have found room; and what needs none.
async fn try_everything(shop: &Shop, owner: &Client, refusal: (u16, &str)) {
    let product = json!({"name": "Lamp", "description": "x".repeat(5000), "price": "9.00", "stock": 1});
    let customer = json!({"username": format!("late-{}", rand::random::<u32>()), "password": "password123", "role": "customer"});
    is_done_or(owner.post("/api/products", product).await, refusal);
    is_done_or(owner.patch("/api/products/2", json!({"description": "y".repeat(5000)})).await, refusal);
    is_done_or(owner.patch("/api/orders/2/status", json!({"status": "confirmed"})).await, refusal);
    is_done_or(shop.anonymous(1).post("/api/auth/register", customer).await, refusal);
    is_done_or(shop.anonymous(1).post("/api/auth/login", json!({"username": "owner1", "password": "password123"})).await, refusal);
    for path in
        ["/api/products", "/api/products?q=watch", "/api/products/1", "/api/orders", "/api/orders/1", "/api/customers", "/api/auth/me"]
    {
        owner.get(path).await.expect(200);
    }
    for path in ["/healthz", "/metrics"] {
        assert_eq!(shop.anonymous(1).get(path).await.status, 200);
    }
}

/// Fills the disk under load, and makes room again.
async fn full_and_free_again(shop: &mut Shop, what: &str, refusals: &'static [(u16, &'static str)], fill: impl AsyncFnOnce(&Shop) -> Room) {
    let opening = shop.books();
    let owner = shop.sign_in(1, "owner1").await;
    let load = Load::start(shop, 3, Trouble { orders: refusals, ..Trouble::default() });
    load.until_promised(200).await;
    let room = fill(shop).await;
    load.until_put_off(100).await;
    try_everything(shop, &owner, refusals[0]).await;
    load.until_put_off(200).await;
    room.make();
    load.until_promised_more(200).await;
    let tally = load.finish().await;
    tally.tell(&format!("{what} on {:?}", shop.engine));
    shop.has_stayed_up();
    // Another lamp, and the books are as they were; the first may have been made or not.
    let opening = opening.into_iter().chain(shop.books().into_iter().filter(|((_, id), _)| *id > 15)).collect();
    shop.audit(&opening, &tally).await;
}

/// How to make room again.
enum Room {
    Disk(Ballast),
    Limit(u32),
}

impl Room {
    fn make(self) {
        match self {
            Self::Disk(ballast) => drop(ballast),
            Self::Limit(pid) => limit_files(pid, "unlimited"),
        }
    }
}

/// From now on the process may write no further than so many bytes into any file.
fn limit_files(pid: u32, bytes: &str) {
    assert!(Command::new("prlimit").args([format!("--pid={pid}"), format!("--fsize={bytes}:")]).status().unwrap().success());
}

fn small_disk() -> PathBuf {
    setting("STOA_TEST_SMALL_DISK").expect("run tests/all faults, which makes a small disk").into()
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn on_a_full_disk_sqlite_refuses_writes_and_serves_reads_until_there_is_room() {
    let disk = small_disk();
    // The log is on the same disk: whoever cannot even complain must go on serving.
    let database = Database::on_small_disk(Engine::Sqlite, &disk);
    let mut shop = Shop::at(Engine::Sqlite, &[], Folder::within(&disk), database).await;
    full_and_free_again(&mut shop, "A full disk", &[FULL], async |_| Room::Disk(Ballast::on(&disk))).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn on_a_full_disk_postgres_refuses_writes_and_serves_reads_until_there_is_room() {
    let disk = small_disk();
    let mut shop = Shop::at(Engine::Postgres, &[], Folder::new(), Database::on_small_disk(Engine::Postgres, &disk)).await;
    full_and_free_again(&mut shop, "A full disk", &[FULL], async |_| Room::Disk(Ballast::on(&disk))).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn a_server_that_may_not_let_its_files_grow_refuses_writes_until_it_may() {
    let mut shop = Shop::open(Engine::Sqlite, &[]).await;
    let fill = async |shop: &Shop| {
        let log = shop.file().with_file_name("stoa.db-wal").metadata().unwrap().len();
        limit_files(shop.pid(), &log.to_string());
        Room::Limit(shop.pid())
    };
    full_and_free_again(&mut shop, "A limit on file sizes", &[FAILED], fill).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn a_server_that_crashes_on_a_full_disk_comes_up_on_it_and_serves_reads() {
    let disk = small_disk();
    let database = Database::on_small_disk(Engine::Sqlite, &disk);
    let mut shop = Shop::at(Engine::Sqlite, &[], Folder::new(), database).await;
    let opening = shop.books();
    let load = Load::start(&shop, 3, Trouble { cuts: true, orders: &[FULL], ..Trouble::default() });
    load.until_promised(200).await;
    let ballast = Ballast::on(&disk);
    load.until_put_off(100).await;
    for _ in 0..3 {
        shop.kill();
        shop.start_again();
        shop.ready().await;
        load.until_put_off_more(20).await;
    }
    shop.anonymous(1).get("/api/products").await.expect(200);
    drop(ballast);
    load.until_promised_more(200).await;
    let tally = load.finish().await;
    tally.tell("Three kills on a full disk");
    shop.audit(&opening, &tally).await;
}
