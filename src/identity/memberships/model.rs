//! Somebody's places in vendors' teams, as they see them themselves.

use crate::base::id::VendorId;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A vendor whose team you are in.
#[derive(Debug, Serialize, ToSchema)]
pub struct Membership {
    /// The vendor's id.
    pub id: VendorId,
    /// Its domain: what `vendor_domain` and `X-Tenant-Domain` take.
    #[schema(example = "vendor1.example.com")]
    pub domain: String,
    /// The shop's name.
    #[schema(example = "Alice's Watches")]
    pub name: String,
    /// The name of your role there.
    #[schema(example = "Owner")]
    pub role: String,
    /// Whether you are there now.
    pub is_current: bool,
}

/// Where to go.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"vendor_domain": "vendor1.example.com"}))]
pub struct Switch {
    /// The domain of a vendor whose team you are in.
    #[validate(length(min = 1, max = 253), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 253)]
    pub vendor_domain: String,
}
