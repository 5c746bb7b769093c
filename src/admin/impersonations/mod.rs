//! Impersonation: for a reason that is written down and for an hour at the most, an operator sees and does what a member of a
//! team sees and does there.
//!
//! They get an access token and no refresh token. Every call with it is marked: in the log, in the audit log, and in its
//! answer (`X-Impersonated-By`). What would outlast it or lead further is out of reach: passwords, addresses, second factors, sessions,
//! keys. It ends by itself, by whoever ends it, when the member signs it out, and when the operator is one no more.

pub(super) mod http;
mod model;
mod service;
mod store;
