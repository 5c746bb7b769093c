//! Orders: what customers asked for, at the prices of that moment, and how far it has come.
//!
//! Placing an order moves stock, writes the order, its lines and its event in one transaction, or does nothing.
//! Where an order may go next is stated once, in [`workflow`]; what is paid for it, in [`payments`]; what comes back, in [`returns`];
//! and what is given back, in [`refunds`].

pub mod figures;
mod forget;
mod handover;
pub mod http;
mod model;
pub mod payments;
mod place;
pub mod refunds;
pub mod returns;
mod service;
mod store;
mod workflow;

pub use forget::forget_buyer;
pub use handover::hand_back;
pub use http::sum_up;
pub use model::{Address, AddressText, OrderItem, OrderTotals, PlaceOrder};
pub use place::{Placing, place};
pub use service::{Handling, totals_of, totals_of_all};
pub use store::assignees;
pub use workflow::Status;

pub(crate) use service::{act, assign};
