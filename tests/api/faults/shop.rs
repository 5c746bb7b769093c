//! A shop whose server is a process of its own. Its address stays the same, so that it can be killed and started again
//! under the eyes of its customers.

use crate::support::{Client, Database, Engine, Folder, JWT_SECRET, setting, stoa};
use serde_json::json;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// How long anything may take before it counts as never.
pub const NEVER: Duration = Duration::from_mins(1);
/// The vendors of the demo, and the customers at each.
pub const VENDORS: usize = 3;
pub const CUSTOMERS: usize = 3;
/// Of each product but the last there is enough for everybody; of that one there is soon nothing left.
const PLENTY: i64 = 1_000_000;
const SCARCE: i64 = 40;

/// A customer at the door, signed in.
#[derive(Clone)]
pub struct Customer {
    pub vendor: usize,
    pub name: String,
    pub client: Client,
    /// What their vendor sells; the last is scarce.
    pub products: Vec<i64>,
}

pub struct Shop {
    pub engine: Engine,
    pub url: String,
    pub address: String,
    pub customers: Vec<Customer>,
    settings: Vec<(String, String)>,
    http: reqwest::Client,
    server: Child,
    // What the server uses goes after the server.
    folder: Folder,
    _database: Database,
}

impl Shop {
    /// The demo on a new database, with these settings besides.
    pub async fn open(engine: Engine, settings: &[(&str, &str)]) -> Self {
        Self::at(engine, settings, Folder::new(), Database::empty(engine)).await
    }

    /// The demo on this database; the server runs, and logs, in this folder.
    pub async fn at(engine: Engine, settings: &[(&str, &str)], folder: Folder, database: Database) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let own = [JWT_SECRET, ("DATABASE_URL", &database.url), ("BIND_ADDR", &address)];
        let settings: Vec<_> = own.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        // Longer than any answer may take: who waits so long has found a hang.
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let server = start(&folder, &["serve", "--demo", "--migrate"], &settings);
        let url = database.url.clone();
        let mut shop = Self { engine, url, address, customers: Vec::new(), settings, http, server, folder, _database: database };
        shop.ready().await;
        for vendor in 1..=VENDORS {
            let products = shop.stock_up(vendor).await;
            for name in (1..=CUSTOMERS).map(|number| format!("vendor{vendor}_customer{number}")) {
                let client = shop.sign_in(vendor, &name).await;
                shop.customers.push(Customer { vendor, name, client, products: products.clone() });
            }
        }
        shop
    }

    /// Somebody at the door of the demo's vendor `n`.
    pub fn anonymous(&self, n: usize) -> Client {
        Client::new(self.http.clone(), format!("http://{}", self.address)).at(&format!("vendor{n}.example.com"))
    }

    pub async fn sign_in(&self, vendor: usize, name: &str) -> Client {
        let pair = self.anonymous(vendor).post("/api/auth/login", json!({"username": name, "password": "password123"})).await.expect(200);
        self.anonymous(vendor).bearing(pair["access"].as_str().unwrap())
    }

    async fn stock_up(&self, vendor: usize) -> Vec<i64> {
        let owner = self.sign_in(vendor, &format!("owner{vendor}")).await;
        let list = owner.get("/api/products").await.expect(200);
        let mut ids: Vec<_> = list["items"].as_array().unwrap().iter().map(|product| product["id"].as_i64().unwrap()).collect();
        ids.sort_unstable();
        for id in &ids {
            let stock = if Some(id) == ids.last() { SCARCE } else { PLENTY };
            owner.post(&format!("/api/products/{id}/stock"), json!({ "set": stock })).await.expect(200);
        }
        ids
    }

    /// Kills the server as nothing in it can prevent, notice or answer.
    pub fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// Starts the server again, without a word about it being another time.
    pub fn start_again(&mut self) {
        self.server = start(&self.folder, &["serve"], &self.settings);
    }

    /// Waits until the server can serve.
    pub async fn ready(&mut self) {
        let (began, door) = (Instant::now(), self.anonymous(1));
        while door.attempt("/readyz", None).await.is_none_or(|reply| reply.status != 200) {
            let ended = self.server.try_wait().unwrap();
            assert!(ended.is_none() && began.elapsed() < NEVER, "it did not start ({ended:?}): {}", self.log());
            pause(20).await;
        }
    }

    /// That the process which was started last still runs.
    #[track_caller]
    pub fn has_stayed_up(&mut self) {
        let ended = self.server.try_wait().unwrap();
        assert!(ended.is_none(), "the server ended: {ended:?}: {}", self.log());
    }

    pub fn pid(&self) -> u32 {
        self.server.id()
    }

    /// The SQLite file.
    pub fn file(&self) -> PathBuf {
        self.url.trim_start_matches("sqlite://").into()
    }

    /// The end of what the server said.
    fn log(&self) -> String {
        let log = std::fs::read_to_string(self.folder.0.join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(30)..].join("\n")
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
        if std::thread::panicking() {
            println!("the server's last words: {}", self.log());
        }
    }
}

pub async fn pause(milliseconds: u64) {
    actix_web::rt::time::sleep(Duration::from_millis(milliseconds)).await;
}

fn start(folder: &Folder, arguments: &[&str], settings: &[(String, String)]) -> Child {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let log = std::fs::OpenOptions::new().create(true).append(true).open(folder.0.join("log")).unwrap();
    stoa(&folder.0, arguments, &settings).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap()
}

/// Below the ports that the system gives to outgoing connections, one of which could otherwise take it while the
/// server is down.
fn free_port() -> u16 {
    let mut ports = std::iter::repeat_with(|| rand::random_range(20_000..32_000));
    ports.find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok()).unwrap()
}

/// Runs a function of `tests/support/postgres.sh` on the server that the faults have for themselves.
pub async fn postgres(function: &str, arguments: &[&str]) {
    let home = setting("STOA_TEST_POSTGRES_HOME").expect("run tests/all faults, which starts a server that may be stopped");
    let mut command = Command::new("bash");
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["-c", "source tests/support/postgres.sh; \"$@\"", "bash", function, &home]);
    command.args(arguments);
    let done = actix_web::rt::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert!(done.status.success(), "{function}: {}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
}
