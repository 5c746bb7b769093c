//! What comes back of an order: somebody asks to return goods, the team says whether they may, and counts what arrives.
//!
//! A return is changed with its order held ([`crate::orders`]). So no piece is asked to be returned twice, however many ask at
//! once; and what came back good is on the shelf again in the transaction that says so.

mod forget;
pub mod http;
mod model;
mod rules;
mod service;
mod store;
mod workflow;

pub use workflow::ReturnStatus;

pub(super) use forget::forget;
pub(super) use service::goods;
