//! The catalogue of events.

use crate::access::ActorKind;
use crate::base::id::EventId;
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

text_enum! {
    /// What an event is about.
    pub enum Resource {
        /// A customer.
        Customer = "customer",
        /// A product.
        Product = "product",
        /// An order.
        Order = "order",
        /// The vendor's settings; their id is the vendor's.
        Settings = "settings",
    }
}

text_enum! {
    /// What happened.
    pub enum EventKind {
        /// Somebody became a customer.
        CustomerRegistered = "customer.registered",
        /// A customer's profile or addresses were changed.
        CustomerUpdated = "customer.updated",
        /// All that told who a customer is was taken away.
        CustomerAnonymized = "customer.anonymized",
        /// A product was added.
        ProductCreated = "product.created",
        /// A product was changed.
        ProductUpdated = "product.updated",
        /// A product's stock was corrected by hand.
        ProductStockChanged = "product.stock_changed",
        /// A product was archived, for orders refer to it.
        ProductArchived = "product.archived",
        /// A product was deleted.
        ProductDeleted = "product.deleted",
        /// An order was placed.
        OrderPlaced = "order.placed",
        /// An order moved on.
        OrderStatusChanged = "order.status_changed",
        /// An order was given to somebody, or taken away.
        OrderAssigned = "order.assigned",
        /// A payment for an order was recorded.
        PaymentRecorded = "payment.recorded",
        /// A payment was found to be none.
        PaymentVoided = "payment.voided",
        /// Somebody asked to return goods.
        ReturnRequested = "return.requested",
        /// Goods may be sent back.
        ReturnApproved = "return.approved",
        /// Goods are not taken back.
        ReturnRejected = "return.rejected",
        /// Goods came back.
        ReturnReceived = "return.received",
        /// Money was given back.
        RefundCreated = "refund.created",
        /// The vendor's settings were changed.
        SettingsUpdated = "settings.updated",
    }
}

impl EventKind {
    /// What the event is about.
    pub fn resource(self) -> Resource {
        match self {
            Self::CustomerRegistered | Self::CustomerUpdated | Self::CustomerAnonymized => Resource::Customer,
            Self::ProductCreated | Self::ProductUpdated | Self::ProductStockChanged | Self::ProductArchived | Self::ProductDeleted => {
                Resource::Product
            }
            // What is paid, comes back and is given back is part of the order's history.
            Self::OrderPlaced
            | Self::OrderStatusChanged
            | Self::OrderAssigned
            | Self::PaymentRecorded
            | Self::PaymentVoided
            | Self::ReturnRequested
            | Self::ReturnApproved
            | Self::ReturnRejected
            | Self::ReturnReceived
            | Self::RefundCreated => Resource::Order,
            Self::SettingsUpdated => Resource::Settings,
        }
    }
}

/// One entry of a resource's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryEntry {
    /// The event's id; entries are in the order of these.
    pub id: EventId,
    /// What happened.
    #[serde(rename = "type")]
    pub kind: EventKind,
    /// What kind of somebody did it.
    pub actor: ActorKind,
    /// Their id as user or customer. Customers see only their own.
    #[schema(example = 2)]
    pub actor_id: Option<i64>,
    /// What changed; its members depend on the type.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub data: Value,
    /// When it happened.
    pub occurred_at: Timestamp,
}
