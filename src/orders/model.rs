//! An order, as the world sees it, and what may be asked of it.

use super::workflow::{Action, FulfillmentStatus, PaymentStatus, Status};
use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::{CustomerId, LineId, OrderId, ProductId, UserId};
use crate::base::money::{Currency, Money};
use crate::base::patch::Patch;
use crate::base::time::Timestamp;
use crate::base::valid;
use crate::identity::customers::CustomerSummary;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use utoipa::{IntoParams, ToSchema};
use validator::{Validate, ValidationError, ValidationErrors};

/// An order.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "id": 1, "number": 1001, "status": "pending", "payment_status": "unpaid", "fulfillment_status": "unfulfilled",
    "customer": {"id": 1, "username": "vendor1_customer1", "first_name": "Carol", "last_name": "Customer"},
    "items": [{"id": 1, "product": 1, "sku": "V1-001", "name": "Watch", "quantity": 2, "price": "19.99", "total": "39.98"}],
    "subtotal": "39.98", "discount": "0.00", "shipping": "0.00", "tax": "0.00", "total": "39.98", "paid": "0.00",
    "refunded": "0.00",
    "currency": "EUR", "address": "123 Main Street", "assigned_to": null, "note": null, "external_ref": null, "cancel_reason": null,
    "allowed_actions": ["cancel"], "version": 1,
    "placed_at": "2026-01-31T12:00:00.000000Z", "delivered_at": null, "updated_at": "2026-01-31T12:00:00.000000Z",
}))]
pub struct Order {
    /// The order's id.
    pub id: OrderId,
    /// Its number, as people call it: from 1001 within the vendor.
    #[schema(example = 1001)]
    pub number: i64,
    /// How far it has come.
    pub status: Status,
    /// Whether it is paid.
    pub payment_status: PaymentStatus,
    /// Where the goods are.
    pub fulfillment_status: FulfillmentStatus,
    /// Whose order it is; none when the team placed it for nobody in the books.
    pub customer: Option<CustomerSummary>,
    /// What was ordered.
    pub items: Vec<OrderLine>,
    /// What the lines cost together.
    pub subtotal: Money,
    /// What is taken off.
    pub discount: Money,
    /// What sending costs.
    pub shipping: Money,
    /// What taxes come on top.
    pub tax: Money,
    /// What is to be paid: subtotal − discount + shipping + tax.
    pub total: Money,
    /// What has been paid of it.
    pub paid: Money,
    /// What has been given back of that.
    pub refunded: Money,
    /// What all this is in.
    pub currency: Currency,
    /// Where it goes.
    pub address: Address,
    /// The user who handles it.
    #[schema(example = 2)]
    pub assigned_to: Option<UserId>,
    /// What the customer wanted to say.
    pub note: Option<String>,
    /// Its id in another system; unique within the vendor.
    pub external_ref: Option<String>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// What you can do with it now: `POST /api/orders/{id}/{action}`.
    pub allowed_actions: Vec<Action>,
    /// Goes up with every change.
    pub version: i64,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it was with the customer.
    pub delivered_at: Option<Timestamp>,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A line of an order, with name, number and price as they were when it was placed.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct OrderLine {
    /// The line's id.
    pub id: LineId,
    /// The product.
    pub product: ProductId,
    /// Its number then.
    pub sku: Option<String>,
    /// Its name then.
    #[schema(example = "Watch")]
    pub name: String,
    /// How many pieces.
    #[schema(example = 2)]
    pub quantity: i64,
    /// What one piece cost.
    pub price: Money,
    /// What the line costs.
    pub total: Money,
}

/// What to order.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"items": [{"product": 1, "quantity": 2}, {"product": 3, "quantity": 1}], "address": "123 Main Street"}))]
pub struct PlaceOrder {
    /// 1 to 200 lines. Lines of the same product are fine.
    #[validate(length(min = 1, max = 200), nested)]
    #[serde(deserialize_with = "crate::base::strict::objects")]
    #[schema(min_items = 1, max_items = 200)]
    pub items: Vec<OrderItem>,
    /// Where it goes.
    #[validate(nested)]
    pub address: Address,
    /// The currency you expect; refused when it is not the vendor's.
    pub currency: Option<Currency>,
    /// Anything the vendor should know.
    #[validate(length(min = 1, max = 2000), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 2000)]
    pub note: Option<String>,
    /// Its id in another system; unique within the vendor.
    #[validate(length(min = 1, max = 250), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 250)]
    pub external_ref: Option<String>,
    /// Members of the team only: the customer to order for.
    pub customer: Option<CustomerId>,
}

/// So many pieces of a product.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderItem {
    /// The product.
    pub product: ProductId,
    /// How many pieces.
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000, example = 2)]
    pub quantity: i64,
}

/// Where an order goes: as text, or in parts.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Address {
    /// As written on the parcel.
    Text(AddressText),
    /// In parts.
    Parts(PostalAddress),
}

/// An address as written on the parcel.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
#[schema(value_type = String, min_length = 1, max_length = 1000, example = "123 Main Street")]
pub struct AddressText(pub String);

