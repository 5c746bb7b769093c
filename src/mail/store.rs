//! The table of letters.

use super::model::{Letter, Wording};
use super::render::line;
use crate::base::id::{MailId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{mails, vendors};
use crate::db::{Control, Reading, Result, Writing};
use chrono::TimeDelta;
use diesel::dsl::{count_star, min};
use diesel::prelude::*;

/// How long it is remembered that a letter was sent, or was not.
const KEPT: TimeDelta = TimeDelta::days(30);

#[derive(Insertable)]
#[diesel(table_name = mails)]
struct NewMail {
    vendor_id: Option<VendorId>,
    template: &'static str,
    sender: Option<String>,
    recipient: String,
    subject: String,
    text: String,
    html: String,
    attempts: i64,
    due_at: Timestamp,
    created_at: Timestamp,
}

/// A letter that was taken to be handed over.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = mails)]
pub(super) struct Mail {
    pub id: MailId,
    pub template: String,
    pub sender: Option<String>,
    pub recipient: String,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    pub attempts: i64,
    pub created_at: Timestamp,
}

/// What the vendor is called.
pub(super) fn vendor_name(scope: &mut Reading<Control>, id: VendorId) -> Result<String> {
    scope.rows(vendors::table).filter(vendors::id.eq(id)).select(vendors::name).first(scope)
}

pub(super) fn insert(scope: &mut Writing<Control>, letter: Letter, sender: Option<String>, text: Wording) -> Result<()> {
    let now = scope.now();
    let row = NewMail {
        vendor_id: letter.vendor,
        template: letter.template.as_str(),
        sender: sender.map(|name| line(&name)),
        recipient: letter.to,
        subject: text.subject,
        text: text.text,
        html: text.html,
        attempts: 0,
        due_at: now,
        created_at: now,
    };
    scope.insert(mails::table, row).execute(scope).map(drop)
}

/// The letters whose time has come, those that wait longest first, and how often each was tried.
pub(super) fn due(scope: &mut Reading<Control>, most: i64) -> Result<Vec<(MailId, i64)>> {
    scope
        .rows(mails::table)
        .filter(mails::due_at.le(scope.now()))
        .order(mails::due_at.asc())
        .limit(most)
        .select((mails::id, mails::attempts))
        .load(scope)
}

/// Takes a letter that was tried so often, until a moment at which others may take it; tells it unless another has it.
pub(super) fn claim(scope: &mut Writing<Control>, id: MailId, attempts: i64, until: Timestamp) -> Result<Option<Mail>> {
    let free = scope.rows(mails::table).filter(mails::id.eq(id)).filter(mails::attempts.eq(attempts)).filter(mails::due_at.le(scope.now()));
    if free.set((mails::attempts.eq(attempts + 1), mails::due_at.eq(until))).execute(scope)? == 0 {
        return Ok(None);
    }
    scope.rows(mails::table).filter(mails::id.eq(id)).select(Mail::as_select()).find_first(scope)
}

/// What became of a letter.
#[derive(Clone, Debug, AsChangeset)]
#[diesel(table_name = mails, treat_none_as_null = true)]
struct Outcome {
    due_at: Option<Timestamp>,
    error: Option<String>,
    sent_at: Option<Timestamp>,
    failed_at: Option<Timestamp>,
}

/// Notes that a letter was handed over, and forgets what it said. Nothing happens to one that another has taken since.
pub(super) fn note_sent(scope: &mut Writing<Control>, mail: &Mail) -> Result<()> {
    let outcome = Outcome { due_at: None, error: None, sent_at: Some(scope.now()), failed_at: None };
    note_end(scope, mail, outcome)
}

/// Notes that a letter will never be handed over, and why, and forgets what it said.
pub(super) fn note_failed(scope: &mut Writing<Control>, mail: &Mail, error: &str) -> Result<()> {
    let outcome = Outcome { due_at: None, error: Some(error.to_owned()), sent_at: None, failed_at: Some(scope.now()) };
    note_end(scope, mail, outcome)
}

fn note_end(scope: &mut Writing<Control>, mail: &Mail, outcome: Outcome) -> Result<()> {
    let nothing = (mails::text.eq(None::<String>), mails::html.eq(None::<String>));
    let own = scope.rows(mails::table).filter(mails::id.eq(mail.id)).filter(mails::attempts.eq(mail.attempts));
    own.set((outcome, nothing)).execute(scope).map(drop)
}

/// Notes when a letter is tried again, and why it was not handed over.
pub(super) fn put_off(scope: &mut Writing<Control>, mail: &Mail, due_at: Timestamp, error: &str) -> Result<()> {
    let own = scope.rows(mails::table).filter(mails::id.eq(mail.id)).filter(mails::attempts.eq(mail.attempts));
    own.set((mails::due_at.eq(due_at), mails::error.eq(error))).execute(scope).map(drop)
}

/// How the queue is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Queue {
    /// How many letters are on their way.
    pub waiting: i64,
    /// Since when the first of them is.
    pub oldest: Option<Timestamp>,
    /// How many letters of the last day were given up.
    pub failed: i64,
}

/// How the queue is.
pub fn queue(scope: &mut Reading<Control>) -> Result<Queue> {
    let waiting = || mails::due_at.is_not_null();
    let (count, oldest) = scope.rows(mails::table).filter(waiting()).select((count_star(), min(mails::created_at))).first(scope)?;
    let day = scope.now().minus(TimeDelta::days(1));
    let failed = scope.rows(mails::table).filter(mails::created_at.ge(day)).filter(mails::failed_at.is_not_null());
    Ok(Queue { waiting: count, oldest, failed: failed.select(count_star()).first(scope)? })
}

/// Forgets the letters that are on their way no longer and were written a month ago.
pub fn forget(scope: &mut Writing<Control>) -> Result<usize> {
    let cutoff = scope.now().minus(KEPT);
    scope.rows(mails::table).filter(mails::created_at.lt(cutoff)).filter(mails::due_at.is_null()).delete().execute(scope)
}

/// Forgets all letters of a vendor to an address, whether they are on their way or not.
pub fn forget_recipient(scope: &mut Writing<Control>, vendor: VendorId, address: &str) -> Result<()> {
    scope.rows(mails::table).filter(mails::vendor_id.eq(vendor)).filter(mails::recipient.eq(address)).delete().execute(scope).map(drop)
}
