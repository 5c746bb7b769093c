//! How the words of this folder are stored: one implementation per word serves both engines.

use super::money::Currency;
use super::time::Timestamp;
use chrono::NaiveDateTime;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types;

impl<DB: Backend> ToSql<sql_types::Timestamp, DB> for Timestamp
where
    NaiveDateTime: ToSql<sql_types::Timestamp, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.as_naive().to_sql(out)
    }
}

impl<DB: Backend> FromSql<sql_types::Timestamp, DB> for Timestamp
where
    NaiveDateTime: FromSql<sql_types::Timestamp, DB>,
{
    fn from_sql(raw: DB::RawValue<'_>) -> deserialize::Result<Self> {
        NaiveDateTime::from_sql(raw).map(Timestamp::from_naive)
    }
}

impl<DB: Backend> ToSql<sql_types::Text, DB> for Currency
where
    str: ToSql<sql_types::Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.code().to_sql(out)
    }
}

impl<DB: Backend> FromSql<sql_types::Text, DB> for Currency
where
    String: FromSql<sql_types::Text, DB>,
{
    fn from_sql(raw: DB::RawValue<'_>) -> deserialize::Result<Self> {
        let code = String::from_sql(raw)?;
        Currency::parse(&code).ok_or_else(|| format!("unknown currency {code}").into())
    }
}

/// A value kept as JSON text: the engines share no JSON type.
#[derive(Clone, Debug, PartialEq, Eq, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = sql_types::Text)]
pub struct JsonText(String);

impl JsonText {
    /// The JSON of `value`; `null` should it have none.
    pub fn of(value: &impl serde::Serialize) -> Self {
        Self(serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned()))
    }

    /// The value again, or its default when the text is of an older shape.
    pub fn value<T: serde::de::DeserializeOwned + Default>(&self) -> T {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl<DB: Backend> ToSql<sql_types::Text, DB> for JsonText
where
    str: ToSql<sql_types::Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.as_str().to_sql(out)
    }
}

impl<DB: Backend> FromSql<sql_types::Text, DB> for JsonText
where
    String: FromSql<sql_types::Text, DB>,
{
    fn from_sql(raw: DB::RawValue<'_>) -> deserialize::Result<Self> {
        String::from_sql(raw).map(Self)
    }
}
