//! [`Query`]: the query string, with unknown and ill-formed parameters refused rather than ignored.

use super::json::flatten;
use super::pointer;
use crate::base::code::{Code, FieldError};
use crate::base::page::{Cursor, DEFAULT_LIMIT, MAX_LIMIT};
use crate::problem::Problem;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::HashSet;
use std::future::{Ready, ready};
use utoipa::IntoParams;
use validator::Validate;

/// The parameters of a query string.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Validate> FromRequest for Query<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl<T: DeserializeOwned + Validate> Query<T> {
    /// Those of this request.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        parse(request.query_string()).map(Self)
    }
}

fn parse<T: DeserializeOwned + Validate>(text: &str) -> Result<T, Problem> {
    let mut seen = HashSet::new();
    let parameters = form_urlencoded::parse(text.as_bytes());
    let mistake = |(name, value): (Cow<'_, str>, Cow<'_, str>)| illegible(&name, &value).or_else(|| repeated(&mut seen, &name));
    let errors: Vec<_> = parameters.filter_map(mistake).collect();
    if !errors.is_empty() {
        return Err(refuse(errors));
    }
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    let query: T = serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let message = error.inner().to_string();
        let name = pointer(error.path()).trim_start_matches('/').to_owned();
        refuse(vec![FieldError::new(name, "invalid_value", message)])
    })?;
    query.validate().map_err(|errors| {
        let mut errors = flatten(&errors);
        for error in &mut errors {
            error.pointer = error.pointer.trim_start_matches('/').to_owned();
        }
        refuse(errors)
    })?;
    Ok(query)
}

/// No parameter has use for a control character; and bytes that are no text arrive as U+FFFD.
fn illegible(name: &str, value: &str) -> Option<FieldError> {
    let has = |is: fn(char) -> bool| name.contains(is) || value.contains(is);
    if has(char::is_control) {
        Some(FieldError::new(name.replace(char::is_control, ""), "control_character", "must not contain control characters"))
    } else if has(|c| c == char::REPLACEMENT_CHARACTER) {
        Some(FieldError::new(name, "invalid_encoding", "must be UTF-8, percent-encoded"))
    } else {
        None
    }
}

/// Of two, one reader would believe the first and another the last.
fn repeated(seen: &mut HashSet<String>, name: &str) -> Option<FieldError> {
    (!seen.insert(name.to_owned())).then(|| FieldError::new(name, "repeated", "stands there twice; write it once"))
}

fn refuse(errors: Vec<FieldError>) -> Problem {
    Problem::new(Code::InvalidParameter, "a query parameter is unknown or not valid; see errors").at(errors)
}

/// Which page of a list.
#[derive(Debug, Default, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many to a page: 1 to 100, 20 when absent.
    #[validate(range(min = 1, max = 100))]
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
    /// Where the page before ended: its `next`.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// How many to a page.
    pub fn limit(&self) -> i64 {
        self.limit.unwrap_or(DEFAULT_LIMIT).clamp(1, MAX_LIMIT)
    }

    /// The id that the page before ended with, in a list that goes by id.
    pub fn after(&self, list: &str) -> Result<Option<i64>, Problem> {
        Ok(self.position(list)?.map(|cursor| cursor.id))
    }

    /// Where the page before ended.
    pub fn position(&self, list: &str) -> Result<Option<Cursor>, Problem> {
        self.cursor.as_deref().map(|text| Cursor::decode(text, list)).transpose().map_err(Problem::from)
    }
}
