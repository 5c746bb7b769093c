//! One person in several vendors: which these are, and going from one to another without signing in anew.
//!
//! What somebody may do is kept apart by vendor: a session is at one vendor at a time, and takes nothing along.

pub mod http;
mod model;
mod service;
mod store;
