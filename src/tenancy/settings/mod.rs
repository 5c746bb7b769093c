//! A vendor's settings: by what rules it takes goods back.
//!
//! They are among the vendor's own data, so that whoever acts by them reads them in the transaction in which it acts. A vendor
//! that has never changed them has none, and goes by those that are [`ReturnPolicy::default`].

pub mod http;
mod model;
mod service;
mod store;

pub use model::ReturnPolicy;
pub use service::policy;
