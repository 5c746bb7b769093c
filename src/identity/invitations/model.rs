//! An invitation, as the team sees it, and as the one who is invited does.

use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::{InvitationId, RoleId, UserId};
use crate::base::shape::{Email, Username};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use crate::base::valid;
use crate::identity::model::{Password, VendorRef};
use crate::identity::roles::RoleRef;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

text_enum! {
    /// What has become of an invitation.
    pub enum InvitationStatus {
        /// It can be accepted.
        Open = "open",
        /// Somebody came in by it.
        Accepted = "accepted",
        /// It was withdrawn.
        Revoked = "revoked",
        /// It was not accepted in time.
        Expired = "expired",
    }
}

/// Whom to invite, as what.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "dora@example.com", "role_id": 5}))]
pub struct Invite {
    /// Where the invitation is sent to.
    #[validate(custom(function = valid::email))]
    #[schema(value_type = Email)]
    pub email: String,
    /// The role they will have; you must have all its permissions yourself.
    pub role_id: RoleId,
}

/// An invitation, as the team sees it. Its token is told to nobody but the one who is invited.
#[derive(Debug, Serialize, ToSchema)]
pub struct Invitation {
    /// The invitation's id.
    pub id: InvitationId,
    /// Where it was sent to.
    #[schema(example = "nora@vendor1.example.com")]
    pub email: String,
    /// The role they will have.
    pub role: RoleRef,
    /// What has become of it.
    pub status: InvitationStatus,
    /// The user who invited them.
    #[schema(example = 1)]
    pub invited_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last sent.
    pub sent_at: Timestamp,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
    /// When it was accepted.
    pub accepted_at: Option<Timestamp>,
    /// The user who came in by it.
    pub accepted_by: Option<UserId>,
}

/// Which invitations to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct InvitationQuery {
    /// Only those of which this has become.
    #[param(example = "open")]
    pub status: Option<InvitationStatus>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}

/// An invitation, as the one who is invited sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Welcome {
    /// The vendor whose team it is.
    pub vendor: VendorRef,
    /// The shop's name.
    #[schema(example = "Alice's Watches")]
    pub vendor_name: String,
    /// The address that was invited.
    #[schema(example = "nora@vendor1.example.com")]
    pub email: String,
    /// The name of the role.
    #[schema(example = "Staff")]
    pub role: String,
    /// Whether somebody with this address has an account already, whose password it takes; otherwise one is made.
    pub has_account: bool,
    /// Until when it can be accepted.
    pub expires_at: Timestamp,
}

/// Who comes in: somebody new says how they will sign in; somebody with an account their password, or, signed in, nothing.
#[derive(Clone, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "nora", "password": "password123", "first_name": "Nora"}))]
pub struct Accept {
    /// For a new account, the name to sign in with.
    #[validate(length(min = 1, max = 150), custom(function = valid::username))]
    #[schema(value_type = Option<Username>)]
    pub username: Option<String>,
    /// The password: of the account, or the new account's, then 8 to 128 characters.
    #[validate(length(min = 8, max = 128))]
    pub password: Option<Password>,
    /// First name, for a new account.
    #[serde(default)]
    #[validate(length(max = 150))]
    #[schema(max_length = 150)]
    pub first_name: String,
    /// Last name, for a new account.
    #[serde(default)]
    #[validate(length(max = 150))]
    #[schema(max_length = 150)]
    pub last_name: String,
}

/// Somebody who has come in. They sign in next.
#[derive(Debug, Serialize, ToSchema)]
pub struct Accepted {
    /// The user's id.
    pub id: UserId,
    /// The name they sign in with.
    #[schema(example = "nora")]
    pub username: String,
    /// Where mail reaches them.
    #[schema(example = "nora@vendor1.example.com")]
    pub email: Option<String>,
    /// The vendor whose team they are in now.
    pub vendor: VendorRef,
    /// Their role.
    pub role: RoleRef,
    /// Whether the account was made for this.
    pub is_new: bool,
}

/// Why an invitation cannot be made or accepted.
#[derive(Clone, Copy, Debug, thiserror::Error)]
pub enum InvitationError {
    /// It was used, withdrawn, or is too old.
    #[error("this invitation has been used or withdrawn, or is too old; ask for a new one")]
    Over,
    /// They are in the team.
    #[error("they are in the team already, though perhaps switched off")]
    AlreadyMember,
    /// An open invitation went to the address.
    #[error("this address has an open invitation; send it again, or withdraw it first")]
    AlreadyInvited,
    /// Operators belong to no vendor.
    #[error("an operator of the platform cannot be in a vendor's team")]
    OperatorsStayOut,
}

impl Refusal for InvitationError {
    fn code(&self) -> Code {
        match self {
            Self::Over => Code::InvitationOver,
            Self::AlreadyMember => Code::AlreadyMember,
            Self::AlreadyInvited => Code::AlreadyInvited,
            Self::OperatorsStayOut => Code::PermissionDenied,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::AlreadyInvited => vec![FieldError::new("/email", "taken", self)],
            _ => Vec::new(),
        }
    }
}
