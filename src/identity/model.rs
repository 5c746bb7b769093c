//! What people send to sign up and in, and what they get.

use crate::access::{Permission, Role};
use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::{UserId, VendorId};
use crate::base::patch::{Patch, given};
use crate::base::shape::{Email, Username};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use crate::base::valid;
use crate::db::Error;
use crate::problem::Problem;
use secrecy::SecretString;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;
use validator::{Validate, ValidateLength};

/// A password on its way in: never shown, never logged.
#[derive(Clone, Debug, ToSchema)]
#[schema(value_type = String, format = Password, min_length = 8, max_length = 128, example = "password123")]
pub struct Password(pub SecretString);

impl<'de> Deserialize<'de> for Password {
    /// Says what is wrong without repeating what was sent.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text.into())),
            _ => Err(D::Error::custom("must be a string")),
        }
    }
}

impl Serialize for Password {
    /// What is wrong with a password may be told; the password never is.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("[redacted]")
    }
}

impl ValidateLength<u64> for Password {
    fn length(&self) -> Option<u64> {
        use secrecy::ExposeSecret;
        Some(self.0.expose_secret().chars().count() as u64)
    }
}

text_enum! {
    /// What somebody registers as.
    pub enum RegisterAs {
        /// Opens a shop.
        Owner = "owner",
        /// Joins a team.
        Staff = "staff",
        /// Becomes a customer.
        Customer = "customer",
    }
}

/// Somebody new.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "dora", "password": "password123", "role": "customer", "email": "dora@example.com", "first_name": "Dora"}))]
pub struct Register {
    /// The name to sign in with: letters, digits and `@ . + - _`. Unique over all users; for a customer, within the vendor.
    #[validate(length(min = 1, max = 150), custom(function = valid::username))]
    #[schema(value_type = Username)]
    pub username: String,
    /// 8 to 128 characters.
    #[validate(length(min = 8, max = 128))]
    pub password: Password,
    /// What to register as.
    pub role: RegisterAs,
    /// Where mail reaches them.
    #[validate(custom(function = valid::email))]
    #[schema(value_type = Option<Email>)]
    pub email: Option<String>,
    /// For an owner, the domain of the new shop; for others, another way to name the vendor.
    #[validate(length(min = 1, max = 253), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 253)]
    pub vendor_domain: Option<String>,
    /// First name.
    #[serde(default)]
    #[validate(length(max = 150))]
    #[schema(max_length = 150)]
    pub first_name: String,
    /// Last name.
    #[serde(default)]
    #[validate(length(max = 150))]
    #[schema(max_length = 150)]
    pub last_name: String,
    /// The token of an invitation to a team.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    pub invitation_token: Option<String>,
}

/// Somebody who has just registered.
#[derive(Debug, Serialize, ToSchema)]
pub struct Registered {
    /// The id as user or customer.
    #[schema(example = 4)]
    pub id: i64,
    /// The name to sign in with.
    #[schema(example = "dora")]
    pub username: String,
    /// Where mail reaches them.
    #[schema(example = "dora@example.com")]
    pub email: Option<String>,
    /// What they registered as.
    pub role: RegisterAs,
    /// First name; may be empty.
    #[schema(example = "Dora")]
    pub first_name: String,
    /// Last name; may be empty.
    #[schema(example = "")]
    pub last_name: String,
    /// The vendor they belong to.
    pub vendor: VendorRef,
}

/// A vendor, by id and domain.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VendorRef {
    /// The vendor's id.
    pub id: VendorId,
    /// Its domain.
    #[schema(example = "vendor1.example.com")]
    pub domain: String,
}

/// Who wants to sign in: by name or by e-mail address.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"username": "vendor1_customer1", "password": "password123"}))]
pub struct Login {
    /// The name.
    #[validate(length(min = 1, max = 254), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 254)]
    pub username: Option<String>,
    /// Or the e-mail address.
    #[validate(length(min = 1, max = 254), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 254)]
    pub email: Option<String>,
    /// The password.
    #[validate(length(max = 1024))]
    pub password: Password,
    /// A password of one's own, where the present one was given by somebody else (403 `password_change_required`): 8 to 128
    /// characters.
    #[validate(length(min = 8, max = 128))]
    #[schema(value_type = Option<Password>)]
    pub new_password: Option<Password>,
    /// The code of your authenticator, or a recovery code, if you have a second factor.
    #[validate(length(min = 1, max = 64), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 64)]
    pub totp_code: Option<String>,
}

/// A refresh token.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"refresh": "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9…"}))]
pub struct Refresh {
    /// The token.
    #[validate(length(min = 1, max = 4096), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 4096)]
    pub refresh: String,
}

/// Tokens to call with.
#[derive(Serialize, ToSchema)]
pub struct TokenPair {
    /// The access token: send it as `Authorization: Bearer …`.
    pub access: String,
    /// The refresh token: good once, for the next pair.
    pub refresh: String,
    /// How the access token is sent.
    #[schema(example = "Bearer")]
    pub token_type: &'static str,
    /// How long the access token is good, in seconds.
    #[schema(example = 900)]
    pub expires_in: i64,
    /// Whose tokens they are.
    pub user: Me,
}

