//! Money: every currency's digits, and the way from text to minor units and back.

use super::holds;
use proptest::prelude::*;
use stoa::base::money::{AmountError, Currency, Decimal, MAX_PRICE, Money};

/// What ISO 4217 (list one) says of the minor unit, where it is not a hundredth.
const ODD_UNITS: [(&str, Option<u32>); 4] = [
    ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF", Some(0)),
    ("BHD IQD JOD KWD LYD OMR TND", Some(3)),
    ("CLF UYW", Some(4)),
    ("XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX", None),
];

fn digits_of(code: &str) -> Option<u32> {
    ODD_UNITS.iter().find(|(codes, _)| codes.split(' ').any(|odd| odd == code)).map_or(Some(2), |(_, digits)| *digits)
}

/// Every currency that there is, found by trying all codes.
fn currencies() -> Vec<Currency> {
    let letters = || 'A'..='Z';
    let codes = letters().flat_map(|a| letters().flat_map(move |b| letters().map(move |c| format!("{a}{b}{c}"))));
    codes.filter_map(|code| Currency::parse(&code)).collect()
}

fn any_currency() -> impl Strategy<Value = Currency> {
    proptest::sample::select(currencies())
}

/// Text that is a decimal, or nearly one, or nothing of the kind.
fn amounts() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => r"(0|[1-9][0-9]{0,12})(\.[0-9]{0,5})?",
        2 => r"[0-9]{0,14}\.?[0-9]{0,6}",
        2 => r"[-+ 0-9.,eE_'x٠-٩０-９]{0,18}",
        1 => any::<String>(),
    ]
}

/// A decimal, read digit by digit: all its digits as one number, and how many stand behind the point.
fn read(text: &str) -> Option<(i128, u32)> {
    let (mut number, mut whole, mut behind) = (0_i128, 0, None);
    for c in text.chars() {
        match (c.is_ascii_digit().then(|| c.to_digit(10)).flatten(), behind) {
            (Some(digit), _) if text.len() <= 17 => number = number * 10 + i128::from(digit),
            (None, None) if c == '.' && whole > 0 => {
                behind = Some(0);
                continue;
            }
            _ => return None,
        }
        match &mut behind {
            Some(count) => *count += 1,
            None => whole += 1,
        }
    }
    let starts_well = whole == 1 || !text.starts_with('0');
    ((1..=12).contains(&whole) && starts_well && behind.is_none_or(|count| (1..=4).contains(&count))).then(|| (number, behind.unwrap_or(0)))
}

#[test]
fn every_currency_has_the_digits_of_iso_4217() {
    let all = currencies();
    assert!(all.len() >= 160, "{}", all.len());
    for currency in &all {
        assert_eq!(Some(currency.digits()), digits_of(currency.code()), "{currency:?}");
    }
    let odd = ODD_UNITS.iter().filter(|(_, digits)| digits.is_some()).flat_map(|(codes, _)| codes.split(' '));
    for code in odd.chain(["EUR", "USD", "GBP", "CHF"]) {
        assert!(all.iter().any(|currency| currency.code() == code), "{code} is missing");
    }
}

#[test]
fn nothing_but_an_upper_case_code_is_a_currency() {
    let near = prop_oneof![r"[A-Z]{3}", r"[A-Za-z]{0,5}", r"\PC{0,4}", r"(EUR|JPY|KWD)[ \x00a-z]", any::<String>()];
    holds(2000, near, |text| {
        let json = serde_json::to_string(&text).unwrap();
        if let Some(currency) = Currency::parse(&text) {
            prop_assert_eq!(currency.code(), &text);
            prop_assert_eq!(&serde_json::to_string(&currency).unwrap(), &json);
            prop_assert_eq!(serde_json::from_str::<Currency>(&json).unwrap(), currency);
        } else {
            prop_assert!(!["EUR", "JPY", "KWD", "CLF"].contains(&text.as_str()));
            prop_assert!(serde_json::from_str::<Currency>(&json).is_err());
        }
        Ok(())
    });
}

#[test]
fn a_decimal_is_read_as_it_is_written_or_not_at_all() {
    holds(3000, amounts(), |text| {
        let (found, meant) = (Decimal::parse(&text), read(&text));
        prop_assert_eq!(found.is_some(), meant.is_some());
        let json = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(serde_json::from_str::<Decimal>(&json).ok(), found);
        prop_assert!(found.is_none_or(|decimal| decimal.to_string() == text), "{found:?}");
        prop_assert!(serde_json::from_str::<Decimal>(&text).is_err(), "a number of JSON is no money");
        Ok(())
    });
}

#[test]
fn minor_units_are_exact_or_refused() {
    holds(3000, (amounts(), any_currency()), |(text, currency)| {
        let (Some(decimal), Some((number, behind))) = (Decimal::parse(&text), read(&text)) else { return Ok(()) };
        let minor = decimal.minor(currency);
        match currency.digits().checked_sub(behind) {
            None => prop_assert_eq!(minor, Err(AmountError::TooManyDecimals(currency.digits()))),
            Some(missing) => {
                let exact = number * 10_i128.pow(missing);
                let expected = if exact > i128::from(MAX_PRICE) { Err(AmountError::TooLarge) } else { Ok(i64::try_from(exact).unwrap()) };
                prop_assert_eq!(minor, expected);
            }
        }
        Ok(())
    });
}

#[test]
fn a_price_that_was_taken_is_shown_as_the_same_amount() {
    holds(3000, (amounts(), any_currency()), |(text, currency)| {
        let Some(Ok(minor)) = Decimal::parse(&text).map(|decimal| decimal.minor(currency)) else { return Ok(()) };
        let shown = Money { minor, currency }.to_string();
        let again = Decimal::parse(&shown).map(|decimal| decimal.minor(currency));
        prop_assert_eq!(again, Some(Ok(minor)), "{}", shown);
        let plain =
            |text: &str| if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text.to_owned() };
        prop_assert_eq!(plain(&shown), plain(&text));
        Ok(())
    });
}

#[test]
fn every_amount_is_shown_with_all_its_digits_and_no_others() {
    let amounts = prop_oneof![any::<i64>(), -1000_i64..1000, Just(i64::MIN), Just(i64::MAX)];
    holds(3000, (amounts, any_currency()), |(minor, currency)| {
        let shown = Money { minor, currency }.to_string();
        let digits = currency.digits() as usize;
        let (whole, behind) = shown.split_once('.').unwrap_or((&shown, ""));
        prop_assert_eq!(behind.len(), digits, "{}", &shown);
        prop_assert!(whole.trim_start_matches('-') == "0" || !whole.trim_start_matches('-').starts_with('0'), "{}", &shown);
        let all: i128 = format!("{whole}{behind}").parse().unwrap();
        prop_assert_eq!(all, i128::from(minor), "{}", &shown);
        prop_assert_eq!(serde_json::to_string(&Money { minor, currency }).unwrap(), format!("\"{shown}\""));
        Ok(())
    });
}
