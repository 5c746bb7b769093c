//! Time: UTC instants of microsecond precision, and the clock they come from.
//!
//! Nothing asks the system for the time but [`Clock::system`], so that tests can pass in their own.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::sync::Arc;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An instant in UTC; RFC 3339 with `Z` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Timestamp)]
pub struct Timestamp(NaiveDateTime);

/// The first and the last instant, the beginning of the year 0 and the end of the year 9999, in microseconds since 1970:
/// RFC 3339 writes no other years, and an engine that keeps instants as text compares no others rightly.
const FIRST: i64 = -62_167_219_200_000_000;
/// The last.
pub const LAST: i64 = 253_402_300_799_999_999;

impl Timestamp {
    /// The instant as the databases hold it: finer digits than they keep are dropped, and what is before the first or after
    /// the last instant is that.
    pub fn from_naive(naive: NaiveDateTime) -> Self {
        let micros = naive.and_utc().timestamp_micros().clamp(FIRST, LAST);
        Self(DateTime::from_timestamp_micros(micros).map_or(naive, |instant| instant.naive_utc()))
    }

    /// The instant of a point in time, in UTC.
    pub fn from_utc(instant: DateTime<Utc>) -> Self {
        Self::from_naive(instant.naive_utc())
    }

    /// The instant without its zone, which is UTC.
    pub fn as_naive(&self) -> &NaiveDateTime {
        &self.0
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0.and_utc().timestamp_micros()
    }

    /// The instant of so many microseconds since 1970.
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self::from_utc)
    }

    /// Seconds since 1970.
    pub fn seconds(self) -> i64 {
        self.0.and_utc().timestamp()
    }

    /// This much later; the last instant when there is no such instant.
    #[must_use]
    pub fn plus(self, delta: TimeDelta) -> Self {
        Self::from_naive(self.0.checked_add_signed(delta).unwrap_or(NaiveDateTime::MAX))
    }

    /// This much earlier; the first instant when there is no such instant.
    #[must_use]
    pub fn minus(self, delta: TimeDelta) -> Self {
        Self::from_naive(self.0.checked_sub_signed(delta).unwrap_or(NaiveDateTime::MIN))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.and_utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        DateTime::parse_from_rfc3339(&text)
            .map(|instant| Self::from_utc(instant.to_utc()))
            .map_err(|_| de::Error::custom("must be an instant of RFC 3339, such as \"2026-01-31T12:00:00Z\""))
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("Instant of RFC 3339, in UTC"))
            .examples(["2026-01-31T12:00:00.000000Z"])
            .into()
    }
}
impl ToSchema for Timestamp {}

/// Where the time comes from.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The time of the machine.
    pub fn system() -> Self {
        #[expect(clippy::disallowed_methods, reason = "the one place that asks the system")]
        Self::new(|| Timestamp::from_utc(Utc::now()))
    }

    /// The time that `now` tells.
    pub fn new(now: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::{FIRST, LAST, Timestamp};
    use chrono::{NaiveDateTime, TimeDelta};

    #[test]
    fn time_has_a_first_and_a_last_instant() {
        let edge = |micros| Timestamp::from_micros(micros).unwrap();
        assert_eq!(edge(FIRST).to_string(), "0000-01-01T00:00:00.000000Z");
        assert_eq!(edge(LAST).to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::from_naive(NaiveDateTime::MIN), edge(FIRST));
        assert_eq!(edge(FIRST).minus(TimeDelta::seconds(1)), edge(FIRST));
        assert_eq!(Timestamp::from_naive(NaiveDateTime::MAX), edge(LAST));
        assert_eq!(edge(LAST).plus(TimeDelta::MAX), edge(LAST));
    }

    #[test]
    fn a_leap_second_is_the_beginning_of_the_next_minute() {
        let read = |text: &str| serde_json::from_value::<Timestamp>(text.into()).unwrap();
        assert_eq!(read("2016-12-31T23:59:60Z"), read("2017-01-01T01:00:00+01:00"));
    }
}
