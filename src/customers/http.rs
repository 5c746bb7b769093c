//! `/api/customers`, and `/api/addresses` for their own.

use super::addresses::{self, CustomerAddress};
use super::model::{CustomerDetail, CustomerQuery, EditCustomer};
use super::{anonymize, service};
use crate::access::{Caller, needs};
use crate::base::id::CustomerId;
use crate::base::page::Page;
use crate::db::Db;
use crate::http::{IfMatch, IfNoneMatch, Json, Query, Rendered};
use crate::identity::customers;
use crate::problem::Problem;
use actix_web::{get, patch, post, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config
        .service(list_customers)
        .service(get_customer)
        .service(edit_customer)
        .service(anonymize_customer)
        .service(list_customer_addresses);
    addresses::http::routes(config);
}

fn tagged(customer: CustomerDetail) -> Result<Rendered, Problem> {
    Rendered::seen(customer.profile.version, &customer)
}

/// List customers
///
/// The vendor's customers with the sums of their orders, newest first unless sorted otherwise.
#[utoipa::path(
    tag = "Customers",
    params(CustomerQuery),
    security(("token" = ["customers.view"], "tenant" = [])),
    responses((status = 200, body = Page<CustomerDetail>)),
)]
#[get("/customers")]
async fn list_customers(
    caller: Caller<needs::SeeCustomers>,
    Query(query): Query<CustomerQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<CustomerDetail>>, Problem> {
    let (listing, name) = service::listing(query, &caller)?;
    db.read(&caller, move |scope| service::list(scope, &listing, name.clone())).await.map(web::Json)
}

/// See a customer
///
/// One customer, with the sums of their orders.
#[utoipa::path(
    tag = "Customers",
    params(("id" = CustomerId, Path, description = "The customer's id"), IfNoneMatch),
    security(("token" = ["customers.view"], "tenant" = [])),
    responses((status = 200, body = CustomerDetail), (status = 304, description = "It has not changed")),
)]
#[get("/customers/{id}")]
async fn get_customer(caller: Caller<needs::SeeCustomers>, id: web::Path<CustomerId>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let id = id.into_inner();
    let read = db.read(&caller, move |scope| {
        let profile = customers::profile(scope, id)?;
        service::detail(scope, profile)
    });
    read.await.and_then(tagged)
}

/// Change a customer
///
/// Changes what the body mentions. One who is no longer active is signed out everywhere at once, and cannot sign in.
#[utoipa::path(
    tag = "Customers",
    params(("id" = CustomerId, Path, description = "The customer's id"), IfMatch),
    security(("token" = ["customers.edit"], "tenant" = [])),
    responses((status = 200, body = CustomerDetail)),
)]
#[patch("/customers/{id}")]
async fn edit_customer(
    caller: Caller<needs::EditCustomers>,
    id: web::Path<CustomerId>,
    precondition: IfMatch,
    body: Json<EditCustomer>,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    service::edit(&caller, id.into_inner(), precondition, body.into_inner().particulars(), &db).await.and_then(tagged)
}

/// Anonymize a customer
///
/// Takes away, for good, all that tells who they are: profile, addresses, sessions, and in their orders address, note, why
/// they were cancelled, returned or refunded, and what their payments are known by elsewhere. The orders and their sums stay, and
/// so does an order's `external_ref`. Doing it again changes nothing.
#[utoipa::path(
    tag = "Customers",
    params(("id" = CustomerId, Path, description = "The customer's id"), IfMatch),
    security(("token" = ["customers.edit"], "tenant" = [])),
    responses((status = 200, body = CustomerDetail)),
)]
#[post("/customers/{id}/anonymize")]
async fn anonymize_customer(
    caller: Caller<needs::EditCustomers>,
    id: web::Path<CustomerId>,
    precondition: IfMatch,
    db: web::Data<Db>,
) -> Result<Rendered, Problem> {
    anonymize::anonymize(&caller, id.into_inner(), precondition, &db).await.and_then(tagged)
}

/// List a customer's addresses
///
/// All that they keep, the default first.
#[utoipa::path(
    tag = "Customers",
    params(("id" = CustomerId, Path, description = "The customer's id")),
    security(("token" = ["customers.view"], "tenant" = [])),
    responses((status = 200, body = Page<CustomerAddress>)),
)]
#[get("/customers/{id}/addresses")]
async fn list_customer_addresses(
    caller: Caller<needs::SeeCustomers>,
    id: web::Path<CustomerId>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<CustomerAddress>>, Problem> {
    let id = id.into_inner();
    let read = db.read(&caller, move |scope| {
        customers::profile(scope, id)?;
        Ok(addresses::list(scope, id)?)
    });
    Ok(web::Json(Page { items: read.await?, next: None }))
}
