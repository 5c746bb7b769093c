//! `/api/vendor/domains`.

use super::dns::Prover;
use super::model::{ClaimDomain, VendorDomain, VendorDomains};
use super::service;
use crate::access::{Caller, Directory, needs};
use crate::base::id::DomainId;
use crate::db::{Db, MayRead};
use crate::http::{Created, Json};
use crate::problem::Problem;
use actix_web::{HttpResponse, delete, get, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_domains).service(claim_domain).service(get_domain).service(delete_domain);
    config.service(verify_domain).service(make_domain_primary);
}

/// List the vendor's domains
///
/// Those that lead to the shop, and those that it has yet to prove, with the record that proves each.
#[utoipa::path(tag = "Domains", security(("token" = ["settings.edit"], "tenant" = [])), responses((status = 200, body = VendorDomains)))]
#[get("/vendor/domains")]
async fn list_domains(
    caller: Caller<needs::EditVendor>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<web::Json<VendorDomains>, Problem> {
    let (vendor, platform) = (caller.vendor_id(), directory.platform_domain().map(str::to_owned));
    db.read_control(move |scope| service::list(scope, vendor, platform.as_deref())).await.map(web::Json)
}

/// Claim a domain
///
/// Says that a domain is the vendor's own. It leads nowhere until that is proved; until then others may say so, too.
#[utoipa::path(tag = "Domains", security(("token" = ["settings.edit"], "tenant" = [])), responses((status = 201, body = VendorDomain)))]
#[post("/vendor/domains")]
async fn claim_domain(
    caller: Caller<needs::EditVendor>,
    body: Json<ClaimDomain>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<Created<VendorDomain>, Problem> {
    let (vendor, origin, name) = (caller.vendor_id(), caller.origin(), service::claimable(&body.domain, &directory)?);
    let body = db.write_control(move |scope| Ok(service::claim(scope, &origin, vendor, &name)?)).await?;
    Ok(Created { location: format!("/api/vendor/domains/{}", body.id), body })
}

/// See a domain
///
/// One of the vendor's, proved or not.
#[utoipa::path(
    tag = "Domains",
    params(("id" = DomainId, Path, description = "The domain's id", example = 2)),
    security(("token" = ["settings.edit"], "tenant" = [])),
    responses((status = 200, body = VendorDomain)),
)]
#[get("/vendor/domains/{id}")]
async fn get_domain(
    caller: Caller<needs::EditVendor>,
    id: web::Path<DomainId>,
    db: web::Data<Db>,
) -> Result<web::Json<VendorDomain>, Problem> {
    let (vendor, id) = (caller.vendor_id(), id.into_inner());
    db.read_control(move |scope| service::get(scope, vendor, id)).await.map(web::Json)
}

/// Verify a domain
///
/// Looks into the DNS for the TXT record of the domain's `challenge`. Once it is found the domain leads to the shop, also
/// when the record is taken away again. The first vendor to prove a domain has it; one that only signed up with it loses it.
#[utoipa::path(
    tag = "Domains",
    params(("id" = DomainId, Path, description = "The domain's id", example = 2)),
    security(("token" = ["settings.edit"], "tenant" = [])),
    responses((status = 200, body = VendorDomain)),
)]
#[post("/vendor/domains/{id}/verify")]
async fn verify_domain(
    caller: Caller<needs::EditVendor>,
    id: web::Path<DomainId>,
    db: web::Data<Db>,
    prover: web::Data<Prover>,
    directory: web::Data<Directory>,
) -> Result<web::Json<VendorDomain>, Problem> {
    service::verify(&caller, id.into_inner(), &db, &prover, &directory).await.map(web::Json)
}

/// Make a domain the primary one
///
/// The vendor goes by it from now on: in its profile, and in tokens. It must be verified. The one before leads to the shop
/// as long as it is verified, too.
#[utoipa::path(
    tag = "Domains",
    params(("id" = DomainId, Path, description = "The domain's id", example = 2)),
    security(("token" = ["settings.edit"], "tenant" = [])),
    responses((status = 200, body = VendorDomain)),
)]
#[post("/vendor/domains/{id}/make-primary")]
async fn make_domain_primary(
    caller: Caller<needs::EditVendor>,
    id: web::Path<DomainId>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<web::Json<VendorDomain>, Problem> {
    let (vendor, origin, id) = (caller.vendor_id(), caller.origin(), id.into_inner());
    let domain = db.write_control(move |scope| Ok(service::make_primary(scope, &origin, vendor, id)?)).await?;
    directory.forget();
    Ok(web::Json(domain))
}

/// Give a domain up
///
/// It leads to the shop no more, and another vendor may prove it. The primary one cannot be given up.
#[utoipa::path(
    tag = "Domains",
    params(("id" = DomainId, Path, description = "The domain's id", example = 2)),
    security(("token" = ["settings.edit"], "tenant" = [])),
    responses((status = 204, description = "The domain is given up")),
)]
#[delete("/vendor/domains/{id}")]
async fn delete_domain(
    caller: Caller<needs::EditVendor>,
    id: web::Path<DomainId>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<HttpResponse, Problem> {
    let (vendor, origin, id) = (caller.vendor_id(), caller.origin(), id.into_inner());
    db.write_control(move |scope| Ok(service::delete(scope, &origin, vendor, id)?)).await?;
    directory.forget();
    Ok(HttpResponse::NoContent().finish())
}
