//! A world: its own database with the demo data, its own server on a port of its own, its own clock.
//!
//! The demo's people have signed in once, before the template was copied; so their tokens are good in every world.

use super::client::Client;
use super::database::{Database, Engine};
use super::watch;
use actix_web::HttpServer;
use actix_web::dev::ServerHandle;
use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use serde_json::json;
use std::collections::HashMap;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use stoa::access::Passwords;
use stoa::base::time::{Clock, Timestamp};
use stoa::config::Settings;
use stoa::db::{self, Db};
use stoa::server::{State, app};
use tokio::sync::OnceCell;

/// When every world begins: 2026-01-31T12:00:00Z.
const BEGINNING: i64 = 1_769_860_800_000_000;
pub const SECRET: &str = "the-secret-of-all-test-worlds-0123456789";
/// Nobody listens there: no test asks the world.
const NO_DNS: (&str, &str) = ("DNS_SERVERS", "127.0.0.1:9");
pub const ISSUER: &str = "http://stoa.test";

/// A database with the demo data, and the tokens of the demo's people.
struct Template {
    database: Database,
    tokens: HashMap<String, String>,
}

static SQLITE: OnceCell<Template> = OnceCell::const_new();
static POSTGRES: OnceCell<Template> = OnceCell::const_new();

pub struct World {
    pub engine: Engine,
    pub base: String,
    pub url: String,
    pub db: Db,
    http: reqwest::Client,
    micros: Arc<AtomicI64>,
    tokens: HashMap<String, String>,
    server: ServerHandle,
    // Goes last, when nobody uses it any more.
    database: Option<Database>,
}

impl World {
    /// The demo, untouched. Nobody is slowed down in it.
    pub async fn start(engine: Engine) -> Self {
        Self::with(engine, &[("RATE_LIMITS", "off")]).await
    }

    /// The demo with other settings.
    pub async fn with(engine: Engine, settings: &[(&str, &str)]) -> Self {
        let cell = if engine == Engine::Sqlite { &SQLITE } else { &POSTGRES };
        let template = cell.get_or_init(|| template(engine)).await;
        Self::on(engine, Database::copy(&template.database), template.tokens.clone(), settings)
    }

    fn on(engine: Engine, database: Database, tokens: HashMap<String, String>, overrides: &[(&str, &str)]) -> Self {
        let url = database.url.clone();
        Self::serving(engine, url, Some(database), Arc::new(AtomicI64::new(BEGINNING)), tokens, overrides)
    }

    /// Another instance of the server: on the same database, and by the same clock.
    pub fn beside(&self) -> Self {
        self.beside_with(&[("RATE_LIMITS", "off")])
    }

    /// One with other settings.
    pub fn beside_with(&self, settings: &[(&str, &str)]) -> Self {
        Self::serving(self.engine, self.url.clone(), None, Arc::clone(&self.micros), self.tokens.clone(), settings)
    }

    fn serving(
        engine: Engine,
        url: String,
        database: Option<Database>,
        micros: Arc<AtomicI64>,
        tokens: HashMap<String, String>,
        overrides: &[(&str, &str)],
    ) -> Self {
        let lookup = |name: &str| {
            let own = [
                ("DATABASE_URL", url.as_str()),
                ("JWT_SECRET", SECRET),
                ("PUBLIC_URL", ISSUER),
                ("WORKERS", "2"),
                ("DB_POOL_SIZE", "4"),
                NO_DNS,
            ];
            overrides.iter().chain(&own).find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let mut settings = Settings::read(lookup).unwrap();
        settings.clock = clock(&micros);
        let db = Db::open(&settings.database, settings.clock.clone()).unwrap();
        let state = State::new(&settings, db.clone(), &settings.jwt_secrets);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = HttpServer::new(move || app(state.clone())).workers(2).disable_signals().listen(listener).unwrap().run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { engine, base, url, db, http, micros, tokens, server: handle, database }
    }

    /// A caller who names no vendor and has no token.
    pub fn stranger(&self) -> Client {
        Client::new(self.http.clone(), self.base.clone())
    }

    /// Somebody at the door of the demo's vendor `n`, without a token.
    pub fn anonymous(&self, n: usize) -> Client {
        self.stranger().at(&format!("vendor{n}.example.com"))
    }

    /// The owner of the demo's vendor `n`.
    pub fn owner(&self, n: usize) -> Client {
        self.signed_in(n, &format!("owner{n}"))
    }

    /// The first of vendor `n`'s staff: orders/1 of vendor 1 is assigned to them.
    pub fn staff(&self, n: usize) -> Client {
        self.signed_in(n, &format!("vendor{n}_staff1"))
    }

    /// The second of vendor `n`'s staff, to whom nothing is assigned.
    pub fn other_staff(&self, n: usize) -> Client {
        self.signed_in(n, &format!("vendor{n}_staff2"))
    }

    /// Customer `m` of vendor `n`, both from 1 to 3.
    pub fn customer(&self, n: usize, m: usize) -> Client {
        self.signed_in(n, &format!("vendor{n}_customer{m}"))
    }

    fn signed_in(&self, n: usize, name: &str) -> Client {
        self.anonymous(n).bearing(self.token(name))
    }

    /// The access token of one of the demo's people, by user name.
    pub fn token(&self, name: &str) -> &str {
        &self.tokens[name]
    }

    /// Signs somebody in anew at vendor `n`; tells them and their refresh token.
    pub async fn sign_in(&self, n: usize, name: &str, password: &str) -> (Client, String) {
        let pair = self.anonymous(n).post("/api/auth/login", json!({ "username": name, "password": password })).await.expect(200);
        let token = |which: &str| pair[which].as_str().unwrap().to_owned();
        (self.anonymous(n).bearing(&token("access")), token("refresh"))
    }

    /// The clock that the server goes by.
    pub fn clock(&self) -> Clock {
        clock(&self.micros)
    }

    /// What hashes passwords as the server does.
    pub fn passwords() -> Passwords {
        Passwords::new(1).knowing(&[SECRET.into()])
    }

    /// Lets time pass.
    pub fn advance(&self, delta: TimeDelta) {
        self.micros.fetch_add(delta.num_microseconds().unwrap(), Ordering::Relaxed);
    }

    /// The statements that the server runs while `work` does; transactions' own beginnings and ends are left out.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, Vec<String>) {
        watch::record(&self.url);
        let done = work.await;
        let is_own = |text: &String| !["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE"].iter().any(|verb| text.starts_with(verb));
        (done, watch::recorded(&self.url).into_iter().filter(is_own).collect())
    }

