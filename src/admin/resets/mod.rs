//! Taking many people's passwords from them at once, because they may have leaked: their sessions end, what they had is good for
//! nothing any more, and a letter with a link to set another is on its way.
//!
//! It is a job that is written down, works through the users a few at a time in the order of their ids, and can be looked
//! at meanwhile. Each step is one transaction with its progress: so after a crash the job goes on where it was, and nobody gets
//! two letters.

pub(super) mod http;
mod model;
mod service;
mod store;

pub use service::resume;
