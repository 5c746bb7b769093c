//! Words that every feature uses: money, time, pages, ids, the catalogue of error codes.
//!
//! Nothing here knows HTTP, a database engine or another part of Stoa; everything else may import it.

pub mod code;
pub mod column;
pub mod date;
pub mod domain;
pub mod hex;
pub mod id;
pub mod money;
pub mod names;
pub mod page;
pub mod patch;
pub mod patience;
pub mod percent;
pub mod search;
pub mod secret;
pub mod shape;
pub mod strict;
pub mod text_enum;
pub mod time;
pub mod valid;
