//! `If-Match` (RFC 9110): a change that is only to be made to the version the caller has seen.

use crate::base::code::Code;
use crate::problem::Problem;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev::Payload};
use std::future::{Ready, ready};
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{ObjectBuilder, Type};

/// Which versions of a resource the caller agrees to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Any: the header is absent, or `*`.
    Any,
    /// One of these.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Refuses with 412 unless `version` is one that the caller named.
    pub fn check(&self, version: i64) -> Result<(), Problem> {
        match self {
            Self::Versions(versions) if !versions.contains(&version) => {
                Err(Problem::new(Code::PreconditionFailed, "it has changed since you read it; read it again and decide anew")
                    .with("version", version))
            }
            _ => Ok(()),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self::Any);
        }
        // A tag begins with the version, and may tell more after a dash.
        let digits = |text: &&str| text.bytes().all(|byte| byte.is_ascii_digit());
        let version = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"')?.split('-').next().filter(digits)?.parse().ok();
        text.split(',').map(version).collect::<Option<_>>().map(Self::Versions)
    }
}

impl utoipa::IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let header = ParameterBuilder::new()
            .name("If-Match")
            .parameter_in(ParameterIn::Header)
            .description(Some("The `ETag` you have seen: refused with 412 when it has changed since."))
            .schema(Some(
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .pattern(Some(r#"^(\*|"[0-9]{1,18}(-[0-9a-f]{16})?"( *, *"[0-9]{1,18}(-[0-9a-f]{16})?")*)$"#)),
            ));
        vec![header.build()]
    }
}

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(header::IF_MATCH);
        ready(match header.map(|value| value.to_str().ok().and_then(Self::parse)) {
            None => Ok(Self::Any),
            Some(Some(wanted)) => Ok(wanted),
            Some(None) => {
                Err(Problem::new(Code::InvalidHeader, "If-Match must be an ETag of this resource, such as \"3\" with its quotes, or *"))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::IfMatch;

    #[test]
    fn an_etag_is_a_quoted_version() {
        assert_eq!(IfMatch::parse("*"), Some(IfMatch::Any));
        assert_eq!(IfMatch::parse("\"3\", \"4\""), Some(IfMatch::Versions(vec![3, 4])));
        assert_eq!(IfMatch::parse("\"3-0123456789abcdef\""), Some(IfMatch::Versions(vec![3])));
        for text in ["3", "\"x\"", "W/\"3\"", "", "\"\"", "\"+3\"", "\"-3\""] {
            assert_eq!(IfMatch::parse(text), None, "{text}");
        }
    }
}
