//! How the platform as a whole does: vendors, and what all of them sell by currency and day.
//!
//! A vendor's orders are its own data, and no question joins two vendors' data. So a collector goes from vendor to vendor
//! ([`crate::housekeeping::collect`]), reads what each has summed up itself ([`crate::orders::figures`]) where anything has changed, and adds
//! the difference to the platform's own sums, which are all that anybody who asks here reads.

pub(super) mod http;
mod model;
mod service;
mod store;

pub use service::{marks, note};
