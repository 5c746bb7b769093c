//! `/api/admin/users`, and the teams of any vendor.

use super::model::{EditUser, TeamMember, UserQuery, UserRecord};
use super::service;
use crate::access::Operator;
use crate::base::id::{UserId, VendorId};
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{Json, PageQuery, Query};
use crate::problem::Problem;
use actix_web::{get, patch, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_vendor_members).service(list_users).service(get_user).service(edit_user);
}

const USERS: &str = "admin:users";

/// List any vendor's team
///
/// Everybody who is or was in the vendor's team, with their role.
#[utoipa::path(
    tag = "Operator",
    params(("id" = VendorId, Path, description = "The vendor's id"), PageQuery),
    security(("token" = [])),
    responses((status = 200, body = Page<TeamMember>)),
)]
#[get("/admin/vendors/{id}/members")]
async fn list_vendor_members(
    _operator: Operator,
    id: web::Path<VendorId>,
    Query(query): Query<PageQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<TeamMember>>, Problem> {
    let (list, id) = (format!("admin:members:{id}"), id.into_inner());
    let (after, limit) = (query.after(&list)?, query.limit());
    db.read_control(move |scope| service::team(scope, id, after, limit, &list)).await.map(web::Json)
}

/// List users
///
/// All users of the platform, newest first, with the teams they are in.
#[utoipa::path(tag = "Operator", params(UserQuery), security(("token" = [])), responses((status = 200, body = Page<UserRecord>)))]
#[get("/admin/users")]
async fn list_users(
    _operator: Operator,
    Query(query): Query<UserQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<UserRecord>>, Problem> {
    let wanted = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (before, limit) = (wanted.after(USERS)?, wanted.limit());
    db.read_control(move |scope| service::list(scope, &query, before, limit, USERS)).await.map(web::Json)
}

/// See any user
///
/// One user, with the teams they are in.
#[utoipa::path(
    tag = "Operator",
    params(("id" = UserId, Path, description = "The user's id")),
    security(("token" = [])),
    responses((status = 200, body = UserRecord)),
)]
#[get("/admin/users/{id}")]
async fn get_user(_operator: Operator, id: web::Path<UserId>, db: web::Data<Db>) -> Result<web::Json<UserRecord>, Problem> {
    let id = id.into_inner();
    db.read_control(move |scope| service::record(scope, id)).await.map(web::Json)
}

/// Let any user in, or keep them out
///
/// Who is kept out is out at once, at every vendor, and all their sessions have ended.
#[utoipa::path(
    tag = "Operator",
    params(("id" = UserId, Path, description = "The user's id")),
    security(("token" = [])),
    responses((status = 200, body = UserRecord)),
)]
#[patch("/admin/users/{id}")]
async fn edit_user(
    operator: Operator,
    id: web::Path<UserId>,
    body: Json<EditUser>,
    db: web::Data<Db>,
) -> Result<web::Json<UserRecord>, Problem> {
    let (id, edit) = (id.into_inner(), body.into_inner());
    db.write_control(move |scope| service::edit(scope, &operator, id, edit)).await.map(web::Json)
}
