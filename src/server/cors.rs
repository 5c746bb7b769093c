//! Which web pages may call (the Fetch standard's CORS).

use actix_cors::Cors;

/// What a page may read of an answer.
const EXPOSED: [&str; 6] = ["etag", "location", "retry-after", "x-request-id", "idempotent-replayed", "www-authenticate"];

/// The rule for these origins; `*` is any, none is none.
pub(super) fn of(origins: &[String]) -> Cors {
    let cors = Cors::default().allow_any_method().allow_any_header().expose_headers(EXPOSED).max_age(3600);
    if origins.iter().any(|origin| origin == "*") {
        return cors.allow_any_origin().send_wildcard();
    }
    // A page from elsewhere gets no CORS headers; what is no page, such as a shop's server, is not asked for its origin.
    origins.iter().fold(cors.block_on_origin_mismatch(false), |cors, origin| cors.allowed_origin(origin))
}
