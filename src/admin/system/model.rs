//! How the machinery is.

use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

text_enum! {
    /// How it is.
    pub(super) enum Condition {
        /// All is well.
        Good = "ok",
        /// Something is not as it should be; the parts say what.
        Degraded = "degraded",
    }
}

/// How the machinery is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SystemHealth {
    /// How it is as a whole.
    pub status: Condition,
    /// The version of the program.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    /// The database.
    pub database: DatabaseHealth,
    /// What writes to it.
    pub writer: WriterHealth,
    /// The tables.
    pub migrations: MigrationHealth,
    /// The letters.
    pub mail: MailHealth,
}

/// How the database is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DatabaseHealth {
    /// Whether it answers.
    pub is_answering: bool,
    /// How long that took, in microseconds.
    #[schema(example = 250)]
    pub micros: u64,
    /// Which one it is.
    pub engine: &'static str,
    /// How many connections there may be.
    #[schema(example = 16)]
    pub pool_size: u32,
    /// How many are open.
    #[schema(example = 4)]
    pub connections: u32,
    /// How many of these nobody is using.
    #[schema(example = 3)]
    pub idle: u32,
}

/// How writing to the database is. Where it has many writers, only whether it can be written to is told.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct WriterHealth {
    /// Whether it can be written to.
    pub is_working: bool,
    /// How long an empty write took, in microseconds.
    #[schema(example = 900)]
    pub micros: u64,
    /// How many writes wait for the one writer.
    #[schema(example = 0)]
    pub waiting: u64,
    /// How many commits the one writer has made.
    #[schema(example = 1200)]
    pub commits: u64,
    /// How many writes were in them.
    #[schema(example = 4800)]
    pub writes: u64,
}

/// How letters are on their way.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct MailHealth {
    /// How many there are.
    #[schema(example = 0)]
    pub waiting: i64,
    /// Since when the first of them is.
    #[schema(example = json!(null))]
    pub oldest: Option<Timestamp>,
    /// How many of the last day were given up.
    #[schema(example = 0)]
    pub failed: i64,
}

/// How far the tables are.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct MigrationHealth {
    /// How many migrations there were.
    #[schema(example = 20)]
    pub applied: usize,
    /// How many are still to come.
    #[schema(example = 0)]
    pub pending: usize,
    /// The last one.
    #[schema(example = "20261124050003")]
    pub latest: Option<String>,
}
