//! A member, as the team sees them.

use crate::base::id::{RoleId, UserId};
use crate::base::patch::given;
use crate::base::time::Timestamp;
use crate::identity::roles::RoleRef;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// A member of the vendor's team.
#[derive(Debug, Serialize, ToSchema)]
pub struct Member {
    /// The user's id.
    #[schema(example = 3)]
    pub id: UserId,
    /// The name they sign in with.
    #[schema(example = "vendor1_staff2")]
    pub username: String,
    /// Where mail reaches them.
    #[schema(example = "vendor1_staff2@vendor1.example.com")]
    pub email: Option<String>,
    /// First name; may be empty.
    #[schema(example = "Robin")]
    pub first_name: String,
    /// Last name; may be empty.
    #[schema(example = "Staff")]
    pub last_name: String,
    /// Their role.
    pub role: RoleRef,
    /// Whether they may sign in here.
    pub is_active: bool,
    /// The user who invited them, if they came by invitation.
    pub invited_by: Option<UserId>,
    /// Goes up with every change of their place in the team.
    pub version: i64,
    /// Since when they are in the team.
    pub joined_at: Timestamp,
}

/// What to change about a member. What is absent stays.
#[derive(Clone, Copy, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"role_id": 3}))]
pub struct EditMember {
    /// Their new role; you must have all its permissions yourself.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = RoleId)]
    pub role_id: Option<RoleId>,
    /// Whether they may sign in here. Switched off, they are signed out at once, and their open orders go back to nobody.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub is_active: Option<bool>,
}

/// Which members to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MemberQuery {
    /// Only those with this role.
    #[param(value_type = Option<i64>, example = 5)]
    pub role: Option<RoleId>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}
