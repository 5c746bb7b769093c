//! Pages of a list, by keyset: a cursor names the last row seen, so that deep pages cost no more than the first.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How many items a page has when the caller does not say.
pub const DEFAULT_LIMIT: i64 = 20;
/// How many it has at the most.
pub const MAX_LIMIT: i64 = 100;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// The cursor of the next page; null on the last.
    #[schema(example = json!(null))]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// The page made of up to `limit + 1` rows: the one too many only tells that there is a next page.
    pub fn of<R>(mut rows: Vec<R>, limit: i64, cursor: impl FnOnce(&R) -> Cursor, view: impl FnMut(R) -> T) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|last| cursor(last).encode());
        Self { items: rows.into_iter().map(view).collect(), next }
    }
}

/// The sort value of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// A number, or microseconds since 1970.
    Number(i64),
    /// Text, such as a name.
    Text(String),
}

/// Where a page ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The list it belongs to, with vendor and sort; in any other it is refused.
    #[serde(rename = "l")]
    pub list: String,
    /// The sort value of the last row.
    #[serde(rename = "k")]
    pub key: Key,
    /// Its id, which settles ties.
    #[serde(rename = "i")]
    pub id: i64,
}

/// The cursor is not one of this list.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor does not belong to this list and sort; start again without it")]
pub struct CursorError;

impl super::code::Refusal for CursorError {
    fn code(&self) -> super::code::Code {
        super::code::Code::InvalidCursor
    }
}

impl Cursor {
    /// The cursor as clients see it: opaque, safe in a URL.
    pub fn encode(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    /// Reads a cursor of `list`.
    pub fn decode(text: &str, list: &str) -> Result<Self, CursorError> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| CursorError)?;
        let cursor: Self = serde_json::from_slice(&bytes).map_err(|_| CursorError)?;
        if cursor.list == list { Ok(cursor) } else { Err(CursorError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_good_for_its_own_list_only() {
        let cursor = Cursor { list: "products:1:name".to_owned(), key: Key::Text("Ünder".to_owned()), id: 7 };
        assert_eq!(Cursor::decode(&cursor.encode(), "products:1:name"), Ok(cursor.clone()));
        assert_eq!(Cursor::decode(&cursor.encode(), "products:2:name"), Err(CursorError));
        assert_eq!(Cursor::decode("%%%", "products:1:name"), Err(CursorError));
        assert_eq!(Cursor::decode("e30", "products:1:name"), Err(CursorError));
    }

    #[test]
    fn the_last_page_has_no_next() {
        let cursor = |id: &i64| Cursor { list: String::new(), key: Key::Number(*id), id: *id };
        assert_eq!(Page::of(vec![1_i64, 2], 2, cursor, |id| id).next, None);
        let page = Page::of(vec![1_i64, 2, 3], 2, cursor, |id| id);
        assert_eq!(page.items, [1, 2]);
        assert_eq!(Cursor::decode(&page.next.unwrap(), "").unwrap().id, 2);
    }
}
