//! `/api/analytics`.

use super::model::{Analytics, AnalyticsQuery};
use super::service::{self, Question};
use crate::access::{Caller, needs};
use crate::base::code::Code;
use crate::db::{Db, MayRead};
use crate::http::Query;
use crate::orders::figures::FOLD;
use crate::orders::sum_up;
use crate::problem::Problem;
use actix_web::{get, web};

/// The routes.
pub fn routes(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    config.service(get_analytics);
}

/// See the figures
///
/// Revenue, orders, units and the average order, by day, week or month of a time zone, and the products that brought the
/// most. An order counts on the day it was placed, in its currency, with its total at that time; one that is cancelled does
/// not count any more. Every order that was placed before you ask is in the answer.
#[utoipa::path(
    tag = "Analytics",
    params(AnalyticsQuery),
    security(("token" = ["analytics.view"], "tenant" = [])),
    responses((status = 200, body = Analytics)),
)]
#[get("/analytics")]
async fn get_analytics(
    caller: Caller<needs::SeeAnalytics>,
    Query(query): Query<AnalyticsQuery>,
    db: web::Data<Db>,
) -> Result<web::Json<Analytics>, Problem> {
    let home = caller.vendor().currency;
    let read = db.read(&caller, move |scope| service::answer(scope, &Question::of(&query, home, scope.now())?));
    let answer = read.await;
    // What was missed, for example before there were figures, is made up for.
    if answer.as_ref().map_or_else(|problem| problem.code() == Code::Busy, |(_, waiting)| *waiting > FOLD) {
        sum_up(&db, caller.vendor_id());
    }
    answer.map(|(analytics, _)| web::Json(analytics))
}
