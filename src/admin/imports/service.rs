//! Doing the rows: a few at a time, each in a transaction of its own, and telling of each as soon as it is done.

use super::model::{CellError, Row, RowResult, RowStatus, Stopped, Totals};
use super::rows::{self, Entry};
use super::store;
use crate::access::{BuiltinRole, Operator};
use crate::admin::vendors::{self, Particulars, VendorRow};
use crate::base::code::Code;
use crate::base::id::{UserId, VendorId};
use crate::base::names;
use crate::base::search::fold;
use crate::db::{Control, Reading, Writing};
use crate::identity::{self, Desk, NewUser};
use crate::problem::Problem;
use crate::tenancy::{self, Opening};
use futures_util::future::join_all;
use futures_util::stream::{LocalBoxStream, Stream, StreamExt, iter, unfold};
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tempfile::SpooledTempFile;
use tokio::sync::{Semaphore, mpsc};

/// How many rows are done at a time: enough to share a commit, and few enough to leave room for everybody else.
const AT_ONCE: usize = 8;
/// How often a row is tried that somebody else stood in the way of.
const TRIES: usize = 3;
/// How often a row waits for a database that has too much to do, and how long each time.
const WAITS: usize = 20;
/// So long.
const WAIT: Duration = Duration::from_secs(1);

/// What importing takes.
pub struct Importer {
    desk: Arc<Desk>,
    /// One file at a time.
    turn: Arc<Semaphore>,
}

/// Whose a shop is to be.
#[derive(Clone, Copy)]
enum Owner {
    /// Of somebody who is new to the platform.
    New,
    /// Of a user whom there is.
    Known(UserId),
}

/// What is to be done for a row.
enum Plan {
    Open(Owner),
    Edit(Box<VendorRow>, Box<Particulars>),
    Nothing(VendorId),
}

type Settled = Result<(RowStatus, Option<VendorId>), CellError>;

/// One import under way.
struct Import {
    importer: Arc<Importer>,
    operator: Operator,
    dry_run: bool,
}

impl Importer {
    /// Who imports, with what is at hand at the desk.
    pub fn new(desk: Arc<Desk>) -> Self {
        Self { desk, turn: Arc::new(Semaphore::new(1)) }
    }

    /// Looks through a file, and if it is one that can be imported, does so: tells piece by piece what becomes of it. When
    /// nobody listens any more, no further row is begun.
    pub(super) async fn begin(
        self: Arc<Self>,
        operator: Operator,
        file: SpooledTempFile,
        dry_run: bool,
    ) -> Result<impl Stream<Item = String> + 'static, Problem> {
        let busy = |_| Problem::new(Code::Busy, "another file is being imported; wait for its end").retry_after(10);
        let turn = Arc::clone(&self.turn).try_acquire_owned().map_err(busy)?;
        let opened = tokio::task::spawn_blocking(move || rows::open(file)).await.map_err(Problem::internal)?;
        let reader = opened.map_err(|error| unreadable(&error))??;
        let (tell, told) = mpsc::channel(AT_ONCE);
        let platform = self.desk.directory.platform_domain().map(str::to_owned);
        tokio::task::spawn_blocking(move || {
            if let Err(error) = rows::read(reader, platform.as_deref(), &tell) {
                tracing::error!(%error, "a file that was uploaded cannot be read any more");
            }
        });
        let import = Arc::new(Import { importer: Arc::clone(&self), operator, dry_run });
        let batches = unfold((told, None), |(mut told, mut held)| async move {
            let batch = next_batch(&mut told, &mut held).await;
            (!batch.is_empty()).then_some((batch, (told, held)))
        });
        let done = batches.then(move |batch| join_all(batch.into_iter().map(|entry| Arc::clone(&import).take(entry)).collect::<Vec<_>>()));
        let results = done.flat_map(iter).boxed_local();
        let end = End { importer: self, _turn: turn };
        Ok(report(results, dry_run, end))
    }
}

/// The next rows, which can be done at the same time: no two of them have the same owner, so that the order of the file counts.
async fn next_batch(told: &mut mpsc::Receiver<Entry>, held: &mut Option<Entry>) -> Vec<Entry> {
    let mut batch: Vec<Entry> = held.take().into_iter().collect();
    while batch.len() < AT_ONCE {
        let Some(next) = told.recv().await else { break };
        if next.owner().is_some() && batch.iter().any(|entry| entry.owner() == next.owner()) {
            *held = Some(next);
            break;
        }
        batch.push(next);
    }
    batch
}

fn unreadable(error: &io::Error) -> Problem {
    tracing::error!(%error, "a file that was uploaded cannot be read");
    Problem::new(Code::StorageFailed, "the file could not be kept; send it again").retry_after(30)
}

/// What is due when an import has ended, however it has.
struct End {
    importer: Arc<Importer>,
    _turn: tokio::sync::OwnedSemaphorePermit,
}

