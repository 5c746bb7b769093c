//! A product, as the world sees it, and what may be asked of it.

use crate::base::code::{Code, FieldError, Refusal};
use crate::base::id::ProductId;
use crate::base::money::{Currency, Decimal, Money};
use crate::base::patch::{Patch, given};
use crate::base::shape::{Attributes, Gtin, WebAddress};
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use crate::base::valid;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;
use utoipa::ToSchema;
use validator::{Validate, ValidationError};

/// The most pieces of a product there can be.
pub const MAX_STOCK: i64 = 1_000_000_000;

text_enum! {
    /// Where a product stands in its life.
    pub enum Status as ProductStatus {
        /// Being prepared: only the team sees it.
        Draft = "draft",
        /// On sale.
        Active = "active",
        /// Taken off the shelf.
        Archived = "archived",
    }
}

/// A product.
#[derive(Debug, Serialize, ToSchema)]
pub struct Product {
    /// The product's id.
    pub id: ProductId,
    /// The vendor's own number for it; unique within the vendor.
    #[schema(example = "W-100")]
    pub sku: Option<String>,
    /// Its name.
    #[schema(example = "Watch")]
    pub name: String,
    /// What it is.
    #[schema(example = "Waterproof watch")]
    pub description: String,
    /// What one piece costs.
    pub price: Money,
    /// What it cost before, or costs elsewhere.
    pub compare_at_price: Option<Money>,
    /// What the prices are in: the vendor's currency when the product was made.
    pub currency: Currency,
    /// How many pieces there are.
    #[schema(example = 10)]
    pub stock: i64,
    /// Where it stands in its life.
    pub status: Status,
    /// Who makes it.
    #[schema(example = "Aqua")]
    pub brand: Option<String>,
    /// Its GTIN (EAN, UPC).
    #[schema(example = "4006381333931")]
    pub gtin: Option<String>,
    /// Its id in another system; unique within the vendor.
    pub external_id: Option<String>,
    /// Addresses of pictures.
    pub image_urls: Vec<String>,
    /// Anything else, by name.
    #[schema(value_type = BTreeMap<String, Value>)]
    pub attributes: Map<String, Value>,
    /// Goes up with every change, sales included.
    pub version: i64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A whole product: to add, or to put in the place of another.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Watch", "description": "Waterproof watch", "price": "49.99", "stock": 10}))]
pub struct NewProduct {
    /// The vendor's own number for it; unique within the vendor.
    #[validate(length(min = 1, max = 100), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 100)]
    pub sku: Option<String>,
    /// Its name.
    #[validate(length(min = 1, max = 255), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    /// What it is.
    #[serde(default)]
    #[validate(length(max = 10_000))]
    #[schema(max_length = 10_000)]
    pub description: String,
    /// What one piece costs.
    pub price: Decimal,
    /// What it cost before, or costs elsewhere.
    pub compare_at_price: Option<Decimal>,
    /// How many pieces there are. None when absent; when a product is replaced, as many as before.
    #[validate(range(min = 0, max = 1_000_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub stock: Option<i64>,
    /// Where it stands in its life; `active` when absent.
    pub status: Option<Status>,
    /// Who makes it.
    #[validate(length(min = 1, max = 200), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 200)]
    pub brand: Option<String>,
    /// Its GTIN: 8, 12, 13 or 14 digits with a check digit.
    #[validate(custom(function = check_gtin))]
    #[schema(value_type = Option<Gtin>)]
    pub gtin: Option<String>,
    /// Its id in another system; unique within the vendor.
    #[validate(length(min = 1, max = 250), custom(function = valid::not_blank))]
    #[schema(min_length = 1, max_length = 250)]
    pub external_id: Option<String>,
    /// Addresses of pictures, at most 20.
    #[serde(default)]
    #[validate(custom(function = valid::web_addresses))]
    #[schema(value_type = Vec<WebAddress>, max_items = 20)]
    pub image_urls: Vec<String>,
    /// Anything else, by name: at most 50 members and 16 KiB.
    #[serde(default)]
    #[schema(value_type = Attributes)]
    #[validate(custom(function = valid::attributes))]
    pub attributes: Map<String, Value>,
}

/// What to change about a product. What is absent stays.
#[derive(Clone, Debug, Default, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"price": "44.99"}))]
pub struct EditProduct {
    /// The vendor's own number for it.
    #[serde(default)]
    #[validate(length(min = 1, max = 100), custom(function = valid::patched_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    pub sku: Patch<String>,
    /// Its name.
    #[validate(length(min = 1, max = 255), custom(function = valid::not_blank))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// What it is.
    #[validate(length(max = 10_000))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = String, max_length = 10_000)]
    pub description: Option<String>,
    /// What one piece costs.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Decimal)]
    pub price: Option<Decimal>,
    /// What it cost before, or costs elsewhere.
    #[serde(default)]
    #[schema(value_type = Option<Decimal>)]
    pub compare_at_price: Patch<Decimal>,
    /// How many pieces there are, whatever was sold meanwhile; `POST …/stock` corrects with more care.
    #[validate(range(min = 0, max = 1_000_000_000))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = i64, minimum = 0, maximum = 1_000_000_000)]
    pub stock: Option<i64>,
    /// Where it stands in its life.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Status)]
    pub status: Option<Status>,
    /// Who makes it.
    #[serde(default)]
    #[validate(length(min = 1, max = 200), custom(function = valid::patched_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    pub brand: Patch<String>,
    /// Its GTIN.
    #[serde(default)]
    #[validate(custom(function = check_patched_gtin))]
    #[schema(value_type = Option<Gtin>)]
    pub gtin: Patch<String>,
    /// Its id in another system.
    #[serde(default)]
    #[validate(length(min = 1, max = 250), custom(function = valid::patched_not_blank))]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 250)]
    pub external_id: Patch<String>,
    /// Addresses of pictures, at most 20.
    #[validate(custom(function = valid::web_addresses))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Vec<WebAddress>, max_items = 20)]
    pub image_urls: Option<Vec<String>>,
    /// Anything else, by name.
    #[validate(custom(function = valid::attributes))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Attributes)]
    pub attributes: Option<Map<String, Value>>,
}

/// A correction of the stock: either by so much, or to so much.
#[derive(Clone, Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"delta": 5}))]
pub struct CorrectStock {
    /// How many pieces came (or, negative, went).
    #[validate(range(min = -1_000_000_000, max = 1_000_000_000))]
    #[schema(minimum = -1_000_000_000, maximum = 1_000_000_000)]
    pub delta: Option<i64>,
    /// How many pieces there are.
    #[validate(range(min = 0, max = 1_000_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub set: Option<i64>,
    /// How many pieces there were: when that is not so, nothing changes (409 `stock_changed`).
    #[validate(range(min = 0, max = 1_000_000_000))]
    #[schema(minimum = 0, maximum = 1_000_000_000)]
    pub expected: Option<i64>,
}

/// The check digit of GS1 (General Specifications, 7.9): weights 3 and 1 from the right.
fn check_gtin(text: &str) -> Result<(), ValidationError> {
    let sum = text.bytes().rev().zip([1, 3].iter().cycle()).map(|(byte, weight)| u32::from(byte & 0xF) * weight).sum::<u32>();
    if Gtin::is(text) && sum.is_multiple_of(10) {
        Ok(())
    } else {
        Err(ValidationError::new("invalid_gtin")
            .with_message(Cow::Borrowed("must have 8, 12, 13 or 14 digits, the last of which is the check digit")))
    }
}

fn check_patched_gtin(text: &Patch<String>) -> Result<(), ValidationError> {
    text.value().map_or(Ok(()), |text| check_gtin(text))
}

/// A product that there is not enough of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Shortage {
    /// Which product.
    pub product: ProductId,
    /// How many pieces were asked for.
    pub requested: i64,
    /// How many there are.
    pub available: i64,
}

