//! Vendors, as operators see and change them.

use crate::admin::people::UserRef;
use crate::base::id::VendorId;
use crate::base::money::Currency;
use crate::base::patch::{Patch, given};
use crate::base::shape::{Email, Username, WebAddress};
use crate::base::time::Timestamp;
use crate::base::valid;
use crate::identity::Password;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A vendor, as operators see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct VendorRecord {
    /// The vendor's id.
    pub id: VendorId,
    /// The shop's name.
    #[schema(example = "Alice's Watches")]
    pub name: String,
    /// The domain of the shop.
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
    /// Street and number of the business.
    #[schema(example = "1 Rue de la Gare")]
    pub business_address: Option<String>,
    /// Its city.
    #[schema(example = "Luxembourg")]
    pub business_city: Option<String>,
    /// Its postal code.
    #[schema(example = "L-1611")]
    pub business_postal_code: Option<String>,
    /// Its country.
    #[schema(example = "Luxembourg")]
    pub business_country: Option<String>,
    /// Where the vendor's product feed is.
    #[schema(example = "https://feeds.example.com/vendor1.csv")]
    pub letzshop_csv_url: Option<String>,
    /// What it sells in.
    pub currency: Currency,
    /// Whether the shop is open.
    pub is_active: bool,
    /// Since when it is closed.
    pub suspended_at: Option<Timestamp>,
    /// Why.
    #[schema(example = "unpaid invoices")]
    pub suspended_reason: Option<String>,
    /// Who owns it.
    pub owners: Vec<UserRef>,
    /// Goes up with every change.
    pub version: i64,
    /// Since when there is this vendor.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Which vendors to list.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct VendorQuery {
    /// How the name, the domain or the subdomain begins.
    #[validate(length(min = 1, max = 253))]
    #[param(min_length = 1, max_length = 253, example = "vendor1")]
    pub q: Option<String>,
    /// Only those that are open, or only those that are not.
    pub is_active: Option<bool>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}

/// A vendor to be, with its owner.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Dora's Dahlias", "domain": "dahlias.example.com",
    "owner": {"email": "dora@dahlias.example.com", "first_name": "Dora", "initial_password": "for the first time only"},
}))]
pub struct NewVendor {
    /// The shop's name.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// The domain of the shop; or else give a `subdomain`.
    #[validate(length(min = 1, max = 253), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 253)]
    pub domain: Option<String>,
    /// One label: the shop's domain is then this label under the platform's own domain, or under `localhost` where the
    /// platform has none.
    #[validate(length(min = 1, max = 63), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 63)]
    pub subdomain: Option<String>,
    /// Where mail reaches the shop; the owner's address when absent.
    #[validate(custom(function = valid::email))]
    #[schema(value_type = Option<Email>)]
    pub contact_email: Option<String>,
    /// Where it can be called.
    #[validate(length(min = 1, max = 50), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 50)]
    pub contact_phone: Option<String>,
    /// Street and number of the business.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    pub business_address: Option<String>,
    /// Its city.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub business_city: Option<String>,
    /// Its postal code.
    #[validate(length(min = 1, max = 20), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 20)]
    pub business_postal_code: Option<String>,
    /// Its country.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub business_country: Option<String>,
    /// Where the vendor's product feed is.
    #[validate(custom(function = valid::web_address))]
    #[schema(value_type = Option<WebAddress>)]
    pub letzshop_csv_url: Option<String>,
    /// Who will own it.
    #[validate(nested)]
    pub owner: NewOwner,
}

/// The owner of a vendor to be: a user whom the platform knows by the e-mail address, or somebody new.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOwner {
    /// Where mail reaches them. Whoever has this address already becomes the owner as they are, with their own password.
    #[validate(custom(function = valid::email))]
    #[schema(value_type = Email)]
    pub email: String,
    /// The name to sign in with; the e-mail address when absent.
    #[validate(length(min = 1, max = 150), custom(function = valid::username))]
    #[schema(value_type = Option<Username>)]
    pub username: Option<String>,
    /// For somebody new: good until they set one of their own, which they are asked to when they first sign in.
    #[validate(length(min = 8, max = 128))]
    pub initial_password: Option<Password>,
    /// First name.
    #[serde(default)]
    #[validate(length(max = 150))]
    #[schema(max_length = 150)]
    pub first_name: String,
    /// Last name.
    #[serde(default)]
    #[validate(length(max = 150))]
    #[schema(max_length = 150)]
    pub last_name: String,
}

/// What to change about a vendor. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"business_address": "1 Rue de la Gare", "business_city": "Luxembourg", "business_postal_code": "L-1611"}))]
pub struct EditVendorRecord {
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
    /// Street and number of the business.
    #[validate(length(min = 1, max = 200), custom(function = valid::patched_not_blank))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub business_address: Patch<String>,
    /// Its city.
    #[validate(length(min = 1, max = 100), custom(function = valid::patched_not_blank))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub business_city: Patch<String>,
    /// Its postal code.
    #[validate(length(min = 1, max = 20), custom(function = valid::patched_not_blank))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 20)]
    pub business_postal_code: Patch<String>,
    /// Its country.
    #[validate(length(min = 1, max = 100), custom(function = valid::patched_not_blank))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub business_country: Patch<String>,
    /// Where the vendor's product feed is.
    #[validate(custom(function = valid::patched_web_address))]
    #[serde(default)]
    #[schema(value_type = Option<WebAddress>)]
    pub letzshop_csv_url: Patch<String>,
    /// Whether the shop is open.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub is_active: Option<bool>,
}

/// A vendor as it is to be: what is absent is empty afterwards, but for `is_active`, which stays.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Alice's Watches", "contact_email": "owner1@vendor1.example.com", "business_country": "Luxembourg"}))]
pub struct ReplaceVendor {
    /// The shop's name.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    pub name: String,
    /// Where mail reaches the shop.
    #[validate(custom(function = valid::email))]
    #[schema(value_type = Option<Email>)]
    pub contact_email: Option<String>,
    /// Where it can be called.
    #[validate(length(min = 1, max = 50), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 50)]
    pub contact_phone: Option<String>,
    /// Street and number of the business.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    pub business_address: Option<String>,
    /// Its city.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub business_city: Option<String>,
    /// Its postal code.
    #[validate(length(min = 1, max = 20), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 20)]
    pub business_postal_code: Option<String>,
    /// Its country.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub business_country: Option<String>,
    /// Where the vendor's product feed is.
    #[validate(custom(function = valid::web_address))]
    #[schema(value_type = Option<WebAddress>)]
    pub letzshop_csv_url: Option<String>,
    /// Whether the shop is open.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub is_active: Option<bool>,
}

impl From<ReplaceVendor> for EditVendorRecord {
    fn from(whole: ReplaceVendor) -> Self {
        let or_null = |text: Option<String>| text.map_or(Patch::Null, Patch::Value);
        Self {
            name: Some(whole.name),
            contact_email: or_null(whole.contact_email),
            contact_phone: or_null(whole.contact_phone),
            business_address: or_null(whole.business_address),
            business_city: or_null(whole.business_city),
            business_postal_code: or_null(whole.business_postal_code),
            business_country: or_null(whole.business_country),
            letzshop_csv_url: or_null(whole.letzshop_csv_url),
            is_active: whole.is_active,
        }
    }
}

/// Why a vendor is closed.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "unpaid invoices"}))]
pub struct Suspend {
    /// For the record, and for other operators to read.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}
