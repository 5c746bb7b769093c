//! The audit log: what members and operators changed, who they were, where they came from, and what it was before and after.
//!
//! A feature that changes the control plane calls [`note`] in the transaction of the change. What changes a vendor's own data
//! is recorded through [`crate::events::emit`], which calls [`record`]. Entries are added and never change, and each is
//! chained to the one before ([`chain`]), so that [`verify`] finds what was tampered with. Secrets never get in, and of
//! customers only which of their particulars changed.
//!
//! An entry is written when all else in its transaction is: so the end of the chain, which all who add to it wait for, is
//! held for no longer than the commit takes. What customers do is not recorded, and costs nothing here.

mod chain;
pub mod http;
mod model;
mod service;
mod store;
mod verify;

pub use model::{Action, Change, Entry, Target};
pub use service::{note, record};
pub use verify::verify;
