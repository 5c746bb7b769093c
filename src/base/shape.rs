//! What texts look like that are more than any text: one pattern (ECMA-262) is what the document shows and what is asked
//! of the input.

use regex::Regex;
use std::sync::LazyLock;
use utoipa::openapi::schema::{AdditionalProperties, ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Text without control characters, but for tabs and line ends.
pub const TEXT: &str = r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]*$";
/// Such text that says something.
pub const NOT_BLANK: &str =
    r"^[^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]*[^\s\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F][^\x00-\x08\x0B\x0C\x0E-\x1F\x7F-\x9F]*$";
/// The value of a query parameter: no control character at all, and nothing that was no UTF-8.
pub const PARAMETER: &str = r"^[^\x00-\x1F\x7F-\x9F\uFFFD]*$";

macro_rules! shapes {
    ($($(#[doc = $doc:literal])+ $name:ident: $least:literal to $most:literal of $pattern:literal, $example:literal;)+) => {
        $(
            $(#[doc = $doc])+
            pub struct $name;

            impl $name {
                /// Whether a text is one.
                pub fn is(text: &str) -> bool {
                    static PATTERN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new($pattern).ok());
                    ($least..=$most).contains(&text.chars().count()) && PATTERN.as_ref().is_some_and(|pattern| pattern.is_match(text))
                }
            }

            impl PartialSchema for $name {
                fn schema() -> RefOr<Schema> {
                    ObjectBuilder::new()
                        .schema_type(Type::String)
                        .description(Some([$($doc.trim()),+].join(" ")))
                        .min_length(Some($least))
                        .max_length(Some($most))
                        .pattern(Some($pattern))
                        .examples([$example])
                        .into()
                }
            }
            impl ToSchema for $name {}
        )+

        #[cfg(test)]
        #[test]
        fn every_example_is_one() {
            $(assert!($name::is($example), $example);)+
        }
    };
}

shapes! {
    /// An e-mail address: a name, one `@` and a dotted domain, without spaces.
    Email: 5 to 254 of r"^[^\s@\x00-\x1F\x7F-\x9F]+@[^\s@.\x00-\x1F\x7F-\x9F]+(\.[^\s@.\x00-\x1F\x7F-\x9F]+)+$", "dora@example.com";
    /// A name to sign in with: letters, digits and `@ . + - _`.
    Username: 1 to 150 of r"^[\p{L}\p{M}\p{N}@.+_\-]+$", "dora";
    /// A web address: `https://` or `http://`, a domain, and what follows it.
    WebAddress: 8 to 2000 of r"^https?://[\p{L}\p{M}\p{N}.\-]+(:[0-9]{1,5})?([/?#][^\s\x00-\x1F\x7F-\x9F]*)?$", "https://example.com/watch.jpg";
    /// A GTIN (EAN, UPC): 8, 12, 13 or 14 digits, the last of which is the check digit.
    Gtin: 8 to 14 of r"^([0-9]{8}|[0-9]{12,14})$", "4006381333931";
}

/// Members of any name and any value.
pub struct Attributes;

impl PartialSchema for Attributes {
    fn schema() -> RefOr<Schema> {
        let name = ObjectBuilder::new().schema_type(Type::String).pattern(Some(TEXT));
        ObjectBuilder::new()
            .schema_type(Type::Object)
            .description(Some("Anything, by name: at most 50 members and 16 KiB."))
            .max_properties(Some(50))
            .property_names(Some(Schema::Object(name.build())))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(true)))
            .examples([serde_json::json!({"colour": "blue"})])
            .into()
    }
}
impl ToSchema for Attributes {}
