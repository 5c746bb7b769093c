//! What operators do with vendors.

use super::model::{EditVendorRecord, NewOwner, NewVendor, VendorQuery, VendorRecord};
use super::store::{self, Particulars, Standing};
use crate::access::{BuiltinRole, Directory, Operator};
use crate::audit::{self, Action, Entry, Target};
use crate::base::code::{Code, FieldError};
use crate::base::domain;
use crate::base::id::VendorId;
use crate::base::names;
use crate::base::page::{Cursor, Key, Page};
use crate::base::search::fold;
use crate::db::{Control, Reading, Writing};
use crate::http::IfMatch;
use crate::identity::{self, Desk, NewUser};
use crate::problem::Problem;
use crate::tenancy::{self, Opening, VendorError};

/// Where shops are whose subdomain is all that is said of their domain, while the platform has no domain of its own: a
/// name that leads every machine to itself and nobody from elsewhere here (RFC 6761).
pub(in crate::admin) const NOWHERE: &str = "localhost";

/// A page of vendors, newest first, with their owners.
pub(super) fn list(
    scope: &mut Reading<Control>,
    query: &VendorQuery,
    before: Option<i64>,
    limit: i64,
    list: &str,
) -> Result<Page<VendorRecord>, Problem> {
    let prefixes = query.q.as_deref().map(|text| (fold(text.trim()), text.trim().to_lowercase()));
    let rows = store::list(scope, prefixes, query.is_active, before, limit + 1)?;
    let mut owners = store::owners(scope, rows.iter().map(|row| row.id).collect())?;
    let cursor = |last: &store::VendorRow| Cursor { list: list.to_owned(), key: Key::Number(last.id.0), id: last.id.0 };
    Ok(Page::of(rows, limit, cursor, |row| {
        let own = owners.remove(&row.id).unwrap_or_default();
        row.view(own)
    }))
}

/// One vendor.
pub(in crate::admin) fn record(scope: &mut Reading<Control>, id: VendorId) -> Result<VendorRecord, Problem> {
    let row = store::find(scope, id)?;
    let owners = store::owners(scope, vec![id])?.remove(&id).unwrap_or_default();
    Ok(row.view(owners))
}

/// Something to be done with a vendor.
pub(super) enum Change {
    /// Edit what is mentioned, if the vendor is as it was seen.
    Edit(IfMatch, EditVendorRecord),
    /// Close the shop, and why.
    Suspend(String),
    /// Open it again.
    Resume,
}

/// Does it. What changes nothing leaves the version as it is.
pub(super) fn change(scope: &mut Writing<Control>, operator: &Operator, id: VendorId, change: &Change) -> Result<VendorRecord, Problem> {
    let seen = record(scope, id)?;
    let before = store::find(scope, id)?;
    let (edit, standing) = match change {
        Change::Edit(precondition, edit) => {
            precondition.check(before.version)?;
            let standing = edit.is_active.filter(|is_active| *is_active != before.is_active);
            (edit.clone(), standing.map(|is_active| if is_active { Standing::open() } else { Standing::closed(scope.now(), None) }))
        }
        Change::Suspend(reason) => {
            (EditVendorRecord::default(), Some(Standing::closed(before.suspended_at.unwrap_or(scope.now()), Some(reason))))
        }
        Change::Resume => (EditVendorRecord::default(), (!before.is_active).then(Standing::open)),
    };
    if edit == (EditVendorRecord { is_active: edit.is_active, ..EditVendorRecord::default() }) && standing.is_none() {
        return Ok(seen);
    }
    store::update(scope, id, before.version, Particulars::of(edit), standing)?;
    let after = record(scope, id)?;
    note_change(scope, operator, Some(&seen), &after);
    Ok(after)
}

/// Puts on record that a vendor was opened, or what became of it.
pub(in crate::admin) fn note_change(
    scope: &mut Writing<Control>,
    operator: &Operator,
    before: Option<&VendorRecord>,
    after: &VendorRecord,
) {
    let action = match before.map(|before| (before.is_active, after.is_active)) {
        None => Action::VendorCreated,
        Some((true, false)) => Action::VendorSuspended,
        Some((false, true)) => Action::VendorResumed,
        Some(_) => Action::VendorUpdated,
    };
    let json = |record: Option<&VendorRecord>| {
        let mut told = record.and_then(|record| serde_json::to_value(record).ok()).unwrap_or_default();
        // The vendor's people read this; why it was suspended is for operators alone.
        told.as_object_mut().and_then(|members| members.remove("suspended_reason"));
        told
    };
    let entry =
        Entry { vendor: Some(after.id), action, target: (Target::Vendor, after.id.0), before: json(before), after: json(Some(after)) };
    audit::note(scope, operator.origin(), entry);
}

