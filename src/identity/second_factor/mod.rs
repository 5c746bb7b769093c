//! A second factor to sign in with, for users who want one: the codes of an authenticator (TOTP, RFC 6238), and recovery
//! codes for when it is lost.
//!
//! Each code is good once. Whoever knows the password and guesses codes is slowed down more and more; recovery codes,
//! which nobody guesses, are taken all the while, so that this shuts nobody out of their own account.

mod codes;
pub mod http;
mod model;
mod service;
mod store;

pub use service::Spend;
pub use store::{forgive, is_on};
