//! Walking the chains: every entry is where it belongs and says what it said when it was written.
//!
//! A page of entries at a time is held, however long the chains are. What is added meanwhile does not disturb the walk.

use super::chain::{self, BEGINNING};
use super::store::{self, Head, Record};
use crate::access::Itself;
use crate::base::id::VendorId;
use crate::db::{Control, Db, Reading};
use crate::problem::Problem;
use crate::tenancy;
use std::fmt;

/// How many entries, or vendors, are read at once.
const PAGE: i64 = 500;

/// Whose chain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    Platform,
    Vendor(VendorId),
}

impl fmt::Display for Whose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Platform => f.write_str("the platform"),
            Self::Vendor(id) => write!(f, "vendor {id}"),
        }
    }
}

/// What the walk found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// How many chains there are.
    pub chains: u64,
    /// How many entries in them.
    pub entries: u64,
    /// Of each broken chain, the first place where it is.
    pub broken: Vec<String>,
    /// The end of the platform's chain: how many entries, and the last one's hash.
    pub platform: (i64, String),
}

/// Walks all chains.
pub async fn verify(db: &Db) -> Result<Findings, Problem> {
    let mut findings = Findings::default();
    walk(db, Whose::Platform, &mut findings).await?;
    let mut last = VendorId(0);
    loop {
        let vendors = db.read_control(move |scope| Ok(tenancy::some_after(scope, last, PAGE)?)).await?;
        for vendor in &vendors {
            walk(db, Whose::Vendor(*vendor), &mut findings).await?;
        }
        match vendors.last() {
            Some(vendor) => last = *vendor,
            None => return Ok(findings),
        }
    }
}

/// Walks one chain, as far as it went when the walk began.
async fn walk(db: &Db, whose: Whose, findings: &mut Findings) -> Result<(), Problem> {
    let found = head(db, whose).await?;
    let is_without_end = found.is_none();
    let head = found.unwrap_or_else(|| Head { entries: 0, hash: BEGINNING.to_owned() });
    let (mut hash, mut position) = (BEGINNING.to_owned(), 0);
    let mut broken = None;
    while position < head.entries && broken.is_none() {
        let page = entries(db, whose, position, PAGE.min(head.entries - position)).await?;
        if page.is_empty() {
            broken = Some((position + 1, "is missing, and so is all that came after it"));
        }
        for record in page {
            broken = fault(&hash, position + 1, whose, &record);
            if broken.is_some() {
                break;
            }
            (hash, position) = (record.hash, record.position);
        }
    }
    if broken.is_none() && hash != head.hash {
        broken = Some((position, "is not the one that the chain's end is kept as"));
    }
    if broken.is_none() && is_without_end && !entries(db, whose, 0, 1).await?.is_empty() && self::head(db, whose).await?.is_none() {
        broken = Some((1, "is there, but the chain's end is kept nowhere"));
    }
    findings.chains += u64::from(head.entries > 0 || broken.is_some());
    findings.entries += u64::try_from(position).unwrap_or_default();
    findings.broken.extend(broken.map(|(position, fault)| format!("in the chain of {whose}, entry {position} {fault}")));
    if whose == Whose::Platform {
        findings.platform = (head.entries, head.hash);
    }
    Ok(())
}

/// What is wrong with an entry that should be at this position, after one with the hash `previous`; and where.
fn fault(previous: &str, position: i64, whose: Whose, record: &Record) -> Option<(i64, &'static str)> {
    let is_strange = matches!(whose, Whose::Vendor(id) if record.vendor != Some(id));
    if record.position != position {
        Some((position, "is missing"))
    } else if is_strange || chain::hash(previous, record) != record.hash {
        Some((position, "does not say what it said when it was written, or comes after another one than it did"))
    } else {
        None
    }
}

async fn head(db: &Db, whose: Whose) -> Result<Option<Head>, Problem> {
    match whose {
        Whose::Platform => db.read_control(|scope| Ok(store::head_of_platform(scope)?)).await,
        Whose::Vendor(id) => db.read(&Itself::at(id), |scope| Ok(store::head(scope)?)).await,
    }
}

async fn entries(db: &Db, whose: Whose, after: i64, limit: i64) -> Result<Vec<Record>, Problem> {
    match whose {
        Whose::Platform => {
            let read = move |scope: &mut Reading<Control>| Ok(store::entries_of_platform(scope, after, limit)?);
            db.read_control(read).await
        }
        Whose::Vendor(id) => db.read(&Itself::at(id), move |scope| Ok(store::entries(scope, after, limit)?)).await,
    }
}
