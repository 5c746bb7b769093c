//! The one table of an order's moves.

use crate::base::text_enum::text_enum;

text_enum! {
    /// How far an order has come.
    pub enum Status as OrderStatus {
        /// Placed.
        Pending = "pending",
        /// Accepted by the vendor.
        Confirmed = "confirmed",
        /// Being packed.
        Processing = "processing",
        /// On its way.
        Shipped = "shipped",
        /// With the customer.
        Delivered = "delivered",
        /// Delivered and paid: nothing is left to do.
        Completed = "completed",
        /// Called off; the stock has returned.
        Cancelled = "cancelled",
    }
}

text_enum! {
    /// What can be done with an order.
    pub enum Action {
        /// Accept it.
        Confirm = "confirm",
        /// Begin to pack it, which also accepts it.
        Process = "process",
        /// Send it off.
        Ship = "ship",
        /// Note that it has arrived.
        Deliver = "deliver",
        /// Close it; it must be paid.
        Complete = "complete",
        /// Call it off.
        Cancel = "cancel",
    }
}

text_enum! {
    /// Whether an order is paid.
    pub enum PaymentStatus {
        /// Nothing has been paid.
        Unpaid = "unpaid",
        /// Some has been paid.
        PartiallyPaid = "partially_paid",
        /// All has been paid, or nothing was to be.
        Paid = "paid",
        /// Some has been given back.
        PartiallyRefunded = "partially_refunded",
        /// All has been given back.
        Refunded = "refunded",
    }
}

text_enum! {
    /// Where the goods are.
    pub enum FulfillmentStatus {
        /// With the vendor.
        Unfulfilled = "unfulfilled",
        /// On their way.
        Shipped = "shipped",
        /// With the customer.
        Delivered = "delivered",
    }
}

impl PaymentStatus {
    /// What it is when so much of a total has been paid, and so much of that given back.
    pub fn of(paid: i64, refunded: i64, total: i64) -> Self {
        match (paid, refunded) {
            (_, 1..) if refunded >= paid => Self::Refunded,
            (_, 1..) => Self::PartiallyRefunded,
            _ if paid >= total => Self::Paid,
            (0, _) => Self::Unpaid,
            _ => Self::PartiallyPaid,
        }
    }
}

impl Status {
    /// Where the goods are then.
    pub fn fulfillment(self) -> FulfillmentStatus {
        match self {
            Self::Pending | Self::Confirmed | Self::Processing | Self::Cancelled => FulfillmentStatus::Unfulfilled,
            Self::Shipped => FulfillmentStatus::Shipped,
            Self::Delivered | Self::Completed => FulfillmentStatus::Delivered,
        }
    }
}

impl Action {
    /// Where an order is after it.
    pub const fn leads_to(self) -> Status {
        match self {
            Self::Confirm => Status::Confirmed,
            Self::Process => Status::Processing,
            Self::Ship => Status::Shipped,
            Self::Deliver => Status::Delivered,
            Self::Complete => Status::Completed,
            Self::Cancel => Status::Cancelled,
        }
    }
}

/// One move that an order may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// From here,
    pub from: Status,
    /// by this,
    pub action: Action,
    /// to there;
    pub to: Status,
    /// and whether the customer may make it.
    pub by_customer: bool,
}

const fn by_team(from: Status, action: Action) -> Move {
    Move { from, action, to: action.leads_to(), by_customer: false }
}

const fn by_both(from: Status, action: Action) -> Move {
    Move { from, action, to: action.leads_to(), by_customer: true }
}

/// Every move there is.
pub const MOVES: &[Move] = &[
    by_team(Status::Pending, Action::Confirm),
    by_team(Status::Pending, Action::Process),
    by_both(Status::Pending, Action::Cancel),
    by_team(Status::Confirmed, Action::Process),
    by_both(Status::Confirmed, Action::Cancel),
    by_team(Status::Processing, Action::Ship),
    by_team(Status::Processing, Action::Cancel),
    by_team(Status::Shipped, Action::Deliver),
    by_team(Status::Delivered, Action::Complete),
];

/// The moves from here, for somebody of the team or for the customer.
pub fn moves(from: Status, is_customer: bool) -> impl Iterator<Item = Move> {
    MOVES.iter().copied().filter(move |step| step.from == from && (step.by_customer || !is_customer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_reached_and_only_two_are_final() {
        for status in Status::ALL {
            assert!(*status == Status::Pending || MOVES.iter().any(|step| step.to == *status), "{status}");
            let is_final = matches!(status, Status::Completed | Status::Cancelled);
            assert_eq!(moves(*status, false).next().is_none(), is_final, "{status}");
        }
    }

    #[test]
    fn a_pair_of_statuses_has_at_most_one_move() {
        for (index, step) in MOVES.iter().enumerate() {
            assert!(MOVES[index + 1..].iter().all(|other| (other.from, other.to) != (step.from, step.to)));
            assert!(MOVES[index + 1..].iter().all(|other| (other.from, other.action) != (step.from, step.action)));
        }
    }

    #[test]
    fn an_order_is_paid_when_nothing_is_left_to_pay() {
        let statuses = [(0, 0), (0, 1), (1, 2), (99, 100), (100, 100)].map(|(paid, total)| PaymentStatus::of(paid, 0, total).as_str());
        assert_eq!(statuses, ["paid", "unpaid", "partially_paid", "partially_paid", "paid"]);
    }

    #[test]
    fn an_order_is_refunded_when_all_that_was_paid_was_given_back() {
        let cases = [(100, 1, 100), (100, 99, 100), (100, 100, 100), (20, 1, 100), (20, 20, 100)];
        let statuses = cases.map(|(paid, refunded, total)| PaymentStatus::of(paid, refunded, total).as_str());
        assert_eq!(statuses, ["partially_refunded", "partially_refunded", "refunded", "partially_refunded", "refunded"]);
    }

    #[test]
    fn a_customer_may_only_cancel() {
        let own: Vec<_> = Status::ALL.iter().flat_map(|from| moves(*from, true)).map(|step| (step.from, step.action)).collect();
        assert_eq!(own, [(Status::Pending, Action::Cancel), (Status::Confirmed, Action::Cancel)]);
    }
}
