//! `/api/admin`.

use super::{impersonations, imports, people, system, vendors};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    vendors::http::routes(config);
    imports::http::routes(config);
    people::http::routes(config);
    impersonations::http::routes(config);
    system::http::routes(config);
}