/// An address in its parts.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PostalAddress {
    /// Who receives it.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Street and number.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200, example = "123 Main Street")]
    pub line1: String,
    /// Flat, floor.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line2: Option<String>,
    /// Town.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100, example = "Luxembourg")]
    pub city: String,
    /// State, province or region.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Postal code.
    #[validate(length(min = 1, max = 20), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 20)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Country.
    #[validate(length(min = 2, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 2, max_length = 100, example = "LU")]
    pub country: String,
    /// For the courier.
    #[validate(length(min = 1, max = 50), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 50)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

impl Default for Address {
    fn default() -> Self {
        Self::Text(AddressText::default())
    }
}

impl<'de> Deserialize<'de> for Address {
    /// By hand, so that a mistake in a part is told as such.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> de::Visitor<'de> for Either {
            type Value = Address;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address: text, or an object with line1, city and country")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Address, E> {
                Ok(Address::Text(AddressText(text.to_owned())))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Address, A::Error> {
                PostalAddress::deserialize(MapAccessDeserializer::new(map)).map(Address::Parts)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Validate for Address {
    fn validate(&self) -> Result<(), ValidationErrors> {
        match self {
            Self::Parts(parts) => parts.validate(),
            Self::Text(AddressText(text)) if !text.trim().is_empty() && text.chars().count() <= 1000 => Ok(()),
            Self::Text(_) => {
                let mut errors = ValidationErrors::new();
                errors.add("__all__", ValidationError::new("invalid_length").with_message("must have 1 to 1000 characters".into()));
                Err(errors)
            }
        }
    }
}

/// Where an order should go next.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"status": "shipped"}))]
pub struct ChangeStatus {
    /// The status it should have.
    pub status: Status,
    /// Why; kept when it is cancelled.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// What goes with an action.
#[derive(Clone, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "changed my mind"}))]
pub struct ActionNote {
    /// Why; kept when it is cancelled.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: Option<String>,
}

/// Who should handle an order.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"staff_id": 2}))]
pub struct AssignStaff {
    /// An active member of the team, as in `GET /api/staff`; null for nobody.
    #[serde(default)]
    #[schema(required, value_type = Option<i64>, example = 2)]
    pub staff_id: Patch<UserId>,
}

/// Which orders to list.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OrderQuery {
    /// How far they have come.
    pub status: Option<Status>,
    /// Whether they are paid.
    pub payment_status: Option<PaymentStatus>,
    /// Who handles them.
    #[param(value_type = Option<i64>)]
    pub assigned_to: Option<UserId>,
    /// Whose they are.
    #[param(value_type = Option<i64>)]
    pub customer: Option<CustomerId>,
    /// Placed at this instant or later.
    #[param(value_type = Option<Timestamp>, inline, example = "2026-01-01T00:00:00Z")]
    pub placed_after: Option<Timestamp>,
    /// Placed before this instant.
    #[param(value_type = Option<Timestamp>, inline, example = "2100-01-01T00:00:00Z")]
    pub placed_before: Option<Timestamp>,
    /// The number, or how the external reference begins.
    #[validate(length(min = 1, max = 250))]
    #[param(min_length = 1, max_length = 250)]
    pub q: Option<String>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}

/// The orders of one currency, summed up.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrderTotals {
    /// The currency.
    pub currency: Currency,
    /// How many orders.
    #[schema(example = 3)]
    pub orders: i64,
    /// What they come to.
    pub total: Money,
}

/// Why something cannot be done with an order.
#[derive(Debug, thiserror::Error)]
pub enum OrderError {
    /// Another order has the reference.
    #[error("another order has this external reference; it may be the one you mean")]
    ExternalRefTaken,
    /// The workflow has no such move.
    #[error("an order that is {from} cannot become {to}; see allowed")]
    IllegalTransition {
        /// Where it is.
        from: Status,
        /// Where it should go.
        to: Status,
        /// Where it may go.
        allowed: Vec<Status>,
    },
    /// It cannot be closed before it is paid.
    #[error("the order is not paid yet; it can be completed once it is")]
    Unpaid,
    /// It is somebody else's to handle.
    #[error("this order is not assigned to you; ask somebody who may assign it")]
    NotYours,
}

impl Refusal for OrderError {
    fn code(&self) -> Code {
        match self {
            Self::ExternalRefTaken => Code::ExternalRefTaken,
            Self::IllegalTransition { .. } => Code::IllegalTransition,
            Self::Unpaid => Code::OrderUnpaid,
            Self::NotYours => Code::PermissionDenied,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::ExternalRefTaken => vec![FieldError::new("/external_ref", "taken", self)],
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> serde_json::Map<String, serde_json::Value> {
        let members = match self {
            Self::IllegalTransition { from, to, allowed } => serde_json::json!({ "from": from, "to": to, "allowed": allowed }),
            _ => serde_json::Value::Null,
        };
        members.as_object().cloned().unwrap_or_default()
    }
}
