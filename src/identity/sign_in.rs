//! Signing in, staying in, and out.

use super::desk::{Desk, token_role};
use super::model::{ChangePassword, IdentityError, Login, Password, TokenPair, VendorRef};
use super::{customers, store};
use crate::access::{Attempt, Bearer, Caller, Claims, Lobby, Principal, Role, Subject, TokenError, TokenType, needs, random_id};
use crate::base::code::{Code, FieldError};
use crate::base::id::{CustomerId, UserId};
use crate::base::names;
use crate::db::MayRead;
use crate::problem::Problem;

/// Somebody the given name may mean.
enum Candidate {
    User { id: UserId, is_operator: bool },
    Customer(CustomerId),
}

impl Desk {
    /// Signs somebody in: a member of the vendor's team, one of its customers, or an operator.
    pub(super) async fn log_in(&self, lobby: Lobby, login: Login) -> Result<TokenPair, Problem> {
        let (name, is_email) = match (&login.username, &login.email) {
            (Some(name), None) => (names::key(name), false),
            (None, Some(email)) => (names::key(email), true),
            _ => return Err(Problem::invalid_at("/username", "required", "give either username or email")),
        };
        let tag = Self::limit_name(lobby.vendor().map(|vendor| vendor.id), &name);
        self.limits.admit(&Attempt { name: &tag, address: lobby.address() })?;
        let (candidate, hash) = self.candidate(&lobby, name, is_email).await?.unzip();
        // Without a candidate this takes as long, and fails.
        let matches = self.passwords.verify(login.password.0, hash).await?;
        match candidate.filter(|_| matches) {
            None => Err(IdentityError::InvalidCredentials.into()),
            Some(Candidate::Customer(id)) => self.admit(Subject::Customer(id), Role::Customer, here(&lobby)).await,
            Some(Candidate::User { id, is_operator }) => self.admit_user(&lobby, id, is_operator).await,
        }
    }

    /// Whom the name means here, with the hash of their password: a member of the team before a customer, and a
    /// customer before an operator of the platform.
    async fn candidate(&self, lobby: &Lobby, name: String, is_email: bool) -> Result<Option<(Candidate, String)>, Problem> {
        let (wanted, vendor) = (name.clone(), lobby.vendor().map(|vendor| vendor.id));
        let (user, is_at_home) = self
            .db
            .read_control(move |scope| {
                let user = store::find_user(scope, &wanted, is_email)?.filter(|user| user.is_active);
                let is_at_home = match (&user, vendor) {
                    (Some(user), Some(vendor)) => store::role_at(scope, user.id, vendor)?.is_some(),
                    (user, _) => user.is_some(),
                };
                Ok((user, is_at_home))
            })
            .await?;
        let user = user.filter(|user| is_at_home || user.is_operator);
        let user = user.map(|user| (Candidate::User { id: user.id, is_operator: user.is_operator }, user.password_hash));
        if is_at_home || lobby.vendor().is_none() {
            return Ok(user);
        }
        let door = lobby.door(&self.directory, None).await?;
        let account = self.db.read(&door, move |scope| Ok(customers::find_account(scope, &name, is_email)?)).await?;
        let account = account.filter(|account| account.is_active);
        Ok(account.map(|account| (Candidate::Customer(account.id), account.password_hash)).or(user))
    }

    async fn admit_user(&self, lobby: &Lobby, id: UserId, is_operator: bool) -> Result<TokenPair, Problem> {
        let named = here(lobby);
        let (role, vendors) = self
            .db
            .read_control(move |scope| {
                let vendors = match &named {
                    Some(vendor) => vec![vendor.clone()],
                    None => store::vendors_of(scope, id)?,
                };
                let role = match vendors.as_slice() {
                    [only] => store::role_at(scope, id, only.id)?,
                    _ => None,
                };
                Ok((role, vendors))
            })
            .await?;
        match (role, is_operator) {
            (Some(role), false) => self.admit(Subject::User(id), token_role(&role), vendors.into_iter().next()).await,
            (_, true) => self.admit(Subject::User(id), Role::Operator, None).await,
            (None, false) if vendors.len() > 1 => Err(IdentityError::VendorChoiceRequired(vendors).into()),
            (None, false) => Err(IdentityError::InvalidCredentials.into()),
        }
    }

