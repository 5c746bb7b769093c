//! Signing up: an owner opens a shop, staff join a team, a customer joins a shop.

use super::customers::{self, NewCustomer};
use super::desk::Desk;
use super::model::{IdentityError, Register, RegisterAs, Registered, VendorRef};
use super::store::{self, NewUser};
use super::{found_team, join_team, recovery};
use crate::access::{Actor, ActorKind, Anyone, Attempt, BuiltinRole, Lobby, Origin, Permission};
use crate::audit::{self, Action, Change, Entry, Target};
use crate::base::domain;
use crate::base::id::{CustomerId, UserId, VendorId};
use crate::base::names;
use crate::db::{Control, Db, MayRead, Writing};
use crate::events::{self, EventKind};
use crate::mail::Links;
use crate::problem::Problem;
use crate::tenancy::{self, Opening, VendorError};
use serde_json::{Value, json};

impl Desk {
    /// Registers somebody.
    pub(super) async fn sign_up(&self, lobby: Lobby, form: Register) -> Result<Registered, Problem> {
        let name = names::key(&form.username);
        self.limits.admit(Attempt { action: "sign up", vendor: None, name, address: lobby.address() })?;
        match form.role {
            RegisterAs::Owner => self.sign_up_owner(lobby, form).await,
            RegisterAs::Staff => self.sign_up_staff(lobby, form).await,
            RegisterAs::Customer => {
                let door = lobby.door(&self.directory, form.vendor_domain.as_deref()).await?;
                self.sign_up_customer(door, form).await
            }
        }
    }

    async fn sign_up_owner(&self, lobby: Lobby, form: Register) -> Result<Registered, Problem> {
        if !self.allow_owner_signup {
            return Err(IdentityError::SignupClosed.into());
        }
        let Some(wanted) = &form.vendor_domain else {
            return Err(Problem::invalid_at("/vendor_domain", "required", "say which domain the shop will have"));
        };
        let domain = domain::normalise(wanted)
            .filter(|domain| domain::is_public(domain) && !wanted.contains(':'))
            .ok_or_else(|| Problem::invalid_at("/vendor_domain", "invalid_domain", "must be a domain, such as shop.example.com"))?;
        // A vendor there would be the one that every request names by its Host.
        if self.directory.is_own(&domain) {
            return Err(VendorError::DomainTaken(domain).into());
        }
        let opening = Opening { domain: domain.clone(), name: format!("{}'s store", form.username), contact_email: form.email.clone() };
        let user = self.new_user(&form).await?;
        let (platform, links) = (self.directory.platform_domain().map(str::to_owned), self.links.clone());
        // Who it is, is known in there only; what request it is, out here.
        let origin = lobby.origin(Actor { kind: ActorKind::Member, id: None });
        let (vendor, id) = self
            .db
            .write_control(move |scope| {
                let vendor = tenancy::open(scope, opening.clone(), platform.as_deref())?;
                found_team(scope, vendor)?;
                let owner = join_team(scope, vendor, user.clone(), BuiltinRole::Owner)?;
                let origin = Origin { actor: Actor { id: Some(owner.0), ..origin.actor }, ..origin.clone() };
                let after = json!({ "name": opening.name, "domain": opening.domain, "contact_email": opening.contact_email });
                let entry = Entry {
                    vendor: Some(vendor),
                    action: Action::VendorCreated,
                    target: (Target::Vendor, vendor.0),
                    before: Value::Null,
                    after,
                };
                audit::note(scope, &origin, entry);
                note_joined(scope, &origin, vendor, owner, (&user.username, user.email.as_deref()), BuiltinRole::Owner);
                prove_address(scope, &links, owner, user.email.clone())?;
                Ok((vendor, owner))
            })
            .await?;
        self.directory.forget();
        Ok(registered(form, id.0, VendorRef { id: vendor, domain }))
    }

    /// Staff bring an invitation; or else somebody who may invite, and has every right of the new member's role, takes them on.
    async fn sign_up_staff(&self, lobby: Lobby, form: Register) -> Result<Registered, Problem> {
        if let Some(token) = &form.invitation_token {
            let came = self.sign_up_invited(&lobby, &form, token).await?;
            let (id, vendor) = (came.id.0, came.vendor.clone());
            return Ok(Registered { email: came.email, ..registered(form, id, vendor) });
        }
        let granted = BuiltinRole::Staff.permissions().list();
        let own = lobby.permissions()?;
        let door = lobby.door(&self.directory, form.vendor_domain.as_deref()).await?;
        if !own.has(Permission::TeamInvite) || !granted.iter().all(|permission| own.has(*permission)) {
            return Err(IdentityError::NotInvited.into());
        }
        no_customer_is_called(&self.db, &door, Some(&form.username), form.email.as_deref()).await?;
        let (vendor, user) = (vendor_ref(&door), self.new_user(&form).await?);
        let (at, links) = (vendor.id, self.links.clone());
        let origin = lobby.origin(Actor { kind: ActorKind::Member, id: None });
        let id: UserId = self
            .db
            .write_control(move |scope| {
                let id = join_team(scope, at, user.clone(), BuiltinRole::Staff)?;
                let origin = Origin { actor: Actor { id: Some(id.0), ..origin.actor }, ..origin.clone() };
                note_joined(scope, &origin, at, id, (&user.username, user.email.as_deref()), BuiltinRole::Staff);
                prove_address(scope, &links, id, user.email.clone())?;
                Ok(id)
            })
            .await?;
        Ok(registered(form, id.0, vendor))
    }

