//! Around every request: its id, its line in the log, its place in the metrics, its time limit, and the headers that
//! every answer has. A panic becomes a 500 here, and goes no further.

use super::metrics::Metrics;
use crate::access::{NamedInPath, random_id};
use crate::base::code::Code;
use crate::base::patience;
use crate::problem::{Problem, REQUEST_ID};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, LOCATION, VARY};
use actix_web::http::uri::{PathAndQuery, Uri};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError, web};
use futures_util::FutureExt;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};
use tracing::Instrument;

/// How long a request may take before it is given up.
const TIME_LIMIT: Duration = Duration::from_secs(30);
/// The same for what comes with a file, which is given up by itself when it does not arrive.
const UPLOAD_TIME_LIMIT: Duration = Duration::from_mins(6);
/// What comes with a file.
const UPLOADS: [&str; 1] = ["/api/admin/vendors/bulk-import"];

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What every answer says to browsers and caches. The tenant is in a header, so a cache must look at it.
const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
    (HeaderName::from_static("x-frame-options"), HeaderValue::from_static("DENY")),
    (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
];
const API_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'");
const DOCS_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'");
/// What is the same for all who ask.
const FOR_EVERYBODY: [&str; 5] = ["/docs", "/openapi.json", "/healthz", "/readyz", "/metrics"];
const CONTENT_SECURITY_POLICY: HeaderName = HeaderName::from_static("content-security-policy");

/// The outermost middleware.
pub(super) async fn observe(request: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = request_id(&request);
    let began = Instant::now();
    let metrics = request.app_data::<web::Data<Metrics>>().cloned();
    let method = request.method().clone();
    let path = request.path().to_owned();
    let shown = without_secrets(&path);
    let span = tracing::info_span!("request", id, vendor = tracing::field::Empty, impersonator = tracing::field::Empty);
    let limit = if UPLOADS.contains(&path.trim_end_matches('/')) { UPLOAD_TIME_LIMIT } else { TIME_LIMIT };
    let work = AssertUnwindSafe(tokio::time::timeout(limit, patience::fresh(next.call(request)))).catch_unwind();
    let outcome = REQUEST_ID
        .scope(id.clone(), async {
            let (mut outcome, route) = match work.await {
                Ok(Ok(Ok(response))) => {
                    let route = response.request().match_pattern();
                    (Ok(in_our_words(response.map_into_boxed_body())), route)
                }
                Ok(Ok(Err(error))) => (Err(error.error_response()), None),
                Ok(Err(_)) => (Err(Problem::new(Code::Busy, "the request took too long").retry_after(1).error_response()), None),
                Err(_) => (Err(Problem::internal("a handler panicked").error_response()), None),
            };
            let status = match &mut outcome {
                Ok(response) => {
                    decorate(response.headers_mut(), &id, &path);
                    response.status()
                }
                Err(response) => {
                    decorate(response.headers_mut(), &id, &path);
                    response.status()
                }
            };
            let took = began.elapsed();
            tracing::info!(%method, path = shown, status = status.as_u16(), micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX), "answered");
            if let Some(metrics) = metrics {
                metrics.count(method.as_str(), route, status.as_u16(), took);
            }
            outcome
        })
        .instrument(span)
        .await;
    outcome.map_err(|response: HttpResponse| InternalError::from_response("refused by a middleware", response).into())
}

/// To whom every way to send an answer is unacceptable, the framework says so before anything is done, in words of its own.
fn in_our_words(response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
    if response.status() != StatusCode::NOT_ACCEPTABLE {
        return response;
    }
    let refusal = Problem::new(Code::NotAcceptable, "Accept-Encoding must allow identity, gzip, deflate or zstd");
    response.into_response(refusal.error_response())
}

/// The path as the log may have it: a part that is as long as a secret may be one, such as the token of an invitation.
fn without_secrets(path: &str) -> String {
    path.split('/').map(|part| if part.len() < 40 { part } else { "…" }).collect::<Vec<_>>().join("/")
}

