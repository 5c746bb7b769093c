//! [`Problem`]: the one place where errors become HTTP, as RFC 9457 `application/problem+json`.
//!
//! A problem tells the caller what happened and what to do; its cause is logged and never sent.

use crate::base::code::{Code, FieldError, Refusal, cut};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use serde_json::{Map, Value};
use std::fmt::{self, Display};
use utoipa::ToSchema;

tokio::task_local! {
    /// The id of the request under way, set by the server around every handler.
    pub static REQUEST_ID: String;
}

/// How many mistakes an answer lists at the most: what is wrong in a thousand places is wrong in one way.
pub const MOST_ERRORS: usize = 100;

/// What kind of retry makes sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Retry {
    Never,
    AfterSeconds(u64),
    /// A limit of so many tries is used up, and grants one more after so many seconds.
    Limited(u32, u64),
}

/// A refusal on its way to the caller.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    extra: Map<String, Value>,
    retry: Retry,
    contention: bool,
    lost: bool,
    cause: Option<String>,
}

impl Problem {
    /// A problem of the catalogue; `detail` says what happened and what to do.
    pub fn new(code: Code, detail: impl Display) -> Self {
        Self(Box::new(Parts {
            code,
            detail: cut(detail.to_string(), 1000),
            errors: Vec::new(),
            extra: Map::new(),
            retry: Retry::Never,
            contention: false,
            lost: false,
            cause: None,
        }))
    }

    /// A mistake of ours. The cause is logged.
    pub fn internal(cause: impl Display) -> Self {
        let mut problem = Self::new(Code::Internal, "something went wrong on our side; the request id helps us to find it");
        problem.0.cause = Some(cause.to_string());
        problem
    }

    /// No such thing, or none that the caller may know of.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "there is nothing here, or nothing that you may see")
    }

    /// Input that breaks the rules, with the places where it does.
    pub fn invalid(errors: Vec<FieldError>) -> Self {
        let problem = Self::new(Code::ValidationFailed, "the input breaks a rule; see errors");
        problem.at(errors)
    }

    /// Input that breaks a rule in one place.
    pub fn invalid_at(pointer: impl Into<String>, code: &str, message: impl Display) -> Self {
        Self::invalid(vec![FieldError::new(pointer, code, message)])
    }

    /// Adds a member to the answer.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.0.extra.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    /// Adds places in the input; of very many, the first.
    #[must_use]
    pub fn at(mut self, mut errors: Vec<FieldError>) -> Self {
        errors.truncate(MOST_ERRORS);
        self.0.errors = errors;
        self
    }

    /// Adds a `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry = Retry::AfterSeconds(seconds);
        self
    }

    /// Adds a `Retry-After`, and what limit it was (`RateLimit-*`).
    #[must_use]
    pub fn limited(mut self, tries: u32, seconds: u64) -> Self {
        self.0.retry = Retry::Limited(tries, seconds);
        self
    }

    /// Its entry in the catalogue.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// What happened, and what to do.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// Whether another transaction was in the way, so that trying again may help at once.
    pub fn is_contention(&self) -> bool {
        self.0.contention
    }

    /// Whether the connection broke, so that another one may do for what changes nothing.
    pub fn is_lost(&self) -> bool {
        self.0.lost
    }
}

impl<E: Refusal> From<E> for Problem {
    fn from(refusal: E) -> Self {
        let mut problem = Self::new(refusal.code(), &refusal);
        problem.0.errors = refusal.errors();
        problem.0.extra = refusal.extra();
        problem.0.cause = refusal.cause();
        problem.0.contention = refusal.is_contention();
        problem.0.lost = refusal.is_lost();
        if let Some(seconds) = refusal.retry_after() {
            problem.0.retry = Retry::AfterSeconds(seconds);
        }
        problem
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code.as_str(), self.0.detail)
    }
}

/// A refusal, as `application/problem+json` (RFC 9457). Some codes add members of their own.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// URI of the kind of problem: the code's entry in the documentation.
    #[serde(rename = "type")]
    #[schema(example = "/docs/problems#not_found")]
    kind: String,
    /// What kind of problem it is, in words.
    #[schema(example = "Not found")]
    title: &'a str,
    /// The HTTP status.
    #[schema(example = 404)]
    status: u16,
    /// What happened this time, and what to do.
    detail: &'a str,
    /// The stable name of the problem: what a program should look at.
    code: Code,
    /// The id of the request, as in `X-Request-Id`.
    request_id: String,
    /// Which parts of the input are at fault.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    #[schema(ignore)]
    extra: &'a Map<String, Value>,
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let status = self.status_code();
        if let Some(cause) = &self.0.cause {
            tracing::error!(code = self.0.code.as_str(), cause, "request failed");
        }
        let mut response = HttpResponse::build(status);
        response.content_type("application/problem+json");
        if status == StatusCode::UNAUTHORIZED {
            response.insert_header((WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        if let Retry::AfterSeconds(seconds) | Retry::Limited(_, seconds) = self.0.retry {
            response.insert_header((RETRY_AFTER, seconds));
        }
        if let Retry::Limited(tries, seconds) = self.0.retry {
            response.insert_header(("RateLimit-Limit", tries)).insert_header(("RateLimit-Remaining", 0));
            response.insert_header(("RateLimit-Reset", seconds));
        }
        response.json(ProblemBody {
            kind: format!("/docs/problems#{}", self.0.code.as_str()),
            title: self.0.code.title(),
            status: status.as_u16(),
            detail: &self.0.detail,
            code: self.0.code,
            request_id: REQUEST_ID.try_with(Clone::clone).unwrap_or_default(),
            errors: &self.0.errors,
            extra: &self.0.extra,
        })
    }
}
