//! The API tests: a real server, a real client, and each behaviour on both engines.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on must fail")]

#[macro_use]
mod support;

mod bad_bodies;
mod bad_fields;
mod bad_requests;
mod idempotency;
mod limits;
mod me;
mod operators;
mod order_history;
mod order_list;
mod order_refusals;
mod orders;
mod people;
mod product_delete;
mod product_list;
mod product_rules;
mod product_stock;
mod products;
mod queries;
mod register;
mod search;
mod sessions;
mod shop;
mod sign_in;
mod staffing;
mod stock;
mod tenancy;
mod tokens;
mod vendor;
mod workflow;
