//! Whom a handler serves, as types: [`Caller`], [`Anyone`], [`Lobby`].

use super::directory::{Directory, Vendor};
use super::gate::{Arrival, check_tenant};
use super::origin::{Actor, ActorKind, Origin};
use super::permission::{Permission, Permissions, Requirement};
use super::token::{Claims, Subject};
use crate::base::code::Code;
use crate::base::id::{ApiKeyId, CustomerId, SessionId, UserId, VendorId};
use crate::db::{MayRead, MayWrite};
use crate::problem::Problem;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload};
use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::net::IpAddr;
use std::sync::Arc;

/// What somebody calls from, as far as it is known.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// Its network address.
    pub address: Option<IpAddr>,
    /// What it says it is.
    pub user_agent: Option<Arc<str>>,
}

/// Somebody whose token and session were found good, with what they may do.
#[derive(Clone, Debug)]
pub struct Identity {
    /// What the token says.
    pub claims: Claims,
    /// Who that is now.
    pub principal: Principal,
    /// The operator who has signed in as them.
    pub impersonator: Option<UserId>,
    /// The API key that they call by.
    pub api_key: Option<ApiKeyId>,
}

impl Identity {
    fn origin(&self, address: Option<IpAddr>) -> Origin {
        let Self { principal, impersonator, api_key, .. } = *self;
        Origin { impersonator, api_key, ..Origin::from(principal.actor(), address) }
    }
}

/// Who somebody is, and what that allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal {
    /// A member of the vendor's team.
    Member(UserId, Permissions),
    /// A customer of the vendor.
    Customer(CustomerId),
    /// An operator of the platform.
    Operator(UserId),
}

impl Principal {
    /// Whether they are a member with this permission.
    pub fn may(self, permission: Permission) -> bool {
        matches!(self, Self::Member(_, permissions) if permissions.has(permission))
    }

    /// As they are remembered in the record.
    pub fn actor(self) -> Actor {
        let (kind, id) = match self {
            Self::Member(UserId(id), _) => (ActorKind::Member, id),
            Self::Customer(CustomerId(id)) => (ActorKind::Customer, id),
            Self::Operator(UserId(id)) => (ActorKind::Operator, id),
        };
        Actor { kind, id: Some(id) }
    }

    fn satisfies<P: Requirement>(self) -> bool {
        match self {
            Self::Member(_, own) => P::MEMBERS.is_some_and(|any_of| any_of.is_empty() || any_of.iter().any(|one| own.has(*one))),
            Self::Customer(_) => P::CUSTOMERS,
            Self::Operator(_) => P::OPERATORS,
        }
    }
}

/// Somebody who has signed in at this vendor and may do what `P` asks: a key to the vendor's data.
#[derive(Debug)]
pub struct Caller<P> {
    vendor: Arc<Vendor>,
    identity: Identity,
    device: Device,
    requirement: PhantomData<P>,
}

impl<P> Caller<P> {
    /// The vendor they are at.
    pub fn vendor(&self) -> &Vendor {
        &self.vendor
    }

    /// Who they are.
    pub fn principal(&self) -> Principal {
        self.identity.principal
    }

    /// For the record.
    pub fn actor(&self) -> Actor {
        self.identity.principal.actor()
    }

    /// For the record, with all that is known of where they call from.
    pub fn origin(&self) -> Origin {
        self.identity.origin(self.device.address)
    }

    /// Whom their token speaks for.
    pub fn subject(&self) -> Subject {
        self.identity.claims.subject()
    }

    /// The vendor whose people may know what they do to their own account; an operator is at home with none.
    pub fn home(&self) -> Option<VendorId> {
        (!matches!(self.identity.principal, Principal::Operator(_))).then_some(self.vendor.id)
    }

    /// Refuses who acts in somebody's name, a key or an operator: what is about one's own account, one does oneself.
    pub fn in_person(&self) -> Result<(), Problem> {
        if self.identity.api_key.is_none() && self.identity.impersonator.is_none() {
            return Ok(());
        }
        Err(Problem::new(Code::PermissionDenied, "this is about somebody's own account: they have to sign in and do it themselves"))
    }

