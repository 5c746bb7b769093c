//! `/api/admin`.

use super::{analytics, impersonations, imports, people, resets, system, vendors};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    vendors::http::routes(config);
    imports::http::routes(config);
    people::http::routes(config);
    resets::http::routes(config);
    impersonations::http::routes(config);
    analytics::http::routes(config);
    system::http::routes(config);
}
