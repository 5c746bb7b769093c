//! [`Json`]: a body that was read, understood and found to follow the rules, before the handler sees it.

use super::pointer;
use crate::base::code::{Code, FieldError};
use crate::base::hex;
use crate::problem::Problem;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::ops::Deref;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

/// A body of `application/json` that is a valid `T`.
#[derive(Debug)]
pub struct Json<T> {
    body: T,
    canonical: String,
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
        let is_json = is_json(request);
        let body = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(no_json());
            }
            parse(&body.await.map_err(unreadable)?)
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
        let is_json = is_json(request);
        let body = web::Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = body.await.map_err(unreadable)?;
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

fn unreadable(error: actix_web::Error) -> Problem {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => Problem::new(Code::PayloadTooLarge, "the body may have at most 1 MiB"),
        _ => Problem::new(Code::MalformedJson, "the body could not be read to its end"),
    }
}

fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<Json<T>, Problem> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        Problem::new(Code::MalformedJson, format!("the body is not JSON: line {}, column {}", error.line(), error.column()))
    })?;
    let mut errors = Vec::new();
    refuse_control_characters(&value, "", &mut errors);
    if !errors.is_empty() {
        return Err(Problem::invalid(errors));
    }
    let canonical = value.to_string();
    let body: T = serde_path_to_error::deserialize(value).map_err(|error| {
        let message = error.inner().to_string();
        let code = if message.starts_with("unknown field") {
            "unknown_field"
        } else if message.starts_with("missing field") {
            "required"
        } else {
            "invalid_value"
        };
        Problem::invalid_at(place(&error.path().to_string(), &message), code, message)
    })?;
    body.validate().map_err(|errors| Problem::invalid(flatten(&errors)))?;
    Ok(Json { body, canonical })
}

/// Where serde's mistake is: for a missing member, which has no place, where it should have been.
fn place(path: &str, message: &str) -> String {
    let place = pointer(path);
    match message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        Some(field) if !place.ends_with(&format!("/{field}")) => format!("{place}/{field}"),
        _ => place,
    }
}

/// NUL and its kin have no place in any text; tabs and line ends have.
fn refuse_control_characters(value: &Value, place: &str, errors: &mut Vec<FieldError>) {
    let is_control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let error = |place: &str| FieldError::new(place, "control_character", "must not contain control characters");
    match value {
        Value::String(text) if text.contains(is_control) => errors.push(error(place)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                refuse_control_characters(item, &format!("{place}/{index}"), errors);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name.contains(is_control) {
                    errors.push(error(place));
                }
                refuse_control_characters(member, &format!("{place}/{}", name.replace('~', "~0").replace('/', "~1")), errors);
            }
        }
        _ => {}
    }
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

    #[derive(Debug, Serialize, Deserialize, Validate)]
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
        is("{\"items\": [{\"quantity\": 1, \"\\u0000\": 0}]}", "/items/0", "control_character");
    }
}
