//! `/api/orders/{id}/payments`.

use super::model::{Payment, RecordPayment, VoidPayment};
use super::service;
use crate::access::{Caller, needs};
use crate::base::id::{OrderId, PaymentId};
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{Created, Json};
use crate::idempotency::{self, Answer, IdempotencyKey};
use crate::orders::http::handling;
use crate::problem::Problem;
use actix_web::{get, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(record_payment).service(list_payments).service(get_payment).service(void_payment);
}

/// Record a payment
///
/// Says that something was paid for an order: not more than is still to be paid (409 `overpaid` tells what is `due`), and
/// nothing for one that is cancelled. The order's `paid` and `payment_status` follow. With an `Idempotency-Key` the request
/// can be sent again safely.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id"), IdempotencyKey),
    security(("token" = ["orders.edit"], "tenant" = []), ("token" = ["orders.edit_assigned"], "tenant" = [])),
    responses((status = 201, body = Payment)),
)]
#[post("/orders/{id}/payments")]
async fn record_payment(
    caller: Caller<needs::EditOrders>,
    id: web::Path<OrderId>,
    key: IdempotencyKey,
    body: Json<RecordPayment>,
    db: web::Data<Db>,
) -> Result<Answer, Problem> {
    let (id, handling) = (id.into_inner(), handling(&caller));
    // The same words about another order are another request.
    let (fingerprint, wish) = (format!("{id}:{}", body.fingerprint()), body.into_inner());
    idempotency::once(&db, &caller, "record_payment", key, fingerprint, move |scope| {
        let body = service::record(scope, &handling, id, &wish)?;
        Ok(Created { location: format!("/api/orders/{id}/payments/{}", body.id), body })
    })
    .await
}

/// List an order's payments
///
/// All that were recorded, oldest first, those that were voided included.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id")),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Page<Payment>)),
)]
#[get("/orders/{id}/payments")]
async fn list_payments(
    caller: Caller<needs::SeeOrders>,
    id: web::Path<OrderId>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Payment>>, Problem> {
    let (id, handling) = (id.into_inner(), handling(&caller));
    let items = db.read(&caller, move |scope| service::list(scope, &handling, id)).await?;
    Ok(web::Json(Page { items, next: None }))
}

/// See a payment
///
/// One payment of an order.
#[utoipa::path(
    tag = "Orders",
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("payment_id" = PaymentId, Path, description = "The payment's id"),
    ),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Payment)),
)]
#[get("/orders/{id}/payments/{payment_id}")]
async fn get_payment(
    caller: Caller<needs::SeeOrders>,
    path: web::Path<(OrderId, PaymentId)>,
    db: web::Data<Db>,
) -> Result<web::Json<Payment>, Problem> {
    let ((id, payment), handling) = (path.into_inner(), handling(&caller));
    db.read(&caller, move |scope| service::get(scope, &handling, id, payment)).await.map(web::Json)
}

/// Void a payment
///
/// Says that a payment was recorded by mistake: it stays in the list and counts for nothing. One that was voided before stays
/// as it is. Those of an order that is completed stay (409 `order_completed`).
#[utoipa::path(
    tag = "Orders",
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("payment_id" = PaymentId, Path, description = "The payment's id"),
    ),
    security(("token" = ["orders.edit"], "tenant" = []), ("token" = ["orders.edit_assigned"], "tenant" = [])),
    responses((status = 200, body = Payment)),
)]
#[post("/orders/{id}/payments/{payment_id}/void")]
async fn void_payment(
    caller: Caller<needs::EditOrders>,
    path: web::Path<(OrderId, PaymentId)>,
    body: Json<VoidPayment>,
    db: web::Data<Db>,
) -> Result<web::Json<Payment>, Problem> {
    let ((id, payment), handling, wish) = (path.into_inner(), handling(&caller), body.into_inner());
    db.write(&caller, move |scope| service::void(scope, &handling, id, payment, &wish.reason)).await.map(web::Json)
}
