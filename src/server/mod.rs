//! The server: middleware and the route tree, used by `main` and by the tests alike.

mod around;
mod cors;
mod documents;
mod health;
mod metrics;
mod observe;
mod run;
mod state;

pub use around::Around;
pub use run::{outlive_file_limits, run};
pub use state::State;

use crate::access::gate;
use crate::{admin, analytics, api_keys, audit, catalog, customers, identity, openapi, orders, tenancy};
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::from_fn;
use actix_web::{App, Error, web};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::{Config, SwaggerUi};

/// The application: every route there is, with everything around it.
pub fn app(
    state: State,
) -> App<impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<impl MessageBody>, Error = Error, InitError = ()>> {
    // One document, so no field to enter another; and the operations, without a long list of schemas after them.
    let swagger = Config::from("/openapi.json").use_base_layout().default_models_expand_depth(0).display_request_duration(true);
    let swagger = swagger.persist_authorization(true).try_it_out_enabled(true);
    let app = App::new()
        .app_data(web::PathConfig::default().error_handler(|_, request| documents::no_such_path(request)))
        .configure(|config| state.provide(config))
        .configure(|config| routes(&mut ServiceConfig::new(config)))
        .service(documents::openapi_document)
        .service(documents::problems_page)
        .service(web::redirect("/docs", "/docs/"))
        .service(SwaggerUi::new("/docs/{_:.*}").config(swagger))
        .default_service(web::to(documents::nothing_here));
    state.around().wrap(app)
}

/// The route tree: the router and the document are both made from it.
fn routes(config: &mut ServiceConfig) {
    config.service(health::is_alive).service(health::is_ready).service(health::read_metrics);
    let api = |config: &mut ServiceConfig| {
        identity::http::routes(config);
        tenancy::http::routes(config);
        tenancy::domains::http::routes(config);
        tenancy::settings::http::routes(config);
        catalog::http::routes(config);
        orders::http::routes(config);
        customers::http::routes(config);
        analytics::http::routes(config);
        audit::http::routes(config);
        api_keys::http::routes(config);
        admin::http::routes(config);
    };
    config.service(utoipa_actix_web::scope("/api").wrap(from_fn(gate)).configure(api));
}

/// The OpenAPI document, as the server shows it.
pub fn document() -> utoipa::openapi::OpenApi {
    let (_, document) = App::new().into_utoipa_app().openapi(openapi::base()).configure(routes).split_for_parts();
    openapi::finish(document)
}
