//! A vendor, as the world sees it.

use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::VendorId;
use crate::base::money::Currency;
use crate::base::patch::{Patch, given};
use crate::base::shape::{Attributes, Email};
use crate::base::time::Timestamp;
use crate::base::valid;
use crate::db::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use validator::Validate;

/// A vendor: one shop.
#[derive(Debug, Serialize, ToSchema)]
pub struct VendorProfile {
    /// The vendor's id.
    pub id: VendorId,
    /// The shop's name.
    #[schema(example = "Alice's Watches")]
    pub name: String,
    /// The domain of the shop: what `X-Tenant-Domain` says.
    #[schema(example = "vendor1.example.com")]
    pub domain: String,
    /// The label under the platform's own domain.
    #[schema(example = "vendor1")]
    pub subdomain: Option<String>,
    /// Where mail reaches the shop.
    #[schema(example = "owner1@vendor1.example.com")]
    pub contact_email: Option<String>,
    /// Where it can be called.
    #[schema(example = "+352 123 456")]
    pub contact_phone: Option<String>,
    /// What it sells in.
    pub currency: Currency,
    /// How its shop front looks: whatever that makes of it.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub theme_config: Map<String, Value>,
    /// Whether the shop is open. Only operators change that.
    pub is_active: bool,
    /// Goes up with every change.
    pub version: i64,
    /// Since when there is this vendor.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What everybody may know of a vendor: enough for a shop front.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicVendor {
    /// The shop's name.
    #[schema(example = "Alice's Watches")]
    pub name: String,
    /// The domain of the shop.
    #[schema(example = "vendor1.example.com")]
    pub domain: String,
    /// How its shop front looks: whatever that makes of it.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub theme_config: Map<String, Value>,
    /// What it sells in.
    pub currency: Currency,
}

impl From<VendorProfile> for PublicVendor {
    fn from(vendor: VendorProfile) -> Self {
        Self { name: vendor.name, domain: vendor.domain, theme_config: vendor.theme_config, currency: vendor.currency }
    }
}

/// What to change about a vendor. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"contact_phone": "+352 123 456"}))]
pub struct EditVendor {
    /// The shop's name.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    pub name: Option<String>,
    /// Where mail reaches the shop.
    #[validate(custom(function = valid::patched_email))]
    #[serde(default)]
    #[schema(value_type = Option<Email>)]
    pub contact_email: Patch<String>,
    /// Where it can be called.
    #[validate(length(min = 1, max = 50), custom(function = valid::patched_not_blank))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 50)]
    pub contact_phone: Patch<String>,
    /// What it sells in; fixed once it has a product.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Currency)]
    pub currency: Option<Currency>,
    /// How its shop front looks: whatever that makes of it. Replaced as a whole.
    #[validate(custom(function = valid::attributes))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Attributes)]
    pub theme_config: Option<Map<String, Value>>,
    /// Whether the shop is open; operators only.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub is_active: Option<bool>,
}

/// Why a vendor cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub enum VendorError {
    /// Another vendor has the domain.
    #[error("there is a vendor at {0} already; choose another domain, or sign in there")]
    DomainTaken(String),
    /// It has products with prices in the old currency.
    #[error("the vendor has products priced in its currency; it can be changed only while there are none")]
    CurrencyInUse,
    /// Opening and closing shops is the platform's business.
    #[error("only an operator of the platform may open or close a shop")]
    OperatorsOnly,
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
}

impl Refusal for VendorError {
    fn code(&self) -> Code {
        match self {
            Self::DomainTaken(_) => Code::DomainTaken,
            Self::CurrencyInUse => Code::CurrencyInUse,
            Self::OperatorsOnly => Code::PermissionDenied,
            Self::Database(error) => error.code(),
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        let at = |pointer: &str| vec![FieldError::new(pointer, self.code().as_str(), self)];
        match self {
            Self::DomainTaken(_) => at("/vendor_domain"),
            Self::CurrencyInUse => at("/currency"),
            Self::OperatorsOnly => at("/is_active"),
            Self::Database(_) => Vec::new(),
        }
    }

    fn cause(&self) -> Option<String> {
        match self {
            Self::Database(error) => error.cause(),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Database(error) => error.retry_after(),
            _ => None,
        }
    }

    fn is_contention(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_contention())
    }
}
