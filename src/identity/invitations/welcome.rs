//! Coming into a team by an invitation: somebody new, somebody with an account, or somebody who has signed in already.
//!
//! Whoever shows the token has had the mail, and so is told what the invitation says. They get no session by it: they sign in
//! as anybody does.

use super::model::{Accept, Accepted, InvitationError, InvitationStatus, Welcome};
use super::store::{self, InvitationRow};
use crate::access::{Actor, ActorKind, Anyone, Attempt, Lobby, Origin, Passwords, Principal};
use crate::audit::{self, Action, Entry, Target};
use crate::base::code::Code;
use crate::base::id::{UserId, VendorId};
use crate::base::{names, secret};
use crate::db::{Control, Reading, Writing};
use crate::identity::model::{IdentityError, Password, Register, VendorRef};
use crate::identity::roles::RoleRow;
use crate::identity::second_factor::Spend;
use crate::identity::sign_up::no_customer_is_called;
use crate::identity::store::{NewUser, UserRow, find_user, hold_by_password, hold_team, insert_member, insert_user, is_member, user};
use crate::identity::{Desk, recovery};
use crate::problem::Problem;
use serde_json::{Value, json};

/// An invitation that can be accepted.
#[derive(Clone, Debug)]
struct Open {
    row: InvitationRow,
    role: RoleRow,
    vendor: VendorRef,
    vendor_name: String,
}

/// Who comes in.
#[derive(Clone)]
enum Joiner {
    /// A user with an account; with the hash of the password that they proved to know, if they have not signed in.
    Known { id: UserId, username: String, email: Option<String>, proof: Option<String> },
    /// Somebody new.
    New(Box<NewUser>),
}

impl Joiner {
    fn known(user: UserRow, proof: Option<String>) -> Self {
        Self::Known { id: user.id, username: user.username, email: user.email, proof }
    }

    fn names(&self) -> (&str, Option<&str>) {
        match self {
            Self::Known { username, email, .. } => (username, email.as_deref()),
            Self::New(user) => (&user.username, user.email.as_deref()),
        }
    }
}

/// The invitation that a token is for, if it can be accepted.
fn open(scope: &mut Reading<Control>, digest: &str) -> Result<Open, Problem> {
    let (row, role, (domain, vendor_name)) = store::by_token(scope, digest)?;
    if row.status(scope.now()) != InvitationStatus::Open {
        return Err(InvitationError::Over.into());
    }
    Ok(Open { vendor: VendorRef { id: row.vendor_id, domain }, row, role, vendor_name })
}

impl Desk {
    /// Counts that somebody shows a token; gives its digest.
    fn knock(&self, lobby: &Lobby, token: &str) -> Result<String, Problem> {
        let digest = secret::digest(token);
        self.limits.admit(Attempt { action: "show an invitation", vendor: None, name: digest.clone(), address: lobby.address() })?;
        Ok(digest)
    }

    /// The invitation that a token is for, with the account that the address has.
    async fn opened(&self, digest: String) -> Result<(Open, Option<UserRow>), Problem> {
        self.db
            .read_control(move |scope| {
                let found = open(scope, &digest)?;
                let account = find_user(scope, &found.row.email_key, true)?;
                Ok((found, account))
            })
            .await
    }

    /// Shows an invitation to the one who is invited.
    pub(super) async fn show_invitation(&self, lobby: Lobby, token: &str) -> Result<Welcome, Problem> {
        let digest = self.knock(&lobby, token)?;
        let (Open { row, role, vendor, vendor_name }, account) = self.opened(digest).await?;
        self.directory.open_vendor(&vendor.domain).await?;
        let (email, expires_at) = (row.email, row.expires_at);
        Ok(Welcome { vendor, vendor_name, email, role: role.name, has_account: account.is_some(), expires_at })
    }

    /// Takes whoever shows the token into the team: with the password of the account that the address has; or with a new
    /// account, if it has none; or, without a password, whoever has signed in.
    pub(super) async fn accept_invitation(&self, lobby: Lobby, token: &str, form: Accept) -> Result<Accepted, Problem> {
        let digest = self.knock(&lobby, token)?;
        let (found, account) = self.opened(digest.clone()).await?;
        let joiner = match (form.password.clone(), account) {
            (None, account) => match lobby.principal()? {
                Some(Principal::Member(id, _)) if lobby.is_in_person() => {
                    Joiner::known(self.db.read_control(move |scope| Ok(user(scope, id)?)).await?, None)
                }
                Some(Principal::Operator(_)) => return Err(InvitationError::OperatorsStayOut.into()),
                _ => return Err(required("/password", account.is_some())),
            },
            (Some(password), Some(account)) => self.prove(&lobby, account, password).await?,
            (Some(password), None) => {
                let Some(username) = form.username.clone() else { return Err(required("/username", false)) };
                let password_hash = self.passwords.hash(password.0).await?;
                Joiner::New(Box::new(newcomer(&found.row, username, (form.first_name, form.last_name), password_hash)))
            }
        };
        self.join(&lobby, digest, found, joiner).await
    }

