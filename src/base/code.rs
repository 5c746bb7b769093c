//! The catalogue of error codes: every refusal Stoa can answer with, its HTTP status and its title.
//!
//! Codes are part of the API: clients match on them, so a code never changes its meaning.
//! A test fails for a code that no other test produces.

use super::text_enum::words_schema;
use serde::Serialize;
use std::fmt::Display;
use utoipa::ToSchema;

macro_rules! codes {
    ($($status:literal $variant:ident = $code:literal, $title:literal;)+) => {
        /// A stable, machine-readable reason for a refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum Code {
            $(#[doc = $title] #[serde(rename = $code)] $variant,)+
        }

        words_schema!(Code, ErrorCode, "A stable, machine-readable reason for a refusal.");

        impl Code {
            /// Every code there is, in the order of the catalogue.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)+];

            /// The code as it stands in the answer.
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)+ }
            }

            /// The HTTP status it is answered with.
            pub fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)+ }
            }

            /// The short summary that is the same for every occurrence.
            pub fn title(self) -> &'static str {
                match self { $(Code::$variant => $title,)+ }
            }
        }
    };
}

codes! {
    400 TenantRequired = "tenant_required", "No vendor is named";
    400 TenantConflict = "tenant_conflict", "Header and host name two vendors";
    400 MalformedJson = "malformed_json", "The body is not JSON";
    400 InvalidParameter = "invalid_parameter", "A parameter is not valid";
    400 InvalidCursor = "invalid_cursor", "The cursor is not valid here";
    400 InvalidHeader = "invalid_header", "A header is not valid";
    401 AuthenticationRequired = "authentication_required", "Sign in first";
    401 InvalidCredentials = "invalid_credentials", "Name or password is wrong";
    401 InvalidToken = "invalid_token", "The token is not valid";
    401 TokenExpired = "token_expired", "The token has expired";
    401 TokenReused = "token_reused", "The refresh token was used before";
    401 TotpRequired = "totp_required", "A code of the second factor is missing";
    401 TotpInvalid = "totp_invalid", "The code of the second factor is wrong";
    401 SessionEnded = "session_ended", "The session has ended";
    403 ImpersonationLimited = "impersonation_limited", "Not while impersonating";
    403 TenantInactive = "tenant_inactive", "The vendor is not active";
    403 TenantMismatch = "tenant_mismatch", "The token belongs to another vendor";
    403 PermissionDenied = "permission_denied", "The permission is missing";
    403 PasswordChangeRequired = "password_change_required", "A password of your own is due";
    403 SignupClosed = "signup_closed", "Owner sign-up is closed";
    404 UnknownTenant = "unknown_tenant", "No such vendor";
    404 NotFound = "not_found", "Not found";
    405 MethodNotAllowed = "method_not_allowed", "The method is not allowed here";
    406 NotAcceptable = "not_acceptable", "No way to send the answer is acceptable";
    408 RequestTimeout = "request_timeout", "The request did not arrive in time";
    409 DomainTaken = "domain_taken", "The domain is taken";
    409 DomainUnverified = "domain_unverified", "The domain is not proved";
    409 DomainInUse = "domain_in_use", "The vendor goes by the domain";
    409 DomainLimit = "domain_limit", "No more domains";
    409 UsernameTaken = "username_taken", "The user name is taken";
    409 EmailTaken = "email_taken", "The e-mail address is taken";
    409 SkuTaken = "sku_taken", "The SKU is taken";
    409 ExternalIdTaken = "external_id_taken", "The external id is taken";
    409 ExternalRefTaken = "external_ref_taken", "The external reference is taken";
    409 TotpEnabled = "totp_enabled", "There is a second factor already";
    409 TotpNotEnabled = "totp_not_enabled", "There is no second factor";
    409 VendorChoiceRequired = "vendor_choice_required", "Name the vendor to sign in to";
    409 InsufficientStock = "insufficient_stock", "Not enough in stock";
    409 StockChanged = "stock_changed", "The stock is not what was expected";
    409 CurrencyInUse = "currency_in_use", "The currency is in use";
    409 IllegalTransition = "illegal_transition", "It cannot move there";
    409 RoleNameTaken = "role_name_taken", "The name of the role is taken";
    409 RoleBuiltin = "role_builtin", "The role is built in";
    409 RoleInUse = "role_in_use", "Somebody has the role";
    409 AlreadyMember = "already_member", "They are in the team already";
    409 AlreadyInvited = "already_invited", "They are invited already";
    409 LastOwner = "last_owner", "The team would be without an owner";
    409 OrderUnpaid = "order_unpaid", "The order is not paid";
    409 OrderCancelled = "order_cancelled", "The order is cancelled";
    409 OrderCompleted = "order_completed", "The order is completed";
    409 Overpaid = "overpaid", "That is more than is due";
    409 PaymentLimit = "payment_limit", "No more payments";
    409 PaymentRefunded = "payment_refunded", "The payment was given back";
    409 OrderNotDelivered = "order_not_delivered", "The order is not delivered";
    409 ReturnWindowOver = "return_window_over", "It is too late to return it";
    409 NotReturnable = "not_returnable", "That cannot be returned";
    409 ReturnLimit = "return_limit", "No more returns";
    409 ReturnNotReceived = "return_not_received", "The return has not come back";
    409 NothingToRefund = "nothing_to_refund", "Nothing is left to give back";
    409 Overrefunded = "overrefunded", "That is more than was paid";
    409 RefundLimit = "refund_limit", "No more refunds";
    409 CustomerAnonymized = "customer_anonymized", "The customer was anonymized";
    409 AddressLimit = "address_limit", "No more addresses";
    410 InvitationOver = "invitation_over", "The invitation is over";
    412 PreconditionFailed = "precondition_failed", "The resource has changed";
    413 PayloadTooLarge = "payload_too_large", "The body is too large";
    415 UnsupportedMediaType = "unsupported_media_type", "The body is of another media type";
    422 InvalidCsv = "invalid_csv", "The file is not such a CSV file";
    422 ValidationFailed = "validation_failed", "The input is not valid";
    422 IdempotencyKeyReused = "idempotency_key_reused", "The idempotency key was used for another request";
    429 TooManyRequests = "too_many_requests", "Too many requests";
    500 Internal = "internal_error", "Something went wrong on our side";
    503 Busy = "busy", "The service is busy";
    503 DnsUnavailable = "dns_unavailable", "The DNS does not answer";
    503 StorageFailed = "storage_failed", "The storage does not work";
    507 StorageFull = "storage_full", "The storage is full";
}

