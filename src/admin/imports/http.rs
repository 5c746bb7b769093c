//! `/api/admin/vendors/bulk-import`.

use super::Importer;
use super::model::{BulkImport, EXAMPLE, ImportQuery};
use crate::access::Operator;
use crate::http::{Query, Upload};
use crate::problem::Problem;
use actix_web::http::header::ContentType;
use actix_web::web::Bytes;
use actix_web::{HttpResponse, post, web};
use futures_util::StreamExt;
use std::convert::Infallible;

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(bulk_import_vendors);
}

/// Import vendors
///
/// Opens the vendors of a CSV file, or brings them up to date: each is known by its subdomain. The header is exactly
/// `vendor_name,subdomain,owner_name,owner_email,owner_phone,business_address,business_city,business_postal_code,business_country,letzshop_csv_url,initial_password`,
/// in UTF-8, separated by commas. A file that is not like that is refused (422 `invalid_csv`), and nothing is done. Otherwise each
/// row is done whole or not at all, and a bad one keeps none of the others up; an empty cell leaves what there is. A vendor that is
/// there is changed if the row's owner is one of its owners. An owner whom the platform knows by the e-mail address, and who has
/// proved that it is theirs, keeps their password; a new one has to set one of their own when they first sign in.
#[utoipa::path(
    tag = "Operator",
    params(ImportQuery),
    security(("token" = [])),
    request_body(content = String, description = "The file", content_type = "text/csv", example = json!(EXAMPLE)),
    responses((status = 200, body = BulkImport)),
)]
#[post("/admin/vendors/bulk-import")]
async fn bulk_import_vendors(
    operator: Operator,
    Query(query): Query<ImportQuery>,
    upload: Upload,
    importer: web::Data<Importer>,
) -> Result<HttpResponse, Problem> {
    let report = importer.into_inner().begin(operator, upload.0, query.dry_run.unwrap_or_default()).await?;
    let body = report.map(|text| Ok::<_, Infallible>(Bytes::from(text)));
    Ok(HttpResponse::Ok().content_type(ContentType::json()).streaming(body))
}
