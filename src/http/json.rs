//! [`Json`]: a body that was read, understood and found to follow the rules, before the handler sees it.

use super::{MAX_BODY, escape, pointer};
use crate::base::code::{Code, FieldError};
use crate::base::hex;
use crate::base::strict::{Object, REPEATED, Unambiguous};
use crate::problem::{MOST_ERRORS, Problem};
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt;
use std::ops::Deref;
use std::time::Duration;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

/// A body of `application/json` that is a valid `T`.
pub struct Json<T> {
    body: T,
    canonical: String,
}

impl<T> fmt::Debug for Json<T> {
    /// Without what it says: there may be a password in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Json").finish_non_exhaustive()
    }
}

impl<T> Json<T> {
    /// The body.
    pub fn into_inner(self) -> T {
        self.body
    }

    /// A fingerprint of what was asked, whatever its white space and the order of its members.
    pub fn fingerprint(&self) -> String {
        hex::encode(&Sha256::digest(self.canonical.as_bytes()))
    }
}

impl<T> Deref for Json<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.body
    }
}

impl<T: DeserializeOwned + Validate> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (is_json, body) = (is_json(request), read(request, payload));
        Box::pin(async move {
            if !is_json {
                return Err(no_json());
            }
            parse(&body.await?)
        })
    }
}

/// A body that may be left out or null, and then says what `T` says by default. Any other must be valid.
#[derive(Debug)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Validate + Default> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (is_json, body) = (is_json(request), read(request, payload));
        Box::pin(async move {
            let bytes = body.await?;
            match bytes.trim_ascii() {
                b"" => Ok(Self(T::default())),
                _ if !is_json => Err(no_json()),
                b"null" => Ok(Self(T::default())),
                _ => parse(&bytes).map(|json: Json<T>| Self(json.body)),
            }
        })
    }
}

fn no_json() -> Problem {
    Problem::new(Code::UnsupportedMediaType, "send the body as application/json")
}

fn is_json(request: &HttpRequest) -> bool {
    let value = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}

/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(20);

/// The body, as it came over the wire: what is small when compressed may be huge when not, so no encoding is taken.
fn read(request: &HttpRequest, payload: &mut Payload) -> impl Future<Output = Result<Bytes, Problem>> + use<> {
    let encoding = request.headers().get(CONTENT_ENCODING);
    let is_plain = encoding.is_none_or(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"));
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let payload = web::Payload::from_request(request, payload);
    let too_large = || Problem::new(Code::PayloadTooLarge, "the body may have at most 1 MiB");
    let too_slow = |_| Problem::new(Code::RequestTimeout, "the body has not arrived; send it again, and faster");
    async move {
        if !is_plain {
            return Err(Problem::new(Code::UnsupportedMediaType, "send the body as it is, without Content-Encoding"));
        }
        if announced.is_some_and(|length: usize| length > MAX_BODY) {
            return Err(too_large());
        }
        let unreadable = |_: actix_web::Error| Problem::new(Code::MalformedJson, "the body could not be read to its end");
        let body = tokio::time::timeout(ARRIVAL, payload.await.map_err(unreadable)?.to_bytes_limited(MAX_BODY)).await;
        body.map_err(too_slow)?.map_err(|_| too_large())?.map_err(unreadable)
    }
}

fn value(bytes: &[u8]) -> Result<Value, Problem> {
    let malformed = |error: &serde_json::Error| {
        Problem::new(Code::MalformedJson, format!("the body is not JSON: line {}, column {}", error.line(), error.column()))
    };
    match serde_json::from_slice(bytes) {
        Ok(Unambiguous(value)) => Ok(value),
        // Only now does it matter where: keeping track of it takes time.
        Err(error) if error.is_data() => {
            let mut again = serde_json::Deserializer::from_slice(bytes);
            let place = serde_path_to_error::deserialize::<_, Unambiguous>(&mut again).err().map(|error| pointer(error.path()));
            Err(Problem::invalid_at(place.unwrap_or_default(), "repeated", REPEATED))
        }
        Err(error) => Err(malformed(&error)),
    }
}

fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<Json<T>, Problem> {
    let value = value(bytes)?;
    let mut errors = Vec::new();
    refuse_control_characters(&value, &mut Vec::new(), &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let canonical = value.to_string();
    let Object(body): Object<T> = serde_path_to_error::deserialize(value).map_err(|error| {
        let message = plain(&error.inner().to_string());
        let code = if message.starts_with("unknown field") {
            "unknown_field"
        } else if message.starts_with("missing field") {
            "required"
        } else {
            "invalid_value"
        };
        Problem::invalid_at(place(pointer(error.path()), &message), code, message)
    })?;
    body.validate().map_err(|errors| Problem::invalid(flatten(&errors)))?;
    Ok(Json { body, canonical })
}

/// Serde's message without its names for types.
fn plain(message: &str) -> String {
    let words = [("i64", "a whole number"), ("u64", "a whole number"), ("a sequence", "a list"), ("a map", "an object")];
    words.iter().fold(message.to_owned(), |text, (serde, plain)| text.replace(&format!("expected {serde}"), &format!("expected {plain}")))
}

/// Where serde's mistake is: for a missing member, which has no place, where it should have been.
fn place(place: String, message: &str) -> String {
    match message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        Some(field) if !place.ends_with(&format!("/{field}")) => format!("{place}/{field}"),
        _ => place,
    }
}

/// One step into a body.
enum Step<'a> {
    Item(usize),
    Member(&'a str),
}

/// NUL and its kin have no place in any text; tabs and line ends have. Places are written out for mistakes only, and
/// no more of these than are told.
fn refuse_control_characters<'a>(value: &'a Value, path: &mut Vec<Step<'a>>, errors: &mut Vec<FieldError>) {
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    if errors.len() >= MOST_ERRORS {
        return;
    }
    match value {
        Value::String(text) if text.contains(is_control) => errors.push(control_character(path)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Item(index));
                refuse_control_characters(item, path, errors);
                path.pop();
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name.contains(is_control) {
                    errors.push(control_character(path));
                }
                path.push(Step::Member(name));
                refuse_control_characters(member, path, errors);
                path.pop();
            }
        }
        _ => {}
    }
}

