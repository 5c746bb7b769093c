//! A vendor's settings, as the world sees them, and what follows from them.

use crate::base::id::VendorId;
use crate::base::money::{Currency, Decimal, Money};
use crate::base::patch::{Patch, given};
use crate::base::percent::Percent;
use crate::base::time::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::borrow::Cow;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};
use validator::{Validate, ValidationError};

/// How a vendor does business.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct VendorSettings {
    /// Whose they are.
    pub vendor: VendorId,
    /// What part of their price the vendor keeps when goods come back. What is left of it is rounded, half up.
    pub restocking_fee_percent: Percent,
    /// How much is given back for a return at the most; no limit when null. Who says an amount is not bound by it.
    pub max_refund_amount: Option<Money>,
    /// What that is in. Returns of orders in another currency are not bound by it.
    pub currency: Currency,
    /// How many days after delivery goods can be returned: days of 24 hours, to the moment, so that 0 takes nothing back; no limit
    /// when null.
    #[schema(example = 30)]
    pub days_to_return: Option<i64>,
    /// What is not taken back: products whose SKU is like one of these.
    pub non_returnable_sku_patterns: Vec<SkuPattern>,
    /// Whether a part of an order can be returned without the rest.
    pub allow_partial_return: bool,
    /// Goes up with every change; 0 when nothing was ever changed.
    #[schema(example = 1)]
    pub version: i64,
    /// When they last changed.
    pub updated_at: Option<Timestamp>,
}

/// What to change about the settings. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"restocking_fee_percent": "10", "days_to_return": 30}))]
pub struct EditVendorSettings {
    /// What part of their price the vendor keeps when goods come back.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Percent)]
    pub restocking_fee_percent: Option<Percent>,
    /// How much is given back for a return at the most, in the vendor's currency: something; null for no limit.
    #[serde(default)]
    #[schema(value_type = Option<Decimal>)]
    pub max_refund_amount: Patch<Decimal>,
    /// How many days after delivery goods can be returned: days of 24 hours, to the moment, so that 0 takes nothing back; null for
    /// no limit.
    #[validate(custom(function = some_years))]
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 3650)]
    pub days_to_return: Patch<i64>,
    /// What is not taken back: at most 50. Replaced as a whole.
    #[validate(length(max = 50))]
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Vec<SkuPattern>, max_items = 50)]
    pub non_returnable_sku_patterns: Option<Vec<SkuPattern>>,
    /// Whether a part of an order can be returned without the rest.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = bool)]
    pub allow_partial_return: Option<bool>,
}

/// Ten years of days at the most.
fn some_years(days: &Patch<i64>) -> Result<(), ValidationError> {
    match days.value() {
        Some(days) if !(0..=3650).contains(days) => {
            Err(ValidationError::new("range").with_message(Cow::Borrowed("must be between 0 and 3650")))
        }
        _ => Ok(()),
    }
}

/// What SKUs may be like: themselves, with `*` in the place of any text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkuPattern(String);

impl SkuPattern {
    /// Whether a SKU is like this. A product without one is as if its were empty: only `*` is like that.
    pub fn matches(&self, sku: Option<&str>) -> bool {
        let mut parts = self.0.split('*');
        let first = parts.next().unwrap_or_default();
        let Some(mut rest) = sku.unwrap_or_default().strip_prefix(first) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last)
    }
}

impl<'de> Deserialize<'de> for SkuPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_one = !text.trim().is_empty() && text.chars().count() <= 100;
        if is_one { Ok(Self(text)) } else { Err(de::Error::custom("must have 1 to 100 characters, not all of them blank")) }
    }
}

impl PartialSchema for SkuPattern {
    fn schema() -> RefOr<Schema> {
        // Which characters a text may have is said of all texts alike.
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("SKU in which `*` stands for any text, none included"))
            .min_length(Some(1))
            .max_length(Some(100))
            .examples(["GIFT-*"])
            .into()
    }
}
impl ToSchema for SkuPattern {}

/// By what rules a vendor takes goods back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPolicy {
    /// What part of their price it keeps.
    pub restocking_fee: Percent,
    /// How much it gives back for a return at the most.
    pub max_refund: Option<Money>,
    /// How many days after delivery.
    pub days_to_return: Option<i64>,
    /// What it does not take back.
    pub non_returnable: Vec<SkuPattern>,
    /// Whether a part of an order comes back without the rest.
    pub allow_partial_return: bool,
}

impl Default for ReturnPolicy {
    /// Everything is taken back, always, and costs nothing.
    fn default() -> Self {
        Self {
            restocking_fee: Percent::default(),
            max_refund: None,
            days_to_return: None,
            non_returnable: Vec::new(),
            allow_partial_return: true,
        }
    }
}

impl ReturnPolicy {
    /// Whether a product with this SKU is taken back.
    pub fn takes_back(&self, sku: Option<&str>) -> bool {
        !self.non_returnable.iter().any(|pattern| pattern.matches(sku))
    }

    /// How much is given back at the most for a return of an order in this currency, in minor units.
    pub fn limit_in(&self, currency: Currency) -> Option<i64> {
        self.max_refund.filter(|limit| limit.currency == currency).map(|limit| limit.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::{ReturnPolicy, SkuPattern};
    use crate::base::money::{Currency, Money};

    #[test]
    fn a_star_stands_for_any_text() {
        let is_like = |pattern: &str, sku: &str| SkuPattern(pattern.to_owned()).matches(Some(sku));
        for (pattern, sku) in [
            ("A-1", "A-1"),
            ("A-*", "A-"),
            ("A-*", "A-1"),
            ("*-1", "A-1"),
            ("*", ""),
            ("*", "anything"),
            ("**", "anything"),
            ("A*B*C", "ABC"),
            ("A*B*C", "A-B-B-C"),
            ("*é*", "café-1"),
            ("a*a", "aa"),
        ] {
            assert!(is_like(pattern, sku), "{pattern} {sku}");
        }
        for (pattern, sku) in [("A-1", "A-12"), ("A-1", "a-1"), ("A-*", "B-1"), ("*-1", "A-12"), ("A*B*C", "ACB"), ("a*a", "a")] {
            assert!(!is_like(pattern, sku), "{pattern} {sku}");
        }
        assert!(SkuPattern("*".to_owned()).matches(None) && !SkuPattern("A*".to_owned()).matches(None));
    }

    #[test]
    fn a_limit_in_one_currency_is_none_in_another() {
        let policy = ReturnPolicy { max_refund: Some(Money { minor: 500, currency: Currency::EUR }), ..ReturnPolicy::default() };
        assert_eq!((policy.limit_in(Currency::EUR), policy.limit_in(Currency::parse("JPY").unwrap())), (Some(500), None));
        assert_eq!(ReturnPolicy::default().limit_in(Currency::EUR), None);
    }
}
