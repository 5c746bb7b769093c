//! Customers' accounts: the buyers of one vendor. The same e-mail may be a different customer elsewhere.

mod model;
mod store;

pub use model::{CustomerProfile, CustomerSummary};
pub use store::{NewCustomer, Renaming, find_account, insert, list, password_hash, profile, rename, set_password, summaries};
