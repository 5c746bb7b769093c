//! Signing in, staying in, and out.

use super::desk::{Desk, token_role};
use super::model::{ChangePassword, IdentityError, Login, Password, TokenPair, VendorRef};
use super::recovery::{self, TokenKind};
use super::second_factor::{self, Spend};
use super::{customers, letters, sessions, store};
use crate::access::{
    Actor, ActorKind, Attempt, Bearer, Caller, Claims, Lobby, Passwords, Requirement, Role, Subject, TokenError, TokenType, check_tenant,
    needs, network, random_id,
};
use crate::audit::{self, Action, Entry, Target};
use crate::base::code::FieldError;
use crate::base::id::{CustomerId, UserId, VendorId};
use crate::base::names;
use crate::db::{Control, MayRead, Reading};
use crate::problem::Problem;
use secrecy::{ExposeSecret, SecretString};

/// Somebody the given name may mean.
pub(super) enum Candidate {
    User(Known),
    Customer(CustomerId),
}

/// A user, as far as it matters how they get in.
#[derive(Clone, Copy)]
pub(super) struct Known {
    pub id: UserId,
    is_operator: bool,
    must_change_password: bool,
}

/// The passwords that somebody signs in with: theirs until now, and one to be theirs from now on.
struct Given {
    hash: String,
    old: SecretString,
    new: Option<Password>,
}

impl Desk {
    /// Signs somebody in: a member of the vendor's team, one of its customers, or an operator.
    pub(super) async fn log_in(&self, lobby: Lobby, login: Login) -> Result<TokenPair, Problem> {
        let (name, is_email) = called(login.username.as_deref(), login.email.as_deref())?;
        let vendor = lobby.vendor().map(|vendor| vendor.id);
        let attempt = Attempt { action: "sign in", vendor, name: name.clone(), address: lobby.address() };
        let tried_too_often = self.limits.admit_or_ask(attempt)?;
        let (candidate, hash) = self.candidate(&lobby, name, is_email).await?.unzip();
        if let Some(refusal) = tried_too_often
            && !self.is_usual_place(candidate.as_ref(), &lobby).await?
        {
            return Err(refusal);
        }
        let now = self.clock.now();
        let hash = hash.filter(|hash| !Passwords::is_over(hash, now));
        // Without a candidate this takes as long, and fails.
        let matches = self.passwords.verify(login.password.0.clone(), hash.clone()).await?;
        if let Some(Candidate::User(Known { id, is_operator: true, .. })) = candidate.as_ref().filter(|_| !matches) {
            self.tell_of_failure(&lobby, *id);
        }
        match (candidate.filter(|_| matches), hash) {
            (Some(Candidate::Customer(_)), Some(_)) if login.new_password.is_some() => Err(not_due()),
            (Some(Candidate::Customer(id)), Some(hash)) => {
                self.admit((Subject::Customer(id), Role::Customer), here(&lobby), hash, lobby.device()).await
            }
            (Some(Candidate::User(known)), Some(hash)) => {
                let given = Given { hash, old: login.password.0, new: login.new_password };
                self.admit_user(&lobby, known, given, login.totp_code).await
            }
            _ => Err(IdentityError::InvalidCredentials.into()),
        }
    }

    /// Puts on record that somebody tried to sign in as an operator. The answer does not wait for that, and so tells nothing of it.
    fn tell_of_failure(&self, lobby: &Lobby, id: UserId) {
        let (db, origin) = (self.db.clone(), lobby.origin(Actor { kind: ActorKind::System, id: None }));
        tokio::spawn(async move {
            let told = db.write_control(move |scope| {
                audit::note(scope, &origin, Entry::without_values(None, Action::OperatorSignInFailed, (Target::User, id.0)));
                Ok(())
            });
            if let Err(problem) = told.await {
                tracing::warn!(%problem, "a failed attempt to sign in as an operator is not on record");
            }
        });
    }

