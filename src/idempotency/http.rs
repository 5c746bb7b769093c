//! The header, and the answer that can be given again.

use crate::base::code::Code;
use crate::http::{Created, header};
use crate::problem::Problem;
use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, LOCATION};
use actix_web::{FromRequest, HttpRequest, HttpResponse, Responder, dev::Payload};
use serde::Serialize;
use std::future::{Ready, ready};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The header, if it was sent.
#[derive(Debug)]
pub struct IdempotencyKey(pub(super) Option<String>);

impl utoipa::IntoParams for IdempotencyKey {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .description(Some("Makes the request safe to send again within 24 hours."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[!-~]([ -~]{0,253}[!-~])?$"))));
        vec![header.build()]
    }
}

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let valid = |key: &&str| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
        ready(match header::only(request.headers(), &IDEMPOTENCY_KEY) {
            Err(repeated) => Err(repeated),
            Ok(None) => Ok(Self(None)),
            Ok(Some(value)) => value
                .to_str()
                .ok()
                .filter(valid)
                .map(|key| Self(Some(key.to_owned())))
                .ok_or_else(|| Problem::new(Code::InvalidHeader, "Idempotency-Key must have 1 to 255 visible ASCII characters")),
        })
    }
}

/// What was answered, in a form that can be kept.
#[derive(Debug)]
pub struct Answer {
    pub(super) status: u16,
    pub(super) location: Option<String>,
    pub(super) body: String,
    pub(super) replayed: bool,
}

impl Answer {
    pub(super) fn of(created: Created<impl Serialize>) -> Result<Self, Problem> {
        let body = serde_json::to_string(&created.body).map_err(Problem::internal)?;
        Ok(Self { status: StatusCode::CREATED.as_u16(), location: Some(created.location), body, replayed: false })
    }
}

impl Responder for Answer {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::build(StatusCode::from_u16(self.status).unwrap_or(StatusCode::OK));
        response.content_type("application/json");
        if let Some(location) = self.location {
            response.insert_header((LOCATION, location));
        }
        if self.replayed {
            response.insert_header((IDEMPOTENT_REPLAYED, "true"));
        }
        response.body(self.body)
    }
}
