//! Where a change comes from: who made it, by what right, from which address and in which request.

use super::caller::{Actor, ActorKind};
use crate::base::id::{ApiKeyId, UserId};
use crate::problem::REQUEST_ID;
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
    pub(super) fn from(actor: Actor, address: Option<IpAddr>) -> Self {
        let request_id = REQUEST_ID.try_with(|id| Arc::from(id.as_str())).ok();
        Self { address, request_id, ..Self::of(actor) }
    }

    /// Whether what they do to a vendor's data goes on the record: what members and operators do, whoever acts for them.
    pub fn is_on_record(&self) -> bool {
        matches!(self.actor.kind, ActorKind::Member | ActorKind::Operator)
    }
}
