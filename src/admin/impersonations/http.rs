//! `/api/admin/impersonations`.

use super::model::{Begun, Impersonation, ImpersonationQuery, NewImpersonation};
use super::service;
use crate::access::Operator;
use crate::base::id::ImpersonationId;
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{Created, Json, PageQuery, Query};
use crate::identity::Desk;
use crate::problem::Problem;
use actix_web::{HttpResponse, delete, get, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(begin_impersonation).service(list_impersonations).service(get_impersonation).service(end_impersonation);
}

const LIST: &str = "admin:impersonations";

/// Impersonate a member
///
/// Gives an access token with which an operator is a member of a vendor's team, for an hour at the most. With it nobody changes a
/// password, an e-mail address, a second factor, sessions or keys (403 `impersonation_limited`); and each of its calls is marked,
/// in its answer by `X-Impersonated-By`.
#[utoipa::path(tag = "Operator", security(("token" = [])), responses((status = 201, body = Begun)))]
#[post("/admin/impersonations")]
async fn begin_impersonation(operator: Operator, body: Json<NewImpersonation>, desk: web::Data<Desk>) -> Result<Created<Begun>, Problem> {
    let body = service::begin(&operator, &desk, body.into_inner()).await?;
    Ok(Created { location: format!("/api/admin/impersonations/{}", body.impersonation.id), body })
}

/// List impersonations
///
/// All there ever were, the newest first.
#[utoipa::path(
    tag = "Operator",
    params(ImpersonationQuery),
    security(("token" = [])),
    responses((status = 200, body = Page<Impersonation>)),
)]
#[get("/admin/impersonations")]
async fn list_impersonations(
    _operator: Operator,
    Query(query): Query<ImpersonationQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Impersonation>>, Problem> {
    let wanted = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (before, limit) = (wanted.after(LIST)?, wanted.limit());
    db.read_control(move |scope| service::list(scope, &query, before, limit, LIST)).await.map(web::Json)
}

/// See an impersonation
///
/// Who is or was whom, where, why and how long.
#[utoipa::path(
    tag = "Operator",
    params(("id" = ImpersonationId, Path, description = "The impersonation's id")),
    security(("token" = [])),
    responses((status = 200, body = Impersonation)),
)]
#[get("/admin/impersonations/{id}")]
async fn get_impersonation(
    _operator: Operator,
    id: web::Path<ImpersonationId>,
    db: web::Data<Db>,
) -> Result<web::Json<Impersonation>, Problem> {
    let id = id.into_inner();
    db.read_control(move |scope| service::see(scope, id)).await.map(web::Json)
}

/// End an impersonation
///
/// Its token is good for nothing from now on. One that has ended already is fine.
#[utoipa::path(
    tag = "Operator",
    params(("id" = ImpersonationId, Path, description = "The impersonation's id")),
    security(("token" = [])),
    responses((status = 204, description = "It has ended")),
)]
#[delete("/admin/impersonations/{id}")]
async fn end_impersonation(operator: Operator, id: web::Path<ImpersonationId>, db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    db.write_control(move |scope| service::end(scope, &operator, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
