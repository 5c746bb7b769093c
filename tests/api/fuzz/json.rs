//! The strict reader of JSON: what it takes is what any other reader takes, less what two readers could understand in two ways.

use super::holds;
use super::written::{self, Written};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use stoa::base::strict::{Object, Unambiguous};

/// Whether an object in it has a member twice, however its name is written.
fn repeats(written: &Written) -> bool {
    match written {
        // A token may have a whole value in it, which was made without repetition.
        Written::Token(_) => false,
        Written::List(items) => items.iter().any(repeats),
        Written::Object(members) => {
            let mut names = HashSet::new();
            let name = |text: &str| serde_json::from_str::<String>(text).unwrap_or_default();
            members.iter().any(|(text, member)| !names.insert(name(text)) || repeats(member))
        }
    }
}

#[test]
fn a_value_is_read_as_everybody_reads_it_unless_a_member_stands_twice() {
    holds(1500, written::anything(), |written| {
        let text = written.to_string();
        let (strict, plain) = (serde_json::from_str::<Unambiguous>(&text), serde_json::from_str::<Value>(&text));
        match (strict, plain) {
            (Ok(Unambiguous(value)), Ok(plain)) => {
                prop_assert_eq!(&value, &plain, "{}", text);
                prop_assert!(!repeats(&written), "{}", text);
            }
            (Err(error), Ok(_)) => {
                prop_assert!(error.is_data() && error.to_string().contains("stands twice"), "{}: {}", error, text);
                prop_assert!(repeats(&written), "{}", text);
            }
            (Err(error), Err(_)) => prop_assert!(repeats(&written) || !error.is_data(), "{}: {}", error, text),
            (Ok(_), Err(error)) => prop_assert!(false, "{}: {}", error, text),
        }
        Ok(())
    });
}

#[test]
fn bytes_are_read_or_refused_and_never_too_much_for_the_reader() {
    let bytes = prop_oneof![
        any::<Vec<u8>>(),
        r#"[\[\]{}":,0-9eE.+\-tfn\\u ]{0,80}"#.prop_map(String::into_bytes),
        (0..5000_usize, proptest::sample::select(vec!["[", "{\"a\":", "[{\"a\":", "\"\\", "\\u", "1", "-", "\u{feff}"]))
            .prop_map(|(times, text)| text.repeat(times).into_bytes()),
    ];
    holds(1500, bytes, |bytes| {
        let strict = serde_json::from_slice::<Unambiguous>(&bytes).map(|Unambiguous(value)| value);
        let plain = serde_json::from_slice::<Value>(&bytes);
        if let (Ok(strict), Ok(plain)) = (&strict, &plain) {
            prop_assert_eq!(strict, plain);
        }
        prop_assert!(plain.is_ok() || strict.is_err());
        prop_assert!(strict.is_ok() || plain.is_err() || strict.unwrap_err().is_data());
        Ok(())
    });
}

#[test]
fn only_an_object_is_read_as_one() {
    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Form {
        a: Option<i64>,
        b: Option<String>,
    }
    let members = proptest::collection::vec((proptest::sample::select(vec!["a", "b", "c"]), written::values()), 0..3);
    holds(
        1000,
        prop_oneof![
            members.prop_map(|all| all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Value>()),
            written::values()
        ],
        |value| {
            let read = serde_json::from_value::<Object<Form>>(value.clone()).map(|Object(form)| form);
            let members = value.as_object();
            let is_form = members.is_some_and(|members| {
                let fits =
                    |name: &str, value: &Value| value.is_null() || (name == "a" && value.is_i64()) || (name == "b" && value.is_string());
                members.iter().all(|(name, value)| ["a", "b"].contains(&name.as_str()) && fits(name, value))
            });
            prop_assert_eq!(read.is_ok(), is_form, "{:?}", read);
            if let Ok(Form { a, b }) = read {
                prop_assert_eq!((a, b.as_deref()), (value["a"].as_i64(), value["b"].as_str()));
            }
            Ok(())
        },
    );
}