    /// Whether whom the name means has signed in from here before.
    async fn is_usual_place(&self, candidate: Option<&Candidate>, lobby: &Lobby) -> Result<bool, Problem> {
        let (Some(candidate), Some(address)) = (candidate, lobby.address()) else { return Ok(false) };
        let (subject, vendor) = match candidate {
            Candidate::User(known) => (Subject::User(known.id), None),
            Candidate::Customer(id) => (Subject::Customer(*id), lobby.vendor().map(|vendor| vendor.id)),
        };
        let known = self.db.read_control(move |scope| Ok(sessions::places(scope, subject, vendor)?)).await?;
        Ok(known.iter().filter_map(|text| text.parse().ok()).any(|known| network(known) == network(address)))
    }

    /// Whom the name means here, with the hash of their password: a member of the team before a customer, and a
    /// customer before an operator of the platform.
    pub(super) async fn candidate(&self, lobby: &Lobby, name: String, is_email: bool) -> Result<Option<(Candidate, String)>, Problem> {
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
        let user = user.map(|user| {
            let known = Known { id: user.id, is_operator: user.is_operator, must_change_password: user.must_change_password };
            (Candidate::User(known), user.password_hash)
        });
        if is_at_home || lobby.vendor().is_none() {
            return Ok(user);
        }
        let door = lobby.door(&self.directory, None).await?;
        let account = self.db.read(&door, move |scope| Ok(customers::find_account(scope, &name, is_email)?)).await?;
        let account = account.filter(|account| account.is_active);
        Ok(account.map(|account| (Candidate::Customer(account.id), account.password_hash)).or(user))
    }

    async fn admit_user(&self, lobby: &Lobby, known: Known, given: Given, code: Option<String>) -> Result<TokenPair, Problem> {
        let (named, Known { id, is_operator, .. }) = (here(lobby), known);
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
        let has_to_choose = role.is_none() && !is_operator && vendors.len() > 1;
        let has_to_come_again = has_to_choose || (known.must_change_password && given.new.is_none());
        // Before anything is told that the password alone should not tell.
        self.prove_second_factor(id, code, if has_to_come_again { Spend::Later } else { Spend::Now }).await?;
        match (role, is_operator) {
            (Some(role), false) => {
                let hash = self.own_password(lobby, known, given).await?;
                self.admit((Subject::User(id), token_role(&role)), vendors.into_iter().next(), hash, lobby.device()).await
            }
            (_, true) => {
                let hash = self.own_password(lobby, known, given).await?;
                self.admit((Subject::User(id), Role::Operator), None, hash, lobby.device()).await
            }
            (None, false) if vendors.len() > 1 => Err(IdentityError::VendorChoiceRequired(vendors).into()),
            (None, false) => Err(IdentityError::InvalidCredentials.into()),
        }
    }

    /// Whoever has a password that somebody else gave them gets in with one of their own only. Tells the hash of what is their
    /// password then.
    async fn own_password(&self, lobby: &Lobby, known: Known, given: Given) -> Result<String, Problem> {
        let new = match (known.must_change_password, given.new) {
            (false, None) => return Ok(given.hash),
            (false, Some(_)) => return Err(not_due()),
            (true, None) => return Err(IdentityError::PasswordChangeRequired.into()),
            (true, Some(Password(new))) => new,
        };
        if new.expose_secret() == given.old.expose_secret() {
            return Err(Problem::invalid_at("/new_password", "same_password", "must be another password than the one you were given"));
        }
        let made = self.passwords.hash(new).await?;
        let kind = if known.is_operator { ActorKind::Operator } else { ActorKind::Member };
        let (hash, origin) = (made.clone(), lobby.origin(Actor { kind, id: Some(known.id.0) }));
        let vendor = lobby.vendor().map(|vendor| vendor.id);
        let set = self.db.write_control(move |scope| {
            let mut set = store::set_password(scope, known.id, &given.hash, made.clone())?;
            if !set {
                let now = store::user(scope, known.id)?.password_hash;
                // It may have been hardened just then.
                set = Passwords::is_same_first(&given.hash, &now) && store::set_password(scope, known.id, &now, made.clone())?;
            }
            if set {
                audit::note(scope, &origin, Entry::without_values(vendor, Action::PasswordChanged, (Target::User, known.id.0)));
            }
            Ok(set)
        });
        let set = set.await?;
        // Whoever else knew the first password may have been quicker.
        if set { Ok(hash) } else { Err(IdentityError::InvalidCredentials.into()) }
    }

