//! Reading rows, one after the other, and finding out what is wrong with each by itself.

use super::layout;
use super::model::{COLUMNS, CellError, Flaw, Row, RowResult, RowStatus};
use crate::admin::vendors::place_under;
use crate::base::code::cut;
use crate::base::names;
use crate::base::shape::{Email, WebAddress};
use csv::{ByteRecord, Reader, ReaderBuilder};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufReader, Seek};
use tempfile::SpooledTempFile;
use tokio::sync::mpsc::Sender;

/// A row that can be done, or what is wrong with it.
pub(super) enum Entry {
    Good(Box<Row>),
    Bad(RowResult),
}

impl Entry {
    /// Whose shop it is, if the row can be done.
    pub(super) fn owner(&self) -> Option<String> {
        match self {
            Self::Good(row) => Some(names::key(&row.owner_email)),
            Self::Bad(_) => None,
        }
    }
}

/// Makes sure that a file is such a file, and gets ready to read its rows.
pub(super) fn open(file: SpooledTempFile) -> io::Result<Result<Reader<SpooledTempFile>, Flaw>> {
    let mut looked_through = BufReader::new(file);
    if let Err(flaw) = layout::check(&mut looked_through)? {
        return Ok(Err(flaw));
    }
    let mut file = looked_through.into_inner();
    file.rewind()?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(file);
    let mut header = ByteRecord::new();
    reader.read_byte_record(&mut header).map_err(io::Error::other)?;
    Ok(check_header(&header).map(|()| reader))
}

fn check_header(header: &ByteRecord) -> Result<(), Flaw> {
    let cell = |index: usize| header.get(index).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    if header.len() == 1 && cell(0).is_some_and(|only| only.contains([';', '\t'])) {
        return Err(Flaw::new(1, 0, "wrong_delimiter", "is not separated from the others by a comma: save the file with commas"));
    }
    for (index, name) in COLUMNS.iter().enumerate() {
        match cell(index) {
            Some(found) if found == *name => {}
            Some(found) => return Err(Flaw::new(1, index, "wrong_header", &format!("is called {:?} in the file", cut(found, 40)))),
            None => return Err(Flaw::new(1, index, "wrong_header", "is missing in the header")),
        }
    }
    if header.len() > COLUMNS.len() {
        return Err(Flaw::new(1, COLUMNS.len(), "wrong_header", "is one more than there are"));
    }
    Ok(())
}

/// Reads all rows, until nobody wants them any more. Shops go under `platform`.
pub(super) fn read(mut reader: Reader<SpooledTempFile>, platform: Option<&str>, out: &Sender<Entry>) -> io::Result<()> {
    let mut record = ByteRecord::new();
    // Of each subdomain its fingerprint only, so that the memory stays small.
    let (fingerprints, mut seen) = (RandomState::new(), HashMap::new());
    let mut number = 1;
    while reader.read_byte_record(&mut record).map_err(io::Error::other)? {
        number += 1;
        let mut parsed = row(number, &record, platform);
        if let Ok(good) = &parsed {
            let first = *seen.entry(fingerprints.hash_one(&good.subdomain)).or_insert(number);
            if first != number {
                parsed = Err(vec![CellError::new("subdomain", "duplicate", format!("stands in row {first} already"))]);
            }
        }
        let subdomain = || cut(record.get(1).map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned()).unwrap_or_default(), 63);
        let entry = match parsed {
            Ok(row) => Entry::Good(Box::new(row)),
            Err(errors) => {
                Entry::Bad(RowResult { row: number, subdomain: subdomain(), status: RowStatus::Failed, vendor_id: None, errors })
            }
        };
        if out.blocking_send(entry).is_err() {
            break;
        }
    }
    Ok(())
}

/// The cells of a row, and what has been found wrong with them.
struct Cells<'a> {
    record: &'a ByteRecord,
    errors: Vec<CellError>,
}

/// What a spreadsheet would take for a formula, and run.
const FORMULA: [char; 4] = ['=', '+', '-', '@'];

