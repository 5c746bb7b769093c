//! JSON as somebody writes it, which may be wrong in every way there is.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::fmt::{self, Display};

/// A value as it is written: tokens and names are taken as they are, right or wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Written {
    Token(String),
    List(Vec<Written>),
    Object(Vec<(String, Written)>),
}

impl From<&Value> for Written {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => Self::Object(members.iter().map(|(name, member)| (quoted(name), Self::from(member))).collect()),
            other => Self::Token(other.to_string()),
        }
    }
}

impl Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(text) => f.write_str(text),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index > 0 { "," } else { "" })?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, member)) in members.iter().enumerate() {
                    write!(f, "{}{name}:{member}", if index > 0 { "," } else { "" })?;
                }
                f.write_str("}")
            }
        }
    }
}

pub fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// What folds, grows, combines, turns round, is private or no character at all.
fn troublesome() -> impl Strategy<Value = char> {
    let odd = "aZ0 \u{300}\u{301}\u{328}\u{340}ßſİıΣςﬁŉẞǅ\u{ad}\u{200b}\u{200d}\u{202e}\u{2028}\u{feff}\u{fdfa}㌖㍿\u{e000}\u{fffd}\u{ffff}🐍\u{10ffff}";
    prop_oneof![3 => select(odd.chars().collect::<Vec<_>>()), 1 => proptest::char::range('가', '힣'), 1 => proptest::char::range('㌀', '㏿'), 1 => any::<char>()]
}

/// Text that makes trouble somewhere.
pub fn texts() -> BoxedStrategy<String> {
    prop_oneof![
        4 => "[A-Za-z][a-z0-9 ]{0,12}",
        2 => any::<String>(),
        2 => vec(troublesome(), 0..40).prop_map(String::from_iter),
        1 => (troublesome(), 1..300_usize).prop_map(|(one, times)| one.to_string().repeat(times)),
        1 => select(vec!["", " ", "\t", "'", "\"", "\\", "%", "_", "*", "../..", "<b>", "{}", "null", "0", "-1", "1e3", "NaN", "'; DROP TABLE products; --"]).prop_map(str::to_owned),
    ]
    .boxed()
}

/// Values that are all right by themselves, though perhaps not where they stand.
pub fn values() -> BoxedStrategy<Value> {
    let numbers = [0, 1, 2, 7, -1, 100, 1_000_000_000, 1_000_000_001, i64::MAX, i64::MIN];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        select(numbers.to_vec()).prop_map(Value::from),
        (1..16_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(u64::MAX)),
        texts().prop_map(Value::from),
        select(WORDS.to_vec()).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((texts(), inner), 0..4).prop_map(|members| members.into_iter().collect())
        ]
    })
    .boxed()
}

/// What the API has a meaning for somewhere.
const WORDS: [&str; 34] = [
    "49.99",
    "0",
    "0.00",
    "9.5",
    "49.999",
    "999999999999.99",
    "10000000000.00",
    "1e3",
    "-1.00",
    "draft",
    "active",
    "archived",
    "pending",
    "confirmed",
    "processing",
    "shipped",
    "delivered",
    "cancelled",
    "owner",
    "staff",
    "customer",
    "operator",
    "EUR",
    "JPY",
    "XAU",
    "eur",
    "password123",
    "owner1",
    "vendor1.example.com",
    "vendor2.example.com",
    "a@b.example",
    "4006381333931",
    "https://example.com/a.png",
    "2026-01-31T12:00:00Z",
];

/// Tokens as they may be written, most of which are not JSON or hard on those who read it.
fn tokens() -> BoxedStrategy<String> {
    let odd = [
        "-0",
        "0.0",
        "1.0",
        "1e2",
        "1E+2",
        "1E400",
        "-1e-400",
        "1e-7",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "123456789012345678901234567890",
        "0.1234567890123456789012345678901234567890",
        "01",
        "+1",
        ".5",
        "1.",
        "-",
        "1e",
        "0x10",
        "NaN",
        "-Infinity",
        "nul",
        "True",
        "undefined",
        "",
        "'a'",
        "\"",
        "\"\\u0000\"",
        "\"\\u001f\"",
        "\"\\ud800\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud83d\\ude00\"",
        "\"\\uD83D\"",
        "\"\\x41\"",
        "\"\\u12\"",
        "\"\t\"",
        "\"\n\"",
        "\"\u{7f}\"",
        "\"a\\/b\"",
        "/**/1",
        "1 2",
        "{",
        "]",
        ",",
    ];
    prop_oneof![
        4 => select(odd.to_vec()).prop_map(str::to_owned),
        2 => texts().prop_map(|text| quoted(&text)),
        2 => values().prop_map(|value| value.to_string()),
        1 => "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][-+]?[0-9]{1,5})?",
        1 => (1..60_000_usize).prop_map(|length| quoted(&"x".repeat(length))),
        1 => (1..200_usize, select(vec![("[", "]"), ("{\"a\":", "}")])).prop_map(|(depth, (open, close))| format!("{}1{}", open.repeat(depth), close.repeat(depth))),
    ]
    .boxed()
}

