//! The platform's figures.

use crate::base::date::Date;
use crate::base::money::{Currency, Money};
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// Which days.
#[derive(Clone, Copy, Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct SalesQuery {
    /// The first day, of UTC; 29 days before the last when absent.
    #[param(value_type = Option<Date>, inline, example = "2026-01-01")]
    pub from: Option<Date>,
    /// The last day; today when absent. At most 366 days in all.
    #[param(value_type = Option<Date>, inline, example = "2026-01-31")]
    pub to: Option<Date>,
}

/// How the platform does.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PlatformAnalytics {
    /// The first day, of UTC.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// When the sums were last brought up to date; null before the first time.
    pub as_of: Option<Timestamp>,
    /// The vendors.
    pub vendors: VendorCounts,
    /// What they sold, by currency. Cancelled orders do not count.
    pub sales: Vec<CurrencySales>,
}

/// How many vendors there are.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VendorCounts {
    /// All of them.
    #[schema(example = 3)]
    pub total: i64,
    /// Those that are open.
    #[schema(example = 3)]
    pub active: i64,
    /// Those that are not.
    #[schema(example = 0)]
    pub suspended: i64,
    /// Those that were opened in these days.
    #[schema(example = 3)]
    pub opened: i64,
}

/// What all vendors sold in one currency.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CurrencySales {
    /// The currency.
    pub currency: Currency,
    /// How many orders were placed.
    #[schema(example = 6)]
    pub orders: i64,
    /// What they come to.
    pub revenue: Money,
    /// By day; days without orders are left out.
    pub days: Vec<DaySales>,
}

/// What all vendors sold on one day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DaySales {
    /// The day, of UTC.
    pub day: Date,
    /// How many orders were placed.
    #[schema(example = 6)]
    pub orders: i64,
    /// What they come to.
    pub revenue: Money,
}