/// The person a token speaks for.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Me {
    /// The id as user or customer.
    #[schema(example = 1)]
    pub id: i64,
    /// The name they sign in with.
    #[schema(example = "owner1")]
    pub username: String,
    /// Where mail reaches them.
    #[schema(example = "owner1@vendor1.example.com")]
    pub email: Option<String>,
    /// Whether they have proved that mail reaches them there; users only.
    #[schema(example = true)]
    pub email_verified: Option<bool>,
    /// Whether signing in takes a second factor; users only.
    #[schema(example = false)]
    pub totp_enabled: Option<bool>,
    /// First name; may be empty.
    #[schema(example = "Alice")]
    pub first_name: String,
    /// Last name; may be empty.
    #[schema(example = "Owner")]
    pub last_name: String,
    /// Where they can be called; customers only.
    pub phone: Option<String>,
    /// What they are at this vendor.
    pub role: Role,
    /// What a member may do there.
    pub permissions: Vec<Permission>,
    /// The vendor; none for an operator.
    pub vendor: Option<VendorRef>,
}

/// What to change about oneself. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"first_name": "Alice"}))]
pub struct EditMe {
    /// First name.
    #[validate(length(max = 150))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, max_length = 150)]
    pub first_name: Option<String>,
    /// Last name.
    #[validate(length(max = 150))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, max_length = 150)]
    pub last_name: Option<String>,
    /// Where mail reaches you.
    #[validate(custom(function = valid::patched_email))]
    #[serde(default)]
    #[schema(value_type = Option<Email>)]
    pub email: Patch<String>,
    /// Where you can be called; customers only.
    #[validate(length(min = 1, max = 50), custom(function = valid::patched_not_blank))]
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 50)]
    pub phone: Patch<String>,
    /// Your password: needed to change the e-mail address, for it decides who gets back in when the password is forgotten.
    #[serde(default, deserialize_with = "given")]
    #[validate(length(max = 1024))]
    #[schema(value_type = Password)]
    pub current_password: Option<Password>,
}

/// A change of password.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    #[validate(length(max = 1024))]
    pub current_password: Password,
    /// The new one: 8 to 128 characters.
    #[validate(length(min = 8, max = 128))]
    pub new_password: Password,
}

/// Somebody orders may be assigned to.
#[derive(Debug, Serialize, ToSchema)]
pub struct StaffMember {
    /// The user's id: what `staff_id` takes.
    pub id: UserId,
    /// The name they sign in with.
    #[schema(example = "vendor1_staff1")]
    pub username: String,
    /// Where mail reaches them.
    pub email: Option<String>,
    /// First name; may be empty.
    #[schema(example = "Sam")]
    pub first_name: String,
    /// Last name; may be empty.
    #[schema(example = "Staff")]
    pub last_name: String,
    /// The name of their role.
    #[schema(example = "Staff")]
    pub role: String,
    /// Since when they are in the team.
    pub joined_at: Timestamp,
}

/// Why somebody cannot sign up or in.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// Somebody has the name.
    #[error("somebody else has this user name; choose another")]
    UsernameTaken,
    /// Somebody has the address.
    #[error("somebody else has this e-mail address; sign in, or use another")]
    EmailTaken,
    /// One answer for an unknown name and a wrong password.
    #[error("the name or the password is wrong")]
    InvalidCredentials,
    /// The platform opens shops itself.
    #[error("shops are opened by the platform; ask its operators")]
    SignupClosed,
    /// Staff are taken on by the vendor.
    #[error("joining a team needs an invitation, or somebody of the team who may invite and has all rights of the role")]
    NotInvited,
    /// They wanted to go to a vendor whose team they are not in.
    #[error("you are not in the team of this vendor, or not any more")]
    NotInTeam,
    /// Somebody else knows their password.
    #[error("your password was given to you for the first time only; sign in with new_password, one of your own, too")]
    PasswordChangeRequired,
    /// The session is over.
    #[error("this session has ended; sign in again")]
    SessionEnded,
    /// A refresh token came a second time: somebody may have stolen it.
    #[error("this refresh token was used before; the session has been ended, sign in again")]
    TokenReused,
    /// Several vendors, and none named.
    #[error("you belong to several vendors; name one as X-Tenant-Domain")]
    VendorChoiceRequired(Vec<VendorRef>),
}

impl IdentityError {
    /// What it means when the table refuses a name or an address; other errors pass.
    pub fn of_conflict(error: Error) -> Problem {
        match error {
            Error::Unique(constraint) if constraint.contains("email_key") => Self::EmailTaken.into(),
            Error::Unique(constraint) if constraint.contains("username_key") => Self::UsernameTaken.into(),
            other => other.into(),
        }
    }
}

impl Refusal for IdentityError {
    fn code(&self) -> Code {
        match self {
            Self::UsernameTaken => Code::UsernameTaken,
            Self::EmailTaken => Code::EmailTaken,
            Self::InvalidCredentials => Code::InvalidCredentials,
            Self::SignupClosed => Code::SignupClosed,
            Self::NotInvited | Self::NotInTeam => Code::PermissionDenied,
            Self::PasswordChangeRequired => Code::PasswordChangeRequired,
            Self::SessionEnded => Code::SessionEnded,
            Self::TokenReused => Code::TokenReused,
            Self::VendorChoiceRequired(_) => Code::VendorChoiceRequired,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::UsernameTaken => vec![FieldError::new("/username", "taken", self)],
            Self::EmailTaken => vec![FieldError::new("/email", "taken", self)],
            _ => Vec::new(),
        }
    }

    fn extra(&self) -> serde_json::Map<String, Value> {
        match self {
            Self::VendorChoiceRequired(vendors) => {
                std::iter::once(("vendors".to_owned(), serde_json::to_value(vendors).unwrap_or_default())).collect()
            }
            _ => serde_json::Map::new(),
        }
    }
}
