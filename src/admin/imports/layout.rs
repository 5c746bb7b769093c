//! What a file must look like, from its first byte to its last (RFC 4180): UTF-8 without a byte order mark, cells separated by
//! commas, quotation marks only around whole cells and closed again, nothing that is no text.
//!
//! The reader of rows forgives much of this by guessing what was meant; so it is asked first, and what is wrong is told with
//! its row and column.

use super::model::{COLUMNS, Flaw};
use std::io::{self, BufRead};

/// How many bytes a cell may have.
const MOST: usize = 4096;

/// Where in a cell one is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Begin,
    Plain,
    Quoted,
    /// Behind a quotation mark inside a quoted cell: the first of two, or the last.
    Mark,
}

struct Scan {
    row: u64,
    column: usize,
    place: Place,
    cell: Vec<u8>,
    /// The last byte ended a row, and was a CR.
    is_behind_cr: bool,
}

/// Looks through a file; a flaw is told, an error is of the disk.
pub(super) fn check(mut file: impl BufRead) -> io::Result<Result<(), Flaw>> {
    let mut scan = Scan { row: 1, column: 0, place: Place::Begin, cell: Vec::new(), is_behind_cr: false };
    let mut is_first = true;
    loop {
        let piece = file.fill_buf()?;
        if piece.is_empty() {
            return Ok(scan.end());
        }
        if std::mem::take(&mut is_first)
            && let Err(flaw) = byte_order(piece)
        {
            return Ok(Err(flaw));
        }
        for byte in piece {
            if let Err(flaw) = scan.take(*byte) {
                return Ok(Err(flaw));
            }
        }
        let length = piece.len();
        file.consume(length);
    }
}

fn byte_order(piece: &[u8]) -> Result<(), Flaw> {
    if piece.starts_with(&[0xEF, 0xBB, 0xBF]) {
        return Err(Flaw::new(1, 0, "byte_order_mark", "begins with a byte order mark: save the file as UTF-8 without BOM"));
    }
    if piece.starts_with(&[0xFE, 0xFF]) || piece.starts_with(&[0xFF, 0xFE]) {
        return Err(Flaw::new(1, 0, "invalid_encoding", "is UTF-16: save the file as UTF-8"));
    }
    Ok(())
}

impl Scan {
    fn flaw(&self, code: &str, message: &str) -> Flaw {
        Flaw::new(self.row, self.column, code, message)
    }

    fn take(&mut self, byte: u8) -> Result<(), Flaw> {
        if std::mem::take(&mut self.is_behind_cr) && byte == b'\n' {
            return Ok(());
        }
        if byte == 0 {
            return Err(self.flaw("control_character", "contains a NUL, which is no text"));
        }
        match (self.place, byte) {
            (Place::Begin, b'"') => self.place = Place::Quoted,
            (Place::Begin | Place::Plain | Place::Mark, b',') => self.end_cell()?,
            (Place::Begin | Place::Plain | Place::Mark, b'\n' | b'\r') => {
                self.end_row()?;
                self.is_behind_cr = byte == b'\r';
            }
            (Place::Plain, b'"') => {
                return Err(
                    self.flaw("stray_quote", "has a quotation mark inside: put the whole cell into quotation marks, and write it twice")
                );
            }
            (Place::Quoted, b'"') => self.place = Place::Mark,
            (Place::Mark, b'"') => {
                self.place = Place::Quoted;
                self.cell.push(byte);
            }
            (Place::Mark, _) => return Err(self.flaw("stray_quote", "goes on behind its closing quotation mark")),
            (Place::Begin | Place::Plain, _) => {
                self.place = Place::Plain;
                self.cell.push(byte);
            }
            (Place::Quoted, _) => self.cell.push(byte),
        }
        if self.cell.len() > MOST {
            return Err(self.flaw("too_long", "has more than 4096 bytes: is a quotation mark not closed?"));
        }
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), Flaw> {
        if std::str::from_utf8(&self.cell).is_err() {
            return Err(self.flaw("invalid_encoding", "is not UTF-8: save the file as UTF-8"));
        }
        self.cell.clear();
        self.place = Place::Begin;
        self.column += 1;
        if self.column > COLUMNS.len() * 10 {
            return Err(self.flaw("too_many_cells", "is far too many"));
        }
        Ok(())
    }

    /// An empty line is no row.
    fn end_row(&mut self) -> Result<(), Flaw> {
        if self.column > 0 || self.place != Place::Begin {
            self.end_cell()?;
            self.row += 1;
        }
        self.column = 0;
        Ok(())
    }

    fn end(mut self) -> Result<(), Flaw> {
        if self.place == Place::Quoted {
            return Err(self.flaw("unclosed_quote", "begins with a quotation mark that is never closed"));
        }
        self.end_row()?;
        if self.row == 1 { Err(Flaw::new(1, 0, "empty", "is missing: the file is empty")) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The row, the column's name and the code of what is wrong.
    fn flaw(bytes: &[u8]) -> Option<(u64, String, String)> {
        check(bytes).unwrap().err().map(|flaw| (flaw.row, flaw.column, flaw.code))
    }

    #[test]
    fn what_rfc_4180_allows_is_allowed() {
        for text in ["a", "a,b\n", "a,b\r\n1,2\r\n", "a\r1\r", "\"a\",\"b \"\"c\"\" d,\r\ne\"\n", "\n\na\n\n1\n", "é,€", ",,\n", "\"\"\n"]
        {
            assert_eq!(flaw(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_with_its_row_and_column() {
        let is = |bytes: &[u8], row: u64, column: &str, code: &str| {
            assert_eq!(flaw(bytes), Some((row, column.to_owned(), code.to_owned())), "{:?}", String::from_utf8_lossy(bytes));
        };
        is(b"", 1, "vendor_name", "empty");
        is(b"\n\r\n", 1, "vendor_name", "empty");
        is(b"\xEF\xBB\xBFa,b\n", 1, "vendor_name", "byte_order_mark");
        is(b"\xFF\xFEa\0,\0", 1, "vendor_name", "invalid_encoding");
        is(b"a,b\n1,caf\xE9\n", 2, "subdomain", "invalid_encoding");
        is(b"a,b\n\"1\n2\",3\n4,\xC3", 3, "subdomain", "invalid_encoding");
        is(b"a,b\n1,\0\n", 2, "subdomain", "control_character");
        is(b"a,b\n1,2,\"3\n4,5", 2, "owner_name", "unclosed_quote");
        is(b"a,b\n1,2 \"x\"\n", 2, "subdomain", "stray_quote");
        is(b"a,b\n\"1\" ,2\n", 2, "vendor_name", "stray_quote");
        is(format!("a,b\n1,\"{}", "x".repeat(5000)).as_bytes(), 2, "subdomain", "too_long");
        is(format!("a{}", ",".repeat(5000)).as_bytes(), 1, "112", "too_many_cells");
    }
}
