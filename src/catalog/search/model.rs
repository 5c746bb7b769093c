//! What a list of products can be asked for.

use crate::base::money::{AmountError, Currency, Decimal};
use crate::base::page::Cursor;
use crate::base::search::{fold, words};
use crate::base::text_enum::text_enum;
use crate::catalog::Status;
use serde::Deserialize;
use utoipa::IntoParams;
use validator::Validate;

/// More words than these narrow a search no further.
const MOST_WORDS: usize = 8;

text_enum! {
    /// What products are sorted by; `-` is downwards.
    pub enum Sort {
        /// By name, from A.
        Name = "name",
        /// By name, from Z.
        NameDown = "-name",
        /// The cheapest first.
        Price = "price",
        /// The dearest first.
        PriceDown = "-price",
        /// The oldest first.
        CreatedAt = "created_at",
        /// The newest first.
        CreatedAtDown = "-created_at",
    }
}

/// Which products to list, and how.
#[derive(Clone, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProductQuery {
    /// Words, or beginnings of words, that all stand in name, description, brand, SKU or GTIN.
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200, example = "water watch")]
    pub q: Option<String>,
    /// Who makes it.
    #[validate(length(min = 1, max = 200))]
    #[param(min_length = 1, max_length = 200)]
    pub brand: Option<String>,
    /// What one piece costs at least.
    #[param(value_type = Option<Decimal>, inline, example = "10.00")]
    pub min_price: Option<Decimal>,
    /// What one piece costs at the most.
    #[param(value_type = Option<Decimal>, inline, example = "100.00")]
    pub max_price: Option<Decimal>,
    /// Whether there are pieces of it.
    pub in_stock: Option<bool>,
    /// Members only: where it stands in its life. Without it, members see drafts and what is on sale.
    pub status: Option<Status>,
    /// What to sort by; `-created_at` when absent.
    #[param(inline)]
    pub sort: Option<Sort>,
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}

/// What the products have to be.
#[derive(Clone, Debug, Default)]
pub(in crate::catalog) struct Filter {
    /// All of these; no word at all is in no product.
    pub words: Option<Vec<String>>,
    pub brand: Option<String>,
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub in_stock: Option<bool>,
    pub statuses: Vec<Status>,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub(in crate::catalog) struct Listing {
    pub filter: Filter,
    pub sort: Sort,
    pub after: Option<Cursor>,
    pub limit: i64,
}

impl ProductQuery {
    /// What is asked for, with prices in the vendor's currency. `statuses` are those that the caller may see.
    pub(in crate::catalog) fn filter(&self, currency: Currency, statuses: Vec<Status>) -> Result<Filter, (&'static str, AmountError)> {
        let minor = |name: &'static str, price: Option<Decimal>| {
            price.map(|price| price.minor(currency)).transpose().map_err(|error| (name, error))
        };
        Ok(Filter {
            words: self.q.as_deref().map(|text| words(text, MOST_WORDS)),
            brand: self.brand.as_deref().map(fold),
            min_price: minor("min_price", self.min_price)?,
            max_price: minor("max_price", self.max_price)?,
            in_stock: self.in_stock,
            statuses,
        })
    }
}
