//! `/api/audit` and `/api/admin/audit`.

use super::model::{AuditEntry, AuditQuery, PlatformAuditQuery};
use super::service;
use crate::access::{Caller, Operator, needs};
use crate::base::page::Page;
use crate::db::Db;
use crate::http::Query;
use crate::problem::Problem;
use actix_web::{get, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_audit).service(list_platform_audit);
}

/// See who did what
///
/// What members of the team and operators of the platform changed, newest first: in the vendor's own data, and in what the
/// platform has of it, such as its profile, its team and its API keys. Entries can be neither changed nor deleted.
#[utoipa::path(
    tag = "Audit",
    params(AuditQuery),
    security(("token" = ["audit.view"], "tenant" = [])),
    responses((status = 200, body = Page<AuditEntry>)),
)]
#[get("/audit")]
async fn list_audit(
    caller: Caller<needs::SeeAudit>,
    Query(query): Query<AuditQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<AuditEntry>>, Problem> {
    service::of_vendor(&db, &caller, query).await.map(web::Json)
}

/// See who did what on the platform
///
/// What members and operators changed in what the platform has of all vendors, and of itself, newest first. What they changed
/// in a vendor's own data is in `GET /api/audit` of that vendor, which operators see, too.
#[utoipa::path(
    tag = "Operator",
    params(PlatformAuditQuery),
    security(("token" = [])),
    responses((status = 200, body = Page<AuditEntry>)),
)]
#[get("/admin/audit")]
async fn list_platform_audit(
    _operator: Operator,
    Query(query): Query<PlatformAuditQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<AuditEntry>>, Problem> {
    service::of_platform(&db, query).await.map(web::Json)
}
