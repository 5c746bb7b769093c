//! Days of the calendar, `2026-01-31` on the wire (RFC 3339, `full-date`): which instants a day is, the time zone tells.

use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// A day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date(pub NaiveDate);

impl Date {
    /// So many days later, or earlier.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        let moved = if days < 0 {
            self.0.checked_sub_days(Days::new(days.unsigned_abs()))
        } else {
            self.0.checked_add_days(Days::new(days.unsigned_abs()))
        };
        Self(moved.unwrap_or(self.0))
    }

    /// The Monday of its week (ISO 8601).
    #[must_use]
    pub fn monday(self) -> Self {
        self.plus(-i64::from(self.0.weekday().num_days_from_monday()))
    }

    /// The first of its month.
    #[must_use]
    pub fn first_of_month(self) -> Self {
        self.plus(-i64::from(self.0.day0()))
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%d").fmt(f)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok().filter(|_| is_plain);
        date.map(Self).ok_or_else(|| de::Error::custom("must be a day, such as \"2026-01-31\""))
    }
}

impl PartialSchema for Date {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
            .description(Some("Day of the calendar"))
            .examples(["2026-01-31"])
            .into()
    }
}
impl ToSchema for Date {}

#[cfg(test)]
mod tests {
    use super::Date;

    #[test]
    fn a_day_is_written_in_one_way() {
        let read = |text: &str| serde_json::from_value::<Date>(text.into());
        assert_eq!(read("2026-02-28").unwrap().plus(1).to_string(), "2026-03-01");
        assert_eq!(read("2026-01-01").unwrap().monday().to_string(), "2025-12-29");
        assert_eq!(read("2024-02-29").unwrap().first_of_month().to_string(), "2024-02-01");
        for text in ["2026-02-30", "2026-2-3", "20260203", "2026-02-03T00:00:00Z", "+2026-02-3", "", "today"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