    /// Exchanges a refresh token for a new pair. One that was used before ends the session: somebody has a copy.
    pub(super) async fn refresh(&self, lobby: Lobby, token: &str) -> Result<TokenPair, Problem> {
        let claims = self.keys.verify(token, TokenType::Refresh, self.clock.now())?;
        if let Some(vendor) = lobby.vendor() {
            check_tenant(&claims, vendor)?;
        }
        let subject = claims.subject();
        let read = claims.clone();
        let bearer = self.db.read_control(move |scope| standing(scope, &read, subject)).await?;
        // All that may fail is done before the old token is used up: a caller that has to try again still can.
        let user = match &bearer {
            Some(bearer) => Some(self.describe(subject, bearer.role, vendor_of(bearer)).await?),
            None => None,
        };
        let (next, device) = (random_id(), lobby.device());
        let (new, ttl, has_standing) = (next.clone(), self.keys.refresh_ttl(), bearer.is_some());
        let rotated = self
            .db
            .write_control(move |scope| {
                let expires_at = scope.now().plus(ttl);
                if has_standing && sessions::rotate(scope, claims.sid, (&claims.jti, &new), expires_at, &device)? {
                    return Ok(Ok(()));
                }
                // What ends the session has to be kept, so this is no error yet.
                let was_alive = store::revoke(scope, claims.sid)?;
                Ok(Err(if was_alive && has_standing { IdentityError::TokenReused } else { IdentityError::SessionEnded }))
            })
            .await?;
        rotated?;
        match (bearer, user) {
            (Some(bearer), Some(user)) => self.tokens(&bearer, next, user),
            _ => Err(IdentityError::SessionEnded.into()),
        }
    }

    /// Ends the session of a refresh token; one that has ended already is fine.
    pub(super) async fn log_out(&self, token: &str) -> Result<(), Problem> {
        match self.keys.verify(token, TokenType::Refresh, self.clock.now()) {
            Ok(claims) => self.db.write_control(move |scope| Ok(store::revoke(scope, claims.sid)?)).await.map(drop),
            Err(TokenError::Expired) => Ok(()),
            Err(invalid) => Err(invalid.into()),
        }
    }

    /// Counts a guess at the password of somebody who has signed in.
    fn admit_guess(&self, subject: Subject, vendor: Option<VendorId>) -> Result<(), Problem> {
        self.limits.admit(Attempt { action: "change password", vendor, name: subject.claim(), address: None })
    }

    /// Whether this is the caller's password; `pointer` is where it stood.
    pub(super) async fn check_own_password<P: Requirement>(
        &self,
        caller: &Caller<P>,
        password: Password,
        pointer: &str,
    ) -> Result<(), Problem> {
        self.admit_guess(caller.subject(), Some(caller.vendor_id()))?;
        let hash = match caller.subject() {
            Subject::User(id) => self.db.read_control(move |scope| Ok(store::user(scope, id)?.password_hash)).await?,
            Subject::Customer(id) => self.db.read(caller, move |scope| Ok(customers::password_hash(scope, id)?)).await?,
        };
        let is_right = self.passwords.verify(password.0, Some(hash)).await?;
        is_right.then_some(()).ok_or_else(|| wrong_password(pointer))
    }