    /// Runs SQL behind the server's back, as the role that the server uses.
    pub fn sql(&self, statements: &str) {
        let statements = format!("{} {statements}", watch::ON_PURPOSE);
        #[expect(clippy::disallowed_methods, reason = "a test may look behind the scenes")]
        match self.engine {
            Engine::Sqlite => {
                let mut conn = SqliteConnection::establish(self.url.trim_start_matches("sqlite://")).unwrap();
                conn.batch_execute(&format!("PRAGMA busy_timeout = 5000; {statements}"))
            }
            Engine::Postgres => PgConnection::establish(&self.url).unwrap().batch_execute(&statements),
        }
        .unwrap();
    }
}

fn clock(micros: &Arc<AtomicI64>) -> Clock {
    let now = Arc::clone(micros);
    Clock::new(move || Timestamp::from_micros(now.load(Ordering::Relaxed)).unwrap())
}

impl Drop for World {
    fn drop(&mut self) {
        // The workers end by themselves; what they still hold is let go when the database is dropped.
        drop(self.server.stop(false));
    }
}

async fn template(engine: Engine) -> Template {
    let database = Database::empty(engine);
    let settings = db::Settings { url: database.url.clone(), pool_size: 2, synchronous: db::Synchronous::Normal };
    db::migrate(&settings).unwrap();
    let clock = Clock::new(|| Timestamp::from_micros(BEGINNING).unwrap());
    let db = Db::open(&settings, clock).unwrap();
    assert!(stoa::demo::fill(&db, &Passwords::new(1)).await.unwrap());
    drop(db);
    // Through the API, in a world on the template itself, the demo's people sign in.
    let world = World::on(engine, Database::copy(&database), HashMap::new(), &[("RATE_LIMITS", "off")]);
    drop(database);
    let mut tokens = HashMap::new();
    for n in 1..=3 {
        let people = [format!("owner{n}"), format!("vendor{n}_staff1"), format!("vendor{n}_staff2")];
        for name in people.into_iter().chain((1..=3).map(|m| format!("vendor{n}_customer{m}"))) {
            let pair = world.anonymous(n).post("/api/auth/login", json!({ "username": name, "password": "password123" })).await.expect(200);
            tokens.insert(name, pair["access"].as_str().unwrap().to_owned());
        }
    }
    Template { database: world.close().await, tokens }
}

impl World {
    /// The same world after its server was stopped and another one started.
    pub async fn restart(mut self) -> Self {
        let (engine, micros, tokens) = (self.engine, Arc::clone(&self.micros), std::mem::take(&mut self.tokens));
        let world = Self::on(engine, self.close().await, tokens, &[("RATE_LIMITS", "off")]);
        world.micros.store(micros.load(Ordering::Relaxed), Ordering::Relaxed);
        world
    }

    /// Ends the server and gives back the database.
    async fn close(mut self) -> Database {
        self.server.stop(true).await;
        self.database.take().unwrap()
    }
}

/// A world that was arranged once, for others to begin as.
pub struct Mould {
    engine: Engine,
    database: Database,
    tokens: HashMap<String, String>,
}

impl Mould {
    /// A world that begins as the mould was left.
    pub fn world(&self) -> World {
        World::on(self.engine, Database::copy(&self.database), self.tokens.clone(), &[("RATE_LIMITS", "off")])
    }
}

impl World {
    /// Keeps the world as it is now, for others to begin as.
    pub async fn into_mould(mut self) -> Mould {
        let (engine, tokens) = (self.engine, std::mem::take(&mut self.tokens));
        Mould { engine, database: self.close().await, tokens }
    }
}
