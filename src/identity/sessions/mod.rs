//! One's own sessions: where one is signed in, and how to end that.

pub mod http;
mod model;
mod service;
mod store;

pub use store::{insert_session, places, remember_place, rotate};
