//! Watches every statement that is run, on every connection: counts them where a test asks, and is the tripwire for
//! statements that name a vendor's table without its vendor.

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, Once};
use stoa::db::schema::TENANT_TABLES;

/// Statements by database, for those that are being recorded.
static RECORDS: LazyLock<Mutex<HashMap<String, Vec<String>>>> = LazyLock::new(Mutex::default);

/// A test that goes around the scopes on purpose puts this into its statement.
pub const ON_PURPOSE: &str = "/* unscoped on purpose */";

struct Watch {
    database: String,
}

/// What tells one database from another: the last part of its URL or path.
pub fn key(url: &str) -> String {
    let path = url.split('?').next().unwrap().trim_start_matches("file:").trim_start_matches("sqlite://");
    let is_file = path.ends_with("stoa.db");
    path.rsplit('/').nth(usize::from(is_file)).unwrap().to_owned()
}

impl Instrumentation for Watch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => self.database = key(url),
            InstrumentationEvent::StartQuery { query, .. } => {
                let text = query.to_string();
                let text = text.split(" -- binds:").next().unwrap().to_owned();
                refuse_unscoped(&text);
                if let Some(record) = RECORDS.lock().unwrap().get_mut(&self.database) {
                    record.push(text);
                }
            }
            _ => {}
        }
    }
}

/// The tripwire. Its panic is a 500 to the client, and so a failed test.
fn refuse_unscoped(text: &str) {
    let is_data = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| text.trim_start().starts_with(verb));
    let names = |table: &str| text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == table);
    if is_data && !text.contains("vendor_id") && !text.contains(ON_PURPOSE) {
        let table = TENANT_TABLES.iter().find(|table| names(table));
        assert!(table.is_none(), "a statement names a vendor's table without its vendor: {text}");
    }
}

/// Begins to watch; once for the whole run.
pub fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_default_instrumentation(|| Some(Box::new(Watch { database: String::new() }))).unwrap();
    });
}

/// Begins a new record of the statements on a database.
pub fn record(url: &str) {
    RECORDS.lock().unwrap().insert(key(url), Vec::new());
}

/// Ends the record; tells what was run.
pub fn recorded(url: &str) -> Vec<String> {
    RECORDS.lock().unwrap().remove(&key(url)).unwrap()
}
