//! An impersonation, as operators ask for it and see it.

use crate::admin::people::UserRef;
use crate::base::id::{ImpersonationId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Whom to be, where, why and for how long.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"vendor_id": 1, "user_id": 2, "reason": "ticket 4711: cannot see their orders", "minutes": 15}))]
pub struct NewImpersonation {
    /// The vendor.
    pub vendor_id: VendorId,
    /// A member of its team.
    pub user_id: UserId,
    /// For the record.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// For so many minutes, an hour at the most.
    #[validate(range(min = 1, max = 60))]
    #[schema(minimum = 1, maximum = 60)]
    pub minutes: i64,
}

/// An impersonation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Impersonation {
    /// Its id.
    pub id: ImpersonationId,
    /// The operator.
    pub operator: UserRef,
    /// The member whom they are.
    pub user: UserRef,
    /// Where.
    pub vendor_id: VendorId,
    /// The vendor's domain: what `X-Tenant-Domain` has to say.
    #[schema(example = "vendor1.example.com")]
    pub vendor_domain: String,
    /// Why.
    #[schema(example = "ticket 4711: cannot see their orders")]
    pub reason: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when at the latest.
    pub expires_at: Timestamp,
    /// When it was ended, if it was.
    pub ended_at: Option<Timestamp>,
}

/// An impersonation that has just begun.
#[derive(Debug, Serialize, ToSchema)]
pub struct Begun {
    /// The access token: good for this vendor until `expires_at`, and not to be refreshed.
    pub access: String,
    /// How it is sent.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// How long it is good, in seconds.
    #[schema(example = 900)]
    pub expires_in: i64,
    /// What has begun.
    pub impersonation: Impersonation,
}

/// Which impersonations to list.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImpersonationQuery {
    /// Only those at this vendor.
    #[validate(range(min = 1))]
    #[param(minimum = 1, example = 1)]
    pub vendor: Option<i64>,
    /// Only those by this operator.
    #[validate(range(min = 1))]
    #[param(minimum = 1, example = 1)]
    pub operator: Option<i64>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}
