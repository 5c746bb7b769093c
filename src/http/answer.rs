//! Answers: a resource with its `ETag`, and a new resource with its `Location`.

use actix_web::body::BoxBody;
use actix_web::http::header::{self, ETAG, LOCATION};
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

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
        let tag = format!("\"{}\"", self.version);
        let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
        let is_this = |one: &str| one.trim() == "*" || one.trim().trim_start_matches("W/") == tag;
        let is_known = known.is_some_and(|known| known.split(',').any(is_this));
        if is_known && request.method().is_safe() {
            HttpResponse::NotModified().insert_header((ETAG, tag)).finish()
        } else {
            HttpResponse::Ok().insert_header((ETAG, tag)).json(self.body)
        }
    }
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
