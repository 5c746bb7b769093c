//! How the platform's machinery is, for operators to look at.

pub(super) mod http;
mod model;
