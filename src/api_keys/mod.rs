//! API keys: what programs of a vendor call with, in the name of the member who made them.
//!
//! A key may do what was said when it was made, and of that what its maker still may. How a request is let in by one is the
//! business of [`crate::access`]; here they are made, listed, renamed and revoked. Of the secret only a digest is kept.

pub mod http;
mod model;
mod service;
mod store;

pub use model::NewApiKey;
pub use service::{issue, revoke_of};
