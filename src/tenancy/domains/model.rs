//! A vendor's domain, as the world sees it.

use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::DomainId;
use crate::base::time::Timestamp;
use crate::base::valid;
use crate::db::Error;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::Validate;

/// How many domains a vendor may have or claim.
pub(super) const MOST: i64 = 20;
/// What stands before a domain where its proof is.
const CHALLENGE: &str = "_stoa-challenge";
/// How long the name of a domain may be, so that this still fits before it.
pub(super) const LONGEST: usize = 253 - CHALLENGE.len() - 1;

/// A domain of a vendor, or one that it says is its own.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VendorDomain {
    /// The domain's id.
    #[schema(example = 2)]
    pub id: DomainId,
    /// The domain, in its ASCII form.
    #[schema(example = "shop.example")]
    pub domain: String,
    /// Whether it is the one that the vendor goes by.
    pub is_primary: bool,
    /// Whether the vendor has proved that it is its own.
    pub is_verified: bool,
    /// When it did.
    pub verified_at: Option<Timestamp>,
    /// What is to be put into the DNS to prove it; null once it is proved.
    pub challenge: Option<Challenge>,
    /// Since when the vendor says so.
    pub created_at: Timestamp,
}

/// The record in the DNS that proves that a domain is the vendor's.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Challenge {
    /// Of what type the record is.
    #[serde(rename = "type")]
    #[schema(example = "TXT")]
    pub kind: &'static str,
    /// Its name.
    #[schema(example = "_stoa-challenge.shop.example")]
    pub name: String,
    /// Its value.
    #[schema(example = "stoa-verify=8f14e45fceea167a5a36dedd4bea2543")]
    pub value: String,
}

impl Challenge {
    /// What proves a domain for a vendor with this token.
    pub(super) fn of(domain: &str, token: &str) -> Self {
        Self { kind: "TXT", name: format!("{CHALLENGE}.{domain}"), value: format!("stoa-verify={token}") }
    }
}

/// All domains of a vendor.
#[derive(Debug, Serialize, ToSchema)]
pub struct VendorDomains {
    /// The vendor's name under the platform's own domain, which needs no proof; null when the platform has none.
    #[schema(example = json!(null))]
    pub platform_domain: Option<String>,
    /// The domains that the vendor has or says are its own, in the order in which they came.
    pub items: Vec<VendorDomain>,
    /// Always null: there is one page.
    #[schema(example = json!(null))]
    pub next: Option<String>,
}

/// A domain to claim.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"domain": "shop.example"}))]
pub struct ClaimDomain {
    /// The domain: two labels at least, without a port.
    #[validate(length(min = 1, max = 253), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 253)]
    pub domain: String,
}

/// Why a domain cannot be claimed, proved, used or given up.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// The vendor has claimed it before.
    #[error("this is among your domains already; see its challenge")]
    Claimed,
    /// Another vendor has proved it.
    #[error("another vendor has proved that {0} is its own; if it has changed hands, that vendor or an operator has to give it up")]
    Taken(String),
    /// There are as many as there may be.
    #[error("there are {MOST} domains already; delete one first")]
    TooMany,
    /// The proof is not there.
    #[error("there is no TXT record {} with the value {}; put it there, wait until the DNS shows it, and try again", .0.name, .0.value)]
    Unproven(Challenge),
    /// Only a domain that is proved can be the primary one.
    #[error("prove first that {0} is yours")]
    Unverified(String),
    /// The vendor goes by it.
    #[error("the shop goes by {0}; make another domain the primary one first")]
    InUse(String),
    /// The database.
    #[error(transparent)]
    Database(#[from] Error),
}

impl Refusal for DomainError {
    fn code(&self) -> Code {
        match self {
            Self::Claimed | Self::Taken(_) => Code::DomainTaken,
            Self::TooMany => Code::DomainLimit,
            Self::Unproven(_) | Self::Unverified(_) => Code::DomainUnverified,
            Self::InUse(_) => Code::DomainInUse,
            Self::Database(error) => error.code(),
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::Claimed => vec![FieldError::new("/domain", "taken", self)],
            _ => Vec::new(),
        }
    }

    fn cause(&self) -> Option<String> {
        match self {
            Self::Database(error) => error.cause(),
            _ => None,
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::Database(error) => error.retry_after(),
            _ => None,
        }
    }

    fn is_contention(&self) -> bool {
        matches!(self, Self::Database(error) if error.is_contention())
    }
}
