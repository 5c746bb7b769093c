//! Changing a vendor's team: one change after the other, by somebody who hands out nothing that they lack.
//!
//! Whoever changes members, roles or invitations takes the team first ([`Lead::take`]): until their transaction ends, nobody
//! else does. So what they read of it still holds when they write, and of two owners who demote each other at the
//! same moment, one remains.

use super::store;
use crate::access::{Caller, Origin, Permission, Permissions, Principal, Requirement, lacking};
use crate::audit::{self, Action, Entry, Target};
use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::{UserId, VendorId};
use crate::db::{Control, MayRead, Writing};
use crate::problem::Problem;
use serde_json::{Map, Value, json};

/// A member who wants to change the team they are in.
#[derive(Clone, Debug)]
pub struct Lead {
    vendor: VendorId,
    user: UserId,
    origin: Origin,
    seen: Permissions,
    needed: &'static [Permission],
}

impl Lead {
    /// The caller, who was let in for what `P` asks.
    pub fn of<P: Requirement>(caller: &Caller<P>) -> Result<Self, Problem> {
        let needed = P::MEMBERS.unwrap_or_default();
        match caller.principal() {
            Principal::Member(user, seen) => Ok(Self { vendor: caller.vendor_id(), user, origin: caller.origin(), seen, needed }),
            _ => Err(lacking(needed)),
        }
    }

    /// Takes the team until the transaction ends. What they may do is read anew: it may have changed since they were let in.
    pub fn take(&self, scope: &mut Writing<Control>) -> Result<Team, Problem> {
        store::hold_team(scope, self.vendor)?;
        let now = store::standing_at(scope, self.user, self.vendor)?.map(|(_, permissions)| permissions);
        let own = self.seen.and(now.unwrap_or_default());
        if !self.needed.iter().any(|one| own.has(*one)) {
            return Err(lacking(self.needed));
        }
        Ok(Team { vendor: self.vendor, user: self.user, origin: self.origin.clone(), own })
    }
}

/// A vendor's team in the hands of one of its members.
#[derive(Clone, Debug)]
pub struct Team {
    /// The vendor.
    pub vendor: VendorId,
    /// Who changes it.
    pub user: UserId,
    origin: Origin,
    own: Permissions,
}

impl Team {
    /// Whether they may hand out these permissions: nobody hands out what they lack. `place` is where it was asked for.
    pub fn may_give(&self, permissions: Permissions, place: &'static str) -> Result<(), TeamError> {
        let missing = permissions.without(self.own);
        if missing.is_empty() { Ok(()) } else { Err(TeamError::NotYours { missing, place }) }
    }

    /// Whether they may change something about a role, or about somebody, with these permissions: nobody reaches above themselves.
    pub fn may_touch(&self, permissions: Permissions) -> Result<(), TeamError> {
        let missing = permissions.without(self.own);
        if missing.is_empty() { Ok(()) } else { Err(TeamError::AboveYou { missing }) }
    }

    /// Who changes it, for the record.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Puts on record what they did: to what, what it was before, and what it is after.
    pub fn note(&self, scope: &mut Writing<Control>, action: Action, target: (Target, i64), before: Value, after: Value) {
        audit::note(scope, &self.origin, Entry { vendor: Some(self.vendor), action, target, before, after });
    }
}

fn names(permissions: Permissions) -> String {
    permissions.list().iter().map(|one| one.as_str()).collect::<Vec<_>>().join(", ")
}

/// Why a team cannot be changed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum TeamError {
    /// They would hand out what they lack.
    #[error("you cannot hand out permissions that you lack: {}", names(*missing))]
    NotYours {
        /// What they lack of it.
        missing: Permissions,
        /// Where it was asked for.
        place: &'static str,
    },
    /// They would change somebody, or a role, that may do more.
    #[error("you cannot change what has permissions that you lack: {}", names(*missing))]
    AboveYou {
        /// What they lack of it.
        missing: Permissions,
    },
    /// A team has an active owner, always.
    #[error("this is the last active owner; make somebody else an owner first")]
    LastOwner,
    /// Another role of the vendor has the name.
    #[error("another role has this name; choose another")]
    RoleNameTaken,
    /// The five built-in roles are the same at every vendor.
    #[error("this role is built in and stays as it is; make one of your own")]
    RoleBuiltin,
    /// Members or open invitations have the role.
    #[error("members or open invitations have this role; give them another first")]
    RoleInUse,
    /// So many are enough.
    #[error("a vendor can have {0} roles; delete one first")]
    TooManyRoles(usize),
    /// The vendor has no such role.
    #[error("is no role of this vendor")]
    NoSuchRole,
}

impl Refusal for TeamError {
    fn code(&self) -> Code {
        match self {
            Self::NotYours { .. } | Self::AboveYou { .. } => Code::PermissionDenied,
            Self::LastOwner => Code::LastOwner,
            Self::RoleNameTaken => Code::RoleNameTaken,
            Self::RoleBuiltin => Code::RoleBuiltin,
            Self::RoleInUse => Code::RoleInUse,
            Self::TooManyRoles(_) | Self::NoSuchRole => Code::ValidationFailed,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::NotYours { place, .. } => vec![FieldError::new(*place, "not_yours", self)],
            Self::RoleNameTaken => vec![FieldError::new("/name", "taken", self)],
            Self::TooManyRoles(_) => vec![FieldError::new("", "too_many", self)],
            Self::NoSuchRole => vec![FieldError::new("/role_id", "no_such_role", self)],
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> Map<String, Value> {
        match self {
            Self::NotYours { missing, .. } | Self::AboveYou { missing } => {
                std::iter::once(("missing".to_owned(), json!(missing.list()))).collect()
            }
            _ => Map::new(),
        }
    }
}
