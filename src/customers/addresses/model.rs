//! An address in a customer's book, as the world sees it.

use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::AddressId;
use crate::base::patch::{Patch, given};
use crate::base::time::Timestamp;
use crate::base::valid;
use crate::orders::Address;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// How many addresses a customer may keep.
pub(super) const MOST: i64 = 50;

/// An address of a customer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomerAddress {
    /// The address's id.
    pub id: AddressId,
    /// What the customer calls it.
    #[schema(example = "Home")]
    pub label: Option<String>,
    /// The address, as an order takes it.
    pub address: Address,
    /// Whether it is the one to use when nothing else is said.
    pub is_default: bool,
    /// Goes up with every change.
    pub version: i64,
    /// Since when it is kept.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// An address to keep.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"label": "Home", "address": {"line1": "123 Main Street", "city": "Luxembourg", "country": "LU"}}))]
pub struct NewAddress {
    /// What to call it.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub label: Option<String>,
    /// The address: text, or in parts.
    #[validate(nested)]
    pub address: Address,
    /// Whether it becomes the default, in the place of the one that is. The first one always does.
    #[serde(default)]
    pub is_default: bool,
}

/// What to change about an address. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"label": "Work"}))]
pub struct EditAddress {
    /// What to call it.
    #[validate(length(min = 1, max = 100), custom(function = valid::patched_not_blank))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub label: Patch<String>,
    /// The whole address anew.
    #[validate(nested)]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Address)]
    pub address: Option<Address>,
    /// True makes it the default, in the place of the one that is.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub is_default: Option<bool>,
}

impl EditAddress {
    /// Whether it asks for nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.label == Patch::Absent && self.address.is_none() && self.is_default.is_none()
    }
}

/// Why an address cannot be kept so.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum AddressError {
    /// There are as many as there may be.
    #[error("there are {MOST} addresses already; delete one first")]
    TooMany,
    /// Some address is always the default.
    #[error("is the default; make another address that instead")]
    StaysDefault,
}

impl Refusal for AddressError {
    fn code(&self) -> Code {
        match self {
            Self::TooMany => Code::AddressLimit,
            Self::StaysDefault => Code::ValidationFailed,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::TooMany => Vec::new(),
            Self::StaysDefault => vec![FieldError::new("/is_default", "stays_default", self)],
        }
    }
}