    /// What they call from.
    pub fn device(&self) -> Device {
        self.device.clone()
    }

    /// Their session.
    pub fn session(&self) -> SessionId {
        self.identity.claims.sid
    }

    /// Their token's claims.
    pub fn claims(&self) -> &Claims {
        &self.identity.claims
    }
}

impl<P> MayRead for Caller<P> {
    fn vendor_id(&self) -> VendorId {
        self.vendor.id
    }
}
impl<P> MayWrite for Caller<P> {}

/// Whoever came to this vendor's door, signed in or not: a key to what the vendor shows to all.
#[derive(Debug)]
pub struct Anyone {
    vendor: Arc<Vendor>,
    identity: Option<Identity>,
}

impl Anyone {
    /// The vendor.
    pub fn vendor(&self) -> &Vendor {
        &self.vendor
    }

    /// Somebody whom this vendor has invited: whoever they are elsewhere, here they are not anybody yet.
    pub async fn invited(directory: &Directory, domain: &str) -> Result<Self, Problem> {
        Ok(Self { vendor: directory.open_vendor(domain).await?, identity: None })
    }

    /// Whether they are a member with this permission.
    pub fn may(&self, permission: Permission) -> bool {
        self.identity.as_ref().is_some_and(|identity| identity.principal.may(permission))
    }
}

impl MayRead for Anyone {
    fn vendor_id(&self) -> VendorId {
        self.vendor.id
    }
}
impl MayWrite for Anyone {}

/// Stoa itself, at work for one vendor: filling in the demo, keeping house, or telling somebody who has just proved
/// who they are what they are called. No handler makes one from what a request says; a test watches over that.
#[derive(Clone, Copy, Debug)]
pub struct Itself(VendorId);

impl Itself {
    /// At work for this vendor.
    pub fn at(vendor: VendorId) -> Self {
        Self(vendor)
    }
}

impl MayRead for Itself {
    fn vendor_id(&self) -> VendorId {
        self.0
    }
}
impl MayWrite for Itself {}

/// Somebody who may be at a vendor's door or at none, to sign in or up. An access token that is no longer good
/// keeps nobody out of here, for this is where they get a new one.
#[derive(Debug)]
pub struct Lobby {
    vendor: Option<Arc<Vendor>>,
    identity: Result<Option<Identity>, Problem>,
    device: Device,
}

impl Lobby {
    /// The vendor at whose door they are, if one is named.
    pub fn vendor(&self) -> Option<&Arc<Vendor>> {
        self.vendor.as_ref()
    }

    /// Where they come from.
    pub fn address(&self) -> Option<IpAddr> {
        self.device.address
    }

    /// What they come with.
    pub fn device(&self) -> Device {
        self.device.clone()
    }

    /// For the record: whoever they are, if they have signed in, or else `newcomer`, who is just being made.
    pub fn origin(&self, newcomer: Actor) -> Origin {
        match &self.identity {
            Ok(Some(identity)) => identity.origin(self.device.address),
            _ => Origin::from(newcomer, self.device.address),
        }
    }

    /// Who they are, if they have signed in, wherever that is; a token that is not good is refused.
    pub fn principal(&self) -> Result<Option<Principal>, Problem> {
        Ok(self.identity.clone()?.map(|identity| identity.principal))
    }

    /// Whether they act for themselves: by a session of their own, and not by a key, nor as an operator in somebody's name.
    pub fn is_in_person(&self) -> bool {
        matches!(&self.identity, Ok(Some(identity)) if identity.api_key.is_none() && identity.impersonator.is_none())
    }

    /// What they may do as a member of this vendor; a token that is not good is refused.
    pub fn permissions(&self) -> Result<Permissions, Problem> {
        // What a key may do is not for taking on people, who would outlive it.
        Ok(match self.identity.clone()?.filter(|identity| identity.api_key.is_none()).map(|identity| identity.principal) {
            Some(Principal::Member(_, permissions)) => permissions,
            _ => Permissions::default(),
        })
    }

