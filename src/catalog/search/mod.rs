//! Lists of products: filters, sort orders, and search by words.

mod model;
mod store;

pub(super) use model::{Filter, Listing};
pub(super) use model::{ProductQuery, Sort};
pub(super) use store::{index, list};
