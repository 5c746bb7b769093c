//! Roles and permissions, as the team sees them.

use crate::access::Permission;
use crate::base::id::RoleId;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// A role of the vendor's team.
#[derive(Debug, Serialize, ToSchema)]
pub struct TeamRole {
    /// The role's id: what `role_id` takes.
    #[schema(example = 6)]
    pub id: RoleId,
    /// Its name.
    #[schema(example = "Packer")]
    pub name: String,
    /// Whether it is one of the five that every vendor has, and nobody can change.
    #[schema(example = false)]
    pub is_builtin: bool,
    /// What whoever has it may do.
    pub permissions: Vec<Permission>,
    /// Goes up with every change.
    pub version: i64,
}

/// A role, by id and name.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RoleRef {
    /// The role's id.
    #[schema(example = 5)]
    pub id: RoleId,
    /// Its name.
    #[schema(example = "Staff")]
    pub name: String,
}

/// A role to be, whole.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Buyer", "permissions": ["products.view", "products.create", "imports.view"]}))]
pub struct RoleForm {
    /// Its name: unique among the vendor's roles, whatever the case.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// What whoever has it may do; you must have all of it yourself.
    #[validate(length(max = 100))]
    #[schema(max_items = 100)]
    pub permissions: Vec<Permission>,
}

/// A permission, explained.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedPermission {
    /// Its name, as roles have it.
    pub name: Permission,
    /// What it is about: the part of the name before the dot.
    #[schema(example = "team")]
    pub area: &'static str,
    /// What it allows.
    #[schema(example = "See the team.")]
    pub description: &'static str,
}

impl ExplainedPermission {
    /// All there are.
    pub fn all() -> Vec<Self> {
        let explain = |name: &Permission| Self {
            name: *name,
            area: name.as_str().split('.').next().unwrap_or_default(),
            description: name.meaning(),
        };
        Permission::ALL.iter().map(explain).collect()
    }
}
