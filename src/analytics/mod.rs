//! How a vendor's business goes: revenue, orders and products over time, by the vendor's own calendar.
//!
//! What was sold is summed up by [`crate::orders::figures`]; here is said which instants a day, a week or a month are. A
//! cancelled order does not count, from the moment on that it is cancelled: it is taken out of the day it was placed on.

mod calendar;
pub mod http;
mod model;
mod service;
