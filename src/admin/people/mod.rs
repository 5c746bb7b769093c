//! People across all vendors: users with the teams they are in, and the teams of any vendor.

pub(super) mod http;
mod model;
mod service;
mod store;

pub(super) use model::UserRef;
