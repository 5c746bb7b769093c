//! `/api/auth/sessions`.

use super::model::Session;
use super::{service, store};
use crate::access::{Caller, Subject, needs};
use crate::base::id::SessionId;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Db, MayRead};
use crate::http::{PageQuery, Query};
use crate::problem::Problem;
use actix_web::{HttpResponse, delete, get, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_sessions).service(end_session);
}

/// List your sessions
///
/// Where you are signed in, the latest first: as a user at all your vendors.
#[utoipa::path(tag = "Auth", params(PageQuery), responses((status = 200, body = Page<Session>)))]
#[get("/auth/sessions")]
async fn list_sessions(
    caller: Caller<needs::SignedIn>,
    Query(query): Query<PageQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Session>>, Problem> {
    caller.in_person()?;
    let whose = (caller.subject(), caller.vendor_id(), caller.session());
    let list = match whose.0 {
        Subject::User(id) => format!("sessions:user:{id}"),
        Subject::Customer(id) => format!("sessions:{}:{id}", whose.1),
    };
    let before = query.after(&list)?.unwrap_or(i64::MAX);
    let limit = query.limit();
    let rows = db.read_control(move |scope| Ok(store::list(scope, whose, before, limit + 1)?)).await?;
    let cursor = |last: &Session| Cursor { list, key: Key::Number(last.id.0), id: last.id.0 };
    Ok(web::Json(Page::of(rows, limit, cursor, |row| row)))
}

/// End a session
///
/// One of your own, with its tokens: a device you have lost, or this one.
#[utoipa::path(
    tag = "Auth",
    params(("id" = SessionId, Path, description = "The session's id")),
    responses((status = 204, description = "The session has ended")),
)]
#[delete("/auth/sessions/{id}")]
async fn end_session(caller: Caller<needs::SignedIn>, id: web::Path<SessionId>, db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    caller.in_person()?;
    let (subject, vendor, id) = (caller.subject(), caller.vendor_id(), id.into_inner());
    let (home, origin) = (caller.home(), caller.origin());
    db.write_control(move |scope| service::end(scope, (subject, vendor, home), &origin, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}
