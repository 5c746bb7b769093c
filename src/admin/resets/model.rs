//! A mass reset of passwords.

use crate::base::id::{PasswordResetId, UserId, VendorId};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// Whose passwords to take: those of the users who meet all that is said, which must be something. Operators keep theirs.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"vendor_id": 2, "reason": "a laptop was stolen"}))]
pub struct NewPasswordReset {
    /// Everybody in the team of this vendor.
    pub vendor_id: Option<VendorId>,
    /// Everybody whose user name or e-mail address begins like this.
    #[validate(length(min = 1, max = 254), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 254)]
    pub q: Option<String>,
    /// Really everybody on the platform.
    #[serde(default)]
    pub everybody: bool,
    /// For the record.
    #[validate(length(min = 1, max = 500), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// Whose passwords are taken, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub vendor: Option<VendorId>,
    pub prefix: Option<String>,
}

text_enum! {
    /// How far a mass reset is.
    pub enum ResetStatus as PasswordResetStatus {
        /// It works through the users.
        Running = "running",
        /// It is done.
        Completed = "completed",
    }
}

/// A mass reset of passwords.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PasswordReset {
    /// Its id.
    pub id: PasswordResetId,
    /// The operator who began it.
    pub operator_id: UserId,
    /// Why.
    #[schema(example = "a laptop was stolen")]
    pub reason: String,
    /// The vendor whose team it is about, if it is about one.
    pub vendor_id: Option<VendorId>,
    /// How the names begin that it is about, if that was said.
    #[schema(example = json!(null))]
    pub q: Option<String>,
    /// How far it is.
    pub status: ResetStatus,
    /// How many users it is about.
    #[schema(example = 3)]
    pub total: i64,
    /// How many have lost their passwords.
    #[schema(example = 3)]
    pub done: i64,
    /// How many of these are sent a letter; whom no mail reaches needs an operator.
    #[schema(example = 3)]
    pub mailed: i64,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was done.
    pub finished_at: Option<Timestamp>,
}
