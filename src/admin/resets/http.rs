//! `/api/admin/password-resets`.

use super::model::{NewPasswordReset, PasswordReset};
use super::service;
use crate::access::Operator;
use crate::base::id::PasswordResetId;
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{Created, Json, PageQuery, Query};
use crate::identity::Desk;
use crate::problem::Problem;
use actix_web::{get, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(reset_passwords).service(list_password_resets).service(get_password_reset);
}

const LIST: &str = "admin:password-resets";

/// Take many passwords
///
/// Begins to take the passwords of a vendor's team, or of all users whom the filter finds: their sessions end, and a letter with a
/// link to choose another is sent to each. It goes on in the background; look at its progress where `Location` leads.
#[utoipa::path(tag = "Operator", security(("token" = [])), responses((status = 201, body = PasswordReset)))]
#[post("/admin/password-resets")]
async fn reset_passwords(
    operator: Operator,
    body: Json<NewPasswordReset>,
    desk: web::Data<Desk>,
) -> Result<Created<PasswordReset>, Problem> {
    let body = service::begin(&operator, &desk.db, body.into_inner()).await?;
    service::go_on(desk.into_inner(), body.id);
    Ok(Created { location: format!("/api/admin/password-resets/{}", body.id), body })
}

/// List mass resets
///
/// All there ever were, the newest first.
#[utoipa::path(tag = "Operator", params(PageQuery), security(("token" = [])), responses((status = 200, body = Page<PasswordReset>)))]
#[get("/admin/password-resets")]
async fn list_password_resets(
    _operator: Operator,
    Query(query): Query<PageQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<PasswordReset>>, Problem> {
    let (before, limit) = (query.after(LIST)?, query.limit());
    db.read_control(move |scope| service::list(scope, before, limit, LIST)).await.map(web::Json)
}

/// See a mass reset
///
/// How far it is.
#[utoipa::path(
    tag = "Operator",
    params(("id" = PasswordResetId, Path, description = "The mass reset's id")),
    security(("token" = [])),
    responses((status = 200, body = PasswordReset)),
)]
#[get("/admin/password-resets/{id}")]
async fn get_password_reset(
    _operator: Operator,
    id: web::Path<PasswordResetId>,
    db: web::Data<Db>,
) -> Result<web::Json<PasswordReset>, Problem> {
    let id = id.into_inner();
    db.read_control(move |scope| service::see(scope, id)).await.map(web::Json)
}
