//! A return, as the world sees it, and what may be asked of it.

use super::workflow::ReturnStatus;
use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::{LineId, OrderId, ReturnId, UserId};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// How many returns an order may have, rejected ones included.
pub(super) const MOST: usize = 100;

text_enum! {
    /// How goods came back.
    pub enum Condition as ReturnCondition {
        /// Fit to be sold again.
        Good = "good",
        /// Not fit to be sold.
        Damaged = "damaged",
    }
}

/// Goods of an order that are to come back, or did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Return {
    /// The return's id.
    pub id: ReturnId,
    /// What they are of.
    pub order: OrderId,
    /// How far it has come.
    pub status: ReturnStatus,
    /// Which they are, by the order's lines.
    pub items: Vec<ReturnItem>,
    /// Why they are to come back.
    #[schema(example = "too small")]
    pub reason: Option<String>,
    /// Why they are not taken back.
    #[schema(example = json!(null))]
    pub reject_reason: Option<String>,
    /// The member who asked for it; none when the customer did. Customers do not see that.
    #[schema(example = json!(null))]
    pub requested_by: Option<UserId>,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The member who approved or rejected it. Customers do not see that.
    #[schema(example = json!(null))]
    pub decided_by: Option<UserId>,
    /// When it was approved or rejected.
    #[schema(example = json!(null))]
    pub decided_at: Option<Timestamp>,
    /// The member who received the goods. Customers do not see that.
    #[schema(example = json!(null))]
    pub received_by: Option<UserId>,
    /// When they were received.
    #[schema(example = json!(null))]
    pub received_at: Option<Timestamp>,
}

/// So many pieces of an order's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReturnItem {
    /// The order's line.
    pub item: LineId,
    /// How many pieces are to come back.
    #[schema(example = 1)]
    pub quantity: i64,
    /// How many came back and were put on the shelf.
    #[schema(example = 0)]
    pub good: i64,
    /// How many came back and were not.
    #[schema(example = 0)]
    pub damaged: i64,
}

/// Goods to return.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"items": [{"item": 1, "quantity": 1}], "reason": "too small"}))]
pub struct RequestReturn {
    /// Which: 1 to 200. The same line may stand there twice.
    #[validate(length(min = 1, max = 200), nested)]
    #[serde(deserialize_with = "crate::base::strict::objects")]
    #[schema(min_items = 1, max_items = 200)]
    pub items: Vec<ReturnWish>,
    /// Why.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// So many pieces of an order's line, to be returned.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReturnWish {
    /// The order's line: the `id` of one of its `items`.
    pub item: LineId,
    /// How many pieces.
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000, example = 1)]
    pub quantity: i64,
}

/// Why goods are not taken back.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"reason": "it was worn"}))]
pub struct RejectReturn {
    /// Why. The customer sees it.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Goods that came back.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"items": [{"item": 1, "quantity": 1, "condition": "good"}]}))]
pub struct ReceiveReturn {
    /// Which: 1 to 400. A line of which some are good and some are damaged stands there twice; what is not there did not come.
    #[validate(length(min = 1, max = 400), nested)]
    #[serde(deserialize_with = "crate::base::strict::objects")]
    #[schema(min_items = 1, max_items = 400)]
    pub items: Vec<ReceivedItem>,
}

/// So many pieces of an order's line, as they came back.
#[derive(Clone, Debug, Serialize, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReceivedItem {
    /// The order's line.
    pub item: LineId,
    /// How many pieces.
    #[validate(range(min = 1, max = 100_000))]
    #[schema(minimum = 1, maximum = 100_000, example = 1)]
    pub quantity: i64,
    /// How they came back: those that are good go on the shelf again.
    pub condition: Condition,
}

/// Why something cannot be done with an order's returns.
#[derive(Debug, thiserror::Error)]
pub enum ReturnError {
    /// The customer does not have it yet.
    #[error("only what was delivered can be returned, and this order was not")]
    NotDelivered,
    /// The vendor takes goods back for so many days only.
    #[error("goods can be returned for {days} days after delivery, and these are over; see until")]
    WindowOver {
        /// For how many.
        days: i64,
        /// When they were over.
        until: Timestamp,
    },
    /// The vendor does not take that back.
    #[error("that cannot be returned, or not like this; see errors")]
    NotReturnable(Vec<FieldError>),
    /// There are as many as there may be.
    #[error("the order has {MOST} returns already, which is as many as it may have")]
    TooMany,
    /// The workflow has no such move.
    #[error("a return that is {from} cannot become {to}; see allowed")]
    IllegalTransition {
        /// Where it is.
        from: ReturnStatus,
        /// Where it should go.
        to: ReturnStatus,
    },
}

impl Refusal for ReturnError {
    fn code(&self) -> Code {
        match self {
            Self::NotDelivered => Code::OrderNotDelivered,
            Self::WindowOver { .. } => Code::ReturnWindowOver,
            Self::NotReturnable(_) => Code::NotReturnable,
            Self::TooMany => Code::ReturnLimit,
            Self::IllegalTransition { .. } => Code::IllegalTransition,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::NotReturnable(errors) => errors.clone(),
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> serde_json::Map<String, serde_json::Value> {
        let members = match self {
            Self::IllegalTransition { from, to } => serde_json::json!({ "from": from, "to": to, "allowed": from.moves() }),
            Self::WindowOver { until, .. } => serde_json::json!({ "until": until }),
            _ => serde_json::Value::Null,
        };
        members.as_object().cloned().unwrap_or_default()
    }
}