    async fn sign_up_customer(&self, door: Anyone, form: Register) -> Result<Registered, Problem> {
        no_member_is_called(&self.db, door.vendor_id(), Some(&form.username), form.email.as_deref()).await?;
        let customer = NewCustomer {
            username: form.username.clone(),
            username_key: names::key(&form.username),
            email: form.email.clone(),
            email_key: form.email.as_deref().map(names::key),
            password_hash: self.passwords.hash(form.password.0.clone()).await?,
            first_name: form.first_name.clone(),
            last_name: form.last_name.clone(),
        };
        let id: CustomerId = self
            .db
            .write(&door, move |scope| {
                let id = customers::insert(scope, customer.clone()).map_err(IdentityError::of_conflict)?;
                let origin = Origin::of(Actor { kind: ActorKind::Customer, id: Some(id.0) });
                let data = json!({ "id": id, "username": customer.username });
                events::emit(scope, &origin, EventKind::CustomerRegistered, id.0, &data, Change::Made(&data))?;
                Ok(id)
            })
            .await?;
        Ok(registered(form, id.0, vendor_ref(&door)))
    }

    async fn new_user(&self, form: &Register) -> Result<NewUser, Problem> {
        Ok(NewUser {
            username: form.username.clone(),
            username_key: names::key(&form.username),
            email: form.email.clone(),
            email_key: form.email.as_deref().map(names::key),
            password_hash: self.passwords.hash(form.password.0.clone()).await?,
            first_name: form.first_name.clone(),
            last_name: form.last_name.clone(),
            is_operator: false,
        })
    }
}

/// Puts on record that somebody new came into a team.
pub(super) fn note_joined(
    scope: &mut Writing<Control>,
    origin: &Origin,
    vendor: VendorId,
    id: UserId,
    (username, email): (&str, Option<&str>),
    role: BuiltinRole,
) {
    let after = json!({ "username": username, "email": email, "role": role });
    let entry = Entry { vendor: Some(vendor), action: Action::MemberJoined, target: (Target::User, id.0), before: Value::Null, after };
    audit::note(scope, origin, entry);
}

/// Has a new user prove that mail reaches them, if they say where.
fn prove_address(scope: &mut Writing<Control>, links: &Links, user: UserId, email: Option<String>) -> Result<(), Problem> {
    email.map_or(Ok(()), |email| recovery::ask_to_verify(scope, links, user, email))
}

/// A member of the team, or an operator, would be meant when signing in: no customer may go by their name or address.
pub async fn no_member_is_called(db: &Db, vendor: VendorId, name: Option<&str>, email: Option<&str>) -> Result<(), Problem> {
    let (name, email) = (name.map(names::key), email.map(names::key));
    db.read_control(move |scope| {
        let mut is_called = |wanted: &Option<String>, is_email| -> Result<bool, Problem> {
            let Some(wanted) = wanted else { return Ok(false) };
            Ok(match store::find_user(scope, wanted, is_email)? {
                Some(user) => user.is_operator || store::role_at(scope, user.id, vendor)?.is_some(),
                None => false,
            })
        };
        refuse_taken(is_called(&name, false)?, is_called(&email, true)?)
    })
    .await
}

/// The other way round: nobody who joins the team may shut out a customer who goes by the name or address already.
pub async fn no_customer_is_called(db: &Db, door: &impl MayRead, name: Option<&str>, email: Option<&str>) -> Result<(), Problem> {
    let (name, email) = (name.map(names::key), email.map(names::key));
    db.read(door, move |scope| {
        let mut is_called = |wanted: &Option<String>, is_email| -> Result<bool, Problem> {
            let Some(wanted) = wanted else { return Ok(false) };
            Ok(customers::find_account(scope, wanted, is_email)?.is_some())
        };
        refuse_taken(is_called(&name, false)?, is_called(&email, true)?)
    })
    .await
}

fn refuse_taken(name: bool, email: bool) -> Result<(), Problem> {
    match (name, email) {
        (true, _) => Err(IdentityError::UsernameTaken.into()),
        (false, true) => Err(IdentityError::EmailTaken.into()),
        (false, false) => Ok(()),
    }
}

fn vendor_ref(door: &Anyone) -> VendorRef {
    VendorRef { id: door.vendor().id, domain: door.vendor().domain.clone() }
}

fn registered(form: Register, id: i64, vendor: VendorRef) -> Registered {
    Registered {
        id,
        username: form.username,
        email: form.email,
        role: form.role,
        first_name: form.first_name,
        last_name: form.last_name,
        vendor,
    }
}
