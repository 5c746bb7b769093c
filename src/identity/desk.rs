//! The desk where people sign up and in: what its clerks need at hand.

use super::model::{IdentityError, Me, TokenPair, VendorRef};
use super::{customers, second_factor, sessions, store};
use crate::access::{
    Actor, ActorKind, Bearer, BuiltinRole, Caller, Device, Directory, Itself, Keys, Limits, Origin, Passwords, Principal, Role, Subject,
    TokenType, random_id,
};
use crate::audit::{self, Action, Entry, Target};
use crate::base::id::UserId;
use crate::base::time::Clock;
use crate::db::{Control, Db, Writing};
use crate::mail::Links;
use crate::problem::Problem;
use chrono::TimeDelta;
use std::sync::Arc;

/// Everything that signing up and in takes.
pub struct Desk {
    /// The database.
    pub db: Db,
    /// The vendors.
    pub directory: Arc<Directory>,
    /// What tokens are signed with.
    pub keys: Arc<Keys>,
    /// What passwords are hashed with.
    pub passwords: Passwords,
    /// How often somebody may try.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
    /// How long a password is good that an operator gave somebody.
    pub first_password_ttl: TimeDelta,
    /// Where links in letters lead.
    pub links: Links,
    /// Whether anybody may open a shop.
    pub allow_owner_signup: bool,
}

/// Puts on record that an operator signed in, or that somebody tried to as one.
pub(super) fn note_operator(scope: &mut Writing<Control>, origin: &Origin, id: UserId, action: Action) {
    let origin = Origin { actor: Actor { id: Some(id.0), ..origin.actor }, ..origin.clone() };
    audit::note(scope, &origin, Entry::without_values(None, action, (Target::User, id.0)));
}

/// The role that goes into the token of a member with the named role.
pub(super) fn token_role(role: &str) -> Role {
    if role == BuiltinRole::Owner.as_str() { Role::Owner } else { Role::Staff }
}

impl Desk {
    /// Begins a session, on this device, for somebody who has proved who they are: by the password with this hash, which
    /// must still be theirs when the session has begun.
    pub(super) async fn admit(
        &self,
        (subject, role): (Subject, Role),
        vendor: Option<VendorRef>,
        hash: String,
        device: Device,
    ) -> Result<TokenPair, Problem> {
        let refresh_id = random_id();
        let (first, tenant) = (refresh_id.clone(), vendor.as_ref().map(|vendor| vendor.id));
        let (ttl, proof) = (self.keys.refresh_ttl(), hash.clone());
        let origin = Origin::from(Actor { kind: ActorKind::Operator, id: None }, device.address);
        let session = self
            .db
            .write_control(move |scope| {
                if let Subject::User(id) = subject
                    && !store::hold_by_password(scope, id, &proof)?
                {
                    return Err(IdentityError::InvalidCredentials.into());
                }
                // Whoever is shut out at this moment has no session afterwards.
                if let (Subject::User(id), Some(vendor)) = (subject, tenant)
                    && !store::hold_member(scope, id, vendor)?
                {
                    return Err(IdentityError::InvalidCredentials.into());
                }
                if let (Subject::User(id), Role::Operator) = (subject, role) {
                    note_operator(scope, &origin, id, Action::OperatorSignedIn);
                }
                let expires_at = scope.now().plus(ttl);
                Ok(sessions::insert_session(scope, subject, tenant, first.clone(), expires_at, &device)?)
            })
            .await?;
        if let (Subject::Customer(id), Some(vendor)) = (subject, tenant) {
            let current = self.db.read(&Itself::at(vendor), move |scope| Ok(customers::live_password_hash(scope, id)?)).await?;
            if current != Some(hash) {
                self.db.write_control(move |scope| Ok(store::revoke(scope, session)?)).await?;
                return Err(IdentityError::InvalidCredentials.into());
            }
        }
        let user = self.describe(subject, role, vendor.clone()).await?;
        self.tokens(&Bearer { subject, role, tenant: vendor.map(|vendor| (vendor.id, vendor.domain)), session }, refresh_id, user)
    }

    /// Signs a pair of tokens; `refresh_id` names the one that the session now goes by.
    pub(super) fn tokens(&self, bearer: &Bearer, refresh_id: String, user: Me) -> Result<TokenPair, Problem> {
        let now = self.clock.now();
        let access = self.keys.sign(bearer, TokenType::Access, random_id(), now).map_err(Problem::internal)?;
        let refresh = self.keys.sign(bearer, TokenType::Refresh, refresh_id, now).map_err(Problem::internal)?;
        Ok(TokenPair { access, refresh, token_type: "Bearer", expires_in: self.keys.access_ttl().num_seconds(), user })
    }

    /// The person a token speaks for, as they are now.
    pub(super) async fn describe(&self, subject: Subject, role: Role, vendor: Option<VendorRef>) -> Result<Me, Problem> {
        match (subject, vendor) {
            (Subject::Customer(id), Some(vendor)) => {
                let profile = self.db.read(&Itself::at(vendor.id), move |scope| Ok(customers::profile(scope, id)?)).await?;
                if !profile.is_active {
                    return Err(IdentityError::SessionEnded.into());
                }
                Ok(Me {
                    id: id.0,
                    username: profile.username,
                    email: profile.email,
                    email_verified: None,
                    totp_enabled: None,
                    first_name: profile.first_name,
                    last_name: profile.last_name,
                    phone: profile.phone,
                    role,
                    permissions: Vec::new(),
                    vendor: Some(vendor),
                })
            }
            (Subject::User(id), vendor) => self.describe_user(id, role, vendor).await,
            (Subject::Customer(_), None) => Err(IdentityError::SessionEnded.into()),
        }
    }

    async fn describe_user(&self, id: UserId, role: Role, vendor: Option<VendorRef>) -> Result<Me, Problem> {
        let at = vendor.as_ref().map(|vendor| vendor.id);
        let (user, standing, has_factor) = self
            .db
            .read_control(move |scope| {
                let standing = match at {
                    Some(vendor) => store::standing_at(scope, id, vendor)?,
                    None => None,
                };
                Ok((store::user(scope, id)?, standing, second_factor::is_on(scope, id)?))
            })
            .await?;
        let (role, permissions) = standing.map_or((role, Vec::new()), |(name, permissions)| (token_role(&name), permissions.list()));
        Ok(Me {
            id: id.0,
            username: user.username,
            email: user.email,
            email_verified: Some(user.email_verified_at.is_some()),
            totp_enabled: Some(has_factor),
            first_name: user.first_name,
            last_name: user.last_name,
            phone: None,
            role,
            permissions,
            vendor,
        })
    }

    /// The caller, as they are now.
    pub(super) async fn describe_caller<P>(&self, caller: &Caller<P>) -> Result<Me, Problem> {
        let vendor = match caller.principal() {
            Principal::Operator(_) => None,
            _ => Some(VendorRef { id: caller.vendor().id, domain: caller.vendor().domain.clone() }),
        };
        self.describe(caller.subject(), caller.claims().role, vendor).await
    }
}