/// Why something cannot be done with products.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// Another product has the SKU.
    #[error("another product has this SKU; change that one, or choose another")]
    SkuTaken,
    /// Another product has the external id.
    #[error("another product has this external id; change that one instead")]
    ExternalIdTaken,
    /// There is not enough.
    #[error("there is not enough in stock; nothing has been changed")]
    InsufficientStock(Vec<Shortage>),
    /// The stock is not what the caller thought.
    #[error("the stock is {0} by now; look again and decide anew")]
    StockChanged(i64),
    /// There would be more than can be counted.
    #[error("there would be more than {MAX_STOCK} pieces")]
    TooMuchStock,
}

impl Refusal for CatalogError {
    fn code(&self) -> Code {
        match self {
            Self::SkuTaken => Code::SkuTaken,
            Self::ExternalIdTaken => Code::ExternalIdTaken,
            Self::InsufficientStock(_) => Code::InsufficientStock,
            Self::StockChanged(_) => Code::StockChanged,
            Self::TooMuchStock => Code::ValidationFailed,
        }
    }

    fn errors(&self) -> Vec<FieldError> {
        match self {
            Self::SkuTaken => vec![FieldError::new("/sku", "taken", self)],
            Self::ExternalIdTaken => vec![FieldError::new("/external_id", "taken", self)],
            Self::TooMuchStock => vec![FieldError::new("/delta", "out_of_range", self)],
            Self::InsufficientStock(_) | Self::StockChanged(_) => Vec::new(),
        }
    }

    fn extra(&self) -> Map<String, Value> {
        let (name, value) = match self {
            Self::InsufficientStock(shortages) => ("products", serde_json::to_value(shortages).unwrap_or_default()),
            Self::StockChanged(available) => ("available", Value::from(*available)),
            _ => return Map::new(),
        };
        std::iter::once((name.to_owned(), value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::check_gtin;

    #[test]
    fn a_gtin_has_a_right_check_digit() {
        for text in ["4006381333931", "73513537", "036000291452", "10614141543219"] {
            assert!(check_gtin(text).is_ok(), "{text}");
        }
        for text in ["", "4006381333932", "400638133393", "400638133393x", "٤٠٠٦٣٨١٣٣٣٩٣١"] {
            assert!(check_gtin(text).is_err(), "{text}");
        }
    }
}
