//! What every handler's signature is made of: bodies, queries, preconditions and answers.

mod answer;
mod json;
mod precondition;
mod query;

pub use answer::{Created, Tagged};
pub use json::{Json, OptionalJson};
pub use precondition::IfMatch;
pub use query::{PageQuery, Query};

/// The largest body: 1 MiB.
pub const MAX_BODY: usize = 1024 * 1024;

/// The JSON Pointer of a path that serde or validator reports, such as `items[0].price`.
fn pointer(path: &str) -> String {
    let mut pointer = String::new();
    for part in path.split(['.', '[', ']']).filter(|part| !part.is_empty() && *part != "?") {
        pointer.push('/');
        pointer.push_str(&part.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}
