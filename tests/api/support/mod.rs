//! What every test stands on: a world of its own (a database with the demo data, a server, a clock), and people to act in it.

mod client;
mod database;
mod dns;
mod letters;
mod peek;
mod process;
mod watch;
mod world;

pub use client::{Client, Reply};
pub use database::{Database, Engine, setting};
pub use dns::{DnsServer, Manner};
pub use process::{Folder, JWT_SECRET, stoa};
pub use world::{ISSUER, Mould, SECRET, World};

/// Makes each test twice: on SQLite, and on PostgreSQL as a role that row-level security holds.
///
/// ```ignore
/// both_engines! {
///     async fn a_customer_sees_their_own_orders(world) { … }
/// }
/// ```
macro_rules! both_engines {
    ($(async fn $name:ident($world:ident) $body:block)+) => {
        $(async fn $name($world: $crate::support::World) $body)+

        mod on_sqlite {
            $(#[actix_web::test]
            async fn $name() {
                super::$name($crate::support::World::start($crate::support::Engine::Sqlite).await).await;
            })+
        }

        mod on_postgres {
            $(#[actix_web::test]
            async fn $name() {
                super::$name($crate::support::World::start($crate::support::Engine::Postgres).await).await;
            })+
        }
    };
}
