//! `/api/auth` and `/api/staff`.

use super::customers::{self, Particulars};
use super::model::{ChangePassword, EditMe, Login, Me, Refresh, Register, Registered, StaffMember, TokenPair};
use super::store;
use super::{Desk, IdentityError, invitations, members, memberships, recovery, roles, second_factor, sessions, sign_up};
use crate::access::{Caller, Lobby, Subject, needs};
use crate::audit::Change;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Db, MayRead};
use crate::events::{self, EventKind};
use crate::http::{Created, Json, PageQuery, Query};
use crate::problem::Problem;
use actix_web::{HttpResponse, get, patch, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(register).service(login).service(refresh).service(logout);
    config.service(get_me).service(edit_me).service(change_password).service(list_staff);
    memberships::http::routes(config);
    roles::http::routes(config);
    members::http::routes(config);
    invitations::http::routes(config);
    recovery::http::routes(config);
    second_factor::http::routes(config);
    sessions::http::routes(config);
}

/// Register
///
/// An *owner* opens a shop at `vendor_domain`. A *customer* joins the vendor named by `X-Tenant-Domain`, `Host` or
/// `vendor_domain`. *Staff* are registered by somebody of the team who may invite (`team.invite`).
#[utoipa::path(tag = "Auth", security((), ("tenant" = []), ("token" = [], "tenant" = [])), responses((status = 201, body = Registered)))]
#[post("/auth/register")]
async fn register(lobby: Lobby, body: Json<Register>, desk: web::Data<Desk>) -> Result<Created<Registered>, Problem> {
    let body = desk.sign_up(lobby, body.into_inner()).await?;
    Ok(Created { location: "/api/auth/me".to_owned(), body })
}

/// Sign in
///
/// With the name or the e-mail address, and the password. Without a vendor only users can sign in: one of a single
/// team gets its vendor, one of several is asked to choose (409 `vendor_choice_required`). Whose password was given to
/// them by somebody else is asked to send one of their own along (403 `password_change_required`).
#[utoipa::path(tag = "Auth", security((), ("tenant" = [])), responses((status = 200, body = TokenPair)))]
#[post("/auth/login")]
async fn login(lobby: Lobby, body: Json<Login>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk.log_in(lobby, body.into_inner()).await?))
}

/// Refresh tokens
///
/// Exchanges a refresh token for a new pair. Each is good once: an old one that comes again ends the whole session.
#[utoipa::path(tag = "Auth", security((), ("tenant" = [])), responses((status = 200, body = TokenPair)))]
#[post("/auth/refresh")]
async fn refresh(lobby: Lobby, body: Json<Refresh>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk.refresh(lobby, &body.refresh).await?))
}

/// Sign out
///
/// Ends the session that the refresh token belongs to, with its access tokens.
#[utoipa::path(tag = "Auth", security((), ("tenant" = [])), responses((status = 204, description = "The session has ended")))]
#[post("/auth/logout")]
async fn logout(_lobby: Lobby, body: Json<Refresh>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    desk.log_out(&body.refresh).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// See yourself
///
/// Whom the access token speaks for, and what they may do.
#[utoipa::path(tag = "Auth", responses((status = 200, body = Me)))]
#[get("/auth/me")]
async fn get_me(caller: Caller<needs::SignedIn>, desk: web::Data<Desk>) -> Result<web::Json<Me>, Problem> {
    desk.describe_caller(&caller).await.map(web::Json)
}

/// Change yourself
///
/// Changes what the body mentions of your own profile. Another e-mail address takes your `current_password`, too.
#[utoipa::path(tag = "Auth", responses((status = 200, body = Me)))]
#[patch("/auth/me")]
async fn edit_me(
    caller: Caller<needs::SignedIn>,
    body: Json<EditMe>,
    desk: web::Data<Desk>,
    db: web::Data<Db>,
) -> Result<web::Json<Me>, Problem> {
    caller.in_person()?;
    desk.check_new_address(&caller, &body).await?;
    match caller.subject() {
        Subject::User(id) => desk.edit_user(&caller, id, body.into_inner()).await?,
        Subject::Customer(_) => edit_customer(&caller, body.into_inner(), &db).await?,
    }
    desk.describe_caller(&caller).await.map(web::Json)
}

async fn edit_customer(caller: &Caller<needs::SignedIn>, edit: EditMe, db: &Db) -> Result<(), Problem> {
    let Subject::Customer(id) = caller.subject() else { return Err(Problem::not_found()) };
    sign_up::no_member_is_called(db, caller.vendor_id(), None, edit.email.value().map(String::as_str)).await?;
    let (first_name, last_name) = (edit.first_name, edit.last_name);
    let (email, phone) = (edit.email.into_change(), edit.phone.into_change());
    let particulars = Particulars { first_name, last_name, email, phone, is_active: None };
    let origin = caller.origin();
    db.write(caller, move |scope| {
        let before = customers::hold(scope, id)?;
        if before.anonymized_at.is_some() {
            return Err(IdentityError::SessionEnded.into());
        }
        let data = serde_json::json!({ "id": id, "changed": particulars.names() });
        let after = customers::change(scope, &before, particulars.clone()).map_err(IdentityError::of_conflict)?;
        Ok(events::emit(scope, &origin, EventKind::CustomerUpdated, id.0, &data, Change::Edited(&before, &after))?)
    })
    .await
}

/// Change your password
///
/// Takes the current password too, and ends all your other sessions.
#[utoipa::path(tag = "Auth", responses((status = 204, description = "The password is changed")))]
#[post("/auth/password")]
async fn change_password(
    caller: Caller<needs::SignedIn>,
    body: Json<ChangePassword>,
    desk: web::Data<Desk>,
) -> Result<HttpResponse, Problem> {
    desk.change_password(&caller, body.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// List staff
///
/// The active members of the vendor's team: those whom orders may be assigned to.
#[utoipa::path(
    tag = "Team",
    params(PageQuery),
    security(("token" = ["team.view"], "tenant" = []), ("token" = ["orders.assign"], "tenant" = [])),
    responses((status = 200, body = Page<StaffMember>)),
)]
#[get("/staff")]
async fn list_staff(
    caller: Caller<needs::SeeStaff>,
    Query(query): Query<PageQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<StaffMember>>, Problem> {
    let vendor = caller.vendor_id();
    let list = format!("staff:{vendor}");
    let after = query.after(&list)?;
    let limit = query.limit();
    let rows = db.read_control(move |scope| Ok(store::staff(scope, vendor, after.unwrap_or_default(), limit + 1)?)).await?;
    let cursor = |last: &StaffMember| Cursor { list, key: Key::Number(last.id.0), id: last.id.0 };
    Ok(web::Json(Page::of(rows, limit, cursor, |row| row)))
}
