//! The API tests: a real server, a real client, and each behaviour on both engines.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on must fail")]

#[macro_use]
mod support;

mod limits;
mod me;
mod operators;
mod orders;
mod people;
mod register;
mod sessions;
mod sign_in;
mod tenancy;
mod tokens;
mod vendor;
