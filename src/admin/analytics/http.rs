//! `/api/admin/analytics`.

use super::model::{PlatformAnalytics, SalesQuery};
use super::service;
use crate::access::Operator;
use crate::db::Db;
use crate::http::Query;
use crate::problem::Problem;
use actix_web::{get, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(get_platform_analytics);
}

/// See how the platform does
///
/// Vendors, orders and revenue by currency and day, over all vendors. The sums are brought up to date every few minutes: `as_of` says
/// when a vendor's last came in.
#[utoipa::path(tag = "Operator", params(SalesQuery), security(("token" = [])), responses((status = 200, body = PlatformAnalytics)))]
#[get("/admin/analytics")]
async fn get_platform_analytics(
    _operator: Operator,
    Query(query): Query<SalesQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<PlatformAnalytics>, Problem> {
    db.read_control(move |scope| service::tell(scope, query)).await.map(web::Json)
}
