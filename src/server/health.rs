//! How the server is: for whoever watches over it.

use super::metrics::Metrics;
use crate::base::code::Code;
use crate::db::Db;
use crate::problem::Problem;
use actix_web::{HttpResponse, get, web};
use serde::Serialize;
use std::sync::atomic::{AtomicBool, Ordering};
use utoipa::ToSchema;

/// All is well.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// Always `ok`: anything else is another status.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Is the server alive
///
/// Answers as long as the process does.
#[utoipa::path(tag = "Operation", security(()), responses((status = 200, body = Health)))]
#[get("/healthz")]
pub(super) async fn is_alive() -> web::Json<Health> {
    web::Json(Health { status: "ok" })
}

/// Is the server ready
///
/// Whether the database answers and can be written to. Fails as soon as the server is asked to stop.
#[utoipa::path(tag = "Operation", security(()), responses((status = 200, body = Health)))]
#[get("/readyz")]
pub(super) async fn is_ready(db: web::Data<Db>, draining: web::Data<AtomicBool>) -> Result<web::Json<Health>, Problem> {
    if draining.load(Ordering::Relaxed) {
        return Err(Problem::new(Code::Busy, "the server is stopping").retry_after(1));
    }
    db.ping().await?;
    Ok(web::Json(Health { status: "ok" }))
}

/// Read the metrics
///
/// In the text format of Prometheus (OpenMetrics).
#[utoipa::path(tag = "Operation", security(()), responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
#[get("/metrics")]
pub(super) async fn read_metrics(metrics: web::Data<Metrics>, db: web::Data<Db>) -> Result<HttpResponse, Problem> {
    let text = metrics.render(db.activity()).map_err(Problem::internal)?;
    Ok(HttpResponse::Ok().content_type("application/openmetrics-text; version=1.0.0; charset=utf-8").body(text))
}
