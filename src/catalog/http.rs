//! `/api/products`.

use super::model::{CorrectStock, EditProduct, NewProduct, Product};
use super::search::{Listing, ProductQuery, Sort};
use super::service;
use super::shelf::Shelf;
use crate::access::{Anyone, Caller, Permission, needs};
use crate::base::id::ProductId;
use crate::base::page::Page;
use crate::db::{Db, MayRead};
use crate::http::{Created, IfMatch, IfNoneMatch, Json, PageQuery, Query, Rendered, Tagged};
use crate::idempotency::{self, Answer, IdempotencyKey};
use crate::problem::Problem;
use actix_web::{HttpRequest, HttpResponse, delete, get, patch, post, put, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_products).service(create_product).service(get_product);
    config.service(replace_product).service(edit_product).service(delete_product).service(correct_stock);
}

pub(super) fn is_member(anyone: &Anyone) -> bool {
    anyone.may(Permission::ProductsView)
}

/// List products
///
/// What the vendor sells, newest first unless sorted otherwise. Everybody sees what is on sale; members of the team also
/// see drafts, and by `status` what is archived. The `ETag` is another one after any change of the vendor's products.
#[utoipa::path(
    tag = "Products",
    params(ProductQuery, IfNoneMatch),
    security(("tenant" = []), ("token" = [], "tenant" = [])),
    responses((status = 200, body = Page<Product>), (status = 304, description = "It has not changed")),
)]
#[get("/products")]
async fn list_products(anyone: Anyone, request: HttpRequest, shelf: web::Data<Shelf>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    // What was asked before in the same words needs not be understood again.
    let make = async |version| {
        let Query(query) = Query::of(&request)?;
        let page = page(&anyone, query, &db).await?;
        let whose = if is_member(&anyone) { "-team" } else { "" };
        Rendered::collection(&format!("{}-{version}{whose}", anyone.vendor_id()), &page)
    };
    shelf.answer(&db, &anyone, &format!("?{}", request.query_string()), make).await
}

async fn page(anyone: &Anyone, query: ProductQuery, db: &Db) -> Result<Page<Product>, Problem> {
    let sort = query.sort.unwrap_or(Sort::CreatedAtDown);
    let name = format!("products:{}:{sort}", anyone.vendor_id());
    let wanted = PageQuery { limit: query.limit, cursor: query.cursor.clone() };
    let filter = service::filter(&query, anyone.vendor().currency, service::statuses(is_member(anyone), query.status)?)?;
    let listing = Listing { filter, sort, after: service::position(sort, wanted.position(&name)?)?, limit: wanted.limit() };
    db.read(anyone, move |scope| service::list(scope, &listing, name.clone())).await
}

/// Add a product
///
/// The price is in the vendor's currency. With an `Idempotency-Key` the request can be sent again safely.
#[utoipa::path(
    tag = "Products",
    params(IdempotencyKey),
    security(("token" = ["products.create"], "tenant" = [])),
    responses((status = 201, body = Product)),
)]
#[post("/products")]
async fn create_product(
    caller: Caller<needs::CreateProducts>,
    key: IdempotencyKey,
    body: Json<NewProduct>,
    db: web::Data<Db>,
) -> Result<Answer, Problem> {
    let (origin, currency, fingerprint, product) = (caller.origin(), caller.vendor().currency, body.fingerprint(), body.into_inner());
    idempotency::once(&db, &caller, "create_product", key, fingerprint, move |scope| {
        let body = service::add(scope, &origin, currency, product.clone())?;
        Ok(Created { location: format!("/api/products/{}", body.id), body })
    })
    .await
}

