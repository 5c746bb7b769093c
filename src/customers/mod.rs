//! The vendor's view of its customers: who they are, where they live, and what they have bought; and how one is made nobody.
//!
//! The accounts themselves belong to [`crate::identity`], the sums to [`crate::orders`].

mod addresses;
mod anonymize;
pub mod http;
mod model;
mod service;

pub use addresses::{NewAddress, add as add_address};
pub use anonymize::again as anonymize_again;
