//! The words of the audit log, and an entry as the world sees it.

use crate::access::ActorKind;
use crate::base::id::{ApiKeyId, UserId, VendorId};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

text_enum! {
    /// What was done to the control plane. What is done to a vendor's own data goes by the name of its event.
    pub enum Action {
        /// A shop was opened.
        VendorCreated = "vendor.created",
        /// Its profile or its settings were changed.
        VendorUpdated = "vendor.updated",
        /// It was closed by an operator.
        VendorSuspended = "vendor.suspended",
        /// It was opened again.
        VendorResumed = "vendor.resumed",
        /// A shop asked for a domain.
        DomainAdded = "domain.added",
        /// A domain was found to be the shop's.
        DomainVerified = "domain.verified",
        /// A domain was given up.
        DomainRemoved = "domain.removed",
        /// Somebody got an account.
        UserCreated = "user.created",
        /// An account was changed.
        UserUpdated = "user.updated",
        /// Somebody changed their password.
        PasswordChanged = "user.password_changed",
        /// A password was set anew.
        PasswordReset = "user.password_reset",
        /// The passwords of many were taken away.
        PasswordsReset = "users.passwords_reset",
        /// An e-mail address was found to be somebody's.
        EmailVerified = "user.email_verified",
        /// Somebody signs in with a second factor from now on.
        SecondFactorEnabled = "user.second_factor_enabled",
        /// Somebody no longer does.
        SecondFactorDisabled = "user.second_factor_disabled",
        /// Somebody got new recovery codes.
        RecoveryCodesRenewed = "user.recovery_codes_renewed",
        /// A session was ended from elsewhere.
        SessionRevoked = "session.revoked",
        /// Somebody became an operator.
        OperatorCreated = "operator.created",
        /// An operator signed in.
        OperatorSignedIn = "operator.signed_in",
        /// Somebody tried to sign in as an operator, with a wrong password.
        OperatorSignInFailed = "operator.sign_in_failed",
        /// An operator signed in as a member of a team.
        ImpersonationStarted = "impersonation.started",
        /// They left again.
        ImpersonationEnded = "impersonation.ended",
        /// Somebody came into a team.
        MemberJoined = "member.joined",
        /// Somebody's place in a team was changed.
        MemberUpdated = "member.updated",
        /// Somebody was taken out of a team.
        MemberRemoved = "member.removed",
        /// A role was made.
        RoleCreated = "role.created",
        /// A role was changed.
        RoleUpdated = "role.updated",
        /// A role was deleted.
        RoleDeleted = "role.deleted",
        /// Somebody was invited into a team.
        InvitationCreated = "invitation.created",
        /// An invitation was sent again.
        InvitationResent = "invitation.resent",
        /// An invitation was taken back.
        InvitationRevoked = "invitation.revoked",
        /// An invitation was accepted.
        InvitationAccepted = "invitation.accepted",
        /// An API key was made.
        ApiKeyCreated = "api_key.created",
        /// An API key was renamed.
        ApiKeyUpdated = "api_key.updated",
        /// An API key was revoked.
        ApiKeyRevoked = "api_key.revoked",
    }
}

text_enum! {
    /// What it was done to, in the control plane.
    pub enum Target as AuditTarget {
        /// The platform as a whole; its id is 0.
        Platform = "platform",
        /// A vendor.
        Vendor = "vendor",
        /// A domain of a vendor.
        Domain = "domain",
        /// A user: a member's is the user's id, too.
        User = "user",
        /// A session.
        Session = "session",
        /// A role.
        Role = "role",
        /// An invitation.
        Invitation = "invitation",
        /// An API key.
        ApiKey = "api_key",
    }
}

/// Something that was done to the control plane.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The vendor whom it concerns: its people see it.
    pub vendor: Option<VendorId>,
    /// What was done.
    pub action: Action,
    /// To what, and its id.
    pub target: (Target, i64),
    /// What it was before; null when there was nothing. Of what is changed, the whole: what stays the same is left out.
    pub before: Value,
    /// What it is after; null when there is nothing.
    pub after: Value,
}

