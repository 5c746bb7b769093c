//! Clients who come and say nothing, stop in the middle of a word, hang up while they are being answered, or do not
//! listen: whoever behaves is served meanwhile, and the others are let go.

use super::load::{Load, Trouble};
use super::shop::{NEVER, Shop, pause};
use crate::support::Engine;
use actix_web::rt::net::TcpStream;
use actix_web::rt::time::timeout;
use serde_json::json;
use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const IDLE: usize = 500;
const OTHERS: usize = 60;
const HALF_A_HEAD: &str = "GET /api/products HTTP/1.1\r\nHost: x\r\nX-Tenant-Dom";
const HALF_A_BODY: &str = "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nX-Tenant-Domain: vendor1.example.com\r\n\
    Content-Type: application/json\r\nContent-Length: 100000\r\n\r\n{\"username\": \"own";
const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
const LONG: &str = "GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n";

async fn connect(address: &str, say: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(say.as_bytes()).await.unwrap();
    stream
}

async fn crowd(address: &str, size: usize, say: &str) -> Vec<TcpStream> {
    let mut crowd = Vec::new();
    for _ in 0..size {
        crowd.push(connect(address, say).await);
    }
    crowd
}

/// Asks for much, and reads nothing of it: as much as fits on the way there and back.
async fn deaf(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let asking = async { while stream.write_all(LONG.as_bytes()).await.is_ok() {} };
    drop(timeout(Duration::from_millis(50), asking).await);
    stream
}

/// All that comes until the server hangs up; nothing if that takes too long.
async fn last_words(mut stream: TcpStream, patience: Duration) -> Option<String> {
    let mut heard = Vec::new();
    // A reset is an end, too.
    let end = timeout(patience, stream.read_to_end(&mut heard)).await;
    end.ok().map(|_| String::from_utf8_lossy(&heard).into_owned())
}

/// Comes, makes trouble and is gone, again and again; rude, but no flood.
async fn vandal(address: String, order: String, closing: Rc<Cell<bool>>) {
    let huge = format!("GET / HTTP/1.1\r\nHost: x\r\nX-Junk: {}", "x".repeat(300_000));
    let many = HEALTH.repeat(5);
    let tricks = ["", HALF_A_HEAD, HALF_A_BODY, &order, "\u{0}\u{1}\u{2} HTTP/9\r\n\r\n", &huge, &many, LONG];
    for trick in tricks.iter().cycle() {
        if closing.get() {
            break;
        }
        let Ok(mut stream) = TcpStream::connect(&address).await else { panic!("nobody is let in any more") };
        // It may have hung up already, which is its right.
        drop(stream.write_all(trick.as_bytes()).await);
        pause(rand::random_range(0..60)).await;
        // What is closed like this is reset: nothing is flushed, nothing is awaited.
        stream.set_zero_linger().unwrap();
    }
}

fn open_files(shop: &Shop) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", shop.pid())).unwrap().count()
}

async fn keep_nobody_waiting(engine: Engine) {
    let mut shop = Shop::open(engine, &[]).await;
    let opening = shop.books();
    let address = shop.address.clone();
    let body = json!({"items": [{"product": 1, "quantity": 1}], "address": "x"}).to_string();
    let order = shop.customers[0].client.as_text("POST", "/api/orders", &body);
    let before = open_files(&shop);
    let closing = Rc::new(Cell::new(false));

    let mut idle = crowd(&address, IDLE, HEALTH).await;
    let mute = crowd(&address, OTHERS, "").await;
    let half_heads = crowd(&address, OTHERS, HALF_A_HEAD).await;
    let half_bodies = crowd(&address, OTHERS, HALF_A_BODY).await;
    let mut deaf_ones = Vec::new();
    for _ in 0..10 {
        deaf_ones.push(deaf(&address).await);
    }
    let began = Instant::now();
    let vandals: Vec<_> = (0..4).map(|_| actix_web::rt::spawn(vandal(address.clone(), order.clone(), Rc::clone(&closing)))).collect();
    // No trouble is allowed: everybody else is served.
    let load = Load::start(&shop, 1, Trouble::default());
    load.until_promised(100).await;

    // Who never said all of what they came for is let go.
    for stream in mute.into_iter().chain(half_heads) {
        let words = last_words(stream, NEVER).await.expect("somebody who says nothing is waited for without end");
        assert!(words.is_empty() || words.starts_with("HTTP/1.1 408"), "{words}");
    }
    let heads = began.elapsed();
    for stream in half_bodies {
        let words = last_words(stream, NEVER).await.expect("half a body is waited for without end");
        assert!(words.starts_with("HTTP/1.1 408") && words.contains(r#""code":"request_timeout""#), "{words}");
    }
    let bodies = began.elapsed();
    load.until_promised_more(100).await;
    // Who was merely quiet is served on.
    for stream in &mut idle {
        stream.write_all(HEALTH.as_bytes()).await.unwrap();
        assert!(stream.read(&mut [0; 1024]).await.unwrap() > 0, "an idle connection was cut");
    }
    closing.set(true);
    for vandal in vandals {
        vandal.await.unwrap();
    }
    let tally = load.finish().await;
    let during = open_files(&shop);
    drop((idle, deaf_ones));
    tally.tell(&format!("{IDLE} idle, {} half-said, 10 deaf and 4 vandals on {engine:?}", 3 * OTHERS));
    println!("  silence and half heads were let go after {} ms, half bodies after {} ms", heads.as_millis(), bodies.as_millis());
    assert!(tally.slowest < Duration::from_secs(6), "somebody waited for {:?}", tally.slowest);
    assert!(during > before + IDLE, "{during} files were open, {before} before");
    let since = Instant::now();
    while open_files(&shop) > before + 50 {
        assert!(since.elapsed() < NEVER, "{} files are still open, {before} were before", open_files(&shop));
        pause(50).await;
    }
    shop.has_stayed_up();
    shop.audit(&opening, &tally).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn slow_and_rude_clients_keep_nobody_waiting_on_sqlite() {
    keep_nobody_waiting(Engine::Sqlite).await;
}

#[actix_web::test]
#[ignore = "takes minutes: tests/all faults"]
async fn slow_and_rude_clients_keep_nobody_waiting_on_postgres() {
    keep_nobody_waiting(Engine::Postgres).await;
}
