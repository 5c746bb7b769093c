//! What can be asked of the bench.

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;
use std::path::PathBuf;

/// Measures the server of this build, each job beside its limit, and fails when one falls short.
///
/// Starts its own PostgreSQL server, with the safety that is the default; as root that takes the user `postgres`, which the
/// package makes, and who must be able to enter the folder. Everything is removed at the end but the file with the figures.
#[derive(Debug, Parser)]
#[command(name = "cargo bench --bench load --", version)]
pub struct Options {
    /// On which database; may be repeated [default: both]
    #[arg(long = "engine", value_enum)]
    pub engines: Vec<Engine>,
    /// Which job; may be repeated [default: all]
    #[arg(long = "job", value_enum, ignore_case = true)]
    pub jobs: Vec<Job>,
    /// How often each job and its limit are measured, in turn; the median counts
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub rounds: u32,
    /// For how many seconds each time
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=600))]
    pub seconds: u32,
    /// Where databases are made: a folder on a disk, not in memory [default: bench/ in the target folder]
    #[arg(long)]
    pub folder: Option<PathBuf>,
    /// Where the figures are written [default: bench/load.json in the target folder]
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    pub bench: bool,
    /// Another process of the bench's own
    #[command(subcommand)]
    pub part: Option<Part>,
}

/// The parts that are processes of their own.
#[derive(Debug, Subcommand)]
pub enum Part {
    /// The load
    #[command(hide = true)]
    Drive {
        /// The plan
        plan: PathBuf,
    },
    /// The server that answers from memory
    #[command(hide = true)]
    Memory {
        /// The answers
        answers: PathBuf,
    },
}

/// A database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
pub enum Engine {
    /// SQLite, which waits for the disk at each commit
    #[value(name = "sqlite")]
    #[serde(rename = "SQLite")]
    Sqlite,
    /// PostgreSQL
    #[value(name = "postgres")]
    #[serde(rename = "PostgreSQL")]
    Postgres,
}

impl Engine {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize)]
pub enum Job {
    /// List 20 of 1,000 products
    #[value(name = "J1")]
    J1,
    /// One product
    #[value(name = "J2")]
    J2,
    /// Place an order of two lines
    #[value(name = "J3")]
    J3,
    /// Log in
    #[value(name = "J4")]
    J4,
    /// A bit of everything, at 70 % of the most
    #[value(name = "J5")]
    J5,
    /// J1 while many log in
    #[value(name = "J6")]
    J6,
    /// J1 and J3 with 1, 100 and 10,000 vendors
    #[value(name = "J7")]
    J7,
}
