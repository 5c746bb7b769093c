//! Who people are: users and their places in vendors' teams, customers, sessions.
//!
//! Users, members, roles and sessions live in the control plane; a customer's account is the vendor's own data.

pub mod customers;
mod desk;
pub mod http;
pub mod invitations;
mod letters;
pub mod members;
pub mod memberships;
mod model;
mod profile;
pub mod recovery;
pub mod roles;
pub mod second_factor;
pub mod sessions;
mod sign_in;
mod sign_up;
mod store;
mod team;

pub use desk::Desk;
pub use letters::tell_of_key;
pub use model::{IdentityError, Password, VendorRef};
pub use sign_up::no_member_is_called;
pub use store::{NewUser, active_members, end_sessions, forget_sessions, has_users, insert_roles as found_team, is_active_member};

use crate::access::{Bearer, BuiltinRole, Device, Origin, Passwords, Subject, random_id};
use crate::base::code::Code;
use crate::base::id::{SessionId, UserId, VendorId};
use crate::db::{Control, Db, Writing};
use crate::problem::Problem;
use chrono::TimeDelta;
use std::time::Duration;

/// How long what is in no hurry waits when there is too much to do.
const BREATH: Duration = Duration::from_secs(1);

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

/// The same, on record, where somebody else does it.
pub fn welcome(
    scope: &mut Writing<Control>,
    origin: &Origin,
    vendor: VendorId,
    user: NewUser,
    role: BuiltinRole,
) -> Result<UserId, Problem> {
    let id = join_team(scope, vendor, user.clone(), role)?;
    sign_up::note_joined(scope, origin, vendor, id, (&user.username, user.email.as_deref()), role);
    Ok(id)
}

/// Takes a user whom there is already into a vendor's team, on record.
pub fn take_in(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, user: UserId, role: BuiltinRole) -> Result<(), Problem> {
    let place = store::role_named(scope, vendor, role)?;
    store::insert_member(scope, vendor, user, place, None)?;
    let known = store::user(scope, user)?;
    sign_up::note_joined(scope, origin, vendor, user, (&known.username, known.email.as_deref()), role);
    Ok(())
}

/// Lets a user in only when they set a password of their own: somebody else knows the one they have.
pub fn require_new_password(scope: &mut Writing<Control>, user: UserId) -> Result<(), Problem> {
    Ok(store::require_new_password(scope, user)?)
}

/// Makes an operator of the platform.
pub fn create_operator(scope: &mut Writing<Control>, user: NewUser) -> Result<UserId, Problem> {
    store::insert_user(scope, NewUser { is_operator: true, ..user }).map_err(IdentityError::of_conflict)
}

/// Hashes what is kept of first passwords that came in great numbers, so that from then on they are as dear to guess as any
/// others. One after the other, for there is no hurry.
pub async fn harden_first_passwords(db: &Db, passwords: &Passwords) -> Result<(), Problem> {
    let mut after = UserId(0);
    loop {
        let some = db.read_control(move |scope| Ok(store::first_passwords(scope, after, 100)?)).await?;
        let Some((last, _)) = some.last() else { return Ok(()) };
        after = *last;
        for (id, kept) in some {
            let hardened = loop {
                match passwords.harden(&kept).await {
                    // Those who sign in go first.
                    Err(problem) if problem.code() == Code::Busy => tokio::time::sleep(BREATH).await,
                    done => break done?,
                }
            };
            if let Some(hardened) = hardened {
                db.write_control(move |scope| Ok(store::replace_hash(scope, id, &kept, hardened.clone())?)).await?;
            }
        }
    }
}

/// Whom a token of a member of this vendor's team speaks for, in a session that has yet to begin and that nobody can
/// refresh; `None` when they are no active member, or the vendor is not open.
pub fn begin_for(scope: &mut Writing<Control>, user: UserId, vendor: VendorId, ttl: TimeDelta) -> Result<Option<Bearer>, Problem> {
    let Some(place) = store::open_vendor(scope, vendor)? else { return Ok(None) };
    let is_operator = store::user(scope, user).is_ok_and(|user| user.is_operator);
    let Some(role) = store::role_at(scope, user, vendor)? else { return Ok(None) };
    if is_operator || !store::is_active_member(scope, vendor, user)? {
        return Ok(None);
    }
    let (subject, expires_at) = (Subject::User(user), scope.now().plus(ttl));
    let session = sessions::insert_session(scope, subject, Some(vendor), random_id(), expires_at, &Device::default())?;
    Ok(Some(Bearer { subject, role: desk::token_role(&role), tenant: Some((place.id, place.domain)), session }))
}

/// Ends a session.
pub fn end_session(scope: &mut Writing<Control>, session: SessionId) -> Result<(), Problem> {
    store::revoke(scope, session)?;
    Ok(())
}
