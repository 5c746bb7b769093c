//! What every handler's signature is made of: bodies, queries, preconditions and answers.

mod answer;
pub mod header;
mod json;
mod precondition;
mod query;
mod upload;

pub use answer::{Created, IfNoneMatch, Rendered, Tagged};
pub use json::{Json, OptionalJson};
pub use precondition::IfMatch;
pub use query::{PageQuery, Query};
pub use upload::{Upload, UploadLimit};

use serde_path_to_error::Segment;

/// The largest body: 1 MiB.
pub const MAX_BODY: usize = 1024 * 1024;

/// The JSON Pointer of a path in the body.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let part = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escape(key)),
        Segment::Enum { .. } | Segment::Unknown => String::new(),
    };
    path.iter().map(part).collect()
}

/// The name of a member, as it stands in a JSON Pointer.
fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