    /// Changes the caller's password and ends their other sessions.
    pub(super) async fn change_password(&self, caller: &Caller<needs::SignedIn>, change: ChangePassword) -> Result<(), Problem> {
        caller.in_person()?;
        let (subject, vendor, session) = (caller.subject(), caller.vendor_id(), caller.session());
        self.admit_guess(subject, Some(vendor))?;
        let (old, email) = match subject {
            Subject::User(id) => {
                let user = self.db.read_control(move |scope| Ok(store::user(scope, id)?)).await?;
                (user.password_hash, user.email)
            }
            Subject::Customer(id) => {
                self.db.read(caller, move |scope| Ok((customers::password_hash(scope, id)?, customers::profile(scope, id)?.email))).await?
            }
        };
        let Password(current) = change.current_password;
        if !self.passwords.verify(current, Some(old.clone())).await? {
            return Err(wrong_password("/current_password"));
        }
        let new = self.passwords.hash(change.new_password.0).await?;
        let (home, origin) = (caller.home(), caller.origin());
        // Whoever else knew the old password may be doing the same: only one of us finds it unchanged. The hash changes
        // before the other sessions end, and a session that begins looks at it last: so none outlives its password.
        if let Subject::Customer(id) = subject {
            let (old, new) = (old.clone(), new.clone());
            let changed = self.db.write(caller, move |scope| Ok(customers::set_password(scope, id, &old, new.clone())?)).await?;
            changed.then_some(()).ok_or(IdentityError::SessionEnded)?;
        }
        let of_vendor = matches!(subject, Subject::Customer(_)).then_some(vendor);
        let at = caller.vendor().domain.clone();
        self.db
            .write_control(move |scope| {
                if let Subject::User(id) = subject
                    && !store::set_password(scope, id, &old, new.clone())?
                {
                    return Err(IdentityError::SessionEnded.into());
                }
                if let Subject::User(id) = subject {
                    audit::note(scope, &origin, Entry::without_values(home, Action::PasswordChanged, (Target::User, id.0)));
                    second_factor::forgive(scope, id)?;
                }
                store::revoke_others(scope, subject, vendor, session)?;
                recovery::forget(scope, TokenKind::PasswordReset, subject, Some(vendor))?;
                letters::tell_of_change(scope, of_vendor, &at, email.clone(), letters::NEW_PASSWORD)
            })
            .await
    }
}

fn not_due() -> Problem {
    Problem::invalid_at("/new_password", "not_due", "your password is your own already; change it with POST /api/auth/password")
}

fn wrong_password(pointer: &str) -> Problem {
    Problem::invalid(vec![FieldError::new(pointer, "wrong_password", "is not your password")])
}

/// The name or the address that somebody goes by, folded; says whether it is an address.
pub(super) fn called(username: Option<&str>, email: Option<&str>) -> Result<(String, bool), Problem> {
    match (username, email) {
        (Some(name), None) => Ok((names::key(name), false)),
        (None, Some(email)) => Ok((names::key(email), true)),
        _ => Err(Problem::invalid_at("/username", "required", "give either username or email")),
    }
}

fn vendor_of(bearer: &Bearer) -> Option<VendorRef> {
    bearer.tenant.clone().map(|(id, domain)| VendorRef { id, domain })
}

fn here(lobby: &Lobby) -> Option<VendorRef> {
    lobby.vendor().map(|vendor| VendorRef { id: vendor.id, domain: vendor.domain.clone() })
}

/// Whom the next tokens are for: what the session's owner is now, not what they were when it began. `None` when they
/// are nobody here any more.
fn standing(scope: &mut Reading<Control>, claims: &Claims, subject: Subject) -> Result<Option<Bearer>, Problem> {
    let vendor = match claims.tenant_id {
        Some(id) => store::open_vendor(scope, id)?,
        None => None,
    };
    let role = match (subject, &vendor) {
        (Subject::Customer(_), Some(_)) => Some(Role::Customer),
        (Subject::Customer(_), None) => None,
        (Subject::User(id), vendor) => {
            let user = store::user(scope, id)?;
            match vendor {
                _ if !user.is_active => None,
                Some(vendor) => store::role_at(scope, id, vendor.id)?.as_deref().map(token_role),
                None => (user.is_operator && claims.tenant_id.is_none()).then_some(Role::Operator),
            }
        }
    };
    let tenant = vendor.map(|vendor| (vendor.id, vendor.domain));
    Ok(role.map(|role| Bearer { subject, role, tenant, session: claims.sid }))
}
