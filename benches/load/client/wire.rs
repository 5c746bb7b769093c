//! As much of HTTP/1.1 as a client needs that knows its server: an answer has a status and a length.

use crate::Failure;

/// An answer that is there as a whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// The number at the end of its `Location`.
    pub location: Option<i64>,
    /// Whether it is an old answer, given again.
    pub is_replayed: bool,
    /// Where its body begins.
    pub head: usize,
    /// Where it ends.
    pub end: usize,
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn value<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let (start, rest) = line.split_at_checked(name.len())?;
    let value = rest.strip_prefix(b":").filter(|_| start.eq_ignore_ascii_case(name))?;
    std::str::from_utf8(value).ok().map(str::trim)
}

/// Reads the answer at the beginning of `bytes`; `None` when more has to come.
pub fn parse(bytes: &[u8]) -> Result<Option<Answer>, Failure> {
    let Some(head) = find(bytes, b"\r\n\r\n").map(|at| at + 4) else { return Ok(None) };
    let mut lines = bytes.get(..head).unwrap_or_default().split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
    let status = lines.next().and_then(|line| std::str::from_utf8(line.get(9..12)?).ok()?.parse().ok());
    let (mut length, mut location, mut is_replayed) = (None, None, false);
    for line in lines {
        // Told apart by their first letters, for most lines are none of these.
        match line.first().map(u8::to_ascii_lowercase) {
            Some(b'c') if length.is_none() => length = value(line, b"content-length").and_then(|text| text.parse::<usize>().ok()),
            Some(b'l') if location.is_none() => location = value(line, b"location").and_then(|text| text.rsplit('/').next()?.parse().ok()),
            Some(b'i') => is_replayed |= value(line, b"idempotent-replayed").is_some(),
            _ => {}
        }
    }
    let (Some(status), Some(length)) = (status, length) else {
        return Err(
            format!("an answer without status or length: {}", String::from_utf8_lossy(bytes.get(..head).unwrap_or_default())).into()
        );
    };
    let end = head + length;
    Ok((bytes.len() >= end).then_some(Answer { status, location, is_replayed, head, end }))
}
