//! What the server withstands: crashes, a database that goes away, a full disk, and clients who are slow or rude.
//!
//! A load of shoppers, who send an order until they have an answer, runs against a server in a process of its own; when
//! all is over, the books are checked. It takes minutes, so `cargo test` leaves it out: `tests/all faults` runs it, with
//! a PostgreSQL that may be stopped, and prints the figures.

mod audit;
mod disk;
mod kill;
mod load;
mod outage;
mod rude;
mod shop;

pub use kill::outlives_crashes;
pub use shop::Shop;
