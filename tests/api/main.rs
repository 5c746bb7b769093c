//! The API tests: a real server, a real client, and each behaviour on both engines.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on must fail")]

#[macro_use]
mod support;

mod architecture;
mod catalogue;
mod contract;
mod document;
mod isolation;
mod junk;
mod operation;
mod orders;
mod outage;
mod permissions;
mod process;
mod row_level_security;
mod schema;
