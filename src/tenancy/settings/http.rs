//! `/api/vendor/settings`.

use super::model::{EditVendorSettings, VendorSettings};
use super::service;
use crate::access::{Caller, needs};
use crate::db::Db;
use crate::http::{IfMatch, IfNoneMatch, Json, Rendered};
use crate::problem::Problem;
use actix_web::{get, patch, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(get_vendor_settings).service(edit_vendor_settings);
}

/// See the vendor's settings
///
/// By what rules the vendor takes goods back, for its customers to see, too. As long as nobody changes them, everything is taken back, always, and at no cost.
#[utoipa::path(
    tag = "Vendor",
    params(IfNoneMatch),
    responses((status = 200, body = VendorSettings), (status = 304, description = "They have not changed")),
)]
#[get("/vendor/settings")]
async fn get_vendor_settings(caller: Caller<needs::SeeSettings>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let currency = caller.vendor().currency;
    let settings = db.read(&caller, move |scope| service::get(scope, currency)).await?;
    Rendered::seen(settings.version, &settings)
}

/// Change the vendor's settings
///
/// Changes what the body mentions. A return keeps the fee and the limit that held when it was asked for; all else goes by the new
/// rules from now on.
#[utoipa::path(
    tag = "Vendor",
    params(IfMatch),
    security(("token" = ["settings.edit"], "tenant" = [])),
    responses((status = 200, body = VendorSettings)),
)]
#[patch("/vendor/settings")]
async fn edit_vendor_settings(
    caller: Caller<needs::EditVendor>,
    precondition: IfMatch,
    body: Json<EditVendorSettings>,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    let (currency, origin, edit) = (caller.vendor().currency, caller.origin(), body.into_inner());
    let settings = db.write(&caller, move |scope| service::edit(scope, &origin, currency, &precondition, edit.clone())).await?;
    Rendered::seen(settings.version, &settings)
}
