//! Stoa: a multi-tenant commerce backend. Many shops under one roof, safely apart.
//!
//! The map of the house, from the ground up; each part imports only what stands before it:
//!
//! - [`base`]: money, time, pages, ids, the catalogue of error codes;
//! - [`problem`] and [`http`]: how errors and answers look on the wire;
//! - [`db`]: scopes, the only way to the database, each bound to one vendor;

pub mod base;
pub mod db;
pub mod http;
pub mod problem;