impl Drop for End {
    fn drop(&mut self) {
        let desk = Arc::clone(&self.importer.desk);
        desk.directory.forget();
        tokio::spawn(async move {
            if let Err(problem) = identity::harden_first_passwords(&desk.db, &desk.passwords).await {
                tracing::warn!(%problem, "first passwords were not hardened; it is tried again in an hour");
            }
        });
    }
}

/// The report as JSON, piece by piece.
fn report(results: LocalBoxStream<'static, Result<RowResult, Stopped>>, dry_run: bool, end: End) -> impl Stream<Item = String> + 'static {
    let opening = futures_util::stream::once(async move { format!("{{\"dry_run\":{dry_run},\"rows\":[") });
    let rows = unfold(Some((results, Totals::default(), end)), move |state| async move {
        let (mut results, mut totals, end) = state?;
        let is_first = totals.created + totals.updated + totals.unchanged + totals.failed == 0;
        match results.next().await {
            Some(Ok(row)) => {
                totals.count(row.status);
                let text = serde_json::to_string(&row).unwrap_or_default();
                Some((if is_first { text } else { format!(",{text}") }, Some((results, totals, end))))
            }
            other => {
                totals.stopped = other.and_then(Result::err);
                let text = serde_json::to_string(&totals).unwrap_or_default();
                Some((format!("],{}", text.trim_start_matches('{')), None))
            }
        }
    });
    opening.chain(rows)
}

impl Import {
    /// What becomes of a row. An error ends the import: what is the matter is not the row.
    async fn take(self: Arc<Self>, entry: Entry) -> Result<RowResult, Stopped> {
        let row = match entry {
            Entry::Good(row) => Arc::new(*row),
            Entry::Bad(result) => return Ok(result),
        };
        let told = |status, vendor_id, errors| RowResult { row: row.number, subdomain: row.subdomain.clone(), status, vendor_id, errors };
        for attempt in 1.. {
            match self.settle(&row).await {
                Ok(Ok((status, vendor))) => return Ok(told(status, vendor, Vec::new())),
                Ok(Err(error)) => return Ok(told(RowStatus::Failed, None, vec![error])),
                // Others are served meanwhile. What was done after all is found done the next time.
                Err(problem) if problem.code() == Code::Busy && attempt <= WAITS => tokio::time::sleep(WAIT).await,
                Err(problem) => match column_of(problem.code()) {
                    Some(_) if attempt < TRIES => {}
                    Some(column) => {
                        let error = CellError::new(column, problem.code().as_str(), problem.detail());
                        return Ok(told(RowStatus::Failed, None, vec![error]));
                    }
                    None => return Err(Stopped { row: row.number, code: problem.code(), detail: problem.detail().to_owned() }),
                },
            }
        }
        Ok(told(RowStatus::Failed, None, Vec::new()))
    }

    async fn settle(&self, row: &Arc<Row>) -> Result<Settled, Problem> {
        let desk = &self.importer.desk;
        if desk.directory.is_own(&row.domain) {
            return Ok(Err(CellError::new("subdomain", "domain_taken", "is the platform's own")));
        }
        let wanted = Arc::clone(row);
        let plan = match desk.db.read_control(move |scope| plan(scope, &wanted)).await? {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(error)),
        };
        match plan {
            Plan::Nothing(vendor) => return Ok(Ok((RowStatus::Unchanged, Some(vendor)))),
            Plan::Open(_) if self.dry_run => return Ok(Ok((RowStatus::Created, None))),
            Plan::Edit(vendor, ..) if self.dry_run => return Ok(Ok((RowStatus::Updated, Some(vendor.id)))),
            _ => {}
        }
        let until = desk.clock.now().plus(desk.first_password_ttl);
        let hash = row.initial_password.as_ref().map(|password| desk.passwords.keep_first(password, until)).transpose()?;
        let (row, operator, platform) = (Arc::clone(row), self.operator.clone(), desk.directory.platform_domain().map(str::to_owned));
        desk.db
            .write_control(move |scope| {
                Doing { operator: &operator, row: &row, hash: hash.as_deref() }.carry_out(scope, platform.as_deref())
            })
            .await
    }
}

/// The column whose fault a refusal is.
fn column_of(code: Code) -> Option<&'static str> {
    match code {
        Code::DomainTaken => Some("subdomain"),
        Code::EmailTaken | Code::UsernameTaken => Some("owner_email"),
        _ => None,
    }
}

