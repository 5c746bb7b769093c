//! What people send to get back in and to prove an address.

use crate::access::Subject;
use crate::base::code::FieldError;
use crate::base::id::VendorId;
use crate::base::text_enum::text_enum;
use crate::base::valid;
use crate::identity::model::Password;
use crate::problem::Problem;
use serde::Deserialize;
use utoipa::ToSchema;
use validator::Validate;

text_enum! {
    /// What a mailed token is good for.
    pub enum TokenKind {
        /// To choose a new password.
        PasswordReset = "password_reset",
        /// To prove that mail reaches one.
        EmailVerification = "email_verification",
    }
}

/// Whose password was forgotten: by name or by e-mail address.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "owner1@vendor1.example.com"}))]
pub struct ForgotPassword {
    /// The name.
    #[validate(length(min = 1, max = 254), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 254)]
    pub username: Option<String>,
    /// Or the e-mail address.
    #[validate(length(min = 1, max = 254), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 254)]
    pub email: Option<String>,
}

/// A new password, with the token that was mailed.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "3Xq7_uWm0nZ8rKp2vQ4tYc6bLd1fGh5jSa9eTi0oUxw", "new_password": "a-new-password"}))]
pub struct ResetPassword {
    /// The token of the letter.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    pub token: String,
    /// The new password: 8 to 128 characters.
    #[validate(length(min = 8, max = 128))]
    pub new_password: Password,
}

/// A proof that mail reaches somebody.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"token": "3Xq7_uWm0nZ8rKp2vQ4tYc6bLd1fGh5jSa9eTi0oUxw"}))]
pub struct VerifyEmail {
    /// The token of the letter.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    pub token: String,
}

/// Somebody who gets a letter.
#[derive(Clone, Debug)]
pub(super) struct Addressee {
    pub subject: Subject,
    /// The vendor whose customer they are.
    pub vendor: Option<VendorId>,
    pub email: String,
}

/// The token is unknown, used up or too old: one answer for all three.
pub(super) fn spent() -> Problem {
    let message = "is not valid, or not any more: ask for a new letter";
    Problem::invalid(vec![FieldError::new("/token", "invalid_or_expired", message)])
}
