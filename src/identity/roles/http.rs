//! `/api/permissions` and `/api/team/roles`.

use super::model::{ExplainedPermission, RoleForm, TeamRole};
use super::service;
use super::store::{self, RoleRow};
use crate::access::{Caller, needs};
use crate::base::id::RoleId;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Db, MayRead};
use crate::http::{Created, IfMatch, IfNoneMatch, Json, PageQuery, Query, Rendered};
use crate::identity::team::Lead;
use crate::problem::Problem;
use actix_web::{HttpResponse, delete, get, post, put, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_permissions).service(list_roles).service(create_role).service(get_role).service(edit_role).service(delete_role);
}

/// Explain permissions
///
/// All permissions that roles are made of, and what each allows. Which of them are your own tells `GET /api/auth/me`.
#[utoipa::path(tag = "Team", responses((status = 200, body = Page<ExplainedPermission>)))]
#[get("/permissions")]
async fn list_permissions(_caller: Caller<needs::BeMember>) -> web::Json<Page<ExplainedPermission>> {
    web::Json(Page { items: ExplainedPermission::all(), next: None })
}

/// List roles
///
/// The vendor's roles: the five that are built in, and its own.
#[utoipa::path(
    tag = "Team",
    params(PageQuery),
    security(
        ("token" = ["team.view"], "tenant" = []), ("token" = ["team.invite"], "tenant" = []), ("token" = ["team.manage"], "tenant" = []),
    ),
    responses((status = 200, body = Page<TeamRole>)),
)]
#[get("/team/roles")]
async fn list_roles(
    caller: Caller<needs::SeeRoles>,
    Query(query): Query<PageQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<TeamRole>>, Problem> {
    let (vendor, list, limit) = (caller.vendor_id(), format!("roles:{}", caller.vendor_id()), query.limit());
    let after = query.after(&list)?.unwrap_or_default();
    let rows = db.read_control(move |scope| Ok(store::list(scope, vendor, after, limit + 1)?)).await?;
    let cursor = |last: &RoleRow| Cursor { list, key: Key::Number(last.id.0), id: last.id.0 };
    Ok(web::Json(Page::of(rows, limit, cursor, RoleRow::view)))
}

/// Make a role
///
/// A role of the vendor's own, of permissions that you have yourself.
#[utoipa::path(tag = "Team", security(("token" = ["team.manage"], "tenant" = [])), responses((status = 201, body = TeamRole)))]
#[post("/team/roles")]
async fn create_role(caller: Caller<needs::ManageTeam>, body: Json<RoleForm>, db: web::Data<Db>) -> Result<Created<TeamRole>, Problem> {
    let (lead, form) = (Lead::of(&caller)?, body.into_inner());
    let body = db.write_control(move |scope| service::create(scope, &lead, &form)).await?;
    Ok(Created { location: format!("/api/team/roles/{}", body.id), body })
}

/// See a role
///
/// One of the vendor's roles.
#[utoipa::path(
    tag = "Team",
    params(("id" = RoleId, Path, description = "The role's id", example = 6), IfNoneMatch),
    security(
        ("token" = ["team.view"], "tenant" = []), ("token" = ["team.invite"], "tenant" = []), ("token" = ["team.manage"], "tenant" = []),
    ),
    responses((status = 200, body = TeamRole), (status = 304, description = "It has not changed")),
)]
#[get("/team/roles/{id}")]
async fn get_role(caller: Caller<needs::SeeRoles>, id: web::Path<RoleId>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let (vendor, id) = (caller.vendor_id(), id.into_inner());
    let role = db.read_control(move |scope| service::get(scope, vendor, id)).await?;
    Rendered::seen(role.version, &role)
}

/// Change a role
///
/// Name and permissions of a role of the vendor's own, at once for all who have it. You must have what it may do, and
/// what it shall do. The built-in roles stay as they are (409 `role_builtin`).
#[utoipa::path(
    tag = "Team",
    params(("id" = RoleId, Path, description = "The role's id", example = 6), IfMatch),
    security(("token" = ["team.manage"], "tenant" = [])),
    responses((status = 200, body = TeamRole)),
)]
#[put("/team/roles/{id}")]
async fn edit_role(
    caller: Caller<needs::ManageTeam>,
    id: web::Path<RoleId>,
    precondition: IfMatch,
    body: Json<RoleForm>,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    let (lead, id, form) = (Lead::of(&caller)?, id.into_inner(), body.into_inner());
    let role = db.write_control(move |scope| service::edit(scope, &lead, id, &precondition, &form)).await?;
    Rendered::seen(role.version, &role)
}

/// Delete a role
///
/// One of the vendor's own that neither a member nor an open invitation has (409 `role_in_use`).
#[utoipa::path(
    tag = "Team",
    params(("id" = RoleId, Path, description = "The role's id", example = 6), IfMatch),
    security(("token" = ["team.manage"], "tenant" = [])),
    responses((status = 204, description = "The role is deleted")),
)]
#[delete("/team/roles/{id}")]
async fn delete_role(
    caller: Caller<needs::ManageTeam>,
    id: web::Path<RoleId>,
    precondition: IfMatch,
    db: web::Data<Db>,
) -> Result<HttpResponse, Problem> {
    let (lead, id) = (Lead::of(&caller)?, id.into_inner());
    db.write_control(move |scope| service::delete(scope, &lead, id, &precondition)).await?;
    Ok(HttpResponse::NoContent().finish())
}
