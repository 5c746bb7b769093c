//! An API key, as the world sees it, and what may be asked of it.

use crate::access::Permission;
use crate::base::id::{ApiKeyId, UserId};
use crate::base::patch::given;
use crate::base::time::Timestamp;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// An API key, without its secret.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ApiKey {
    /// The key's id.
    pub id: ApiKeyId,
    /// What it is for.
    #[schema(example = "Warehouse")]
    pub name: String,
    /// How its secret begins.
    #[schema(example = "sk_q8Zr1x")]
    pub prefix: String,
    /// What it may do, as far as its maker still may.
    #[schema(example = json!(["products.view", "orders.view"]))]
    pub permissions: Vec<Permission>,
    /// The member who made it.
    pub created_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// Until when it is good; null when it is good until it is revoked.
    pub expires_at: Option<Timestamp>,
    /// When it was last used, to about a minute.
    pub last_used_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

/// A key that was just made, with its secret, which is never shown again.
#[derive(Debug, Serialize, ToSchema)]
pub struct MadeApiKey {
    /// The key.
    #[serde(flatten)]
    pub key: ApiKey,
    /// What programs send: `Authorization: Bearer sk_…`.
    #[schema(example = "sk_q8Zr1xNf4mC0b9hYp2sVwLk7TtEoUaGdJi3R6eXzQnA")]
    pub secret: String,
}

/// A key to be made.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Warehouse", "permissions": ["products.view", "orders.view"]}))]
pub struct NewApiKey {
    /// What it is for.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What it may do: at least one permission, and none that you lack.
    #[validate(length(min = 1, max = 100))]
    #[schema(min_items = 1, max_items = 100)]
    pub permissions: Vec<Permission>,
    /// Until when it is good; when absent, until it is revoked.
    pub expires_at: Option<Timestamp>,
}

/// What to change about a key. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Warehouse, north"}))]
pub struct EditApiKey {
    /// What it is for.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub name: Option<String>,
}