/// The caller's id for the request if it is a plain one, or a new one.
fn request_id(request: &ServiceRequest) -> String {
    let is_plain =
        |id: &&str| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte));
    let given = request.headers().get(&X_REQUEST_ID).and_then(|value| value.to_str().ok()).filter(is_plain);
    given.map_or_else(random_id, str::to_owned)
}

fn decorate(headers: &mut HeaderMap, id: &str, path: &str) {
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(X_REQUEST_ID, value);
    }
    let path = path_of_vendor(path).map_or(path, |(_, path)| path);
    headers.insert(CONTENT_SECURITY_POLICY, if path.starts_with("/docs") { DOCS_POLICY } else { API_POLICY });
    // Told by what is for everybody, since a path can be written in many ways.
    if !FOR_EVERYBODY.iter().any(|public| path.starts_with(public)) {
        // Tokens are not to lie about in anybody's cache.
        let is_plain = path.starts_with("/api/") && !path.starts_with("/api/auth/") && !path.starts_with("/api/invitations/");
        let policy = if is_plain { "private, no-cache" } else { "no-store" };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(policy));
        headers.append(VARY, HeaderValue::from_static("X-Tenant-Domain, Authorization, Host"));
    }
}

/// Whether a vendor may be named in the path.
#[derive(Clone, Copy, Debug)]
pub(super) struct VendorPaths(pub bool);

/// The vendor's label in `/vendor/<label>/api/…`, and the path behind it.
fn path_of_vendor(path: &str) -> Option<(&str, &str)> {
    let rest = path.strip_prefix("/vendor/")?;
    let (label, _) = rest.split_once('/')?;
    let path = rest.strip_prefix(label)?;
    (!label.is_empty() && path.starts_with("/api/")).then_some((label, path))
}

/// `/api/orders/` is `/api/orders`, `/vendor/anna/api/orders` is that of the vendor anna, and HEAD is GET without its body, which
/// the server then leaves out (RFC 9110, 9.3.2).
pub(super) async fn normalise(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    let is_on = request.app_data::<web::Data<VendorPaths>>().is_some_and(|paths| paths.0);
    let named = path_of_vendor(request.path()).filter(|_| is_on).map(|(label, path)| (label.to_owned(), path.to_owned()));
    let path = named.as_ref().map_or_else(|| request.path(), |(_, path)| path);
    if path.starts_with("/api/") && (path.ends_with('/') || named.is_some()) {
        let trimmed = path.trim_end_matches('/').to_owned();
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = PathAndQuery::from_maybe_shared(format!("{trimmed}{query}")).ok();
        if let Ok(uri) = Uri::from_parts(parts) {
            request.match_info_mut().get_mut().update(&uri);
            request.head_mut().uri = uri;
        }
    }
    let Some((label, _)) = named else { return next.call(request).await };
    request.extensions_mut().insert(NamedInPath(label.clone()));
    let mut response = next.call(request).await?;
    // What is said to be somewhere is found there by whoever came this way.
    let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok()).filter(|place| place.starts_with("/api/"));
    if let Some(Ok(place)) = place.map(|place| HeaderValue::from_str(&format!("/vendor/{label}{place}"))) {
        response.headers_mut().insert(LOCATION, place);
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::observe;
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, test, web};

    async fn boom() -> HttpResponse {
        panic!("boom");
    }

    async fn fine() -> &'static str {
        "fine"
    }

    #[actix_web::test]
    async fn a_panic_is_a_problem_that_says_nothing_and_the_next_request_is_served() {
        let app = App::new().wrap(from_fn(observe)).route("/boom", web::get().to(boom)).route("/fine", web::get().to(fine));
        let app = test::init_service(app).await;
        let refused = test::try_call_service(&app, test::TestRequest::get().uri("/boom").to_request()).await.unwrap_err();
        let answer = refused.error_response();
        assert_eq!(answer.status(), 500);
        assert!(answer.headers().contains_key("x-request-id") && answer.headers().contains_key("x-content-type-options"));
        let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
        let text = String::from_utf8(body.to_vec()).unwrap();
        assert!(text.contains("\"code\":\"internal_error\"") && !text.contains("boom"), "{text}");
        let next = test::call_service(&app, test::TestRequest::get().uri("/fine").to_request()).await;
        assert_eq!(next.status(), 200);
    }
}
