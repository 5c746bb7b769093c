//! Money: an integer of minor units with a currency (ISO 4217); a decimal string such as `"49.99"` on the wire.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The largest price: 10¹² minor units, ten billion euros.
pub const MAX_PRICE: i64 = 1_000_000_000_000;
/// The largest sum of an order: 10¹⁵ minor units, still exact in every client's numbers.
pub const MAX_TOTAL: i64 = 1_000_000_000_000_000;

/// A currency by its ISO 4217 code.
#[derive(Clone, Copy, PartialEq, Eq, diesel::expression::AsExpression, diesel::deserialize::FromSqlRow)]
#[diesel(sql_type = diesel::sql_types::Text)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// The euro, a new vendor's currency unless it says otherwise.
    pub const EUR: Self = Self(iso_currency::Currency::EUR);

    /// The currency of an upper-case code; `None` for one that money cannot be counted in (such as `XAU`).
    pub fn parse(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).filter(|currency| currency.exponent().is_some()).map(Self)
    }

    /// The three-letter code.
    pub fn code(&self) -> &'static str {
        self.0.code()
    }

    /// How many digits the minor unit has: 2 for EUR, 0 for JPY, 3 for KWD.
    pub fn digits(self) -> u32 {
        u32::from(self.0.exponent().unwrap_or(2))
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Self::parse(&code).ok_or_else(|| de::Error::custom("must be a currency code of ISO 4217, such as \"EUR\""))
    }
}

/// An amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// Minor units, such as cents.
    pub minor: i64,
    /// What they are units of.
    pub currency: Currency,
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_u64.pow(self.currency.digits());
        let (whole, rest) = (self.minor.unsigned_abs() / unit, self.minor.unsigned_abs() % unit);
        let sign = if self.minor < 0 { "-" } else { "" };
        match self.currency.digits() as usize {
            0 => write!(f, "{sign}{whole}"),
            digits => write!(f, "{sign}{whole}.{rest:0digits$}"),
        }
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A decimal number as it was written: not yet money, for it has no currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    mantissa: i64,
    scale: u32,
}

/// A decimal has more digits than the currency's minor unit, or is too large.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Such as `49.999` in euros.
    #[error("must have at most {0} decimals in this currency")]
    TooManyDecimals(u32),
    /// Above [`MAX_PRICE`].
    #[error("must be at most 10^12 minor units")]
    TooLarge,
}

impl AmountError {
    /// The code of the field error.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooManyDecimals(_) => "too_many_decimals",
            Self::TooLarge => "out_of_range",
        }
    }
}

impl Decimal {
    /// Reads `0`, `49.9` or `49.99`; no sign, exponent, leading zero or bare point.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').map_or((text, None), |(whole, rest)| (whole, Some(rest)));
        let is_digits = |part: &str, most: usize| (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        let well_formed = is_digits(whole, 12) && fraction.is_none_or(|part| is_digits(part, 4));
        if !well_formed || (whole.len() > 1 && whole.starts_with('0')) {
            return None;
        }
        let fraction = fraction.unwrap_or_default();
        let mantissa = format!("{whole}{fraction}").parse().ok()?;
        Some(Self { mantissa, scale: u32::try_from(fraction.len()).ok()? })
    }

    /// In hundredths; `None` when it has more decimals than two, or is too large to say.
    pub fn hundredths(self) -> Option<i64> {
        self.mantissa.checked_mul(10_i64.pow(2_u32.checked_sub(self.scale)?))
    }

    /// The amount in minor units of `currency`.
    pub fn minor(self, currency: Currency) -> Result<i64, AmountError> {
        let digits = currency.digits();
        let missing = digits.checked_sub(self.scale).ok_or(AmountError::TooManyDecimals(digits))?;
        self.mantissa.checked_mul(10_i64.pow(missing)).filter(|minor| *minor <= MAX_PRICE).ok_or(AmountError::TooLarge)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = 10_i64.pow(self.scale);
        let (whole, rest) = (self.mantissa / unit, self.mantissa % unit);
        match self.scale as usize {
            0 => write!(f, "{whole}"),
            digits => write!(f, "{whole}.{rest:0digits$}"),
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = Decimal;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a decimal string such as \"49.99\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Decimal, E> {
                Decimal::parse(text).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

macro_rules! string_schema {
    ($($word:ty: $description:literal, $pattern:literal, $example:literal;)+) => { $(
        impl PartialSchema for $word {
            fn schema() -> RefOr<Schema> {
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .description(Some($description))
                    .pattern(Some($pattern))
                    .examples([$example])
                    .into()
            }
        }
        impl ToSchema for $word {}
    )+ };
}

string_schema! {
    Money: "Decimal string with the currency's digits", r"^-?\d+(\.\d+)?$", "49.99";
    Decimal: "Decimal string, not negative, with at most the currency's digits", r"^(0|[1-9]\d{0,11})(\.\d{1,4})?$", "49.99";
    Currency: "Currency code of ISO 4217", "^[A-Z]{3}$", "EUR";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yen() -> Currency {
        Currency::parse("JPY").unwrap()
    }

    #[test]
    fn a_decimal_becomes_minor_units_of_its_currency() {
        assert_eq!(Decimal::parse("49.99").unwrap().minor(Currency::EUR), Ok(4999));
        assert_eq!(Decimal::parse("49.9").unwrap().minor(Currency::EUR), Ok(4990));
        assert_eq!(Decimal::parse("0").unwrap().minor(Currency::EUR), Ok(0));
        assert_eq!(Decimal::parse("500").unwrap().minor(yen()), Ok(500));
        assert_eq!(Decimal::parse("1.234").unwrap().minor(Currency::parse("KWD").unwrap()), Ok(1234));
    }

    #[test]
    fn more_digits_than_the_currency_has_are_refused() {
        assert_eq!(Decimal::parse("49.999").unwrap().minor(Currency::EUR), Err(AmountError::TooManyDecimals(2)));
        assert_eq!(Decimal::parse("1.0").unwrap().minor(yen()), Err(AmountError::TooManyDecimals(0)));
        assert_eq!(Decimal::parse("999999999999.99").unwrap().minor(Currency::EUR), Err(AmountError::TooLarge));
    }

    #[test]
    fn what_is_not_a_plain_decimal_is_refused() {
        for text in ["", " 1", "1e3", "NaN", "-1", "+1", ".5", "1.", "01", "1,5", "0x10", "1.23456", "9999999999999", "١"] {
            assert_eq!(Decimal::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn money_is_written_with_the_digits_of_its_currency() {
        let written = |minor, currency| Money { minor, currency }.to_string();
        assert_eq!(written(4990, Currency::EUR), "49.90");
        assert_eq!(written(5, Currency::EUR), "0.05");
        assert_eq!(written(-5, Currency::EUR), "-0.05");
        assert_eq!(written(500, yen()), "500");
    }
}
