//! The domains of vendors: what a vendor says is its own, and what it has proved to be.
//!
//! A domain is proved by a TXT record in the DNS, under a name and with a value that only whoever runs the domain can put
//! there. What is not proved leads to nobody and is in nobody's way: several vendors may claim the same domain, and the first
//! to prove it has it. The one exception is the domain that a vendor signed up with. It leads to the vendor although it is not
//! proved, for as long as nobody else proves it: then the vendor has it no more ([`service::verify`]).

mod dns;
pub mod http;
mod model;
mod service;
mod store;

pub use dns::{Dns, Prover};
pub use store::{claim, is_proven, vouch};
