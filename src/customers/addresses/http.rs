//! `/api/addresses`: a customer's own.

use super::model::{CustomerAddress, EditAddress, NewAddress};
use super::{service, store};
use crate::access::{Caller, Subject, needs};
use crate::base::id::{AddressId, CustomerId};
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{Created, IfMatch, IfNoneMatch, Json, Rendered};
use crate::idempotency::{self, Answer, IdempotencyKey};
use crate::problem::Problem;
use actix_web::{HttpResponse, delete, get, patch, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_addresses).service(create_address).service(get_address).service(edit_address).service(delete_address);
}

fn own(caller: &Caller<needs::BeCustomer>) -> Result<CustomerId, Problem> {
    match caller.subject() {
        Subject::Customer(id) => Ok(id),
        Subject::User(_) => Err(Problem::not_found()),
    }
}

fn tagged(address: CustomerAddress) -> Result<Rendered, Problem> {
    Rendered::seen(address.version, &address)
}

/// List your addresses
///
/// All that you keep, the default first.
#[utoipa::path(tag = "Customers", responses((status = 200, body = Page<CustomerAddress>)))]
#[get("/addresses")]
async fn list_addresses(caller: Caller<needs::BeCustomer>, db: web::Data<Db>) -> Result<web::Json<Page<CustomerAddress>>, Problem> {
    let customer = own(&caller)?;
    let items = db.read(&caller, move |scope| Ok(store::list(scope, customer)?)).await?;
    Ok(web::Json(Page { items, next: None }))
}

/// Keep an address
///
/// Up to 50. The first is the default until another one is made that. With an `Idempotency-Key` the request can be sent
/// again safely.
#[utoipa::path(tag = "Customers", params(IdempotencyKey), responses((status = 201, body = CustomerAddress)))]
#[post("/addresses")]
async fn create_address(
    caller: Caller<needs::BeCustomer>,
    key: IdempotencyKey,
    body: Json<NewAddress>,
    db: web::Data<Db>,
) -> Result<Answer, Problem> {
    let (customer, fingerprint, new) = (own(&caller)?, body.fingerprint(), body.into_inner());
    idempotency::once(&db, &caller, "create_address", key, fingerprint, move |scope| {
        let body = service::add(scope, customer, &new)?;
        Ok(Created { location: format!("/api/addresses/{}", body.id), body })
    })
    .await
}

/// See an address
///
/// One of your own.
#[utoipa::path(
    tag = "Customers",
    params(("id" = AddressId, Path, description = "The address's id"), IfNoneMatch),
    responses((status = 200, body = CustomerAddress), (status = 304, description = "It has not changed")),
)]
#[get("/addresses/{id}")]
async fn get_address(caller: Caller<needs::BeCustomer>, id: web::Path<AddressId>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let (customer, id) = (own(&caller)?, id.into_inner());
    db.read(&caller, move |scope| Ok(store::find(scope, customer, id)?)).await.and_then(tagged)
}

/// Change an address
///
/// Changes what the body mentions of one of your own; the address itself is replaced as a whole. Orders that went to it
/// stay as they are.
#[utoipa::path(
    tag = "Customers",
    params(("id" = AddressId, Path, description = "The address's id"), IfMatch),
    responses((status = 200, body = CustomerAddress)),
)]
#[patch("/addresses/{id}")]
async fn edit_address(
    caller: Caller<needs::BeCustomer>,
    id: web::Path<AddressId>,
    precondition: IfMatch,
    body: Json<EditAddress>,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    let (customer, id, edit) = (own(&caller)?, id.into_inner(), body.into_inner());
    db.write(&caller, move |scope| service::edit(scope, customer, id, &precondition, edit.clone())).await.and_then(tagged)
}

/// Delete an address
///
/// One of your own. When it was the default, the newest of the others takes its place.
#[utoipa::path(
    tag = "Customers",
    params(("id" = AddressId, Path, description = "The address's id"), IfMatch),
    responses((status = 204, description = "The address is deleted")),
)]
#[delete("/addresses/{id}")]
async fn delete_address(
    caller: Caller<needs::BeCustomer>,
    id: web::Path<AddressId>,
    precondition: IfMatch,
    db: web::Data<Db>,
) -> Result<HttpResponse, Problem> {
    let (customer, id) = (own(&caller)?, id.into_inner());
    db.write(&caller, move |scope| service::delete(scope, customer, id, &precondition)).await?;
    Ok(HttpResponse::NoContent().finish())
}
