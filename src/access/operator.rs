//! [`Operator`]: whoever runs the platform, and the only one whom everything under `/api/admin` serves.

use super::caller::{Principal, arrival, inactive, unauthenticated};
use super::origin::Origin;
use crate::base::code::Code;
use crate::base::id::{UserId, VendorId};
use crate::db::MayRead;
use crate::problem::Problem;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::future::Ready;

/// An operator who has signed in. It does not matter at whose door they are, or whether at any.
#[derive(Clone, Debug)]
pub struct Operator {
    id: UserId,
    origin: Origin,
}

impl Operator {
    /// Their id as a user.
    pub fn id(&self) -> UserId {
        self.id
    }

    /// For the record.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// A look into one vendor's data.
    pub fn inspect(&self, vendor: VendorId) -> Inspection {
        Inspection(vendor)
    }
}

/// An operator's look into a vendor's data: they see it, and change nothing.
#[derive(Clone, Copy, Debug)]
pub struct Inspection(VendorId);

impl MayRead for Inspection {
    fn vendor_id(&self) -> VendorId {
        self.0
    }
}

impl FromRequest for Operator {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        arrival(request, |arrival| {
            let vendor = arrival.vendor.clone()?;
            match arrival.identity.clone()?.map(|identity| identity.principal) {
                Some(operator @ Principal::Operator(id)) => Ok(Self { id, origin: Origin::from(operator.actor(), arrival.device.address) }),
                // To everybody else, a closed door is closed.
                _ if vendor.is_some_and(|vendor| !vendor.is_active) => Err(inactive()),
                None => Err(unauthenticated()),
                Some(_) => Err(Problem::new(Code::PermissionDenied, "this is for operators of the platform only")),
            }
        })
    }
}
