//! `/api/customers`.

use crate::access::{Caller, needs};
use crate::base::id::CustomerId;
use crate::base::names;
use crate::base::page::{Cursor, Key, Page};
use crate::db::{Db, MayRead};
use crate::http::{PageQuery, Query};
use crate::identity::customers::{self, CustomerProfile};
use crate::orders::{self, OrderTotals};
use crate::problem::Problem;
use actix_web::{get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(list_customers).service(get_customer);
}

/// Which customers to list.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct CustomerQuery {
    /// How the user name or the e-mail address begins.
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200, example = "vendor1_customer")]
    q: Option<String>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the page before ended: its `next`.
    cursor: Option<String>,
}

/// A customer with what they have bought.
#[derive(Debug, Serialize, ToSchema)]
struct CustomerDetail {
    #[serde(flatten)]
    profile: CustomerProfile,
    /// Their orders, summed up by currency; cancelled ones do not count.
    totals: Vec<OrderTotals>,
}

/// List customers
///
/// The vendor's customers, newest first.
#[utoipa::path(
    tag = "Customers",
    params(CustomerQuery),
    security(("token" = ["customers.view"], "tenant" = [])),
    responses((status = 200, body = Page<CustomerProfile>)),
)]
#[get("/customers")]
async fn list_customers(
    caller: Caller<needs::SeeCustomers>,
    Query(query): Query<CustomerQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Page<CustomerProfile>>, Problem> {
    let list = format!("customers:{}", caller.vendor_id());
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let (before, limit, prefix) = (page.after(&list)?, page.limit(), query.q.as_deref().map(names::key));
    let rows = db.read(&caller, move |scope| Ok(customers::list(scope, prefix.as_deref(), before, limit + 1)?)).await?;
    let cursor = |last: &CustomerProfile| Cursor { list, key: Key::Number(last.id.0), id: last.id.0 };
    Ok(web::Json(Page::of(rows, limit, cursor, |row| row)))
}

/// See a customer
///
/// One customer, with the sums of their orders.
#[utoipa::path(
    tag = "Customers",
    params(("id" = CustomerId, Path, description = "The customer's id")),
    security(("token" = ["customers.view"], "tenant" = [])),
    responses((status = 200, body = CustomerDetail)),
)]
#[get("/customers/{id}")]
async fn get_customer(
    caller: Caller<needs::SeeCustomers>,
    id: web::Path<CustomerId>,
    db: web::Data<Db>,
) -> Result<web::Json<CustomerDetail>, Problem> {
    let id = id.into_inner();
    let detail = db
        .read(&caller, move |scope| Ok(CustomerDetail { profile: customers::profile(scope, id)?, totals: orders::totals_of(scope, id)? }))
        .await?;
    Ok(web::Json(detail))
}
