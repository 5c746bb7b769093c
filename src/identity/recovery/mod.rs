//! Getting back in, and proving an address: with a token that was mailed, is good once, and is kept as its digest.
//!
//! Who asks for a letter is told nothing of whether there is such a person: the answer is the same, and takes as long.

pub mod http;
mod model;
mod service;
mod store;

pub use model::TokenKind;
pub use service::{ask_to_verify, take_password};
pub use store::{forget, forget_expired, note_verified};
