//! [`Query`]: the query string, with unknown and ill-formed parameters refused rather than ignored.

use super::json::flatten;
use super::pointer;
use crate::base::code::{Code, FieldError};
use crate::base::page::{Cursor, DEFAULT_LIMIT, MAX_LIMIT};
use crate::problem::Problem;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Deserialize;
use serde::de::DeserializeOwned;
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
        ready(parse(request.query_string()).map(Self))
    }
}

fn parse<T: DeserializeOwned + Validate>(text: &str) -> Result<T, Problem> {
    let deserializer = serde_urlencoded::Deserializer::new(form_urlencoded::parse(text.as_bytes()));
    let query: T = serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let message = error.inner().to_string();
        let name = pointer(&error.path().to_string()).trim_start_matches('/').to_owned();
        refuse(vec![FieldError::new(name, "invalid_value", message)])
    })?;
    if text.contains("%00") {
        return Err(refuse(vec![FieldError::new("", "control_character", "must not contain control characters")]));
    }
    query.validate().map_err(|errors| {
        let mut errors = flatten(&errors);
        for error in &mut errors {
            error.pointer = error.pointer.trim_start_matches('/').to_owned();
        }
        refuse(errors)
    })?;
    Ok(query)
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
