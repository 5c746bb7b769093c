//! Vendors, one and all: listed, opened with their owners, edited, suspended and resumed.

pub(super) mod http;
mod model;
mod service;
mod store;

pub(super) use service::{NOWHERE, note_change, place_under, record};
pub(super) use store::{Particulars, VendorRow, find, update, user_by_email};
