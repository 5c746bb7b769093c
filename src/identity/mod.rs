//! Who people are: users and their places in vendors' teams, customers, sessions.
//!
//! Users, members, roles and sessions live in the control plane; a customer's account is the vendor's own data.

pub mod customers;
mod desk;
pub mod http;
mod model;
mod sign_in;
mod sign_up;
mod store;

pub use desk::Desk;
pub use model::{IdentityError, Register, RegisterAs, Registered};
pub use store::{NewUser, create_operator, has_users, is_active_member};
