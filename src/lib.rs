//! Stoa: a multi-tenant commerce backend. Many shops under one roof, safely apart.
//!
//! The map of the house, from the ground up; each part imports only what stands before it:
//!
//! - [`base`]: money, time, pages, ids, the catalogue of error codes;
//! - [`problem`] and `http`: how errors and answers look on the wire;
//! - [`db`]: scopes, the only way to the database, each bound to one vendor;
//! - [`access`]: who is calling, at which vendor, and may they;
//! - the features, each a folder of the same shape: `audit`, `events`, `idempotency`, [`mail`], `identity`,
//!   `tenancy`, `catalog`, `orders`, `customers`, `analytics`, `api_keys`;
//! - `admin`: what operators of the platform see and do across all vendors;
//! - [`config`]: the settings; `openapi`, [`server`]: the route tree with everything around it;
//! - [`demo`], [`housekeeping`], [`commands`]: what `main` does with all that.

pub mod access;
mod admin;
mod analytics;
mod api_keys;
mod audit;
pub mod base;
mod catalog;
pub mod commands;
pub mod config;
mod customers;
pub mod db;
pub mod demo;
mod events;
pub mod housekeeping;
mod http;
mod idempotency;
mod identity;
pub mod mail;
mod openapi;
mod orders;
pub mod problem;
pub mod server;
mod tenancy;