fn control_character(path: &[Step<'_>]) -> FieldError {
    let part = |step: &Step<'_>| match step {
        Step::Item(index) => format!("/{index}"),
        Step::Member(name) => format!("/{}", escape(name)),
    };
    let place: String = path.iter().map(part).collect();
    FieldError::new(place, "control_character", "must not contain control characters")
}

/// Validator's tree of errors as a list with pointers.
pub(super) fn flatten(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut list = Vec::new();
    collect(errors, "", &mut list);
    list.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    list
}

fn collect(errors: &ValidationErrors, place: &str, list: &mut Vec<FieldError>) {
    for (field, kind) in errors.errors() {
        let place = if field == "__all__" { place.to_owned() } else { format!("{place}/{field}") };
        match kind {
            ValidationErrorsKind::Field(errors) => list.extend(errors.iter().map(|error| field_error(&place, error))),
            ValidationErrorsKind::Struct(errors) => collect(errors, &place, list),
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    collect(errors, &format!("{place}/{index}"), list);
                }
            }
        }
    }
}

fn field_error(place: &str, error: &ValidationError) -> FieldError {
    let bound = |name: &str| error.params.get(name).filter(|bound| !bound.is_null()).map(ToString::to_string);
    let unit = if error.code == "length" { "have a length" } else { "be" };
    let message = match (&error.message, bound("min"), bound("max")) {
        (Some(message), _, _) => message.to_string(),
        (None, Some(min), Some(max)) => format!("must {unit} between {min} and {max}"),
        (None, Some(min), None) => format!("must {unit} of at least {min}"),
        (None, None, Some(max)) => format!("must {unit} of at most {max}"),
        (None, None, None) => "is not valid".to_owned(),
    };
    let code = match error.code.as_ref() {
        "length" => "invalid_length",
        "range" => "out_of_range",
        other => other,
    };
    FieldError::new(place, code, message)
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde::{Deserialize, Serialize};
    use validator::Validate;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Basket {
        #[validate(length(min = 1, max = 2), nested)]
        items: Vec<Item>,
    }

    #[derive(Debug, Deserialize, Serialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Item {
        #[validate(range(min = 1, max = 9))]
        quantity: i64,
    }

    fn refusal(body: &str) -> (String, String) {
        let problem = parse::<Basket>(body.as_bytes()).unwrap_err();
        let value = format!("{problem:?}");
        let part =
            |name: &str| value.split(&format!("{name}: \"")).nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned();
        (part("pointer"), value.split(", code: \"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default().to_owned())
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let is = |body, pointer: &str, code: &str| assert_eq!(refusal(body), (pointer.to_owned(), code.to_owned()), "{body}");
        is(r#"{"items": [{"quantity": 1}, {"quantity": 0}]}"#, "/items/1/quantity", "out_of_range");
        is(r#"{"items": []}"#, "/items", "invalid_length");
        is(r#"{"items": [{"quantity": "1"}]}"#, "/items/0/quantity", "invalid_value");
        is(r#"{"items": [{"quantity": 1.5}]}"#, "/items/0/quantity", "invalid_value");
        is(r#"{"items": [{"quantity": 1e400}]}"#, "", "");
        is(r#"{"items": [{"quantity": 1, "price": 0}]}"#, "/items/0/price", "unknown_field");
        is(r#"{"items": [{}]}"#, "/items/0/quantity", "required");
        is(r"{}", "/items", "required");
        is(r"[[]]", "", "invalid_value");
        is("{\"items\": [{\"quantity\": 1, \"\\u0000\": 0}]}", "/items/0", "control_character");
        is(r#"{"items": [{"quantity": 1, "a/b.c~[0]": 0}]}"#, "/items/0/a~1b.c~0[0]", "unknown_field");
        is(r#"{"items": [{"quantity": 1}, {"quantity": 1, "quantity": 2}]}"#, "/items/1/quantity", "repeated");
        is(r#"[[{"quantity": 1}]]"#, "", "invalid_value");
    }
}