/// Opens a shop, with its owner.
pub(super) async fn open(operator: &Operator, desk: &Desk, form: NewVendor) -> Result<VendorRecord, Problem> {
    let (place, pointer) = place(&desk.directory, &form)?;
    let hash = match &form.owner.initial_password {
        Some(password) => {
            let until = desk.clock.now().plus(desk.first_password_ttl);
            desk.passwords.harden(&desk.passwords.keep_first(&password.0, until)?).await?
        }
        None => None,
    };
    let operator = operator.clone();
    let opened = desk.db.write_control(move |scope| {
        let email = form.contact_email.clone().or_else(|| Some(form.owner.email.clone()));
        let opening = Opening { domain: place.domain.clone(), name: form.name.clone(), contact_email: email };
        let vendor = tenancy::open(scope, opening, place.platform.as_deref()).map_err(|error| taken(error, pointer))?;
        identity::found_team(scope, vendor)?;
        install(scope, &operator, vendor, &form.owner, hash.as_deref())?;
        store::update(scope, vendor, 1, Particulars::of_new(&form), None)?;
        let made = record(scope, vendor)?;
        note_change(scope, &operator, None, &made);
        Ok(made)
    });
    let opened = opened.await?;
    desk.directory.forget();
    Ok(opened)
}

/// Where a shop is to be: its domain, the label of it that is its subdomain, and the domain of the platform.
pub(in crate::admin) struct Place {
    pub domain: String,
    pub label: String,
    pub platform: Option<String>,
}

/// The place that a subdomain stands for.
pub(in crate::admin) fn place_under(platform: Option<&str>, label: &str) -> Option<Place> {
    let platform = platform.unwrap_or(NOWHERE);
    let label = domain::normalise(label).filter(|normal| !normal.contains('.') && !label.contains([':', '.']))?;
    let domain = domain::normalise(&format!("{label}.{platform}"))?;
    Some(Place { domain, label, platform: Some(platform.to_owned()) })
}

fn place(directory: &Directory, form: &NewVendor) -> Result<(Place, &'static str), Problem> {
    let (place, pointer) = match (&form.domain, &form.subdomain) {
        (Some(wanted), None) => {
            let domain = domain::normalise(wanted).filter(|domain| domain::is_public(domain) && !wanted.contains(':'));
            let platform = directory.platform_domain().map(str::to_owned);
            (domain.map(|domain| Place { domain, label: String::new(), platform }), "/domain")
        }
        (None, Some(label)) => (place_under(directory.platform_domain(), label), "/subdomain"),
        _ => return Err(Problem::invalid_at("/domain", "required", "give either domain or subdomain")),
    };
    let place = place
        .ok_or_else(|| Problem::invalid_at(pointer, "invalid_domain", "must be a domain, such as shop.example.com, or one label of one"))?;
    if directory.is_own(&place.domain) {
        return Err(taken(VendorError::DomainTaken(place.domain), pointer));
    }
    Ok((place, pointer))
}

fn taken(error: VendorError, pointer: &str) -> Problem {
    match &error {
        VendorError::DomainTaken(_) => {
            let at = FieldError::new(pointer, Code::DomainTaken.as_str(), &error);
            Problem::from(error).at(vec![at])
        }
        _ => error.into(),
    }
}

/// Makes somebody the owner of a new vendor: a user whom the address belongs to, or else a new one.
fn install(
    scope: &mut Writing<Control>,
    operator: &Operator,
    vendor: VendorId,
    owner: &NewOwner,
    hash: Option<&str>,
) -> Result<(), Problem> {
    if let Some(known) = store::user_by_email(scope, &names::key(&owner.email))? {
        known.check().map_err(|(code, message)| Problem::invalid_at("/owner/email", code, message))?;
        return identity::take_in(scope, operator.origin(), vendor, known.id, BuiltinRole::Owner);
    }
    let Some(hash) = hash else {
        let message = "nobody has this e-mail address yet: give the owner a password for the first time";
        return Err(Problem::invalid_at("/owner/initial_password", "required", message));
    };
    let username = owner.username.clone().unwrap_or_else(|| owner.email.clone());
    let user = NewUser {
        username_key: names::key(&username),
        username,
        email_key: Some(names::key(&owner.email)),
        email: Some(owner.email.clone()),
        password_hash: hash.to_owned(),
        first_name: owner.first_name.clone(),
        last_name: owner.last_name.clone(),
        is_operator: false,
    };
    let id = identity::welcome(scope, operator.origin(), vendor, user, BuiltinRole::Owner).map_err(|problem| match problem.code() {
        Code::UsernameTaken => problem.at(vec![FieldError::new("/owner/username", "taken", "somebody else has this user name")]),
        Code::EmailTaken => problem.at(vec![FieldError::new("/owner/email", "taken", "somebody else has this e-mail address")]),
        _ => problem,
    })?;
    identity::require_new_password(scope, id)
}
