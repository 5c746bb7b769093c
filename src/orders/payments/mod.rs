//! What is paid for an order: payments that the team records, and voids when they turn out to be none.
//!
//! A payment is changed with its order held ([`crate::orders`]), and the order says in the same transaction what has been paid
//! of it. So what is paid is always what the payments that are not voided come to, and never more than the order's total,
//! however many record at once. The tables see to that by themselves: a row that is written or voided is summed up in its order,
//! whose sum is bound by its total and is changed in no other way.

mod forget;
pub mod http;
mod model;
mod service;
mod store;

pub use model::{PaymentMethod, RecordPayment};
pub use service::record;

pub(super) use forget::forget;
pub(super) use service::minor;
