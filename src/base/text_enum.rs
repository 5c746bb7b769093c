//! Closed lists of words: one statement gives the enum, its JSON, its column and its schema, which may have another
//! name than the enum: `enum Status as OrderStatus`.

macro_rules! text_enum {
    ($(#[doc = $doc:literal])+ $vis:vis enum $name:ident { $($rest:tt)+ }) => {
        $crate::base::text_enum::text_enum! { $(#[doc = $doc])+ $vis enum $name as $name { $($rest)+ } }
    };
    ($(#[doc = $doc:literal])+ $vis:vis enum $name:ident as $schema:ident { $($(#[doc = $vdoc:literal])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[doc = $doc])+
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize,
            diesel::expression::AsExpression, diesel::deserialize::FromSqlRow,
        )]
        #[diesel(sql_type = diesel::sql_types::Text)]
        $vis enum $name { $($(#[doc = $vdoc])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every value, in the order of the list.
            $vis const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word on the wire and in the table.
            $vis fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            /// What the word means, in a sentence.
            #[allow(dead_code, clippy::allow_attributes, reason = "not every list of words is explained to the world")]
            $vis fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!("" $(, $vdoc)*).trim(),)+ }
            }
        }

        $crate::base::text_enum::words_schema!($name, $schema, concat!($($doc),+));

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl<DB: diesel::backend::Backend> diesel::serialize::ToSql<diesel::sql_types::Text, DB> for $name
        where
            str: diesel::serialize::ToSql<diesel::sql_types::Text, DB>,
        {
            fn to_sql<'b>(&'b self, out: &mut diesel::serialize::Output<'b, '_, DB>) -> diesel::serialize::Result {
                match self { $(Self::$variant => <str as diesel::serialize::ToSql<diesel::sql_types::Text, DB>>::to_sql($text, out),)+ }
            }
        }

        impl<DB: diesel::backend::Backend> diesel::deserialize::FromSql<diesel::sql_types::Text, DB> for $name
        where
            String: diesel::deserialize::FromSql<diesel::sql_types::Text, DB>,
        {
            fn from_sql(raw: DB::RawValue<'_>) -> diesel::deserialize::Result<Self> {
                let text = String::from_sql(raw)?;
                Self::ALL.iter().copied().find(|word| word.as_str() == text)
                    .ok_or_else(|| format!("{text:?} is no {}", stringify!($name)).into())
            }
        }
    };
}
pub(crate) use text_enum;

/// The schema of a closed list of words. By hand, for utoipa's derive does not see the words that a macro passes on.
macro_rules! words_schema {
    ($name:ident, $schema:ident, $description:expr) => {
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some($description.trim()))
                    .enum_values(Some(Self::ALL.iter().map(|word| word.as_str())))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                std::borrow::Cow::Borrowed(stringify!($schema))
            }
        }
    };
}
pub(crate) use words_schema;
