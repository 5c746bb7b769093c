//! A customer, as others see them.

use crate::base::id::CustomerId;
use crate::base::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A customer in a few words, as part of an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomerSummary {
    /// The customer's id.
    pub id: CustomerId,
    /// The name they sign in with.
    #[schema(example = "vendor1_customer1")]
    pub username: String,
    /// First name; may be empty.
    #[schema(example = "Carol")]
    pub first_name: String,
    /// Last name; may be empty.
    #[schema(example = "Jones")]
    pub last_name: String,
}

/// A customer.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct CustomerProfile {
    /// The customer's id.
    pub id: CustomerId,
    /// The name they sign in with.
    #[schema(example = "vendor1_customer1")]
    pub username: String,
    /// Where mail reaches them.
    #[schema(example = "customer1@vendor1.example.com")]
    pub email: Option<String>,
    /// First name; may be empty.
    #[schema(example = "Carol")]
    pub first_name: String,
    /// Last name; may be empty.
    #[schema(example = "Jones")]
    pub last_name: String,
    /// Where they can be called.
    pub phone: Option<String>,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Goes up with every change.
    pub version: i64,
    /// Since when they are a customer.
    pub created_at: Timestamp,
    /// When the profile last changed.
    pub updated_at: Timestamp,
}