fn names() -> BoxedStrategy<String> {
    let odd = [
        "\"\"",
        "\"__proto__\"",
        "\"a/b~c\"",
        "\"na\\u006de\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "name",
        "1",
        "\"name",
        "\"vendor_id\"",
        "\"id\"",
        "\"version\"",
    ];
    prop_oneof![2 => select(odd.to_vec()).prop_map(str::to_owned), 1 => texts().prop_map(|text| quoted(&text))].boxed()
}

/// One change.
#[derive(Clone, Debug)]
pub enum Edit {
    Put(Index, Written),
    Lose(Index),
    /// A member once more, or another value for it.
    Twice(Index, Option<Written>),
    Rename(Index, String),
    Add(Index, String, Written),
    Wrap(Index, usize),
    Grow(Index, usize),
}

/// Changes, among which those to values are the most.
pub fn edits() -> BoxedStrategy<Edit> {
    let any_written = || prop_oneof![2 => values().prop_map(|value| Written::from(&value)), 3 => tokens().prop_map(Written::Token)];
    let at = any::<Index>;
    prop_oneof![
        8 => (at(), any_written()).prop_map(|(index, value)| Edit::Put(index, value)),
        2 => at().prop_map(Edit::Lose),
        1 => (at(), proptest::option::of(any_written())).prop_map(|(index, value)| Edit::Twice(index, value)),
        1 => (at(), names()).prop_map(|(index, name)| Edit::Rename(index, name)),
        2 => (at(), names(), any_written()).prop_map(|(index, name, value)| Edit::Add(index, name, value)),
        1 => (at(), 1..130_usize).prop_map(|(index, depth)| Edit::Wrap(index, depth)),
        1 => (at(), 1..300_usize).prop_map(|(index, times)| Edit::Grow(index, times)),
    ]
    .boxed()
}

impl Written {
    fn count(&self) -> usize {
        1 + match self {
            Self::Token(_) => 0,
            Self::List(items) => items.iter().map(Self::count).sum(),
            Self::Object(members) => members.iter().map(|(_, member)| member.count()).sum(),
        }
    }

    /// The value with this number, counted from the outside in.
    fn nth(&mut self, number: usize) -> Option<&mut Self> {
        if number == 0 {
            return Some(self);
        }
        let inner: Vec<&mut Self> = match self {
            Self::Token(_) => Vec::new(),
            Self::List(items) => items.iter_mut().collect(),
            Self::Object(members) => members.iter_mut().map(|(_, member)| member).collect(),
        };
        let mut left = number - 1;
        for value in inner {
            let count = value.count();
            if left < count {
                return value.nth(left);
            }
            left -= count;
        }
        None
    }

    /// A value somewhere in it.
    fn some(&mut self, index: Index) -> &mut Self {
        let number = index.index(self.count());
        self.nth(number).unwrap()
    }

    /// An object somewhere in it, if there is one.
    fn some_members(&mut self, index: Index) -> Option<&mut Vec<(String, Self)>> {
        let count = self.count();
        let is_object = |number: &usize| matches!(self.clone().nth(*number), Some(Self::Object(_)));
        let objects: Vec<_> = (0..count).filter(is_object).collect();
        let number = *objects.get(index.index(objects.len().max(1)))?;
        match self.nth(number) {
            Some(Self::Object(members)) => Some(members),
            _ => None,
        }
    }

    pub fn edit(&mut self, edit: &Edit) {
        match edit {
            Edit::Put(index, value) => *self.some(*index) = value.clone(),
            Edit::Wrap(index, depth) => {
                let place = self.some(*index);
                for _ in 0..*depth {
                    *place = Self::List(vec![place.clone()]);
                }
            }
            Edit::Grow(index, times) => {
                if let Self::List(items) = self.some(*index) {
                    *items = items.iter().cycle().take(items.len() * times).cloned().collect();
                }
            }
            Edit::Add(index, name, value) => {
                if let Some(members) = self.some_members(*index) {
                    members.push((name.clone(), value.clone()));
                }
            }
            Edit::Lose(index) | Edit::Twice(index, _) | Edit::Rename(index, _) => {
                let Some(members) = self.some_members(*index).filter(|members| !members.is_empty()) else { return };
                let at = index.index(members.len());
                match edit {
                    Edit::Twice(_, value) => {
                        let (name, old) = members[at].clone();
                        members.push((name, value.clone().unwrap_or(old)));
                    }
                    Edit::Rename(_, name) => members[at].0.clone_from(name),
                    _ => drop(members.remove(at)),
                }
            }
        }
    }
}

/// Any value, as it is written.
pub fn anything() -> BoxedStrategy<Written> {
    (values(), vec(edits(), 0..4))
        .prop_map(|(value, edits)| {
            let mut written = Written::from(&value);
            for edit in &edits {
                written.edit(edit);
            }
            written
        })
        .boxed()
}