impl Entry {
    /// Something whose before and after are nobody's business, such as a password.
    pub fn without_values(vendor: Option<VendorId>, action: Action, target: (Target, i64)) -> Self {
        Self { vendor, action, target, before: Value::Null, after: Value::Null }
    }
}

/// What became of something of a vendor's.
#[derive(Clone, Copy, Debug)]
pub enum Change<'a, T> {
    /// It was made.
    Made(&'a T),
    /// It was one thing, and is another.
    Edited(&'a T, &'a T),
    /// It is gone.
    Gone(&'a T),
}

/// One thing that somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEntry {
    /// The entry's id: the chain it is in (`vendor` or `platform`), and its position there.
    #[schema(example = "vendor-12")]
    pub id: String,
    /// When it happened.
    pub occurred_at: Timestamp,
    /// What kind of somebody did it.
    pub actor: ActorKind,
    /// Their id as user.
    #[schema(example = 1)]
    pub actor_id: Option<i64>,
    /// The operator who had signed in as them.
    #[schema(example = json!(null))]
    pub impersonated_by: Option<UserId>,
    /// The API key that it was done with.
    #[schema(example = json!(null))]
    pub api_key: Option<ApiKeyId>,
    /// The network address that they called from; operators' are not shown to vendors.
    #[schema(example = "192.0.2.1")]
    pub address: Option<String>,
    /// The request that did it, as in its `X-Request-Id`.
    #[schema(example = "4ff54815d26b1c19f1d8432d9fb8afaf")]
    pub request_id: Option<String>,
    /// The vendor whom it concerns.
    pub vendor: Option<VendorId>,
    /// What was done.
    #[schema(example = "product.updated")]
    pub action: String,
    /// To what.
    #[schema(example = "product")]
    pub target: String,
    /// Its id.
    #[schema(example = 1)]
    pub target_id: i64,
    /// What it was before; of an edit, what changed.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub before: Value,
    /// What it is after; of an edit, what changed.
    #[schema(value_type = Option<BTreeMap<String, Value>>)]
    pub after: Value,
}

/// Which entries to list.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Whose: the id of a user.
    #[param(value_type = Option<i64>, example = 1)]
    pub actor: Option<UserId>,
    /// What was done.
    #[validate(length(min = 1, max = 100))]
    #[param(min_length = 1, max_length = 100, example = "product.updated")]
    pub action: Option<String>,
    /// To what: a kind, and an id after a colon.
    #[validate(length(min = 1, max = 100))]
    #[param(min_length = 1, max_length = 100, example = "product:1")]
    pub target: Option<String>,
    /// Only what happened at this instant or later.
    #[param(value_type = Option<Timestamp>, inline, example = "2026-01-01T00:00:00Z")]
    pub after: Option<Timestamp>,
    /// Only what happened before this instant.
    #[param(value_type = Option<Timestamp>, inline, example = "2100-01-01T00:00:00Z")]
    pub before: Option<Timestamp>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}

/// Which entries of the platform's to list.
#[derive(Clone, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PlatformAuditQuery {
    /// About which vendor.
    #[param(value_type = Option<i64>, example = 1)]
    pub vendor: Option<VendorId>,
    /// Whose: the id of a user.
    #[param(value_type = Option<i64>, example = 1)]
    pub actor: Option<UserId>,
    /// What was done.
    #[validate(length(min = 1, max = 100))]
    #[param(min_length = 1, max_length = 100, example = "vendor.updated")]
    pub action: Option<String>,
    /// Only what happened at this instant or later.
    #[param(value_type = Option<Timestamp>, inline, example = "2026-01-01T00:00:00Z")]
    pub after: Option<Timestamp>,
    /// Only what happened before this instant.
    #[param(value_type = Option<Timestamp>, inline, example = "2100-01-01T00:00:00Z")]
    pub before: Option<Timestamp>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}
