//! [`Operator`]: whoever runs the platform, and the only one whom everything under `/api/admin` serves.

use super::caller::{Principal, arrival, inactive, unauthenticated};
use super::origin::Origin;
use crate::base::code::Code;
use crate::base::id::{SessionId, UserId};
use crate::problem::Problem;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::future::Ready;

/// An operator who has signed in. It does not matter at whose door they are, or whether at any.
#[derive(Clone, Debug)]
pub struct Operator {
    id: UserId,
    session: SessionId,
    origin: Origin,
}

impl Operator {
    /// Their id as a user.
    pub fn id(&self) -> UserId {
        self.id
    }

    /// Their own session.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// For the record.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl FromRequest for Operator {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        arrival(request, |arrival| {
            let vendor = arrival.vendor.clone()?;
            match arrival.identity.clone()?.map(|identity| (identity.principal, identity.claims.sid)) {
                Some((operator @ Principal::Operator(id), session)) => {
                    Ok(Self { id, session, origin: Origin::from(operator.actor(), arrival.device.address) })
                }
                // To everybody else, a closed door is closed.
                _ if vendor.is_some_and(|vendor| !vendor.is_active) => Err(inactive()),
                None => Err(unauthenticated()),
                Some(_) => Err(Problem::new(Code::PermissionDenied, "this is for operators of the platform only")),
            }
        })
    }
}
