//! What the file says, and what is told of each of its rows.

use crate::base::code::{Code, FieldError};
use crate::base::id::VendorId;
use crate::base::text_enum::text_enum;
use crate::problem::Problem;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

/// The columns, in their order.
pub(super) const COLUMNS: [&str; 11] = [
    "vendor_name",
    "subdomain",
    "owner_name",
    "owner_email",
    "owner_phone",
    "business_address",
    "business_city",
    "business_postal_code",
    "business_country",
    "letzshop_csv_url",
    "initial_password",
];

/// What the document shows: a header and a row.
pub(super) const EXAMPLE: &str = "vendor_name,subdomain,owner_name,owner_email,owner_phone,business_address,business_city,\
business_postal_code,business_country,letzshop_csv_url,initial_password\n\
Dora's Dahlias,dahlias,Dora Maar,dora@dahlias.example.com,+352 27 55 11,1 Rue de la Gare,Luxembourg,L-1611,LU,\
https://feeds.example.com/dahlias.csv,for-the-first-time\n";

/// Why a file is none that could be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Flaw {
    /// The header is row 1; empty lines do not count.
    pub row: u64,
    pub column: String,
    pub code: String,
    message: String,
}

impl Flaw {
    /// A flaw in a cell, by the number of its column from 0.
    pub(super) fn new(row: u64, column: usize, code: &str, message: &str) -> Self {
        let column = COLUMNS.get(column).map_or_else(|| (column + 1).to_string(), |name| (*name).to_owned());
        Self { row, column, code: code.to_owned(), message: message.to_owned() }
    }
}

impl From<Flaw> for Problem {
    fn from(flaw: Flaw) -> Self {
        let Flaw { row, column, code, message } = flaw;
        let at = FieldError::new(format!("/{row}/{column}"), &code, &message);
        Problem::new(Code::InvalidCsv, format!("row {row}, column {column} {message}; nothing was done"))
            .with("row", row)
            .with("column", column)
            .at(vec![at])
    }
}

/// How to import.
#[derive(Clone, Copy, Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ImportQuery {
    /// Only tell what would be done, and do nothing.
    pub dry_run: Option<bool>,
}

text_enum! {
    /// What became of a row.
    pub(super) enum RowStatus {
        /// The vendor was opened.
        Created = "created",
        /// The vendor was there and has changed.
        Updated = "updated",
        /// The vendor was there, just as the row says.
        Unchanged = "unchanged",
        /// Something is wrong with the row, and nothing was done.
        Failed = "failed",
    }
}

/// What became of one row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct RowResult {
    /// Its number: the header is row 1, and empty lines do not count.
    #[schema(example = 2)]
    pub row: u64,
    /// What it says of the subdomain.
    #[schema(example = "dahlias")]
    pub subdomain: String,
    /// What became of it, or with `dry_run` would.
    pub status: RowStatus,
    /// The vendor; null when there is none, or none yet.
    pub vendor_id: Option<VendorId>,
    /// What is wrong with it.
    pub errors: Vec<CellError>,
}

/// Something that is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct CellError {
    /// The name of the column.
    #[schema(example = "owner_email")]
    pub column: String,
    /// What kind of mistake it is.
    #[schema(example = "invalid_email")]
    pub code: String,
    /// What is wrong and what would be right.
    #[schema(example = "must be an e-mail address")]
    pub message: String,
}

impl CellError {
    pub(super) fn new(column: &str, code: &str, message: impl Display) -> Self {
        Self { column: column.to_owned(), code: code.to_owned(), message: message.to_string() }
    }
}

/// Why an import ended before its last row.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Stopped {
    /// The row with which it ended.
    #[schema(example = 17)]
    pub row: u64,
    /// The code of the problem.
    pub code: Code,
    /// What happened, and what to do.
    pub detail: String,
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct BulkImport {
    /// Whether it was only told what would be done.
    pub dry_run: bool,
    /// The rows, in the order of the file.
    pub rows: Vec<RowResult>,
    #[serde(flatten)]
    pub totals: Totals,
}

/// How many rows became what.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub(super) struct Totals {
    /// How many vendors were opened.
    pub created: u64,
    /// How many changed.
    pub updated: u64,
    /// How many were as the file says.
    pub unchanged: u64,
    /// How many rows are bad.
    pub failed: u64,
    /// Why the import ended before its last row, if it did: what was done until then is done, and the same file can be sent again.
    pub stopped: Option<Stopped>,
}

impl Totals {
    pub(super) fn count(&mut self, status: RowStatus) {
        *match status {
            RowStatus::Created => &mut self.created,
            RowStatus::Updated => &mut self.updated,
            RowStatus::Unchanged => &mut self.unchanged,
            RowStatus::Failed => &mut self.failed,
        } += 1;
    }
}

/// A row that says all it must, in a form that can be worked with.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub number: u64,
    /// One label, normalised.
    pub subdomain: String,
    pub domain: String,
    pub vendor_name: String,
    pub owner_email: String,
    pub first_name: String,
    pub last_name: String,
    pub owner_phone: Option<String>,
    pub business_address: Option<String>,
    pub business_city: Option<String>,
    pub business_postal_code: Option<String>,
    pub business_country: Option<String>,
    pub letzshop_csv_url: Option<String>,
    pub initial_password: Option<SecretString>,
}
