//! `/api/auth/totp`.

use super::model::{BeginTotp, BothFactors, ConfirmTotp, RecoveryCodes, TotpSecret};
use crate::access::{Caller, needs};
use crate::http::Json;
use crate::identity::Desk;
use crate::problem::Problem;
use actix_web::{HttpResponse, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(begin_totp).service(confirm_totp).service(disable_totp).service(renew_recovery_codes);
}

/// Begin a second factor
///
/// For users. Gives the secret for an authenticator; nothing is asked for when signing in until a code confirms it.
#[utoipa::path(tag = "Auth", responses((status = 200, body = TotpSecret)))]
#[post("/auth/totp")]
async fn begin_totp(caller: Caller<needs::BeUser>, body: Json<BeginTotp>, desk: web::Data<Desk>) -> Result<web::Json<TotpSecret>, Problem> {
    desk.begin_totp(&caller, body.into_inner()).await.map(web::Json)
}

/// Confirm the second factor
///
/// With a code of the authenticator. Gives ten recovery codes, each good once; from now on signing in takes a code.
#[utoipa::path(tag = "Auth", responses((status = 200, body = RecoveryCodes)))]
#[post("/auth/totp/confirm")]
async fn confirm_totp(
    caller: Caller<needs::BeUser>,
    body: Json<ConfirmTotp>,
    desk: web::Data<Desk>,
) -> Result<web::Json<RecoveryCodes>, Problem> {
    desk.confirm_totp(&caller, body.into_inner().code).await.map(web::Json)
}

/// Give up the second factor
///
/// With the password and a code.
#[utoipa::path(tag = "Auth", responses((status = 204, description = "Signing in takes the password alone")))]
#[post("/auth/totp/disable")]
async fn disable_totp(caller: Caller<needs::BeUser>, body: Json<BothFactors>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    desk.disable_totp(&caller, body.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Renew recovery codes
///
/// With the password and a code. Those that there were are no good any more.
#[utoipa::path(tag = "Auth", responses((status = 200, body = RecoveryCodes)))]
#[post("/auth/totp/recovery-codes")]
async fn renew_recovery_codes(
    caller: Caller<needs::BeUser>,
    body: Json<BothFactors>,
    desk: web::Data<Desk>,
) -> Result<web::Json<RecoveryCodes>, Problem> {
    desk.renew_codes(&caller, body.into_inner()).await.map(web::Json)
}
