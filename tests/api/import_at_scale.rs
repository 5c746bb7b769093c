//! Ten thousand vendors from one file: in how much time, and how much memory. Takes a while and means something only when optimised, so
//! it is asked for:
//!
//! `cargo test --release --test api -- --ignored --nocapture import_at_scale`

use crate::support::{Client, Database, Engine, Folder, JWT_SECRET, stoa};
use reqwest::Method;
use serde_json::json;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

const VENDORS: usize = 10_000;
/// What is promised, in seconds and in MiB.
const TIME: Duration = Duration::from_mins(1);
const MEMORY: u64 = 100;

fn file() -> String {
    let mut text = "vendor_name,subdomain,owner_name,owner_email,owner_phone,business_address,business_city,business_postal_code,\
                    business_country,letzshop_csv_url,initial_password\n"
        .to_owned();
    for n in 0..VENDORS {
        writeln!(
            text,
            "\"Shop {n}, Ltd\",shop{n},Owner {n},owner{n}@shop{n}.example.com,+352 27 {n:06},{n} Rue de la Gare,Luxembourg,L-1611,LU,\
             https://feeds.example.com/shop{n}.csv,first password {n}"
        )
        .unwrap();
    }
    text
}

/// The server, in a process of its own with the default settings.
struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Program {
    /// The most memory that it had so far, in MiB.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
    }
}

async fn import(engine: Engine) {
    let (folder, database) = (Folder::new(), Database::empty(engine));
    let address = format!("127.0.0.1:{}", std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port());
    let settings = [JWT_SECRET, ("BIND_ADDR", address.as_str()), ("DATABASE_URL", database.url.as_str()), ("RUST_LOG", "warn")];
    let log = std::fs::File::create(folder.0.join("log")).unwrap();
    let mut command = stoa(&folder.0, &["serve", "--migrate"], &settings);
    let program = Program(command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap());
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = Client::new(http, format!("http://{address}"));
    let began = Instant::now();
    while !client.try_send(Method::GET, "/readyz", None).await.is_ok_and(|reply| reply.status == 200) {
        assert!(began.elapsed() < TIME, "{}", std::fs::read_to_string(folder.0.join("log")).unwrap());
        actix_web::rt::time::sleep(Duration::from_millis(50)).await;
    }
    let mut creating = stoa(&folder.0, &["operator", "create", "--email", "ops@stoa.example"], &settings);
    let mut creating = creating.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(creating.stdin.take().unwrap(), "password123").unwrap();
    assert!(creating.wait().unwrap().success());
    let pair = client.post("/api/auth/login", json!({"email": "ops@stoa.example", "password": "password123"})).await.expect(200);
    let operator = client.bearing(pair["access"].as_str().unwrap());
    let before = program.peak();
    for (what, status) in [("at first", "created"), ("again", "unchanged")] {
        let began = Instant::now();
        let report =
            operator.send_raw(Method::POST, "/api/admin/vendors/bulk-import", file().into_bytes(), Some("text/csv")).await.expect(200);
        let (took, peak) = (began.elapsed(), program.peak());
        println!("{engine:?}, {what}: {VENDORS} vendors in {:.1} s, {before} MiB before, {peak} at the most", took.as_secs_f64());
        assert_eq!(
            (&report[status], &report["failed"], &report["stopped"]),
            (&json!(VENDORS), &json!(0), &json!(null)),
            "{}",
            report["stopped"]
        );
        assert!(took <= TIME, "{took:?}");
        // Whoever reads all of an SQLite file again has it mapped, which is the system's cache and not our memory.
        assert!(peak <= MEMORY || status == "unchanged", "{peak} MiB");
    }
}

#[actix_web::test]
#[ignore = "takes minutes, and means something only when optimised"]
async fn ten_thousand_vendors_take_a_minute_and_little_memory_on_sqlite() {
    import(Engine::Sqlite).await;
}

#[actix_web::test]
#[ignore = "takes minutes, and means something only when optimised"]
async fn ten_thousand_vendors_take_a_minute_and_little_memory_on_postgres() {
    import(Engine::Postgres).await;
}
