//! What was bound to a statement, read back from how diesel prints it: Rust's `Debug`, in which a number may stand in the
//! clothes of its type, `ProductId(5)`, and a word of the program's lists in those of its variant, `OrderPlaced`.

use crate::Failure;

/// A value that was bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// None.
    Null,
    /// A number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A text, a word, or an instant.
    Text(String),
    /// Many, as PostgreSQL takes them for one.
    List(Vec<Value>),
}

/// The values of a printed list.
pub fn parse(text: &str) -> Result<Vec<Value>, Failure> {
    let mut reader = Reader { rest: text };
    let list = reader.value()?;
    match list {
        Value::List(values) if reader.rest.is_empty() => Ok(values),
        _ => Err(format!("{:?} is left over", reader.rest).into()),
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn take(&mut self, expected: char) -> bool {
        let rest = self.rest.strip_prefix(expected);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn take_while(&mut self, is_part: impl Fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (taken, rest) = self.rest.split_at(end);
        self.rest = rest;
        taken
    }

    fn value(&mut self) -> Result<Value, Failure> {
        if self.take('[') {
            return self.values(']').map(Value::List);
        }
        if self.take('"') {
            return self.text().map(Value::Text);
        }
        let word = self.take_while(|c| c.is_ascii_alphanumeric() || "_-:.".contains(c));
        if word.is_empty() {
            return Err(format!("{:?} cannot be read", self.rest).into());
        }
        if self.take('(') {
            // Of a type that wraps one value, only the value is bound.
            return match self.values(')')?.as_slice() {
                [only] => Ok(only.clone()),
                _ => Err(format!("{word} has more than one value").into()),
            };
        }
        Ok(plain(word))
    }

    fn values(&mut self, end: char) -> Result<Vec<Value>, Failure> {
        let mut values = Vec::new();
        while !self.take(end) {
            values.push(self.value()?);
            if self.take(',') {
                self.take(' ');
            } else if !self.rest.starts_with(end) {
                return Err(format!("{:?} cannot be read", self.rest).into());
            }
        }
        Ok(values)
    }

    fn text(&mut self) -> Result<String, Failure> {
        let mut text = String::new();
        let mut letters = self.rest.char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                '"' => {
                    self.rest = self.rest.get(at + 1..).unwrap_or_default();
                    return Ok(text);
                }
                '\\' => match letters.next().map(|(_, escaped)| escaped) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some(same @ ('"' | '\\' | '\'')) => text.push(same),
                    other => return Err(format!("the escape {other:?} cannot be read").into()),
                },
                other => text.push(other),
            }
        }
        Err("a text without an end".into())
    }
}

fn plain(word: &str) -> Value {
    match word {
        "None" => return Value::Null,
        "true" | "false" => return Value::Bool(word == "true"),
        _ => {}
    }
    if let Ok(number) = word.parse() {
        return Value::Int(number);
    }
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        // An instant, as both engines write it.
        return Value::Text(word.replace('T', " "));
    }
    if word.chars().all(|c| c.is_ascii_uppercase()) {
        // A currency.
        return Value::Text(word.to_owned());
    }
    let mut name = String::new();
    for letter in word.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('.');
        }
        name.push(letter.to_ascii_lowercase());
    }
    Value::Text(name)
}
