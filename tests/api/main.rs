//! The API tests: a real server, a real client, and each behaviour on both engines.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test that cannot go on must fail")]

#[macro_use]
mod support;

mod abuse;
mod architecture;
mod bad_bodies;
mod bad_fields;
mod bad_requests;
mod catalogue;
mod clients;
mod contract;
mod document;
mod faults;
mod fresh;
mod fuzz;
mod headers;
mod housekeeping;
mod idempotency;
mod isolation;
mod junk;
mod limits;
mod marks;
mod me;
mod no_change;
mod operation;
mod operators;
mod order_history;
mod order_list;
mod order_refusals;
mod orders;
mod outage;
mod packaging;
mod people;
mod permissions;
mod process;
mod product_delete;
mod product_list;
mod product_rules;
mod product_stock;
mod products;
mod queries;
mod register;
mod roles;
mod row_level_security;
mod schema;
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
