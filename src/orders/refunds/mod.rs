//! What is given back of what was paid for an order: for goods that came back, or for any other reason.
//!
//! A refund is written with its order held ([`crate::orders`]), and the order says in the same transaction what has been given
//! back. So what is given back is what the refunds come to, and never more than is paid, however many give back at once. The tables see to that by themselves: a row that is written is summed up in its order, whose sum is bound by
//! what is paid and is changed in no other way. A refund that was written stays.

mod forget;
pub mod http;
mod model;
mod service;
mod store;

pub(super) use forget::forget;
