//! Percentages: from nothing to all, in hundredths of a percent; a decimal string such as `"12.50"` on the wire.

use super::money::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// All of it, in hundredths of a percent.
const ALL: i64 = 10_000;

/// A part of something: from 0 to 100 percent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Percent(i64);

impl Percent {
    /// So many hundredths of a percent, if that is no less than nothing and no more than all.
    pub fn of_hundredths(hundredths: i64) -> Option<Self> {
        (0..=ALL).contains(&hundredths).then_some(Self(hundredths))
    }

    /// In hundredths of a percent.
    pub fn hundredths(self) -> i64 {
        self.0
    }

    /// What is left of all when so much is taken away.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(ALL - self.0)
    }

    /// So much of an amount that is not negative; half a minor unit counts as a whole one.
    pub fn of(self, amount: i64) -> i64 {
        let part = (i128::from(amount) * i128::from(self.0) + i128::from(ALL / 2)) / i128::from(ALL);
        i64::try_from(part).unwrap_or(amount)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let hundredths = Decimal::deserialize(deserializer)?.hundredths();
        let wrong = || de::Error::custom("must be a percentage from \"0\" to \"100\", with at most two decimals");
        hundredths.and_then(Self::of_hundredths).ok_or_else(wrong)
    }
}

impl PartialSchema for Percent {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("Percentage from 0 to 100 as a decimal string, with at most two decimals"))
            .pattern(Some(r"^(100(\.0{1,2})?|(0|[1-9]\d?)(\.\d{1,2})?)$"))
            .examples(["10.00"])
            .into()
    }
}
impl ToSchema for Percent {}

#[cfg(test)]
mod tests {
    use super::Percent;

    fn read(text: &str) -> Option<Percent> {
        serde_json::from_value(text.into()).ok()
    }

    #[test]
    fn a_percentage_is_written_with_two_decimals() {
        for (text, written) in [("0", "0.00"), ("10", "10.00"), ("12.5", "12.50"), ("99.99", "99.99"), ("100.00", "100.00")] {
            assert_eq!(read(text).unwrap().to_string(), written);
        }
        for text in ["", "-1", "100.01", "101", "12.345", "1e1", "12,5", "01", ".5", "999999999999.9999"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn half_a_minor_unit_counts_as_a_whole_one() {
        let part = |percent: &str, amount| read(percent).unwrap().of(amount);
        assert_eq!((part("10", 1004), part("10", 1005), part("10", 1006)), (100, 101, 101));
        assert_eq!((part("0", 1005), part("100", 1005), part("33.33", 0)), (0, 1005, 0));
        assert_eq!(["0", "33.33", "100"].map(|percent| read(percent).unwrap().rest().to_string()), ["100.00", "66.67", "0.00"]);
        assert_eq!(part("99.99", 1_000_000_000_000_000), 999_900_000_000_000);
    }
}
