//! What can be asked of the figures, and what they are.

use crate::base::date::Date;
use crate::base::id::ProductId;
use crate::base::money::{Currency, Money};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

text_enum! {
    /// How long the periods are.
    pub enum By {
        /// A day.
        Day = "day",
        /// A week, from Monday.
        Week = "week",
        /// A month.
        Month = "month",
    }
}

/// Which figures.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct AnalyticsQuery {
    /// The first day; when absent, as many days, weeks or months before `to` as make 30, 12 or 12 periods.
    #[param(value_type = Option<Date>, inline, example = "2026-01-01")]
    pub from: Option<Date>,
    /// The last day, which is included; today when absent.
    #[param(value_type = Option<Date>, inline, example = "2026-01-31")]
    pub to: Option<Date>,
    /// How long the periods are; `day` when absent. At most 400 periods.
    #[param(inline)]
    pub by: Option<By>,
    /// By whose clocks days begin: a name of the IANA time zone database; `UTC` when absent.
    #[validate(length(min = 1, max = 64))]
    #[param(min_length = 1, max_length = 64, example = "Europe/Luxembourg")]
    pub time_zone: Option<String>,
    /// Only what was sold in this currency.
    #[param(value_type = Option<Currency>)]
    pub currency: Option<Currency>,
    /// How many products to tell of: 0 to 100, 10 when absent.
    #[validate(range(min = 0, max = 100))]
    #[param(minimum = 0, maximum = 100)]
    pub top: Option<i64>,
}

/// How business went from one day to another.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Analytics {
    /// The first day.
    pub from: Date,
    /// The last day, which is included.
    pub to: Date,
    /// How long the periods are. The first and the last may be cut by `from` and `to`.
    pub by: By,
    /// By whose clocks days begin.
    #[schema(example = "Europe/Luxembourg")]
    pub time_zone: String,
    /// The figures of each currency that something was sold in; of the vendor's own in any case.
    pub currencies: Vec<CurrencyFigures>,
}

/// What was sold in one currency. Cancelled orders do not count.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CurrencyFigures {
    /// The currency.
    pub currency: Currency,
    /// How many orders were placed.
    #[schema(example = 3)]
    pub orders: i64,
    /// How many pieces were ordered.
    #[schema(example = 7)]
    pub units: i64,
    /// What the orders come to.
    pub revenue: Money,
    /// What one order comes to, rounded to the minor unit; null when there is none.
    pub average_order: Option<Money>,
    /// The same for each period, in the order of time, also where nothing was sold.
    pub periods: Vec<PeriodFigures>,
    /// The products that brought the most revenue, from the most on.
    pub top_products: Vec<ProductFigures>,
}

/// What was sold in one period.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PeriodFigures {
    /// Its first day.
    pub from: Date,
    /// Its last day, which is included.
    pub to: Date,
    /// The instant at which it begins.
    pub starts_at: Timestamp,
    /// The instant at which it has ended.
    pub ends_at: Timestamp,
    /// How many orders were placed.
    #[schema(example = 1)]
    pub orders: i64,
    /// How many pieces were ordered.
    #[schema(example = 3)]
    pub units: i64,
    /// What the orders come to.
    pub revenue: Money,
    /// What one order comes to, rounded to the minor unit; null when there is none.
    pub average_order: Option<Money>,
}

/// How much was sold of a product.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProductFigures {
    /// The product.
    pub product: ProductId,
    /// What it is called now.
    #[schema(example = "Watch")]
    pub name: String,
    /// The vendor's own number for it now.
    #[schema(example = "V1-001")]
    pub sku: Option<String>,
    /// How many pieces were ordered.
    #[schema(example = 2)]
    pub units: i64,
    /// What the lines come to.
    pub revenue: Money,
}
