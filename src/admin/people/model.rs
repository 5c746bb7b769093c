//! People, as operators see them.

use crate::base::id::{UserId, VendorId};
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A user, in a few words.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct UserRef {
    /// The user's id.
    pub id: UserId,
    /// The name they sign in with.
    #[schema(example = "owner1")]
    pub username: String,
    /// Where mail reaches them.
    #[schema(example = "owner1@vendor1.example.com")]
    pub email: Option<String>,
}

/// Somebody's place in a vendor's team, as operators see it.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamMember {
    /// The user.
    pub user: UserRef,
    /// First name; may be empty.
    #[schema(example = "Sam")]
    pub first_name: String,
    /// Last name; may be empty.
    #[schema(example = "Staff")]
    pub last_name: String,
    /// The name of their role.
    #[schema(example = "Staff")]
    pub role: String,
    /// Whether the place in this team is theirs at the moment.
    pub is_active: bool,
    /// Whether the user may sign in at all.
    pub is_user_active: bool,
    /// Since when they are in the team.
    pub joined_at: Timestamp,
}

/// A user, as operators see them.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserRecord {
    /// The user's id.
    pub id: UserId,
    /// The name they sign in with.
    #[schema(example = "owner1")]
    pub username: String,
    /// Where mail reaches them.
    #[schema(example = "owner1@vendor1.example.com")]
    pub email: Option<String>,
    /// First name; may be empty.
    #[schema(example = "Alice")]
    pub first_name: String,
    /// Last name; may be empty.
    #[schema(example = "Owner")]
    pub last_name: String,
    /// Whether they may sign in.
    pub is_active: bool,
    /// Whether they run the platform.
    pub is_operator: bool,
    /// Whether they have yet to set a password of their own.
    pub must_change_password: bool,
    /// The teams they are in.
    pub memberships: Vec<TeamPlace>,
    /// Since when there is this user.
    pub created_at: Timestamp,
    /// When they last changed.
    pub updated_at: Timestamp,
}

/// A team that a user is in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TeamPlace {
    /// The vendor's id.
    pub vendor_id: VendorId,
    /// Its name.
    #[schema(example = "Alice's Watches")]
    pub vendor_name: String,
    /// Its domain.
    #[schema(example = "vendor1.example.com")]
    pub vendor_domain: String,
    /// The name of their role there.
    #[schema(example = "Owner")]
    pub role: String,
    /// Whether the place is theirs at the moment.
    pub is_active: bool,
}

/// Which users to list.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// How the user name or the e-mail address begins.
    #[validate(length(min = 1, max = 254))]
    #[param(min_length = 1, max_length = 254, example = "owner")]
    pub q: Option<String>,
    /// Only those in the team of this vendor.
    #[validate(range(min = 1))]
    #[param(minimum = 1, example = 1)]
    pub vendor: Option<i64>,
    /// Only those who may sign in, or only those who may not.
    pub is_active: Option<bool>,
    /// Only operators, or only others.
    pub is_operator: Option<bool>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}

/// What to change about a user.
#[derive(Clone, Copy, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"is_active": false}))]
pub struct EditUser {
    /// Whether they may sign in. Who may not is out at once, everywhere.
    pub is_active: bool,
}
