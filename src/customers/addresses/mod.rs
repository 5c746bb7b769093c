//! A customer's addresses, to be used again: one of them is the default, as soon as there is one.
//!
//! They are changed with the customer held, so that there are never too many, nor two defaults, nor one that somebody leaves
//! behind who was just made nobody.

pub mod http;
mod model;
mod service;
mod store;

pub use model::{CustomerAddress, NewAddress};
pub use service::add;
pub use store::{forget, list};
