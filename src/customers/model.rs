//! A customer as the team sees them, and what it may change.

use crate::base::patch::{Patch, given};
use crate::base::shape::Email;
use crate::base::valid;
use crate::identity::customers::{CustomerProfile, Particulars, Sort};
use crate::orders::OrderTotals;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Which customers to list, and how.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CustomerQuery {
    /// How the user name, the e-mail address, the name or the family name begins.
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200, example = "vendor1_customer")]
    pub q: Option<String>,
    /// Whether they may sign in.
    pub is_active: Option<bool>,
    /// What to sort by; `-created_at` when absent.
    #[param(inline)]
    pub sort: Option<Sort>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}

/// A customer with what they have bought.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CustomerDetail {
    #[serde(flatten)]
    pub profile: CustomerProfile,
    /// Their orders, summed up by currency; cancelled ones do not count.
    pub totals: Vec<OrderTotals>,
}

/// What to change about a customer. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"phone": "+352 123 456"}))]
pub(super) struct EditCustomer {
    /// First name.
    #[validate(length(max = 150))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, max_length = 150)]
    pub first_name: Option<String>,
    /// Last name.
    #[validate(length(max = 150))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, max_length = 150)]
    pub last_name: Option<String>,
    /// Where mail reaches them.
    #[validate(custom(function = valid::patched_email))]
    #[serde(default)]
    #[schema(value_type = Option<Email>)]
    pub email: Patch<String>,
    /// Where they can be called.
    #[validate(length(min = 1, max = 50), custom(function = valid::patched_not_blank))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 50)]
    pub phone: Patch<String>,
    /// Whether they may sign in; false ends all their sessions at once.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub is_active: Option<bool>,
}

impl EditCustomer {
    /// The same, as the accounts know it.
    pub(super) fn particulars(self) -> Particulars {
        let (first_name, last_name, is_active) = (self.first_name, self.last_name, self.is_active);
        Particulars { first_name, last_name, email: self.email.into_change(), phone: self.phone.into_change(), is_active }
    }
}
