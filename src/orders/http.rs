//! `/api/orders`.

use super::figures;
use super::model::{ActionNote, AssignStaff, ChangeStatus, Order, OrderQuery, PlaceOrder};
use super::payments;
use super::place::{self, Placing};
use super::refunds;
use super::returns;
use super::service::{self, Handling};
use super::workflow::Action;
use crate::access::{Caller, needs};
use crate::base::id::{OrderId, VendorId};
use crate::base::page::Page;
use crate::base::patch::Patch;
use crate::db::{Db, MayRead};
use crate::events::HistoryEntry;
use crate::http::{Created, IfMatch, IfNoneMatch, Json, OptionalJson, PageQuery, Query, Rendered};
use crate::idempotency::{self, Answer, IdempotencyKey};
use crate::identity;
use crate::problem::Problem;
use actix_web::{get, patch, post, web};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(place_order).service(list_orders).service(list_my_orders).service(get_order).service(get_order_history);
    config.service(change_order_status).service(assign_order);
    payments::http::routes(config);
    returns::http::routes(config);
    refunds::http::routes(config);
    // Last, for any word fits where its action stands.
    config.service(act_on_order);
}

pub(super) fn handling<P>(caller: &Caller<P>) -> Handling {
    Handling { principal: caller.principal(), origin: caller.origin() }
}

/// An order tells its customer's name and what the caller can do with it, too.
fn tagged(order: Order) -> Result<Rendered, Problem> {
    Rendered::seen(order.version, &order)
}

/// Place an order
///
/// Takes the stock and copies names and prices of this moment; if anything is wrong or missing, nothing happens.
/// With an `Idempotency-Key` the request can be sent again safely. Customers order for themselves, members of the team
/// (`orders.create`) for a customer.
#[utoipa::path(
    tag = "Orders",
    params(IdempotencyKey),
    security(("token" = ["orders.create"], "tenant" = [])),
    responses((status = 201, body = Order)),
)]
#[post("/orders")]
async fn place_order(
    caller: Caller<needs::PlaceOrders>,
    key: IdempotencyKey,
    body: Json<PlaceOrder>,
    db: web::Data<Db>,
) -> Result<Answer, Problem> {
    let placing = Placing { handling: handling(&caller), currency: caller.vendor().currency };
    let (fingerprint, wish) = (body.fingerprint(), body.into_inner());
    let number = Arc::new(AtomicI64::new(0));
    let told = Arc::clone(&number);
    let answer = idempotency::once(&db, &caller, "place_order", key, fingerprint, move |scope| {
        let body = place::place(scope, &placing, &wish)?;
        told.store(body.number, Ordering::Relaxed);
        Ok(Created { location: format!("/api/orders/{}", body.id), body })
    });
    let answer = answer.await?;
    if is_thousandth(number.load(Ordering::Relaxed)) {
        sum_up(&db, caller.vendor_id());
    }
    Ok(answer)
}

/// Whether there are so many more orders that they are to be summed up; an order that was placed before is none.
fn is_thousandth(number: i64) -> bool {
    number > 0 && number % figures::FOLD == 0
}

/// Has a vendor's orders folded into its figures. Nobody waits for that.
pub fn sum_up(db: &Db, vendor: VendorId) {
    let db = db.clone();
    actix_web::rt::spawn(async move {
        if let Err(problem) = figures::fold(&db, vendor).await {
            tracing::warn!(%problem, "orders could not be summed up; it is tried again after the next thousand, and within an hour");
        }
    });
}

async fn page<P>(caller: &Caller<P>, name: &str, query: OrderQuery, db: &Db) -> Result<web::Json<Page<Order>>, Problem> {
    let name = format!("{name}:{}", caller.vendor_id());
    let wanted = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let (before, limit, handling) = (wanted.after(&name)?, wanted.limit(), handling(caller));
    db.read(caller, move |scope| service::list(scope, &handling, &query, before, limit, name.clone())).await.map(web::Json)
}

