//! Products: what a vendor sells, at what price, and how much of it is there.
//!
//! Stock moves by guarded statements alone ([`take`], [`put_back`], and the correction by hand), so that no
//! interleaving of requests can sell what is not there.

pub mod http;
mod model;
mod search;
mod service;
mod shelf;
mod stock;
mod store;

pub use model::{NewProduct, Shortage, Status};
pub use service::create;
pub use shelf::Shelf;
pub use stock::{Taken, put_back, take};
pub use store::{has_products, labels};
