//! The one table of a return's moves.

use crate::base::text_enum::text_enum;

text_enum! {
    /// How far a return has come.
    pub enum ReturnStatus {
        /// Asked for.
        Requested = "requested",
        /// The goods may be sent back.
        Approved = "approved",
        /// The goods are back.
        Received = "received",
        /// The goods are not taken back.
        Rejected = "rejected",
    }
}

/// Every move there is, from here to there.
const MOVES: &[(ReturnStatus, ReturnStatus)] = &[
    (ReturnStatus::Requested, ReturnStatus::Approved),
    (ReturnStatus::Requested, ReturnStatus::Rejected),
    (ReturnStatus::Approved, ReturnStatus::Received),
    // Such as when they never arrive.
    (ReturnStatus::Approved, ReturnStatus::Rejected),
];

impl ReturnStatus {
    /// Where a return may go from here.
    pub fn moves(self) -> Vec<Self> {
        MOVES.iter().filter(|(from, _)| *from == self).map(|(_, to)| *to).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::ReturnStatus;

    #[test]
    fn every_status_is_reached_and_two_are_final() {
        for status in ReturnStatus::ALL {
            let is_reached = ReturnStatus::ALL.iter().any(|from| from.moves().contains(status));
            assert_eq!(is_reached, *status != ReturnStatus::Requested, "{status}");
            let is_final = matches!(status, ReturnStatus::Received | ReturnStatus::Rejected);
            assert_eq!(status.moves().is_empty(), is_final, "{status}");
        }
    }
}