    /// The door of the vendor, which must be named: here, or by the domain in the body.
    pub async fn door(&self, directory: &Directory, domain: Option<&str>) -> Result<Anyone, Problem> {
        let vendor = match (&self.vendor, domain) {
            (here, None) => here.clone(),
            (None, Some(domain)) => directory.resolve(Some(domain), None).await?,
            (Some(here), Some(domain)) => {
                let named = directory.resolve(Some(domain), None).await?;
                if named.is_some_and(|named| named.id != here.id) {
                    return Err(Problem::new(Code::TenantConflict, "vendor_domain and X-Tenant-Domain name different vendors"));
                }
                Some(Arc::clone(here))
            }
        };
        let vendor = vendor.ok_or_else(tenant_required)?;
        // The gate could not compare the token with a vendor that only the body names.
        if let Ok(Some(identity)) = &self.identity {
            check_tenant(&identity.claims, &vendor)?;
        }
        if vendor.is_active { Ok(Anyone { vendor, identity: None }) } else { Err(inactive()) }
    }
}

fn tenant_required() -> Problem {
    Problem::new(Code::TenantRequired, "say which vendor: send its domain as X-Tenant-Domain")
}

pub(super) fn inactive() -> Problem {
    Problem::new(Code::TenantInactive, "this vendor is not open at the moment")
}

pub(super) fn unauthenticated() -> Problem {
    Problem::new(Code::AuthenticationRequired, "send an access token: Authorization: Bearer …")
}

/// Everybody's first question: which vendor, and is the token, if any, one of it.
fn at_vendor(arrival: &Arrival) -> Result<(Arc<Vendor>, Option<Identity>), Problem> {
    let vendor = arrival.vendor.clone()?.ok_or_else(tenant_required)?;
    let identity = arrival.identity.clone()?;
    Ok((vendor, identity))
}

pub(super) fn arrival<T>(request: &HttpRequest, decide: impl FnOnce(&Arrival) -> Result<T, Problem>) -> Ready<Result<T, Problem>> {
    let extensions = request.extensions();
    ready(extensions.get::<Arrival>().ok_or_else(|| Problem::internal("the route is not behind the gate")).and_then(decide))
}

fn denied<P: Requirement>() -> Problem {
    match P::MEMBERS {
        None => Problem::new(Code::PermissionDenied, "this is for customers only"),
        Some(any_of) => lacking(any_of),
    }
}

/// The refusal of a member who has none of these permissions.
pub fn lacking(any_of: &[Permission]) -> Problem {
    let names: Vec<_> = any_of.iter().map(|one| one.as_str()).collect();
    let which = if names.is_empty() { String::new() } else { format!("; it takes {}", names.join(" or ")) };
    Problem::new(Code::PermissionDenied, format!("your role does not allow this{which}")).with("required_any_of", any_of)
}

impl<P: Requirement> FromRequest for Caller<P> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        arrival(request, |arrival| {
            let (vendor, identity) = at_vendor(arrival)?;
            if !vendor.is_active && !identity.as_ref().is_some_and(|identity| matches!(identity.principal, Principal::Operator(_))) {
                return Err(inactive());
            }
            let identity = identity.ok_or_else(unauthenticated)?;
            if identity.api_key.is_some() && !P::KEYS {
                return Err(Problem::new(Code::PermissionDenied, "an API key cannot do this; sign in"));
            }
            if !identity.principal.satisfies::<P>() {
                return Err(denied::<P>());
            }
            Ok(Self { vendor, identity, device: arrival.device.clone(), requirement: PhantomData })
        })
    }
}

impl FromRequest for Anyone {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        arrival(request, door)
    }
}

fn door(arrival: &Arrival) -> Result<Anyone, Problem> {
    let (vendor, identity) = at_vendor(arrival)?;
    if vendor.is_active { Ok(Anyone { vendor, identity }) } else { Err(inactive()) }
}

impl FromRequest for Lobby {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        arrival(request, |arrival| {
            let vendor = arrival.vendor.clone()?;
            if vendor.as_ref().is_some_and(|vendor| !vendor.is_active) {
                return Err(inactive());
            }
            match &arrival.identity {
                Err(problem) if problem.code() == Code::TenantMismatch => Err(problem.clone()),
                identity => Ok(Self { vendor, identity: identity.clone(), device: arrival.device.clone() }),
            }
        })
    }
}
