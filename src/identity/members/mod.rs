//! Members: users' places in one vendor's team.
//!
//! A team has an active owner always. Whoever is removed or switched off is out at once, and their open orders go back to
//! nobody. That is a write in the vendor's own data and so a transaction of its own, after this one; should it fail, the
//! hourly housekeeping makes up for it.

pub mod http;
mod model;
mod service;
mod store;
