//! `/api/orders/{id}/refunds`.

use super::model::{CreateRefund, Refund};
use super::service;
use crate::access::{Caller, needs};
use crate::base::id::{OrderId, RefundId};
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{Created, Json};
use crate::idempotency::{self, Answer, IdempotencyKey};
use crate::orders::http::handling;
use crate::problem::Problem;
use actix_web::{get, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(create_refund).service(list_refunds).service(get_refund);
}

/// Give money back
///
/// Says that money was given back for an order: all of what is paid or a part of it, shipping included, for a return or for any
/// other reason, and over all refunds never more than is paid (409 `overrefunded` tells what is `refundable`). Without an
/// `amount`, for a return: what the goods cost that came back, less the vendor's fee and rounded half up, and no more than the
/// vendor's limit, both as they were when the return was asked for; less what was given back for it. The order's `refunded` and
/// `payment_status` follow. With an `Idempotency-Key` the request can be sent again safely.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id"), IdempotencyKey),
    security(("token" = ["orders.refund"], "tenant" = [])),
    responses((status = 201, body = Refund)),
)]
#[post("/orders/{id}/refunds")]
async fn create_refund(
    caller: Caller<needs::RefundOrders>,
    id: web::Path<OrderId>,
    key: IdempotencyKey,
    body: Json<CreateRefund>,
    db: web::Data<Db>,
) -> Result<Answer, Problem> {
    let (id, handling) = (id.into_inner(), handling(&caller));
    // The same words about another order are another request.
    let (fingerprint, wish) = (format!("{id}:{}", body.fingerprint()), body.into_inner());
    idempotency::once(&db, &caller, "create_refund", key, fingerprint, move |scope| {
        let body = service::create(scope, &handling, id, &wish)?;
        Ok(Created { location: format!("/api/orders/{id}/refunds/{}", body.id), body })
    })
    .await
}

/// List an order's refunds
///
/// All that were given, oldest first.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id")),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Page<Refund>)),
)]
#[get("/orders/{id}/refunds")]
async fn list_refunds(
    caller: Caller<needs::SeeOrders>,
    id: web::Path<OrderId>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Refund>>, Problem> {
    let (id, handling) = (id.into_inner(), handling(&caller));
    let items = db.read(&caller, move |scope| service::list(scope, &handling, id)).await?;
    Ok(web::Json(Page { items, next: None }))
}

/// See a refund
///
/// One refund of an order.
#[utoipa::path(
    tag = "Orders",
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("refund_id" = RefundId, Path, description = "The refund's id"),
    ),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Refund)),
)]
#[get("/orders/{id}/refunds/{refund_id}")]
async fn get_refund(
    caller: Caller<needs::SeeOrders>,
    path: web::Path<(OrderId, RefundId)>,
    db: web::Data<Db>,
) -> Result<web::Json<Refund>, Problem> {
    let ((id, refund), handling) = (path.into_inner(), handling(&caller));
    db.read(&caller, move |scope| service::get(scope, &handling, id, refund)).await.map(web::Json)
}