/// See a product
#[utoipa::path(
    tag = "Products",
    params(("id" = ProductId, Path, description = "The product's id"), IfNoneMatch),
    description = "One product; only members of the team see one that is not on sale.",
    security(("tenant" = []), ("token" = [], "tenant" = [])),
    responses((status = 200, body = Product), (status = 304, description = "It has not changed")),
)]
#[get("/products/{id}")]
async fn get_product(anyone: Anyone, id: web::Path<ProductId>, shelf: web::Data<Shelf>, db: web::Data<Db>) -> Result<Rendered, Problem> {
    let (id, is_member) = (id.into_inner(), is_member(&anyone));
    let make = async |_| {
        let product = db.read(&anyone, move |scope| service::get(scope, id, is_member)).await?;
        Rendered::resource(product.version, &product)
    };
    shelf.answer(&db, &anyone, &format!("/{id}"), make).await
}

/// Replace a product
///
/// What the body leaves out is empty afterwards, but for the stock, which stays.
#[utoipa::path(
    tag = "Products",
    params(("id" = ProductId, Path, description = "The product's id"), IfMatch),
    security(("token" = ["products.edit"], "tenant" = [])),
    responses((status = 200, body = Product)),
)]
#[put("/products/{id}")]
async fn replace_product(
    caller: Caller<needs::EditProducts>,
    id: web::Path<ProductId>,
    precondition: IfMatch,
    body: Json<NewProduct>,
    db: web::Data<Db>,
) -> Result<Tagged<Product>, Problem> {
    let (origin, id, product) = (caller.origin(), id.into_inner(), body.into_inner());
    let body = db.write(&caller, move |scope| service::replace(scope, &origin, id, &precondition, product.clone())).await?;
    Ok(Tagged { version: body.version, body })
}

/// Change a product
///
/// Changes what the body mentions; null clears what may be absent.
#[utoipa::path(
    tag = "Products",
    params(("id" = ProductId, Path, description = "The product's id"), IfMatch),
    security(("token" = ["products.edit"], "tenant" = [])),
    responses((status = 200, body = Product)),
)]
#[patch("/products/{id}")]
async fn edit_product(
    caller: Caller<needs::EditProducts>,
    id: web::Path<ProductId>,
    precondition: IfMatch,
    body: Json<EditProduct>,
    db: web::Data<Db>,
) -> Result<Tagged<Product>, Problem> {
    let (origin, id, edit) = (caller.origin(), id.into_inner(), body.into_inner());
    let body = db.write(&caller, move |scope| service::edit(scope, &origin, id, &precondition, edit.clone())).await?;
    Ok(Tagged { version: body.version, body })
}

/// Delete a product
///
/// One that orders refer to is archived instead, so that the orders stay whole.
#[utoipa::path(
    tag = "Products",
    params(("id" = ProductId, Path, description = "The product's id"), IfMatch),
    security(("token" = ["products.delete"], "tenant" = [])),
    responses((status = 204, description = "The product is deleted, or archived")),
)]
#[delete("/products/{id}")]
async fn delete_product(
    caller: Caller<needs::DeleteProducts>,
    id: web::Path<ProductId>,
    precondition: IfMatch,
    db: web::Data<Db>,
) -> Result<HttpResponse, Problem> {
    let (origin, id) = (caller.origin(), id.into_inner());
    db.write(&caller, move |scope| service::delete(scope, &origin, id, &precondition)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Correct the stock
///
/// By `delta`, or to `set`; with `expected`, only if the stock is what you think it is.
#[utoipa::path(
    tag = "Products",
    params(("id" = ProductId, Path, description = "The product's id"), IfMatch),
    security(("token" = ["products.edit"], "tenant" = [])),
    responses((status = 200, body = Product)),
)]
#[post("/products/{id}/stock")]
async fn correct_stock(
    caller: Caller<needs::EditProducts>,
    id: web::Path<ProductId>,
    precondition: IfMatch,
    body: Json<CorrectStock>,
    db: web::Data<Db>,
) -> Result<Tagged<Product>, Problem> {
    let (origin, id, correction) = (caller.origin(), id.into_inner(), body.into_inner());
    let body = db.write(&caller, move |scope| service::correct_stock(scope, &origin, id, &precondition, &correction)).await?;
    Ok(Tagged { version: body.version, body })
}
