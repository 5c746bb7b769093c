//! Customers' accounts: the buyers of one vendor. The same e-mail may be a different customer elsewhere.

mod model;
mod store;

pub use model::{Anonymized, CustomerProfile, CustomerSummary, Listing, Particulars, Sort};
pub use store::{
    Listed, NewCustomer, anonymize, anonymized_since, buyer, change, end_sessions, find_account, forget_sessions, hold, insert, list,
    live_password_hash, password_hash, profile, replace_password, set_password, summaries,
};