impl Cells<'_> {
    fn refuse(&mut self, column: &str, code: &str, message: &str) {
        self.errors.push(CellError::new(column, code, message));
    }

    /// The cell as it is; nothing when it is empty.
    fn raw(&self, column: &str) -> Option<String> {
        let bytes = self.record.get(COLUMNS.iter().position(|name| *name == column)?)?;
        let text = String::from_utf8_lossy(bytes).into_owned();
        (!text.is_empty()).then_some(text)
    }

    /// The text of a cell without the blanks around it.
    fn text(&mut self, column: &str, most: usize) -> Option<String> {
        let text = self.raw(column)?.trim_matches(' ').to_owned();
        if text.contains(char::is_control) {
            self.refuse(column, "control_character", "must not contain control characters or line ends");
        } else if text.chars().count() > most {
            self.refuse(column, "invalid_length", &format!("must have at most {most} characters"));
        }
        (!text.is_empty()).then_some(text)
    }

    /// Text that no spreadsheet would run.
    fn plain(&mut self, column: &str, most: usize) -> Option<String> {
        let text = self.text(column, most)?;
        if text.starts_with(FORMULA) {
            self.refuse(column, "formula", "must not begin like a formula, with = + - or @");
        }
        Some(text)
    }

    fn required(&mut self, column: &str, most: usize) -> String {
        let text = self.plain(column, most);
        if text.is_none() {
            self.refuse(column, "required", "must not be empty");
        }
        text.unwrap_or_default()
    }

    fn phone(&mut self, column: &str) -> Option<String> {
        let text = self.text(column, 50)?;
        let is_phone = text.contains(|c: char| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || "+ ()./-".contains(c));
        if !is_phone {
            self.refuse(column, "invalid_phone", "must be a phone number: digits, blanks and + ( ) . / -");
        }
        Some(text)
    }

    fn web_address(&mut self, column: &str) -> Option<String> {
        let text = self.plain(column, 2000)?;
        if !WebAddress::is(&text) {
            self.refuse(column, "invalid_url", "must be an address that starts with https:// or http:// and a domain");
        }
        Some(text)
    }

    fn password(&mut self, column: &str) -> Option<String> {
        let text = self.raw(column)?;
        if !(8..=128).contains(&text.chars().count()) || text.contains(char::is_control) {
            self.refuse(column, "invalid_length", "must have 8 to 128 characters");
        }
        Some(text)
    }
}

/// What a row says, or everything that is wrong with it.
fn row(number: u64, record: &ByteRecord, platform: Option<&str>) -> Result<Row, Vec<CellError>> {
    let mut cells = Cells { record, errors: Vec::new() };
    if record.len() != COLUMNS.len() {
        let column = COLUMNS.get(record.len()).copied().unwrap_or("initial_password");
        return Err(vec![CellError::new(column, "wrong_number_of_cells", format!("the row has {} cells and needs 11", record.len()))]);
    }
    let vendor_name = cells.required("vendor_name", 200);
    let label = cells.required("subdomain", 63);
    let place = place_under(platform, &label);
    if place.is_none() && !label.is_empty() {
        cells.refuse("subdomain", "invalid_domain", "must be one label of a domain: letters, digits and dashes");
    }
    let owner_name = cells.plain("owner_name", 150).unwrap_or_default();
    let (first_name, last_name) = owner_name.rsplit_once(' ').unwrap_or((&owner_name, ""));
    let owner_email = cells.required("owner_email", 150);
    if !Email::is(&owner_email) && !owner_email.is_empty() {
        cells.refuse("owner_email", "invalid_email", "must be an e-mail address");
    }
    let row = Row {
        number,
        subdomain: place.as_ref().map(|place| place.label.clone()).unwrap_or_default(),
        domain: place.map(|place| place.domain).unwrap_or_default(),
        vendor_name,
        owner_email,
        first_name: first_name.trim().to_owned(),
        last_name: last_name.to_owned(),
        owner_phone: cells.phone("owner_phone"),
        business_address: cells.plain("business_address", 200),
        business_city: cells.plain("business_city", 100),
        business_postal_code: cells.plain("business_postal_code", 20),
        business_country: cells.plain("business_country", 100),
        letzshop_csv_url: cells.web_address("letzshop_csv_url"),
        initial_password: cells.password("initial_password").map(Into::into),
    };
    if cells.errors.is_empty() { Ok(row) } else { Err(cells.errors) }
}
