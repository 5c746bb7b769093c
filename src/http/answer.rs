//! Answers: a resource with its `ETag`, one that is rendered already, and a new resource with its `Location`.

use crate::base::hex;
use crate::problem::Problem;
use actix_web::body::BoxBody;
use actix_web::http::header::{self, ContentType, ETAG, LOCATION};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// A resource and its version: answered with an `ETag`, and with 304 when the caller has that version.
#[derive(Debug)]
pub struct Tagged<T> {
    /// Goes up with every change.
    pub version: i64,
    /// The resource.
    pub body: T,
}

impl<T: Serialize> Responder for Tagged<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let tag = strong(self.version);
        if is_known(request, &tag) {
            HttpResponse::NotModified().insert_header((ETAG, tag)).finish()
        } else {
            HttpResponse::Ok().insert_header((ETAG, tag)).json(self.body)
        }
    }
}

/// An answer whose JSON is there already, with its `ETag`.
#[derive(Clone, Debug)]
pub struct Rendered {
    tag: String,
    /// The JSON.
    pub body: Bytes,
}

impl Rendered {
    /// A resource at its version, as [`Tagged`] would answer it.
    pub fn resource(version: i64, body: &impl Serialize) -> Result<Self, Problem> {
        Self::of(strong(version), body)
    }

    /// What is seen of a resource at its version, where somebody else, or another vendor's people, see something else at the
    /// same address, or where it tells of others, whose changes do not raise its version. The tag is made of all that is
    /// told: a cache that has the one asks by its tag whether it may show it for the other.
    pub fn seen(version: i64, body: &impl Serialize) -> Result<Self, Problem> {
        let untagged = Self::of(String::new(), body)?;
        let digest = Sha256::digest(&untagged.body);
        let tag = format!("\"{version}-{}\"", hex::encode(digest.first_chunk::<8>().unwrap_or(&[0; 8])));
        Ok(Self { tag, ..untagged })
    }

    /// Something that is made of many resources: the tag says that it means the same, not that it is the same byte by byte. It
    /// must be another one for whoever sees another collection at the same address.
    pub fn collection(tag: &str, body: &impl Serialize) -> Result<Self, Problem> {
        Self::of(format!("W/\"{tag}\""), body)
    }

    fn of(tag: String, body: &impl Serialize) -> Result<Self, Problem> {
        let body = serde_json::to_vec(body).map_err(Problem::internal)?.into();
        Ok(Self { tag, body })
    }
}

impl Responder for Rendered {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        if is_known(request, &self.tag) {
            HttpResponse::NotModified().insert_header((ETAG, self.tag)).finish()
        } else {
            HttpResponse::Ok().insert_header((ETAG, self.tag)).content_type(ContentType::json()).body(self.body)
        }
    }
}

fn strong(version: i64) -> String {
    format!("\"{version}\"")
}

/// `If-None-Match` (RFC 9110), as the document shows it; the answers above look for it themselves.
#[derive(Debug)]
pub struct IfNoneMatch;

impl utoipa::IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new()
            .name("If-None-Match")
            .parameter_in(ParameterIn::Header)
            .description(Some("The `ETag` you have: answered with 304 and without a body when nothing has changed since."))
            .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
        vec![header.build()]
    }
}

/// Whether the caller has what the tag stands for, and only wants to know whether it changed (RFC 9110, 13.1.2).
fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let is_this = |one: &str| one.trim() == "*" || opaque(one) == opaque(tag);
    request.method().is_safe() && known.is_some_and(|known| known.split(',').any(is_this))
}

/// A resource that was just made.
#[derive(Debug)]
pub struct Created<T> {
    /// Where it is.
    pub location: String,
    /// The resource.
    pub body: T,
}

impl<T: Serialize> Responder for Created<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::Created().insert_header((LOCATION, self.location)).json(self.body)
    }
}
