//! `/api/admin/vendors`.

use super::model::{EditVendorRecord, NewVendor, ReplaceVendor, Suspend, VendorQuery, VendorRecord};
use super::service::{self, Change};
use crate::access::{Directory, Operator};
use crate::base::id::VendorId;
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{Created, IfMatch, IfNoneMatch, Json, PageQuery, Query, Rendered};
use crate::identity::Desk;
use crate::problem::Problem;
use actix_web::{get, patch, post, put, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_vendors).service(create_vendor).service(get_vendor_record).service(replace_vendor);
    config.service(edit_vendor_record).service(suspend_vendor).service(resume_vendor);
}

const LIST: &str = "admin:vendors";

/// List vendors
///
/// All vendors of the platform, newest first.
#[utoipa::path(tag = "Operator", params(VendorQuery), security(("token" = [])), responses((status = 200, body = Page<VendorRecord>)))]
#[get("/admin/vendors")]
async fn list_vendors(
    _operator: Operator,
    Query(query): Query<VendorQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<VendorRecord>>, Problem> {
    let wanted = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (before, limit) = (wanted.after(LIST)?, wanted.limit());
    db.read_control(move |scope| service::list(scope, &query, before, limit, LIST)).await.map(web::Json)
}

/// Open a vendor
///
/// Opens a shop for its owner: somebody whom the platform knows by the e-mail address already, or somebody new with a
/// password for the first time.
#[utoipa::path(tag = "Operator", security(("token" = [])), responses((status = 201, body = VendorRecord)))]
#[post("/admin/vendors")]
async fn create_vendor(operator: Operator, body: Json<NewVendor>, desk: web::Data<Desk>) -> Result<Created<VendorRecord>, Problem> {
    let body = service::open(&operator, &desk, body.into_inner()).await?;
    Ok(Created { location: format!("/api/admin/vendors/{}", body.id), body })
}

/// See any vendor
///
/// One vendor with all that the platform keeps of it.
#[utoipa::path(
    tag = "Operator",
    params(("id" = VendorId, Path, description = "The vendor's id"), IfNoneMatch),
    security(("token" = [])),
    responses((status = 200, body = VendorRecord), (status = 304, description = "It has not changed")),
)]
#[get("/admin/vendors/{id}")]
async fn get_vendor_record(_operator: Operator, id: web::Path<VendorId>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let id = id.into_inner();
    let vendor = db.read_control(move |scope| service::record(scope, id)).await?;
    Rendered::seen(vendor.version, &vendor)
}

async fn change(operator: Operator, id: VendorId, change: Change, db: &Db, directory: &Directory) -> Result<Rendered, Problem> {
    let vendor = db.write_control(move |scope| service::change(scope, &operator, id, &change)).await?;
    directory.forget();
    Rendered::seen(vendor.version, &vendor)
}

/// Replace any vendor
///
/// What the body leaves out is empty afterwards, but for `is_active`, which stays.
#[utoipa::path(
    tag = "Operator",
    params(("id" = VendorId, Path, description = "The vendor's id"), IfMatch),
    security(("token" = [])),
    responses((status = 200, body = VendorRecord)),
)]
#[put("/admin/vendors/{id}")]
async fn replace_vendor(
    operator: Operator,
    id: web::Path<VendorId>,
    precondition: IfMatch,
    body: Json<ReplaceVendor>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<Rendered, Problem> {
    change(operator, id.into_inner(), Change::Edit(precondition, body.into_inner().into()), &db, &directory).await
}

/// Change any vendor
///
/// Changes what the body mentions.
#[utoipa::path(
    tag = "Operator",
    params(("id" = VendorId, Path, description = "The vendor's id"), IfMatch),
    security(("token" = [])),
    responses((status = 200, body = VendorRecord)),
)]
#[patch("/admin/vendors/{id}")]
async fn edit_vendor_record(
    operator: Operator,
    id: web::Path<VendorId>,
    precondition: IfMatch,
    body: Json<EditVendorRecord>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<Rendered, Problem> {
    change(operator, id.into_inner(), Change::Edit(precondition, body.into_inner()), &db, &directory).await
}

/// Suspend a vendor
///
/// Closes the shop: from now on nobody but operators gets in (403 `tenant_inactive`), whoever is signed in.
#[utoipa::path(
    tag = "Operator",
    params(("id" = VendorId, Path, description = "The vendor's id")),
    security(("token" = [])),
    responses((status = 200, body = VendorRecord)),
)]
#[post("/admin/vendors/{id}/suspend")]
async fn suspend_vendor(
    operator: Operator,
    id: web::Path<VendorId>,
    body: Json<Suspend>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<Rendered, Problem> {
    change(operator, id.into_inner(), Change::Suspend(body.into_inner().reason), &db, &directory).await
}

/// Resume a vendor
///
/// Opens the shop again. Whoever was signed in still is, if their session has not run out meanwhile.
#[utoipa::path(
    tag = "Operator",
    params(("id" = VendorId, Path, description = "The vendor's id")),
    security(("token" = [])),
    responses((status = 200, body = VendorRecord)),
)]
#[post("/admin/vendors/{id}/resume")]
async fn resume_vendor(
    operator: Operator,
    id: web::Path<VendorId>,
    db: web::Data<Db>,
    directory: web::Data<Directory>,
) -> Result<Rendered, Problem> {
    change(operator, id.into_inner(), Change::Resume, &db, &directory).await
}
