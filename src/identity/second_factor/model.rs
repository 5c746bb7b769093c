//! What people send to have a second factor, and what they get.

use crate::base::code::{Code, Refusal};
use crate::base::valid;
use crate::identity::model::Password;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// The beginning of a second factor.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "password123"}))]
pub struct BeginTotp {
    /// Your password.
    #[validate(length(max = 1024))]
    pub password: Password,
}

/// What an authenticator has to know. It is shown this once.
#[derive(Serialize, ToSchema)]
pub struct TotpSecret {
    /// The secret, in base 32, to be typed in.
    #[schema(example = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")]
    pub secret: String,
    /// The same with all that belongs to it, to be shown as a QR code.
    #[schema(example = "otpauth://totp/stoa.example:owner1?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=stoa.example")]
    pub otpauth_url: String,
}

/// A code of the authenticator.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"code": "492039"}))]
pub struct ConfirmTotp {
    /// The six digits that it shows now.
    #[validate(length(min = 1, max = 64), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 64)]
    pub code: String,
}

/// The password, and a code.
#[derive(Clone, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"password": "password123", "code": "492039"}))]
pub struct BothFactors {
    /// Your password.
    #[validate(length(max = 1024))]
    pub password: Password,
    /// The six digits that the authenticator shows now, or a recovery code.
    #[validate(length(min = 1, max = 64), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 64)]
    pub code: String,
}

/// Codes for when the authenticator is lost, each good once. They are shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodes {
    /// Ten codes.
    #[schema(example = json!(["k3vd-7q2m-x9fa-h4ct"]))]
    pub recovery_codes: Vec<String>,
}

/// Why a second factor is not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SecondFactorError {
    /// There is one, and no code came.
    #[error("this account has a second factor: send the code of the authenticator, or a recovery code, as totp_code")]
    Required,
    /// The code is wrong, or was used before.
    #[error("the code is wrong, too old, or was used before; wait for the next one")]
    Invalid,
    /// Too many codes were wrong.
    #[error("too many codes were wrong; wait {0} seconds, or use a recovery code")]
    Locked(u64),
    /// It is on already.
    #[error("there is a second factor already; turn it off first")]
    AlreadyOn,
    /// There is none.
    #[error("there is no second factor; begin with POST /api/auth/totp")]
    NotOn,
}

impl Refusal for SecondFactorError {
    fn code(&self) -> Code {
        match self {
            Self::Required => Code::TotpRequired,
            Self::Invalid => Code::TotpInvalid,
            Self::Locked(_) => Code::TooManyRequests,
            Self::AlreadyOn => Code::TotpEnabled,
            Self::NotOn => Code::TotpNotEnabled,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Locked(seconds) => Some(*seconds),
            _ => None,
        }
    }
}
