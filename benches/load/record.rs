//! Which statements the program runs for a request: taken down while it answers one, in this process, so that a limit is
//! made of the very statements that it is a limit for.

use crate::server::{SECRET, settings};
use crate::values::{self, Value};
use crate::{Failure, client::Shop};
use actix_web::http::Method;
use actix_web::test;
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use stoa::config::Settings;
use stoa::db::Db;
use stoa::server::{State, app};

/// A statement that was run.
#[derive(Clone, Debug)]
pub struct Statement {
    /// On which connection.
    pub connection: usize,
    /// What it says.
    pub sql: String,
    /// What was bound, in the order of the numbers.
    pub binds: Vec<Value>,
}

impl Statement {
    /// Whether it says this, however the names are quoted.
    pub fn says(&self, words: &str) -> bool {
        self.sql.replace(['"', '`'], "").to_lowercase().contains(words)
    }
}

/// What is taken down: the connection, and the statement with what is bound, in diesel's words.
static RECORD: Mutex<Vec<(usize, String)>> = Mutex::new(Vec::new());
static CONNECTIONS: AtomicUsize = AtomicUsize::new(0);

struct Clerk(usize);

impl Instrumentation for Clerk {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            RECORD.lock().unwrap_or_else(PoisonError::into_inner).push((self.0, query.to_string()));
        }
    }
}

/// A request.
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// Its path and query.
    pub path: String,
    /// Whether it comes from the customer who is signed in, with a key that is not used again.
    pub key: Option<String>,
    /// Its body; none when empty.
    pub body: String,
}

/// What a request did.
pub struct Recorded {
    /// The statements.
    pub statements: Vec<Statement>,
    /// The answer.
    pub answer: serde_json::Value,
}

/// Answers requests at a shop in turn, and tells what was run for the last of them: by then all that happens only once
/// has happened.
pub fn last_of(url: &str, shop: &Shop, requests: &[Request]) -> Result<Recorded, Failure> {
    set_default_instrumentation(|| Some(Box::new(Clerk(CONNECTIONS.fetch_add(1, Ordering::Relaxed)))))
        .map_err(|error| format!("statements cannot be taken down: {error}"))?;
    let settings = Settings::read(|name| {
        // Nothing is to be answered from memory.
        let own = [("PAGE_CACHE_MIB", "0".to_owned())];
        settings(url).into_iter().chain(own).find(|(key, _)| *key == name).map(|(_, value)| value)
    })?;
    let recorded = actix_web::rt::System::new().block_on(async {
        let db = Db::open(&settings.database, settings.clock.clone())?;
        let app = test::init_service(app(State::new(&settings, db, &[SECRET.into()]))).await;
        let mut last = None;
        for request in requests {
            RECORD.lock().unwrap_or_else(PoisonError::into_inner).clear();
            let mut sent = test::TestRequest::with_uri(&request.path).method(request.method.clone());
            sent = sent.insert_header(("X-Tenant-Domain", shop.domain.as_str()));
            if let Some(key) = &request.key {
                sent = sent.insert_header(("Authorization", format!("Bearer {}", shop.customer_token)));
                sent = sent.insert_header(("Idempotency-Key", key.as_str()));
                sent = sent.insert_header(("Content-Type", "application/json"));
            }
            let answer = test::call_service(&app, sent.set_payload(request.body.clone()).to_request()).await;
            let is_fine = answer.status().is_success();
            let body = test::read_body(answer).await;
            if !is_fine {
                return Err(Failure::from(format!("{}: {}", request.path, String::from_utf8_lossy(&body))));
            }
            last = Some(serde_json::from_slice(&body)?);
        }
        last.ok_or_else(|| Failure::from("nothing was asked"))
    });
    set_default_instrumentation(|| None).map_err(|error| error.to_string())?;
    let lines = std::mem::take(&mut *RECORD.lock().unwrap_or_else(PoisonError::into_inner));
    let statements = lines.iter().map(|(connection, text)| statement(*connection, text)).collect::<Result<_, _>>()?;
    Ok(Recorded { statements, answer: recorded? })
}

fn statement(connection: usize, text: &str) -> Result<Statement, Failure> {
    let (sql, binds) = text.rsplit_once(" -- binds: ").unwrap_or((text, "[]"));
    Ok(Statement { connection, sql: sql.trim().to_owned(), binds: values::parse(binds).map_err(|error| format!("{text}: {error}"))? })
}
