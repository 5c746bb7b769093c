//! `/api/api-keys`.

use super::model::{ApiKey, EditApiKey, MadeApiKey, NewApiKey};
use super::{service, store};
use crate::access::{Caller, needs};
use crate::base::id::ApiKeyId;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Db, MayRead};
use crate::http::{Created, Json, PageQuery, Query};
use crate::problem::Problem;
use actix_web::{HttpResponse, delete, get, patch, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_api_keys).service(create_api_key).service(get_api_key).service(edit_api_key).service(revoke_api_key);
}

/// List API keys
///
/// The vendor's keys, newest first; also those that were revoked or have expired.
#[utoipa::path(
    tag = "API keys",
    params(PageQuery),
    security(("token" = ["apikeys.manage"], "tenant" = [])),
    responses((status = 200, body = Page<ApiKey>)),
)]
#[get("/api-keys")]
async fn list_api_keys(
    caller: Caller<needs::ManageApiKeys>,
    Query(query): Query<PageQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<ApiKey>>, Problem> {
    let vendor = caller.vendor_id();
    let list = format!("api-keys:{vendor}");
    let (before, limit) = (query.after(&list)?, query.limit());
    let rows = db.read_control(move |scope| Ok(store::list(scope, vendor, before, limit + 1)?)).await?;
    let cursor = |last: &ApiKey| Cursor { list, key: Key::Number(last.id.0), id: last.id.0 };
    Ok(web::Json(Page::of(rows, limit, cursor, |row| row)))
}

/// Make an API key
///
/// The answer has the secret, which is never shown again: a program sends it as `Authorization: Bearer sk_…`, and needs no
/// `X-Tenant-Domain`. The key may do what `permissions` says, as long as you may do it yourself. It cannot sign in, and
/// cannot make keys.
#[utoipa::path(
    tag = "API keys",
    security(("token" = ["apikeys.manage"], "tenant" = [])),
    responses((status = 201, body = MadeApiKey)),
)]
#[post("/api-keys")]
async fn create_api_key(
    caller: Caller<needs::ManageApiKeys>,
    body: Json<NewApiKey>,
    db: web::Data<Db>,
) -> Result<Created<MadeApiKey>, Problem> {
    let body = service::make(&db, &caller, body.into_inner()).await?;
    Ok(Created { location: format!("/api/api-keys/{}", body.key.id), body })
}

/// See an API key
///
/// One key, without its secret.
#[utoipa::path(
    tag = "API keys",
    params(("id" = ApiKeyId, Path, description = "The key's id")),
    security(("token" = ["apikeys.manage"], "tenant" = [])),
    responses((status = 200, body = ApiKey)),
)]
#[get("/api-keys/{id}")]
async fn get_api_key(
    caller: Caller<needs::ManageApiKeys>,
    id: web::Path<ApiKeyId>,
    db: web::Data<Db>,
) -> Result<web::Json<ApiKey>, Problem> {
    let (vendor, id) = (caller.vendor_id(), id.into_inner());
    db.read_control(move |scope| Ok(store::find(scope, vendor, id)?)).await.map(web::Json)
}

/// Rename an API key
///
/// Changes what it is called. What it may do never changes: make another one, and revoke this one.
#[utoipa::path(
    tag = "API keys",
    params(("id" = ApiKeyId, Path, description = "The key's id")),
    security(("token" = ["apikeys.manage"], "tenant" = [])),
    responses((status = 200, body = ApiKey)),
)]
#[patch("/api-keys/{id}")]
async fn edit_api_key(
    caller: Caller<needs::ManageApiKeys>,
    id: web::Path<ApiKeyId>,
    body: Json<EditApiKey>,
    db: web::Data<Db>,
) -> Result<web::Json<ApiKey>, Problem> {
    service::edit(&db, &caller, id.into_inner(), body.into_inner()).await.map(web::Json)
}

/// Revoke an API key
///
/// From now on nobody gets in by it. It stays in the list.
#[utoipa::path(
    tag = "API keys",
    params(("id" = ApiKeyId, Path, description = "The key's id")),
    security(("token" = ["apikeys.manage"], "tenant" = [])),
    responses((status = 204, description = "The key is revoked")),
)]
#[delete("/api-keys/{id}")]
async fn revoke_api_key(caller: Caller<needs::ManageApiKeys>, id: web::Path<ApiKeyId>, db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    service::revoke(&db, &caller, id.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}
