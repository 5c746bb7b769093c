//! What a database can answer instead of rows, in words that hold for both engines.

use crate::base::code::{Code, Refusal};
use diesel::result::{DatabaseErrorInformation, DatabaseErrorKind, Error as Diesel};

/// The result of a statement.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a statement, or a whole transaction, did not succeed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// No such row.
    #[error("there is nothing here")]
    NotFound,
    /// A unique constraint, named `<table>_<columns>_key` on both engines.
    #[error("it exists already ({0})")]
    Unique(String),
    /// Two transactions stood in each other's way; one of them may simply try again.
    #[error("the service is busy; try again")]
    Contended(String),
    /// No connection, or no answer in time: nothing was changed.
    #[error("the service is busy; try again in a moment")]
    Busy(String),
    /// The connection broke; whether a write took effect is not known.
    #[error("the database did not answer; try again in a moment")]
    Lost(String),
    /// There is no room left where the data is. What takes no room goes on.
    #[error("there is no room left to write this down; what was there before can still be read")]
    Full(String),
    /// The disk under the data refuses to read or write.
    #[error("the data could not be read or written; try again later")]
    Storage(String),
    /// Anything else: a mistake of ours.
    #[error("something went wrong on our side")]
    Failed(String),
}

impl Error {
    /// What the storage's refusal of one write means for all in its group.
    pub(super) fn of_storage(code: Code) -> Option<Self> {
        let cause = || "another write in its group was refused".to_owned();
        match code {
            Code::StorageFull => Some(Self::Full(cause())),
            Code::StorageFailed => Some(Self::Storage(cause())),
            _ => None,
        }
    }

    /// What somebody is told whose write was in a group that was lost to this: they may try again.
    pub(super) fn of_a_group(self) -> Self {
        match self {
            Self::Full(_) | Self::Storage(_) | Self::Lost(_) => self,
            other => Self::Busy(format!("{other:?}")),
        }
    }
}

impl Refusal for Error {
    fn code(&self) -> Code {
        match self {
            Self::NotFound => Code::NotFound,
            Self::Contended(_) | Self::Busy(_) | Self::Lost(_) => Code::Busy,
            Self::Full(_) => Code::StorageFull,
            Self::Storage(_) => Code::StorageFailed,
            Self::Unique(_) | Self::Failed(_) => Code::Internal,
        }
    }

    fn cause(&self) -> Option<String> {
        match self {
            Self::NotFound => None,
            Self::Unique(cause)
            | Self::Contended(cause)
            | Self::Busy(cause)
            | Self::Lost(cause)
            | Self::Full(cause)
            | Self::Storage(cause)
            | Self::Failed(cause) => Some(cause.clone()),
        }
    }

    fn is_contention(&self) -> bool {
        matches!(self, Self::Contended(_))
    }

    fn is_lost(&self) -> bool {
        matches!(self, Self::Lost(_))
    }

    fn retry_after(&self) -> Option<u64> {
        match self.code() {
            Code::Busy => Some(1),
            // Somebody has to make room, or to mend something.
            Code::StorageFull | Code::StorageFailed => Some(30),
            _ => None,
        }
    }
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        match error {
            Diesel::NotFound => Self::NotFound,
            Diesel::BrokenTransactionManager => Self::Lost("the connection is broken".to_owned()),
            Diesel::DatabaseError(kind, information) => of_database(kind, information.as_ref()),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// What both engines say only in words.
const CONTENDED: [&str; 2] = ["deadlock detected", "could not serialize access"];
const BUSY: [&str; 6] = [
    "database is locked",
    "database table is locked",
    "due to statement timeout",
    "due to lock timeout",
    "the database system is",
    "too many clients",
];
const LOST: [&str; 4] = ["server closed the connection", "terminating connection", "connection to server", "no connection to the server"];

/// The first is SQLite's word; PostgreSQL's (`disk_full`, 53100) are the system's own, or tell of a file that ended early.
const FULL: [&str; 4] = ["database or disk is full", "No space left on device", "Disk quota exceeded", "could not extend file"];
/// SQLite says the first of a file, too, that has grown to the size that the process may write; the last two are the system's.
const STORAGE: [&str; 5] = [
    "disk I/O error",
    "unable to open database file",
    "attempt to write a readonly database",
    "Input/output error",
    "Read-only file system",
];

fn of_database(kind: DatabaseErrorKind, information: &dyn DatabaseErrorInformation) -> Error {
    let message = information.message().to_owned();
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    match kind {
        DatabaseErrorKind::UniqueViolation => Error::Unique(constraint(information)),
        DatabaseErrorKind::ClosedConnection => Error::Lost(message),
        DatabaseErrorKind::SerializationFailure => Error::Contended(message),
        _ if says(&CONTENDED) => Error::Contended(message),
        _ if says(&BUSY) => Error::Busy(message),
        _ if says(&LOST) => Error::Lost(message),
        _ if says(&FULL) => Error::Full(message),
        _ if says(&STORAGE) => Error::Storage(message),
        _ => Error::Failed(message),
    }
}

/// PostgreSQL names the constraint; SQLite lists its columns, from which the same name is made.
fn constraint(information: &dyn DatabaseErrorInformation) -> String {
    if let Some(name) = information.constraint_name() {
        return name.to_owned();
    }
    let Some((_, columns)) = information.message().split_once("constraint failed: ") else {
        return information.message().to_owned();
    };
    let mut parts = columns.split(", ").filter_map(|column| column.split_once('.'));
    let Some((table, first)) = parts.next() else {
        return columns.to_owned();
    };
    parts.fold(format!("{table}_{first}"), |name, (_, column)| format!("{name}_{column}")) + "_key"
}
