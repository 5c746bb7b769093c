//! `/api/auth/password/…` and `/api/auth/email/…`.

use super::model::{ForgotPassword, ResetPassword, VerifyEmail};
use crate::access::{Caller, Lobby, needs};
use crate::http::Json;
use crate::identity::Desk;
use crate::problem::Problem;
use actix_web::{HttpResponse, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(forgot_password).service(reset_password).service(verify_email).service(resend_verification);
}

/// Forget your password
///
/// Mails a token for a new one, good once and for an hour. The answer is the same whether there is such a person or not.
#[utoipa::path(
    tag = "Auth",
    security((), ("tenant" = [])),
    responses((status = 202, description = "If there is such a person, a letter is on its way")),
)]
#[post("/auth/password/forgot")]
async fn forgot_password(lobby: Lobby, body: Json<ForgotPassword>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    desk.forgot_password(lobby, body.into_inner()).await?;
    Ok(HttpResponse::Accepted().finish())
}

/// Choose a new password
///
/// With the mailed token. Ends all sessions there were. A customer names the vendor, as when signing in.
#[utoipa::path(
    tag = "Auth",
    security((), ("tenant" = [])),
    responses((status = 204, description = "The password is changed")),
)]
#[post("/auth/password/reset")]
async fn reset_password(lobby: Lobby, body: Json<ResetPassword>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    desk.reset_password(lobby, body.into_inner()).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Prove your address
///
/// With the token that was mailed there: to a user who signed up, changed their address, or asked for another letter.
#[utoipa::path(tag = "Auth", security((), ("tenant" = [])), responses((status = 204, description = "Mail reaches you there")))]
#[post("/auth/email/verify")]
async fn verify_email(lobby: Lobby, body: Json<VerifyEmail>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    desk.verify_email(lobby, &body.token).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Have another letter sent
///
/// With a token that proves your address, if it is not proved yet. For users.
#[utoipa::path(tag = "Auth", responses((status = 202, description = "If there is something to prove, a letter is on its way")))]
#[post("/auth/email/resend")]
async fn resend_verification(caller: Caller<needs::BeUser>, desk: web::Data<Desk>) -> Result<HttpResponse, Problem> {
    desk.resend_verification(&caller).await?;
    Ok(HttpResponse::Accepted().finish())
}
