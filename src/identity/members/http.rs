//! `/api/team/members`.

use super::model::{EditMember, Member, MemberQuery};
use super::service;
use super::store::{self, MemberRow};
use crate::access::{Caller, needs};
use crate::base::id::UserId;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Db, MayRead};
use crate::http::{IfMatch, IfNoneMatch, Json, PageQuery, Query, Rendered};
use crate::identity::team::Lead;
use crate::orders;
use crate::problem::Problem;
use actix_web::{HttpResponse, delete, get, put, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_members).service(get_member).service(edit_member).service(remove_member);
}

/// List members
///
/// The vendor's team, with those who are switched off.
#[utoipa::path(
    tag = "Team",
    params(MemberQuery),
    security(("token" = ["team.view"], "tenant" = []), ("token" = ["team.manage"], "tenant" = [])),
    responses((status = 200, body = Page<Member>)),
)]
#[get("/team/members")]
async fn list_members(
    caller: Caller<needs::SeeTeam>,
    Query(query): Query<MemberQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Member>>, Problem> {
    let (vendor, list) = (caller.vendor_id(), format!("members:{}", caller.vendor_id()));
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (after, limit) = (page.after(&list)?.unwrap_or_default(), page.limit());
    let rows = db.read_control(move |scope| Ok(store::list(scope, vendor, query.role, after, limit + 1)?)).await?;
    let cursor = |last: &MemberRow| Cursor { list, key: Key::Number(last.id.0), id: last.id.0 };
    Ok(web::Json(Page::of(rows, limit, cursor, MemberRow::view)))
}

/// See a member
///
/// One member of the team.
#[utoipa::path(
    tag = "Team",
    params(("id" = UserId, Path, description = "The user's id", example = 3), IfNoneMatch),
    security(("token" = ["team.view"], "tenant" = []), ("token" = ["team.manage"], "tenant" = [])),
    responses((status = 200, body = Member), (status = 304, description = "Nothing has changed")),
)]
#[get("/team/members/{id}")]
async fn get_member(caller: Caller<needs::SeeTeam>, id: web::Path<UserId>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let (vendor, id) = (caller.vendor_id(), id.into_inner());
    let member = db.read_control(move |scope| service::get(scope, vendor, id)).await?;
    Rendered::seen(member.version, &member)
}

/// Change a member
///
/// Their role, or whether they may sign in here; what is absent stays. It takes effect at once. Nobody changes somebody who
/// may do more than themselves, or gives a role that does; and the last active owner stays one (409 `last_owner`). Of who
/// is switched off the sessions here end, and their open orders go back to nobody. What they had invited and could not
/// invite any more is withdrawn.
#[utoipa::path(
    tag = "Team",
    params(("id" = UserId, Path, description = "The user's id", example = 3), IfMatch),
    security(("token" = ["team.manage"], "tenant" = [])),
    responses((status = 200, body = Member)),
)]
#[put("/team/members/{id}")]
async fn edit_member(
    caller: Caller<needs::ManageTeam>,
    id: web::Path<UserId>,
    precondition: IfMatch,
    body: Json<EditMember>,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    let (lead, id, edit) = (Lead::of(&caller)?, id.into_inner(), body.into_inner());
    let (member, is_out) = db.write_control(move |scope| service::edit(scope, &lead, id, &precondition, edit)).await?;
    if is_out {
        hand_back(&db, &caller, id).await;
    }
    Rendered::seen(member.version, &member)
}

/// Remove a member
///
/// They are out at once: their sessions here end, their open orders go back to nobody, and their open invitations are
/// withdrawn. What they did stays theirs. The last active owner cannot be removed (409 `last_owner`).
#[utoipa::path(
    tag = "Team",
    params(("id" = UserId, Path, description = "The user's id", example = 3), IfMatch),
    security(("token" = ["team.remove"], "tenant" = [])),
    responses((status = 204, description = "They are in the team no more")),
)]
#[delete("/team/members/{id}")]
async fn remove_member(
    caller: Caller<needs::RemoveMembers>,
    id: web::Path<UserId>,
    precondition: IfMatch,
    db: web::Data<Db>,
) -> Result<HttpResponse, Problem> {
    let (lead, id) = (Lead::of(&caller)?, id.into_inner());
    db.write_control(move |scope| service::remove(scope, &lead, id, &precondition)).await?;
    hand_back(&db, &caller, id).await;
    Ok(HttpResponse::NoContent().finish())
}

/// They are out already, whatever comes of this; what fails is done by the housekeeping.
async fn hand_back<P>(db: &Db, caller: &Caller<P>, from: UserId) {
    if let Err(problem) = orders::hand_back(db, caller, &caller.origin(), from).await {
        tracing::warn!(%problem, "the open orders of somebody who left are still theirs; housekeeping takes them back");
    }
}