    /// Exchanges a refresh token for a new pair. One that was used before ends the session: somebody has a copy.
    pub(super) async fn refresh(&self, lobby: Lobby, token: &str) -> Result<TokenPair, Problem> {
        let claims = self.keys.verify(token, TokenType::Refresh, self.clock.now())?;
        if lobby.vendor().is_some_and(|vendor| claims.tenant_id != Some(vendor.id) && claims.role != Role::Operator) {
            return Err(Problem::new(Code::TenantMismatch, "this token belongs to another vendor; sign in to this one"));
        }
        let next = random_id();
        let (new, ttl, subject) = (next.clone(), self.keys.refresh_ttl(), claims.subject());
        let bearer = self
            .db
            .write_control(move |scope| {
                let expires_at = scope.now().plus(ttl);
                if !store::rotate(scope, claims.sid, &claims.jti, &new, expires_at)? {
                    // What ended the session has to be kept, so this is no error yet.
                    return Ok(Err(if store::revoke(scope, claims.sid)? {
                        IdentityError::TokenReused
                    } else {
                        IdentityError::SessionEnded
                    }));
                }
                bearer(scope, &claims, subject)
            })
            .await??;
        self.tokens(bearer, next).await
    }

    /// Ends the session of a refresh token; one that has ended already is fine.
    pub(super) async fn log_out(&self, token: &str) -> Result<(), Problem> {
        match self.keys.verify(token, TokenType::Refresh, self.clock.now()) {
            Ok(claims) => self.db.write_control(move |scope| Ok(store::revoke(scope, claims.sid)?)).await.map(drop),
            Err(TokenError::Expired) => Ok(()),
            Err(invalid) => Err(invalid.into()),
        }
    }

    /// Changes the caller's password and ends their other sessions.
    pub(super) async fn change_password(&self, caller: &Caller<needs::SignedIn>, change: ChangePassword) -> Result<(), Problem> {
        let (subject, vendor, session) = (caller.subject(), caller.vendor_id(), caller.session());
        let tag = format!("password/{}", Self::limit_name(Some(vendor), &subject.claim()));
        self.limits.admit(&Attempt { name: &tag, address: None })?;
        let hash = match subject {
            Subject::User(id) => self.db.read_control(move |scope| Ok(store::user(scope, id)?.password_hash)).await?,
            Subject::Customer(id) => self.db.read(caller, move |scope| Ok(customers::password_hash(scope, id)?)).await?,
        };
        let Password(current) = change.current_password;
        if !self.passwords.verify(current, Some(hash)).await? {
            let error = FieldError::new("/current_password", "wrong_password", "is not your password");
            return Err(Problem::invalid(vec![error]));
        }
        let hash = self.passwords.hash(change.new_password.0).await?;
        let new = hash.clone();
        // The other sessions end first: should the rest fail, nobody has kept what they should have lost.
        self.db
            .write_control(move |scope| {
                store::revoke_others(scope, subject, vendor, session)?;
                if let Subject::User(id) = subject {
                    store::set_password(scope, id, new.clone())?;
                }
                Ok(())
            })
            .await?;
        if let (Subject::Customer(id), Principal::Customer(_)) = (subject, caller.principal()) {
            self.db.write(caller, move |scope| Ok(customers::set_password(scope, id, hash.clone())?)).await?;
        }
        Ok(())
    }
}

fn here(lobby: &Lobby) -> Option<VendorRef> {
    lobby.vendor().map(|vendor| VendorRef { id: vendor.id, domain: vendor.domain.clone() })
}

type Scope<'a> = crate::db::Writing<'a, crate::db::Control>;

/// Whom the next tokens are for: what the session's owner is now, not what they were when it began.
fn bearer(scope: &mut Scope, claims: &Claims, subject: Subject) -> Result<Result<Bearer, IdentityError>, Problem> {
    let vendor = match claims.tenant_id {
        Some(id) => store::open_vendor(scope, id)?,
        None => None,
    };
    let tenant = vendor.map(|vendor| (vendor.id, vendor.domain));
    let session = claims.sid;
    let role = match (subject, &tenant) {
        (Subject::Customer(_), Some(_)) => Some(Role::Customer),
        (Subject::Customer(_), None) => None,
        (Subject::User(id), tenant) => {
            let user = store::user(scope, id)?;
            match tenant {
                _ if !user.is_active => None,
                Some((vendor, _)) => store::role_at(scope, id, *vendor)?.as_deref().map(token_role),
                None => (user.is_operator && claims.tenant_id.is_none()).then_some(Role::Operator),
            }
        }
    };
    if let Some(role) = role {
        return Ok(Ok(Bearer { subject, role, tenant, session }));
    }
    store::revoke(scope, session)?;
    Ok(Err(IdentityError::SessionEnded))
}
