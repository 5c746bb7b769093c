//! `/api/orders/{id}/returns`.

use super::model::{ReceiveReturn, RejectReturn, RequestReturn, Return};
use super::service;
use crate::access::{Caller, needs};
use crate::base::id::{OrderId, ReturnId};
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{Created, Json};
use crate::idempotency::{self, Answer, IdempotencyKey};
use crate::orders::http::handling;
use crate::problem::Problem;
use actix_web::{get, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(request_return).service(list_returns).service(get_return);
    config.service(approve_return).service(reject_return).service(receive_return);
}

/// Ask to return goods
///
/// Says which goods of an order are to come back, and why: no more than were delivered, over all returns that were not rejected,
/// where of one that was received only what came counts (409 `not_returnable` tells the lines in `errors`), and by the vendor's
/// rules (`GET /api/vendor/settings`; 409 `return_window_over` tells `until` when it was possible). The fee and the limit of the
/// refund are those of now. Customers ask for their own orders, members of the team for those that they may change. With an
/// `Idempotency-Key` the request can be sent again safely.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id"), IdempotencyKey),
    security(("token" = ["orders.edit"], "tenant" = []), ("token" = ["orders.edit_assigned"], "tenant" = [])),
    responses((status = 201, body = Return)),
)]
#[post("/orders/{id}/returns")]
async fn request_return(
    caller: Caller<needs::ActOnOrders>,
    id: web::Path<OrderId>,
    key: IdempotencyKey,
    body: Json<RequestReturn>,
    db: web::Data<Db>,
) -> Result<Answer, Problem> {
    let (id, handling) = (id.into_inner(), handling(&caller));
    // The same words about another order are another request.
    let (fingerprint, wish) = (format!("{id}:{}", body.fingerprint()), body.into_inner());
    idempotency::once(&db, &caller, "request_return", key, fingerprint, move |scope| {
        let body = service::request(scope, &handling, id, &wish)?;
        Ok(Created { location: format!("/api/orders/{id}/returns/{}", body.id), body })
    })
    .await
}

/// List an order's returns
///
/// All that were asked for, oldest first, those that were rejected included.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id")),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Page<Return>)),
)]
#[get("/orders/{id}/returns")]
async fn list_returns(
    caller: Caller<needs::SeeOrders>,
    id: web::Path<OrderId>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Return>>, Problem> {
    let (id, handling) = (id.into_inner(), handling(&caller));
    let items = db.read(&caller, move |scope| service::list(scope, &handling, id)).await?;
    Ok(web::Json(Page { items, next: None }))
}

/// See a return
///
/// One return of an order.
#[utoipa::path(
    tag = "Orders",
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("return_id" = ReturnId, Path, description = "The return's id"),
    ),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Return)),
)]
#[get("/orders/{id}/returns/{return_id}")]
async fn get_return(
    caller: Caller<needs::SeeOrders>,
    path: web::Path<(OrderId, ReturnId)>,
    db: web::Data<Db>,
) -> Result<web::Json<Return>, Problem> {
    let ((id, of), handling) = (path.into_inner(), handling(&caller));
    db.read(&caller, move |scope| service::get(scope, &handling, id, of)).await.map(web::Json)
}

/// Approve a return
///
/// Lets the goods be sent back. One that is approved already stays as it is; from anywhere but `requested` it is 409
/// `illegal_transition`.
#[utoipa::path(
    tag = "Orders",
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("return_id" = ReturnId, Path, description = "The return's id"),
    ),
    security(("token" = ["orders.edit"], "tenant" = []), ("token" = ["orders.edit_assigned"], "tenant" = [])),
    responses((status = 200, body = Return)),
)]
#[post("/orders/{id}/returns/{return_id}/approve")]
async fn approve_return(
    caller: Caller<needs::EditOrders>,
    path: web::Path<(OrderId, ReturnId)>,
    db: web::Data<Db>,
) -> Result<web::Json<Return>, Problem> {
    let ((id, of), handling) = (path.into_inner(), handling(&caller));
    db.write(&caller, move |scope| service::approve(scope, &handling, id, of)).await.map(web::Json)
}

/// Reject a return
///
/// Says why the goods are not taken back, or did not come: they can be asked to be returned again then. One that is rejected
/// already stays as it is, and one whose goods are back is not rejected any more (409 `illegal_transition`).
#[utoipa::path(
    tag = "Orders",
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("return_id" = ReturnId, Path, description = "The return's id"),
    ),
    security(("token" = ["orders.edit"], "tenant" = []), ("token" = ["orders.edit_assigned"], "tenant" = [])),
    responses((status = 200, body = Return)),
)]
#[post("/orders/{id}/returns/{return_id}/reject")]
async fn reject_return(
    caller: Caller<needs::EditOrders>,
    path: web::Path<(OrderId, ReturnId)>,
    body: Json<RejectReturn>,
    db: web::Data<Db>,
) -> Result<web::Json<Return>, Problem> {
    let ((id, of), handling, wish) = (path.into_inner(), handling(&caller), body.into_inner());
    db.write(&caller, move |scope| service::reject(scope, &handling, id, of, &wish.reason)).await.map(web::Json)
}

/// Receive a return
///
/// Counts what came back, of an approved return: what is good is in stock again, what is damaged is not, and what did not come
/// can be returned another time. The same count once more changes nothing; another one is 409 `illegal_transition`. Money
/// is given back by a refund.
#[utoipa::path(
    tag = "Orders",
    params(
        ("id" = OrderId, Path, description = "The order's id"),
        ("return_id" = ReturnId, Path, description = "The return's id"),
    ),
    security(("token" = ["orders.edit"], "tenant" = []), ("token" = ["orders.edit_assigned"], "tenant" = [])),
    responses((status = 200, body = Return)),
)]
#[post("/orders/{id}/returns/{return_id}/receive")]
async fn receive_return(
    caller: Caller<needs::EditOrders>,
    path: web::Path<(OrderId, ReturnId)>,
    body: Json<ReceiveReturn>,
    db: web::Data<Db>,
) -> Result<web::Json<Return>, Problem> {
    let (path, handling, wish) = (path.into_inner(), handling(&caller), body.into_inner());
    db.write(&caller, move |scope| service::receive(scope, &handling, path, &wish)).await.map(web::Json)
}