/// What is to be done for a row, by what there is now. A shop that is there is changed only when the row's owner is one of its
/// owners: a subdomain alone says nothing of whose it is.
fn plan(scope: &mut Reading<Control>, row: &Row) -> Result<Result<Plan, CellError>, Problem> {
    let refuse = |column, (code, message)| Ok(Err(CellError::new(column, code, message)));
    let known = vendors::user_by_email(scope, &names::key(&row.owner_email))?;
    if let Some(id) = store::vendor_by_subdomain(scope, &row.subdomain)? {
        let is_owner = match known {
            Some(known) => store::is_owner(scope, id, known.id)?,
            None => false,
        };
        if !is_owner {
            return refuse("owner_email", ("another_owner", "owns another shop than the one that has this subdomain"));
        }
        let vendor = vendors::find(scope, id)?;
        let changes = difference(row, &vendor);
        let is_same = changes == Particulars::default();
        return Ok(Ok(if is_same { Plan::Nothing(id) } else { Plan::Edit(Box::new(vendor), Box::new(changes)) }));
    }
    match known {
        Some(known) => match known.check() {
            Ok(()) => Ok(Ok(Plan::Open(Owner::Known(known.id)))),
            Err(refusal) => refuse("owner_email", refusal),
        },
        None if row.initial_password.is_none() => {
            refuse("initial_password", ("required", "must not be empty: nobody has this e-mail address yet"))
        }
        None => Ok(Ok(Plan::Open(Owner::New))),
    }
}

/// What the row says otherwise; an empty cell says nothing.
fn difference(row: &Row, vendor: &VendorRow) -> Particulars {
    let changed = |new: &Option<String>, old: &Option<String>| new.as_ref().filter(|_| new != old).map(|new| Some(new.clone()));
    let name = (row.vendor_name != vendor.name).then(|| row.vendor_name.clone());
    Particulars {
        name_key: name.as_deref().map(fold),
        name,
        contact_email: changed(&Some(row.owner_email.clone()), &vendor.contact_email),
        contact_phone: changed(&row.owner_phone, &vendor.contact_phone),
        business_address: changed(&row.business_address, &vendor.business_address),
        business_city: changed(&row.business_city, &vendor.business_city),
        business_postal_code: changed(&row.business_postal_code, &vendor.business_postal_code),
        business_country: changed(&row.business_country, &vendor.business_country),
        letzshop_csv_url: changed(&row.letzshop_csv_url, &vendor.letzshop_csv_url),
    }
}

/// What a row is done with.
struct Doing<'a> {
    operator: &'a Operator,
    row: &'a Row,
    hash: Option<&'a str>,
}

impl Doing<'_> {
    /// Does what is to be done, in one transaction: whole, or not at all.
    fn carry_out(&self, scope: &mut Writing<Control>, platform: Option<&str>) -> Result<Settled, Problem> {
        let plan = match plan(scope, self.row)? {
            Ok(plan) => plan,
            Err(error) => return Ok(Err(error)),
        };
        Ok(Ok(match plan {
            Plan::Nothing(vendor) => (RowStatus::Unchanged, Some(vendor)),
            Plan::Edit(vendor, changes) => {
                let before = vendors::record(scope, vendor.id)?;
                vendors::update(scope, vendor.id, vendor.version, *changes, None)?;
                let after = vendors::record(scope, vendor.id)?;
                vendors::note_change(scope, self.operator, Some(&before), &after);
                (RowStatus::Updated, Some(vendor.id))
            }
            Plan::Open(owner) => (RowStatus::Created, Some(self.open(scope, owner, platform)?)),
        }))
    }

    fn open(&self, scope: &mut Writing<Control>, owner: Owner, platform: Option<&str>) -> Result<VendorId, Problem> {
        let row = self.row;
        let opening = Opening { domain: row.domain.clone(), name: row.vendor_name.clone(), contact_email: Some(row.owner_email.clone()) };
        let vendor = tenancy::open(scope, opening, Some(platform.unwrap_or(vendors::NOWHERE)))?;
        identity::found_team(scope, vendor)?;
        self.install(scope, vendor, owner)?;
        let made = vendors::find(scope, vendor)?;
        vendors::update(scope, vendor, made.version, difference(row, &made), None)?;
        let made = vendors::record(scope, vendor)?;
        vendors::note_change(scope, self.operator, None, &made);
        Ok(vendor)
    }

    fn install(&self, scope: &mut Writing<Control>, vendor: VendorId, owner: Owner) -> Result<(), Problem> {
        let (row, origin) = (self.row, self.operator.origin());
        match owner {
            Owner::Known(user) => identity::take_in(scope, origin, vendor, user, BuiltinRole::Owner),
            Owner::New => {
                let (email, key) = (row.owner_email.clone(), names::key(&row.owner_email));
                let user = NewUser {
                    username: email.clone(),
                    username_key: key.clone(),
                    email: Some(email),
                    email_key: Some(key),
                    password_hash: self.hash.unwrap_or_default().to_owned(),
                    first_name: row.first_name.clone(),
                    last_name: row.last_name.clone(),
                    is_operator: false,
                };
                let id = identity::welcome(scope, origin, vendor, user, BuiltinRole::Owner)?;
                identity::require_new_password(scope, id)
            }
        }
    }
}