/// List orders
///
/// The vendor's orders, newest first: all of them, or for members with `orders.view_assigned` those assigned to them.
#[utoipa::path(
    tag = "Orders",
    params(OrderQuery),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Page<Order>)),
)]
#[get("/orders")]
async fn list_orders(
    caller: Caller<needs::ListOrders>,
    Query(query): Query<OrderQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Order>>, Problem> {
    page(&caller, "orders", query, &db).await
}

/// List your own orders
///
/// A customer's own orders, newest first.
#[utoipa::path(tag = "Orders", params(PageQuery), responses((status = 200, body = Page<Order>)))]
#[get("/orders/my")]
async fn list_my_orders(
    caller: Caller<needs::BeCustomer>,
    Query(query): Query<PageQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<Order>>, Problem> {
    let query = OrderQuery { limit: query.limit, cursor: query.cursor, ..OrderQuery::default() };
    page(&caller, "my-orders", query, &db).await
}

/// See an order
///
/// One order, with what you can do with it now.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id"), IfNoneMatch),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Order), (status = 304, description = "It has not changed")),
)]
#[get("/orders/{id}")]
async fn get_order(caller: Caller<needs::SeeOrders>, id: web::Path<OrderId>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let (id, handling) = (id.into_inner(), handling(&caller));
    db.read(&caller, move |scope| service::get(scope, &handling, id)).await.and_then(tagged)
}

/// See an order's history
///
/// What happened to it, oldest first.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id")),
    security(("token" = ["orders.view"], "tenant" = []), ("token" = ["orders.view_assigned"], "tenant" = [])),
    responses((status = 200, body = Page<HistoryEntry>)),
)]
#[get("/orders/{id}/history")]
async fn get_order_history(
    caller: Caller<needs::SeeOrders>,
    id: web::Path<OrderId>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<HistoryEntry>>, Problem> {
    let (id, handling) = (id.into_inner(), handling(&caller));
    let items = db.read(&caller, move |scope| service::history(scope, &handling, id)).await?;
    Ok(web::Json(Page { items, next: None }))
}

/// Change an order's status
///
/// Moves the order to another status, if the workflow has that move (409 `illegal_transition` tells which it has).
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id"), IfMatch),
    security(("token" = ["orders.edit"], "tenant" = []), ("token" = ["orders.edit_assigned"], "tenant" = [])),
    responses((status = 200, body = Order)),
)]
#[patch("/orders/{id}/status")]
async fn change_order_status(
    caller: Caller<needs::EditOrders>,
    id: web::Path<OrderId>,
    precondition: IfMatch,
    body: Json<ChangeStatus>,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    let (id, handling, wish) = (id.into_inner(), handling(&caller), body.into_inner());
    db.write(&caller, move |scope| service::act(scope, &handling, id, &precondition, wish.status, wish.reason.as_deref()))
        .await
        .and_then(tagged)
}

/// Assign an order
///
/// Gives the order to an active member of the team, or, with null, to nobody.
#[utoipa::path(
    tag = "Orders",
    params(("id" = OrderId, Path, description = "The order's id"), IfMatch),
    security(("token" = ["orders.assign"], "tenant" = [])),
    responses((status = 200, body = Order)),
)]
#[patch("/orders/{id}/assign-staff")]
async fn assign_order(
    caller: Caller<needs::AssignOrders>,
    id: web::Path<OrderId>,
    precondition: IfMatch,
    body: Json<AssignStaff>,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    let staff = match body.into_inner().staff_id {
        Patch::Absent => return Err(Problem::invalid_at("/staff_id", "required", "say who, or null for nobody")),
        Patch::Null => None,
        Patch::Value(user) => Some(user),
    };
    let (id, handling, vendor) = (id.into_inner(), handling(&caller), caller.vendor_id());
    if let Some(user) = staff
        && !db.read_control(move |scope| Ok(identity::is_active_member(scope, vendor, user)?)).await?
    {
        return Err(Problem::invalid_at("/staff_id", "not_a_member", "is no active member of this vendor's team"));
    }
    db.write(&caller, move |scope| service::assign(scope, &handling, id, &precondition, staff)).await.and_then(tagged)
}

/// Act on an order
///
/// Takes one of the order's `allowed_actions`. Customers may cancel while the order is pending or confirmed.
#[utoipa::path(
    tag = "Orders",
    params(
        ("id" = OrderId, Path, description = "The order's id", example = 2),
        ("action" = Action, Path, description = "What to do", example = "cancel"),
        IfMatch,
    ),
    request_body = Option<ActionNote>,
    security(("token" = ["orders.edit"], "tenant" = []), ("token" = ["orders.edit_assigned"], "tenant" = [])),
    responses((status = 200, body = Order)),
)]
#[post("/orders/{id}/{action}")]
async fn act_on_order(
    caller: Caller<needs::ActOnOrders>,
    path: web::Path<(OrderId, Action)>,
    precondition: IfMatch,
    OptionalJson(note): OptionalJson<ActionNote>,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    let ((id, action), handling) = (path.into_inner(), handling(&caller));
    db.write(&caller, move |scope| service::act(scope, &handling, id, &precondition, action.leads_to(), note.reason.as_deref()))
        .await
        .and_then(tagged)
}