    /// Whether the password is that of the account. Trying one counts as trying to sign in.
    async fn prove(&self, lobby: &Lobby, account: UserRow, password: Password) -> Result<Joiner, Problem> {
        let name = account.email.as_deref().map(names::key).unwrap_or_default();
        self.limits.admit(Attempt { action: "sign in", vendor: None, name, address: lobby.address() })?;
        let hash = account.password_hash.clone();
        let is_over = Passwords::is_over(&hash, self.clock.now());
        if !self.passwords.verify(password.0, Some(hash.clone())).await? || is_over || !account.is_active {
            return Err(IdentityError::InvalidCredentials.into());
        }
        // Who has a second factor signs in with it first, and accepts without a password then.
        self.prove_second_factor(account.id, None, Spend::Later).await?;
        if account.is_operator { Err(InvitationError::OperatorsStayOut.into()) } else { Ok(Joiner::known(account, Some(hash))) }
    }

    /// Registers somebody who brings an invitation: as a user with its address.
    pub(in crate::identity) async fn sign_up_invited(&self, lobby: &Lobby, form: &Register, token: &str) -> Result<Accepted, Problem> {
        let digest = self.knock(lobby, token)?;
        let not_invited = |problem: Problem| if problem.code() == Code::NotFound { IdentityError::NotInvited.into() } else { problem };
        let (found, _) = self.opened(digest.clone()).await.map_err(not_invited)?;
        let named = match &form.vendor_domain {
            Some(domain) => Some(self.directory.open_vendor(domain).await?.id),
            None => lobby.vendor().map(|vendor| vendor.id),
        };
        if named.is_some_and(|named| named != found.vendor.id) {
            return Err(IdentityError::NotInvited.into());
        }
        if form.email.as_deref().is_some_and(|email| names::key(email) != found.row.email_key) {
            return Err(Problem::invalid_at("/email", "not_invited", "is not the address that was invited; leave it out"));
        }
        let password_hash = self.passwords.hash(form.password.0.clone()).await?;
        let name = (form.first_name.clone(), form.last_name.clone());
        let user = newcomer(&found.row, form.username.clone(), name, password_hash);
        self.join(lobby, digest, found, Joiner::New(Box::new(user))).await
    }

    async fn join(&self, lobby: &Lobby, digest: String, found: Open, joiner: Joiner) -> Result<Accepted, Problem> {
        let door = Anyone::invited(&self.directory, &found.vendor.domain).await?;
        let (username, email) = joiner.names();
        // By the token they have proved that the address is theirs: a customer with the same is them.
        let unproved = email.filter(|email| names::key(email) != found.row.email_key);
        no_customer_is_called(&self.db, &door, Some(username), unproved).await?;
        let (username, email) = (username.to_owned(), email.map(str::to_owned));
        let (vendor, is_new) = (found.vendor.id, matches!(joiner, Joiner::New(_)));
        // Whoever is just being made has no id yet. What request it is, is known out here only.
        let origin = lobby.origin(Actor { kind: ActorKind::Member, id: None });
        let id = self
            .db
            .write_control(move |scope| {
                let (invitation, id) = take_in(scope, vendor, &digest, &joiner)?;
                let mut origin = origin.clone();
                origin.actor.id.get_or_insert(id.0);
                note(scope, &origin, &invitation, (&joiner, id));
                Ok(id)
            })
            .await?;
        Ok(Accepted { id, username, email, role: found.role.named(), vendor: found.vendor, is_new })
    }
}

/// The team is held: so an invitation is accepted once, and not while it is withdrawn.
fn take_in(scope: &mut Writing<Control>, vendor: VendorId, digest: &str, joiner: &Joiner) -> Result<(Open, UserId), Problem> {
    hold_team(scope, vendor)?;
    let found = open(scope, digest)?;
    let id = match joiner {
        Joiner::New(user) => insert_user(scope, (**user).clone()).map_err(IdentityError::of_conflict)?,
        Joiner::Known { id, proof, .. } => {
            if let Some(hash) = proof
                && !hold_by_password(scope, *id, hash)?
            {
                return Err(IdentityError::InvalidCredentials.into());
            }
            if is_member(scope, *id, vendor)? {
                return Err(InvitationError::AlreadyMember.into());
            }
            *id
        }
    };
    insert_member(scope, vendor, id, found.role.id, Some(found.row.invited_by))?;
    store::accept(scope, found.row.id, id)?;
    recovery::note_verified(scope, id, &found.row.email_key)?;
    Ok((found, id))
}

/// Puts on record who came in, and by which invitation.
fn note(scope: &mut Writing<Control>, origin: &Origin, found: &Open, (joiner, id): (&Joiner, UserId)) {
    let vendor = Some(found.vendor.id);
    let (username, email) = joiner.names();
    let after = json!({ "username": username, "email": email, "role": found.role.name, "invited_by": found.row.invited_by });
    let (target, before) = ((Target::User, id.0), Value::Null);
    audit::note(scope, origin, Entry { vendor, action: Action::MemberJoined, target, before, after });
    let (before, after) = (json!({ "status": InvitationStatus::Open }), json!({ "status": InvitationStatus::Accepted, "accepted_by": id }));
    let target = (Target::Invitation, found.row.id.0);
    audit::note(scope, origin, Entry { vendor, action: Action::InvitationAccepted, target, before, after });
}

fn newcomer(invitation: &InvitationRow, username: String, (first_name, last_name): (String, String), password_hash: String) -> NewUser {
    NewUser {
        username_key: names::key(&username),
        username,
        email: Some(invitation.email.clone()),
        email_key: Some(invitation.email_key.clone()),
        password_hash,
        first_name,
        last_name,
        is_operator: false,
    }
}

fn required(pointer: &str, has_account: bool) -> Problem {
    let message = if has_account { "give the password of your account, or sign in first" } else { "say how you will sign in" };
    Problem::invalid_at(pointer, "required", message)
}
