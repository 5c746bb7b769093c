//! Roles: named sets of permissions inside one vendor. Five are built in and the same everywhere; the others are the vendor's own.
//!
//! Nobody puts a permission into a role that they lack, or changes a role that has one.

pub mod http;
mod model;
mod service;
mod store;

pub use model::RoleRef;
pub use store::{RoleRow, find, insert};
