//! A database for each test, copied from a template that is migrated and filled once.

use super::watch;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A database that goes when this goes.
pub struct Database {
    pub url: String,
    folder: Option<PathBuf>,
}

/// How the tests are set up.
pub fn setting(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "tests are set up by the environment")]
    std::env::var(name).ok()
}

/// The server to make databases on: reached as a role that is no superuser.
fn postgres() -> String {
    setting("STOA_TEST_POSTGRES_URL").expect("STOA_TEST_POSTGRES_URL names no PostgreSQL server: run tests/all, which starts one")
}

fn named(name: &str) -> String {
    let url = postgres();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}

fn on_server(statement: &str) {
    try_on_server(statement).unwrap();
}

fn try_on_server(statement: &str) -> QueryResult<()> {
    #[expect(clippy::disallowed_methods, reason = "tests make their databases themselves")]
    PgConnection::establish(&postgres()).unwrap().batch_execute(statement)
}

/// Ends our own connections to a database. The server's own workers make way by themselves.
fn send_away(name: &str) {
    let others = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND usename = current_user");
    // One that is just leaving by itself belongs to nobody any more, and may not be ended; the next statement waits for it.
    try_on_server(&others).unwrap_or_default();
}

fn unique() -> String {
    format!("stoa_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Database {
    /// An empty one; for SQLite a folder for a file that is not there yet.
    pub fn empty(engine: Engine) -> Self {
        Self::make(engine, &std::env::temp_dir(), "")
    }

    /// An empty one on a disk of its own: for SQLite this one, for PostgreSQL the one that its server knows as `small`.
    pub fn on_small_disk(engine: Engine, disk: &Path) -> Self {
        Self::make(engine, disk, "TABLESPACE small")
    }

    fn make(engine: Engine, place: &Path, options: &str) -> Self {
        watch::install();
        let name = unique();
        match engine {
            Engine::Sqlite => {
                let folder = place.join(&name);
                std::fs::create_dir(&folder).unwrap();
                Self { url: format!("sqlite://{}", folder.join("stoa.db").display()), folder: Some(folder) }
            }
            Engine::Postgres => {
                on_server(&format!("CREATE DATABASE {name} {options}"));
                Self { url: named(&name), folder: None }
            }
        }
    }

    /// A copy of another, which nobody must be using.
    pub fn copy(template: &Self) -> Self {
        if template.folder.is_some() {
            let copy = Self::empty(Engine::Sqlite);
            // Whole at one moment, whatever is still in the log or on its way from there into the file.
            #[expect(clippy::disallowed_methods, reason = "tests make their databases themselves")]
            let mut conn = SqliteConnection::establish(&template.file().unwrap().display().to_string()).unwrap();
            conn.batch_execute(&format!("PRAGMA busy_timeout = 5000; VACUUM INTO '{}'", copy.file().unwrap().display())).unwrap();
            return copy;
        }
        let name = unique();
        // A connection that is just being closed would be in the way.
        send_away(template.name());
        on_server(&format!("CREATE DATABASE {name} TEMPLATE {}", template.name()));
        Self { url: named(&name), folder: None }
    }

    pub fn file(&self) -> Option<PathBuf> {
        self.url.strip_prefix("sqlite://").map(PathBuf::from)
    }

    fn name(&self) -> &str {
        self.url.rsplit_once('/').unwrap().1
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            return std::fs::remove_dir_all(folder).unwrap_or_default();
        }
        let drop = format!("DROP DATABASE IF EXISTS {}", self.name());
        // FORCE may not send the server's own cleaner away; without it, the server sees to that itself.
        if try_on_server(&format!("{drop} WITH (FORCE)")).is_err() {
            send_away(self.name());
            on_server(&drop);
        }
    }
}
