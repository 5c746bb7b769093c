//! Vendors from a file: thousands of shops, each with its owner, opened or brought up to date in one go.
//!
//! The file is looked through first ([`layout`]): one that is no such file is refused before anything has been done. Then its
//! rows are read one after the other ([`rows`]) and done a few at a time, each in a transaction of its own ([`service`]): so
//! a row is done whole or not at all, a bad one is told of and keeps none of the others up, and the memory is that of a few.

pub(super) mod http;
mod layout;
mod model;
mod rows;
mod service;
mod store;

pub use service::Importer;
