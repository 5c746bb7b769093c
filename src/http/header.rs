//! Headers that say one thing.

use crate::base::code::Code;
use crate::problem::Problem;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

/// The value of a header, if it was sent. Of two, one reader would believe the first and another the last.
pub fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        _ => Err(Problem::new(Code::InvalidHeader, format!("{name} was sent twice; send it once"))),
    }
}
