//! Who people are: users and their places in vendors' teams, customers, sessions.
//!
//! Users, members, roles and sessions live in the control plane; a customer's account is the vendor's own data.

pub mod customers;
mod desk;
pub mod http;
pub mod invitations;
pub mod members;
pub mod memberships;
mod model;
pub mod roles;
mod sign_in;
mod sign_up;
mod store;
mod team;

pub use desk::Desk;
pub use model::{IdentityError, VendorRef};
pub use sign_up::no_member_is_called;
pub use store::{NewUser, active_members, forget_sessions, has_users, insert_roles as found_team, is_active_member};

use crate::access::BuiltinRole;
use crate::base::id::{UserId, VendorId};
use crate::db::{Control, Writing};
use crate::problem::Problem;
use chrono::TimeDelta;

/// Makes a user and takes them into a vendor's team.
pub fn join_team(scope: &mut Writing<Control>, vendor: VendorId, user: NewUser, role: BuiltinRole) -> Result<UserId, Problem> {
    let id = store::insert_user(scope, user).map_err(IdentityError::of_conflict)?;
    let role = store::role_named(scope, vendor, role)?;
    store::insert_member(scope, vendor, id, role, None)?;
    Ok(id)
}

/// Writes an invitation into a vendor's team down, without sending it.
pub fn invite(
    scope: &mut Writing<Control>,
    vendor: VendorId,
    by: UserId,
    (email, role): (&str, BuiltinRole),
    token: &str,
    ttl: TimeDelta,
) -> Result<(), Problem> {
    let role = store::role_named(scope, vendor, role)?;
    invitations::write(scope, vendor, (email, role), by, token, ttl).map(drop)
}

/// Makes an operator of the platform.
pub fn create_operator(scope: &mut Writing<Control>, user: NewUser) -> Result<UserId, Problem> {
    store::insert_user(scope, NewUser { is_operator: true, ..user }).map_err(IdentityError::of_conflict)
}
