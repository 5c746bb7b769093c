//! `/api/auth/vendors` and `/api/auth/switch`.

use super::model::{Membership, Switch};
use crate::access::{Caller, needs};
use crate::base::page::Page;
use crate::http::{Json, PageQuery, Query};
use crate::identity::Desk;
use crate::identity::model::TokenPair;
use crate::problem::Problem;
use actix_web::{HttpResponse, get, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_my_vendors).service(switch_vendor);
}

/// List your vendors
///
/// The vendors whose team you are in, with your role at each.
#[utoipa::path(tag = "Auth", params(PageQuery), responses((status = 200, body = Page<Membership>)))]
#[get("/auth/vendors")]
async fn list_my_vendors(
    caller: Caller<needs::BeMember>,
    Query(query): Query<PageQuery>,
    desk: web::Data<Desk>,
) -> Result<web::Json<Page<Membership>>, Problem> {
    desk.memberships(&caller, query).await.map(web::Json)
}

/// Go to another vendor
///
/// Takes your session along to another vendor whose team you are in, and gives new tokens for it. The tokens until now are good
/// no more, as after a refresh. Send the domain of the vendor where you are as `X-Tenant-Domain`, as always. To be at two at
/// once, sign in twice.
#[utoipa::path(tag = "Auth", responses((status = 200, body = TokenPair)))]
#[post("/auth/switch")]
async fn switch_vendor(caller: Caller<needs::BeMember>, body: Json<Switch>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(desk.switch(&caller, body.into_inner()).await?))
}