/// One thing that is wrong with the input, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body, or the name of the query parameter.
    #[schema(example = "/items/0/quantity")]
    pub pointer: String,
    /// What kind of mistake it is.
    #[schema(example = "out_of_range")]
    pub code: String,
    /// What is wrong and what would be right.
    #[schema(example = "must be between 1 and 100000")]
    pub message: String,
}

impl FieldError {
    /// A mistake at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &str, message: impl Display) -> Self {
        Self { pointer: cut(pointer.into(), 200), code: code.to_owned(), message: cut(message.to_string(), 400) }
    }
}

/// The text, or the beginning of one that may repeat what the caller sent, and need not repeat all of it.
pub fn cut(text: String, most: usize) -> String {
    if text.chars().count() > most { text.chars().take(most).chain(['…']).collect() } else { text }
}

/// What a feature's error tells the caller. `Display` is the detail: what happened and what to do.
pub trait Refusal: Display {
    /// The entry in the catalogue.
    fn code(&self) -> Code;

    /// The parts of the input that are at fault.
    fn errors(&self) -> Vec<FieldError> {
        Vec::new()
    }

    /// In how many seconds trying again makes sense.
    fn retry_after(&self) -> Option<u64> {
        None
    }

    /// Whether another transaction was in the way, so that trying again may help at once.
    fn is_contention(&self) -> bool {
        false
    }

    /// Whether the connection broke, so that another one may do for what changes nothing.
    fn is_lost(&self) -> bool {
        false
    }

    /// What lies behind it: logged, never sent.
    fn cause(&self) -> Option<String> {
        None
    }

    /// Further members of the answer, by name.
    fn extra(&self) -> serde_json::Map<String, serde_json::Value> {
        serde_json::Map::new()
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_are_unique_and_snake_case() {
        let mut codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert!(codes.iter().all(|code| code.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Code::ALL.len());
    }
}
