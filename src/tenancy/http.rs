//! `/api/vendor`: the vendor's own profile.

use super::model::{EditVendor, PublicVendor, VendorError, VendorProfile};
use super::store;
use crate::access::{Anyone, Caller, Directory, Principal, needs};
use crate::audit::{self, Action, Entry, Target};
use crate::catalog;
use crate::db::{Db, MayRead};
use crate::http::{IfMatch, IfNoneMatch, Json, Rendered};
use crate::problem::Problem;
use actix_web::{get, patch, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(get_vendor).service(get_public_vendor).service(edit_vendor);
}

/// See the vendor
///
/// The profile of the shop that the request is for.
#[utoipa::path(tag = "Vendor", params(IfNoneMatch), responses((status = 200, body = VendorProfile), (status = 304, description = "It has not changed")))]
#[get("/vendor")]
async fn get_vendor(caller: Caller<needs::SeeVendor>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let id = caller.vendor_id();
    let vendor = db.read_control(move |scope| Ok(store::profile(scope, id)?)).await?;
    Rendered::seen(vendor.version, &vendor)
}

/// See what everybody may know of the vendor
///
/// What a shop front needs before anybody has signed in: how the shop is called, how it looks and what it sells in.
#[utoipa::path(
    tag = "Vendor",
    params(IfNoneMatch),
    security(("tenant" = []), ("token" = [], "tenant" = [])),
    responses((status = 200, body = PublicVendor), (status = 304, description = "It has not changed")),
)]
#[get("/vendor/public")]
async fn get_public_vendor(anyone: Anyone, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let id = anyone.vendor().id;
    let vendor = db.read_control(move |scope| Ok(store::profile(scope, id)?)).await?;
    Rendered::seen(vendor.version, &PublicVendor::from(vendor))
}

/// Change the vendor
///
/// Changes what the body mentions. The currency can be changed only while there are no products;
/// `is_active` only by an operator of the platform.
#[utoipa::path(
    tag = "Vendor",
    params(IfMatch),
    security(("token" = ["settings.edit"], "tenant" = [])),
    responses((status = 200, body = VendorProfile)),
)]
#[patch("/vendor")]
async fn edit_vendor(
    caller: Caller<needs::EditVendor>,
    precondition: IfMatch,
    body: Json<EditVendor>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<Rendered, Problem> {
    let vendor = edit(&caller, precondition, body.into_inner(), &db).await?;
    directory.forget();
    Rendered::seen(vendor.version, &vendor)
}

async fn edit(caller: &Caller<needs::EditVendor>, precondition: IfMatch, edit: EditVendor, db: &Db) -> Result<VendorProfile, Problem> {
    if edit.is_active.is_some() && !matches!(caller.principal(), Principal::Operator(_)) {
        return Err(VendorError::OperatorsOnly.into());
    }
    let is_priced_otherwise = edit.currency.is_some_and(|currency| currency != caller.vendor().currency);
    if is_priced_otherwise && db.read(caller, |scope| Ok(catalog::has_products(scope)?)).await? {
        return Err(VendorError::CurrencyInUse.into());
    }
    let (id, origin) = (caller.vendor_id(), caller.origin());
    db.write_control(move |scope| {
        let before = store::profile(scope, id)?;
        precondition.check(before.version)?;
        if edit == EditVendor::default() {
            return Ok(before);
        }
        let after = store::update(scope, id, before.version, edit.clone())?;
        let action = match (before.is_active, after.is_active) {
            (true, false) => Action::VendorSuspended,
            (false, true) => Action::VendorResumed,
            _ => Action::VendorUpdated,
        };
        let (before, told) = (serde_json::to_value(before), serde_json::to_value(&after));
        let (before, told) = (before.map_err(Problem::internal)?, told.map_err(Problem::internal)?);
        audit::note(scope, &origin, Entry { vendor: Some(id), action, target: (Target::Vendor, id.0), before, after: told });
        Ok(after)
    })
    .await
}
