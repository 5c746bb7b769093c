//! Where a change comes from: who made it, by what right, from which address and in which request.

use crate::base::id::{ApiKeyId, UserId};
use crate::base::text_enum::text_enum;
use crate::problem::REQUEST_ID;
use std::net::IpAddr;
use std::sync::Arc;

text_enum! {
    /// What kind of somebody did something.
    pub enum ActorKind {
        /// A member of the team.
        Member = "member",
        /// A customer.
        Customer = "customer",
        /// An operator of the platform.
        Operator = "operator",
        /// Stoa itself.
        System = "system",
    }
}

/// Who did something, for the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// What they are.
    pub kind: ActorKind,
    /// Their id as user or customer; none for the system.
    pub id: Option<i64>,
}

impl Actor {
    /// Stoa itself.
    pub const SYSTEM: Self = Self { kind: ActorKind::System, id: None };
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.id {
            Some(id) => write!(f, "{}:{id}", self.kind),
            None => write!(f, "{}", self.kind),
        }
    }
}

/// Who changes something, and from where: what the audit log says of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Who, or in whose name.
    pub actor: Actor,
    /// The operator who acts in the actor's name.
    pub impersonator: Option<UserId>,
    /// The API key that acts in the name of the member who made it.
    pub api_key: Option<ApiKeyId>,
    /// The network address that the request came from.
    pub address: Option<IpAddr>,
    /// The id of the request, as in `X-Request-Id`.
    pub request_id: Option<Arc<str>>,
}

impl Origin {
    /// Somebody, without any request: the demo's people, and Stoa itself at work.
    pub fn of(actor: Actor) -> Self {
        Self { actor, impersonator: None, api_key: None, address: None, request_id: None }
    }

    /// Somebody in the request under way.
    pub fn from(actor: Actor, address: Option<IpAddr>) -> Self {
        let request_id = REQUEST_ID.try_with(|id| Arc::from(id.as_str())).ok();
        Self { address, request_id, ..Self::of(actor) }
    }

    /// Whether what they do to a vendor's data goes on the record: what members and operators do, whoever acts for them.
    pub fn is_on_record(&self) -> bool {
        matches!(self.actor.kind, ActorKind::Member | ActorKind::Operator)
    }
}
