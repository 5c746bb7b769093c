//! A payment, as the world sees it, and what may be asked of it.

use crate::base::code::{Code, Refusal};
use crate::base::id::{OrderId, PaymentId, UserId};
use crate::base::money::{Currency, Decimal, Money};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// How many payments an order may have, voided ones included.
pub(super) const MOST: i64 = 100;

text_enum! {
    /// How something was paid.
    pub enum PaymentMethod {
        /// In coins and notes.
        Cash = "cash",
        /// By a credit or debit card.
        Card = "card",
        /// From account to account.
        BankTransfer = "bank_transfer",
        /// In another way.
        Other = "other",
    }
}

/// A payment for an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Payment {
    /// The payment's id.
    pub id: PaymentId,
    /// What it is for.
    pub order: OrderId,
    /// How it was paid.
    pub method: PaymentMethod,
    /// How much.
    pub amount: Money,
    /// Of what: the order's currency.
    pub currency: Currency,
    /// What it is known by elsewhere.
    #[schema(example = "4711")]
    pub reference: Option<String>,
    /// The member who recorded it. Customers do not see that.
    #[schema(example = 1)]
    pub recorded_by: Option<UserId>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The member who voided it. Customers do not see that.
    #[schema(example = json!(null))]
    pub voided_by: Option<UserId>,
    /// When it was voided: from then on, it counts for nothing.
    #[schema(example = json!(null))]
    pub voided_at: Option<Timestamp>,
    /// Why it was voided. Customers do not see that.
    #[schema(example = json!(null))]
    pub void_reason: Option<String>,
}

/// A payment to record.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"method": "card", "amount": "20.00", "reference": "4711"}))]
pub struct RecordPayment {
    /// How it was paid.
    pub method: PaymentMethod,
    /// How much, in the order's currency: something, and not more than is still to be paid.
    pub amount: Decimal,
    /// What it is known by elsewhere, such as the number of a receipt.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub reference: Option<String>,
}

/// Why a payment is none.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "entered twice"}))]
pub struct VoidPayment {
    /// Why. The team alone sees it.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Why something cannot be done with an order's payments.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum PaymentError {
    /// Nobody pays for what was called off.
    #[error("the order is cancelled: nothing is to be paid for it")]
    Cancelled,
    /// It would be closed, and not paid.
    #[error("the order is completed, which it is only when it is paid: its payments stay")]
    Completed,
    /// More than all would be paid.
    #[error("that is more than is still to be paid: {0}; see due")]
    Overpaid(Money),
    /// Less would be paid than was given back.
    #[error("of what is paid, {0} was given back already, which would be more than what then is left; see refunded")]
    Refunded(Money),
    /// There are as many as there may be.
    #[error("the order has {MOST} payments already, which is as many as it may have")]
    TooMany,
}

impl Refusal for PaymentError {
    fn code(&self) -> Code {
        match self {
            Self::Cancelled => Code::OrderCancelled,
            Self::Completed => Code::OrderCompleted,
            Self::Overpaid(_) => Code::Overpaid,
            Self::Refunded(_) => Code::PaymentRefunded,
            Self::TooMany => Code::PaymentLimit,
        }
    }

    fn extra(&self) -> serde_json::Map<String, serde_json::Value> {
        let members = match self {
            Self::Overpaid(due) => serde_json::json!({ "due": due }),
            Self::Refunded(refunded) => serde_json::json!({ "refunded": refunded }),
            _ => serde_json::Value::Null,
        };
        members.as_object().cloned().unwrap_or_default()
    }
}
