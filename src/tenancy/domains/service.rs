//! Claiming a domain, proving it, going by it and giving it up.

use super::dns::Prover;
use super::model::{DomainError, LONGEST, MOST, VendorDomain, VendorDomains};
use super::store::{self, DomainRow};
use crate::access::{Actor, Attempt, Caller, Directory, Origin, needs};
use crate::audit::{self, Action, Entry, Target};
use crate::base::domain;
use crate::base::id::{DomainId, VendorId};
use crate::db::{Control, Db, Error, MayRead, Reading, Writing};
use crate::problem::Problem;
use serde_json::{Value, json};

/// All domains of a vendor.
pub(super) fn list(scope: &mut Reading<Control>, vendor: VendorId, platform: Option<&str>) -> Result<VendorDomains, Problem> {
    let (primary, label) = store::names(scope, vendor)?;
    let platform_domain = label.zip(platform).map(|(label, platform)| format!("{label}.{platform}"));
    let items = store::list(scope, vendor)?.into_iter().map(|row| row.view(&primary)).collect();
    Ok(VendorDomains { platform_domain, items, next: None })
}

/// One of them.
pub(super) fn get(scope: &mut Reading<Control>, vendor: VendorId, id: DomainId) -> Result<VendorDomain, Problem> {
    let (primary, _) = store::names(scope, vendor)?;
    Ok(store::find(scope, vendor, id)?.view(&primary))
}

/// The domain that somebody means, if a vendor can claim it.
pub(super) fn claimable(text: &str, directory: &Directory) -> Result<String, Problem> {
    let refuse = |code, message| Problem::invalid_at("/domain", code, message);
    let name = domain::normalise(text)
        .filter(|name| domain::is_public(name) && !text.contains(':') && name.len() <= LONGEST && !name.ends_with(".invalid"))
        .ok_or_else(|| refuse("invalid_domain", "must be a domain, such as shop.example.com"))?;
    let platform = directory.platform_domain();
    if directory.is_own(&name) || platform.is_some_and(|platform| name.strip_suffix(platform).is_some_and(|rest| rest.ends_with('.'))) {
        return Err(refuse("platform_domain", "is the platform's own, which gives it to whom it likes"));
    }
    Ok(name)
}

/// Notes that a vendor says a domain is its own.
pub(super) fn claim(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, name: &str) -> Result<VendorDomain, DomainError> {
    store::hold(scope, vendor)?;
    if store::count(scope, vendor)? >= MOST {
        return Err(DomainError::TooMany);
    }
    let id = store::claim(scope, vendor, name, false).map_err(|error| match error {
        Error::Unique(_) => DomainError::Claimed,
        other => other.into(),
    })?;
    note(scope, origin, vendor, Action::DomainAdded, (id, Value::Null, json!({ "domain": name })));
    let (primary, _) = store::names(scope, vendor)?;
    Ok(store::find(scope, vendor, id)?.view(&primary))
}

/// Puts on record what was done to a domain: its id, and what is told before and after.
fn note(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, action: Action, (id, before, after): (DomainId, Value, Value)) {
    audit::note(scope, origin, Entry { vendor: Some(vendor), action, target: (Target::Domain, id.0), before, after });
}

/// Puts on record that a vendor goes by another domain.
fn note_primary(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, before: &str, after: &str) {
    let (before, after) = (json!({ "domain": before }), json!({ "domain": after }));
    let target = (Target::Vendor, vendor.0);
    audit::note(scope, origin, Entry { vendor: Some(vendor), action: Action::VendorUpdated, target, before, after });
}

/// Looks for the proof that a domain is a vendor's, and keeps it once it is found.
pub(super) async fn verify(
    caller: &Caller<needs::EditVendor>,
    id: DomainId,
    db: &Db,
    prover: &Prover,
    directory: &Directory,
) -> Result<VendorDomain, Problem> {
    let (vendor, origin) = (caller.vendor_id(), caller.origin());
    let row = db.read_control(move |scope| Ok(store::find(scope, vendor, id)?)).await?;
    if row.verified_at.is_none() {
        prover.limits.admit(Attempt { action: "verify domain", vendor: Some(vendor), name: row.domain.clone(), address: None })?;
        let challenge = row.challenge();
        if !prover.resolver.texts(challenge.name.clone()).await?.contains(&challenge.value) {
            return Err(DomainError::Unproven(challenge).into());
        }
        let platform = directory.platform_domain().unwrap_or("invalid").to_owned();
        db.write_control(move |scope| Ok(give(scope, &origin, vendor, &row, &platform)?)).await?;
        directory.forget();
    }
    db.read_control(move |scope| get(scope, vendor, id)).await
}

/// Gives a vendor a domain that it has proved. Another one that has gone by it until now, and never proved it, goes by its
/// name under the platform's domain from now on.
fn give(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, row: &DomainRow, platform: &str) -> Result<(), DomainError> {
    store::verify(scope, vendor, row.id).map_err(|error| match error {
        Error::Unique(_) => DomainError::Taken(row.domain.clone()),
        other => other.into(),
    })?;
    let told = |is_verified: bool| json!({ "domain": row.domain, "is_verified": is_verified });
    note(scope, origin, vendor, Action::DomainVerified, (row.id, told(false), told(true)));
    if let Some((other, label)) = store::other_who_goes_by(scope, &row.domain, vendor)? {
        let label = label.filter(|_| platform != "invalid").unwrap_or_else(|| format!("vendor-{other}"));
        let instead = format!("{label}.{platform}");
        store::set_primary(scope, other, &instead)?;
        // On the other vendor's record it was the platform that did it: who proved the domain is none of its business.
        note_primary(scope, &Origin::of(Actor::SYSTEM), other, &row.domain, &instead);
        match store::claim(scope, other, &instead, true) {
            // It has that among its domains already.
            Ok(_) | Err(Error::Unique(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Has a vendor go by one of its domains.
pub(super) fn make_primary(
    scope: &mut Writing<Control>,
    origin: &Origin,
    vendor: VendorId,
    id: DomainId,
) -> Result<VendorDomain, DomainError> {
    store::hold(scope, vendor)?;
    let row = store::find(scope, vendor, id)?;
    if row.verified_at.is_none() {
        return Err(DomainError::Unverified(row.domain));
    }
    let (primary, _) = store::names(scope, vendor)?;
    if primary != row.domain {
        store::set_primary(scope, vendor, &row.domain)?;
        note_primary(scope, origin, vendor, &primary, &row.domain);
    }
    let domain = row.domain.clone();
    Ok(row.view(&domain))
}

/// Gives one of a vendor's domains up.
pub(super) fn delete(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, id: DomainId) -> Result<(), DomainError> {
    store::hold(scope, vendor)?;
    let row = store::find(scope, vendor, id)?;
    let (primary, _) = store::names(scope, vendor)?;
    if primary == row.domain {
        return Err(DomainError::InUse(row.domain));
    }
    store::delete(scope, vendor, id)?;
    note(scope, origin, vendor, Action::DomainRemoved, (id, json!({ "domain": row.domain }), Value::Null));
    Ok(())
}
