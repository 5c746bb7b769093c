//! A customer, as others see them.

use crate::base::code::{Code, Refusal};
use crate::base::id::CustomerId;
use crate::base::page::Key;
use crate::base::text_enum::text_enum;
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
    /// When all that told who they are was taken away, for good.
    pub anonymized_at: Option<Timestamp>,
    /// Goes up with every change.
    pub version: i64,
    /// Since when they are a customer.
    pub created_at: Timestamp,
    /// When the profile last changed.
    pub updated_at: Timestamp,
}

/// What changes of a customer's profile. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Particulars {
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// E-mail address, as typed.
    pub email: Option<Option<String>>,
    /// Phone number.
    pub phone: Option<Option<String>>,
    /// Whether they may sign in.
    pub is_active: Option<bool>,
}

impl Particulars {
    /// The names of the members that are to change: the record of a change tells these, and not what anybody is called.
    pub fn names(&self) -> Vec<&'static str> {
        let mentioned = [
            ("first_name", self.first_name.is_some()),
            ("last_name", self.last_name.is_some()),
            ("email", self.email.is_some()),
            ("phone", self.phone.is_some()),
            ("is_active", self.is_active.is_some()),
        ];
        mentioned.into_iter().filter(|(_, is_mentioned)| *is_mentioned).map(|(name, _)| name).collect()
    }
}

text_enum! {
    /// What customers are sorted by; `-` is downwards.
    pub enum Sort as CustomerSort {
        /// By first and last name, from A.
        Name = "name",
        /// By first and last name, from Z.
        NameDown = "-name",
        /// The oldest first.
        CreatedAt = "created_at",
        /// The newest first.
        CreatedAtDown = "-created_at",
    }
}

impl Sort {
    /// Whether a customer could have this value.
    pub fn accepts(self, key: &Key) -> bool {
        match (self, key) {
            (Self::Name | Self::NameDown, Key::Text(name)) => !name.contains('\0'),
            (Self::CreatedAt | Self::CreatedAtDown, Key::Number(_)) => true,
            _ => false,
        }
    }
}

/// Which customers to list, and how.
#[derive(Clone, Debug)]
pub struct Listing {
    /// How a name or the e-mail address begins, as typed.
    pub q: Option<String>,
    /// Whether they may sign in.
    pub is_active: Option<bool>,
    /// In which order.
    pub sort: Sort,
    /// The value and the id that the page before ended with.
    pub after: Option<(Key, i64)>,
    /// How many at the most.
    pub limit: i64,
}

/// Somebody who was made nobody stays so.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("this customer was anonymized; nothing about them can be changed any more")]
pub struct Anonymized;

impl Refusal for Anonymized {
    fn code(&self) -> Code {
        Code::CustomerAnonymized
    }
}
