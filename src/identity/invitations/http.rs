//! `/api/team/invitations`, and `/api/invitations/{token}` for those who are invited.

use super::model::{Accept, Accepted, Invitation, InvitationQuery, Invite, Welcome};
use super::service::{self, Postage};
use super::store::{self, Found};
use crate::access::{Caller, Lobby, needs};
use crate::base::id::InvitationId;
use crate::base::page::{Cursor, Key, Page};
use crate::base::{names, secret};
use crate::db::{Db, MayRead};
use crate::http::{Created, Json, PageQuery, Query};
use crate::identity::Desk;
use crate::identity::team::Lead;
use crate::problem::Problem;
use actix_web::{HttpResponse, delete, get, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_invitations).service(create_invitation).service(get_invitation);
    config.service(revoke_invitation).service(resend_invitation).service(show_invitation).service(accept_invitation);
}

/// List invitations
///
/// Who was invited into the team, newest first, and what has become of it. What is over is forgotten after a month.
#[utoipa::path(
    tag = "Team",
    params(InvitationQuery),
    security(("token" = ["team.invite"], "tenant" = []), ("token" = ["team.view"], "tenant" = [])),
    responses((status = 200, body = Page<Invitation>)),
)]
#[get("/team/invitations")]
async fn list_invitations(
    caller: Caller<needs::SeeInvitations>,
    Query(query): Query<InvitationQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Invitation>>, Problem> {
    let (vendor, list) = (caller.vendor_id(), format!("invitations:{}", caller.vendor_id()));
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (before, limit) = (page.after(&list)?.unwrap_or(i64::MAX), page.limit());
    let (rows, now) = db.read_control(move |scope| Ok((store::list(scope, vendor, query.status, before, limit + 1)?, scope.now()))).await?;
    let cursor = |(last, _): &Found| Cursor { list, key: Key::Number(last.id.0), id: last.id.0 };
    Ok(web::Json(Page::of(rows, limit, cursor, |found| store::view(found, now))))
}

/// Invite somebody
///
/// Mails them a link that is good for seven days, once. Nobody invites into a role that may do more than themselves.
#[utoipa::path(tag = "Team", security(("token" = ["team.invite"], "tenant" = [])), responses((status = 201, body = Invitation)))]
#[post("/team/invitations")]
async fn create_invitation(
    caller: Caller<needs::Invite>,
    body: Json<Invite>,
    desk: web::Data<Desk>,
) -> Result<Created<Invitation>, Problem> {
    let (lead, invite, postage) = (Lead::of(&caller)?, body.into_inner(), desk.postage());
    let name = names::key(&invite.email);
    desk.limits.admit_letter(caller.vendor_id(), name)?;
    let body = desk.db.write_control(move |scope| service::create(scope, &lead, &invite, &postage)).await?;
    Ok(Created { location: format!("/api/team/invitations/{}", body.id), body })
}

/// See an invitation
///
/// One invitation, and what has become of it.
#[utoipa::path(
    tag = "Team",
    params(("id" = InvitationId, Path, description = "The invitation's id")),
    security(("token" = ["team.invite"], "tenant" = []), ("token" = ["team.view"], "tenant" = [])),
    responses((status = 200, body = Invitation)),
)]
#[get("/team/invitations/{id}")]
async fn get_invitation(
    caller: Caller<needs::SeeInvitations>,
    id: web::Path<InvitationId>,
    db: web::Data<Db>,
) -> Result<web::Json<Invitation>, Problem> {
    let (vendor, id) = (caller.vendor_id(), id.into_inner());
    db.read_control(move |scope| service::get(scope, vendor, id)).await.map(web::Json)
}

/// Withdraw an invitation
///
/// Its link is good no more. One that was accepted or withdrawn already is over (410 `invitation_over`).
#[utoipa::path(
    tag = "Team",
    params(("id" = InvitationId, Path, description = "The invitation's id")),
    security(("token" = ["team.invite"], "tenant" = [])),
    responses((status = 204, description = "The invitation is withdrawn")),
)]
#[delete("/team/invitations/{id}")]
async fn revoke_invitation(caller: Caller<needs::Invite>, id: web::Path<InvitationId>, db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    let (lead, id) = (Lead::of(&caller)?, id.into_inner());
    db.write_control(move |scope| service::revoke(scope, &lead, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Send an invitation again
///
/// With a new link, good for seven days from now; the old one is good no more. One that has expired is open again.
#[utoipa::path(
    tag = "Team",
    params(("id" = InvitationId, Path, description = "The invitation's id")),
    security(("token" = ["team.invite"], "tenant" = [])),
    responses((status = 200, body = Invitation)),
)]
#[post("/team/invitations/{id}/resend")]
async fn resend_invitation(
    caller: Caller<needs::Invite>,
    id: web::Path<InvitationId>,
    desk: web::Data<Desk>,
) -> Result<web::Json<Invitation>, Problem> {
    let (lead, vendor, id, postage) = (Lead::of(&caller)?, caller.vendor_id(), id.into_inner(), desk.postage());
    let invitation = desk.db.read_control(move |scope| service::get(scope, vendor, id)).await?;
    desk.limits.admit_letter(vendor, names::key(&invitation.email))?;
    desk.db.write_control(move |scope| service::resend(scope, &lead, id, &postage)).await.map(web::Json)
}

/// See your invitation
///
/// What the one who is invited needs to know to accept. Whoever has the token has had the mail.
#[utoipa::path(
    tag = "Team",
    params(("token" = String, Path, description = "The token in the mailed link", example = "demo-invitation-to-the-team-of-vendor-1-xyz")),
    security((), ("tenant" = [])),
    responses((status = 200, body = Welcome)),
)]
#[get("/invitations/{token}")]
async fn show_invitation(lobby: Lobby, token: web::Path<String>, desk: web::Data<Desk>) -> Result<web::Json<Welcome>, Problem> {
    desk.show_invitation(lobby, &token).await.map(web::Json)
}

/// Accept your invitation
///
/// Takes you into the team; then sign in there. If your address has an account (`has_account`), send its password. If not, say
/// by which name and password you will sign in. If you have signed in already, at whichever vendor, you may send `{}`, and come
/// in as who you are.
#[utoipa::path(
    tag = "Team",
    params(("token" = String, Path, description = "The token in the mailed link", example = "demo-invitation-to-the-team-of-vendor-1-xyz")),
    security((), ("tenant" = []), ("token" = [], "tenant" = [])),
    responses((status = 201, body = Accepted)),
)]
#[post("/invitations/{token}/accept")]
async fn accept_invitation(
    lobby: Lobby,
    token: web::Path<String>,
    body: Json<Accept>,
    desk: web::Data<Desk>,
) -> Result<Created<Accepted>, Problem> {
    let body = desk.accept_invitation(lobby, &token, body.into_inner()).await?;
    Ok(Created { location: "/api/auth/me".to_owned(), body })
}

impl Desk {
    /// What the next invitation is sent with.
    fn postage(&self) -> Postage {
        Postage { token: secret::new(), links: self.links.clone() }
    }
}
