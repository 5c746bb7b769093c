//! Invitations into a vendor's team, by mail.
//!
//! Whoever has the token of an invitation may come in by it, once and within seven days: so it is told to nobody but the
//! mailbox, and only its digest is kept. Nobody invites into a role that may do more than themselves; and when somebody
//! may no longer hand a role out, their open invitations into it are withdrawn.

pub mod http;
mod letter;
mod model;
mod service;
mod store;
mod welcome;

pub use service::{withdraw_of, write};
pub use store::{forget, forget_over, has_open};
