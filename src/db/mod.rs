//! The databases: the only place that names an engine, opens a connection or begins a transaction.
//!
//! Features are handed a [`Reading`] or a [`Writing`] scope and never see a connection. A scope is bound
//! to one vendor, or to the control plane; every statement starts at its `rows`, so a query that forgets
//! its vendor does not compile, and neither does a write inside a read. See [`scope`] for the proofs.

mod checkpoint;
mod conn;
mod error;
mod migrations;
mod open;
mod prepared;
pub mod schema;
pub mod scope;
pub mod statement;
mod transaction;
mod versions;
mod writer;

pub use error::{Error, Result};
pub use migrations::State as Migrations;
pub use open::{Activity, Db, MayRead, MayWrite, OpenError, Settings, Synchronous, migrate, unmigrate};
pub use scope::{Control, Reading, Tenant, Writing};
