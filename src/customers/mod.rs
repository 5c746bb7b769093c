//! The vendor's view of its customers: who they are, and what they have bought.
//!
//! The accounts themselves belong to [`crate::identity`], the sums to [`crate::orders`].

pub mod http;
