//! A refund, as the world sees it, and what may be asked of it.

use crate::base::code::{Code, Refusal};
use crate::base::id::{OrderId, RefundId, ReturnId, UserId};
use crate::base::money::{Currency, Decimal, Money};
use crate::base::time::Timestamp;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// How many refunds an order may have.
pub(super) const MOST: i64 = 100;

/// Money given back for an order.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Refund {
    /// The refund's id.
    pub id: RefundId,
    /// What it is for.
    pub order: OrderId,
    /// The return it is for, if it is for one.
    #[serde(rename = "return")]
    #[schema(example = json!(null))]
    pub of: Option<ReturnId>,
    /// How much.
    pub amount: Money,
    /// Of what: the order's currency.
    pub currency: Currency,
    /// Why. Customers do not see that.
    #[schema(example = "kept the customer waiting")]
    pub reason: Option<String>,
    /// The member who gave it. Customers do not see that.
    #[schema(example = 1)]
    pub created_by: Option<UserId>,
    /// When it was given.
    pub created_at: Timestamp,
}

/// Money to give back.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"amount": "1.00", "reason": "kept the customer waiting"}))]
pub struct CreateRefund {
    /// How much, in the order's currency: something, and not more than is paid and was not given back. May be absent when it is for
    /// a return: then it is what the goods cost that came back, by the vendor's rules when it was asked for, less what was given back for them.
    pub amount: Option<Decimal>,
    /// Why. The team alone sees it.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
    /// The return it is for: one of the order's, and received.
    #[serde(rename = "return")]
    pub of: Option<ReturnId>,
}

/// Why money cannot be given back.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum RefundError {
    /// The goods are not there.
    #[error("the goods of this return are not back; once they are, money can be given back for it")]
    NotReceived,
    /// What a return is worth by the rules was given back for it, or that is nothing.
    #[error("by the vendor's rules nothing is left to give back for this return; say an amount to give more")]
    Nothing,
    /// More than all would be given back.
    #[error("that is more than is paid and was not given back: {0}; see refundable")]
    TooMuch(Money),
    /// There are as many as there may be.
    #[error("the order has {MOST} refunds already, which is as many as it may have")]
    TooMany,
}

impl Refusal for RefundError {
    fn code(&self) -> Code {
        match self {
            Self::NotReceived => Code::ReturnNotReceived,
            Self::Nothing => Code::NothingToRefund,
            Self::TooMuch(_) => Code::Overrefunded,
            Self::TooMany => Code::RefundLimit,
        }
    }

    fn extra(&self) -> serde_json::Map<String, serde_json::Value> {
        let members = match self {
            Self::TooMuch(refundable) => serde_json::json!({ "refundable": refundable }),
            _ => serde_json::Value::Null,
        };
        members.as_object().cloned().unwrap_or_default()
    }
}
