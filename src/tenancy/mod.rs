//! Vendors: their profile and settings, and how one comes to be.
//!
//! Which vendor a request means is found out in front, by [`crate::access`].

pub mod domains;
pub mod http;
mod model;
pub mod settings;
mod store;

pub use domains::{Dns, Prover, vouch};
pub use model::VendorError;
pub use store::{all, some_after};

use crate::base::domain;
use crate::base::id::VendorId;
use crate::db::{Control, Error, Result, Writing};
use store::NewVendor;

/// A shop to be opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its domain, normalised.
    pub domain: String,
    /// Its name.
    pub name: String,
    /// Where mail reaches it.
    pub contact_email: Option<String>,
}

/// Opens a shop. A domain under `platform_domain` is also its subdomain; any other gets its first label as
/// a subdomain if that is free, or else the whole domain with dashes.
///
/// Nobody has to prove anything to open a shop. A domain that is not the platform's own is the vendor's for as long as no other
/// vendor proves that it is theirs ([`domains`]).
pub fn open(scope: &mut Writing<Control>, opening: Opening, platform_domain: Option<&str>) -> std::result::Result<VendorId, VendorError> {
    let own = platform_domain.and_then(|platform| opening.domain.strip_suffix(platform)?.strip_suffix('.')).map(str::to_owned);
    let taken = |error: Error| match error {
        Error::Unique(_) => VendorError::DomainTaken(opening.domain.clone()),
        other => VendorError::Database(other),
    };
    let is_reserved = own.as_deref().is_some_and(|label| RESERVED.contains(&label));
    // A vendor that lost its domain, where the platform has none, goes by a name that leads nowhere.
    let is_nowhere = opening.domain.ends_with(".invalid");
    if is_reserved || is_nowhere || store::domain_exists(scope, &opening.domain)? || domains::is_proven(scope, &opening.domain)? {
        return Err(VendorError::DomainTaken(opening.domain));
    }
    let is_platforms = own.is_some();
    let subdomain = match own {
        Some(label) => Some(label),
        None => free_subdomain(scope, &opening.domain)?,
    };
    let row =
        NewVendor { name: opening.name.clone(), domain: opening.domain.clone(), subdomain, contact_email: opening.contact_email.clone() };
    let id = store::insert(scope, row).map_err(taken)?;
    domains::claim(scope, id, &opening.domain, is_platforms)?;
    Ok(id)
}

/// Labels under which people look for the platform itself.
const RESERVED: [&str; 10] = ["admin", "api", "app", "auth", "docs", "mail", "platform", "static", "status", "www"];

fn free_subdomain(scope: &mut Writing<Control>, domain: &str) -> Result<Option<String>> {
    let first = domain.split('.').next().unwrap_or_default().to_owned();
    for label in [first, domain.replace('.', "-")] {
        if domain::normalise(&label).is_some() && !RESERVED.contains(&label.as_str()) && !store::subdomain_exists(scope, &label)? {
            return Ok(Some(label));
        }
    }
    Ok(None)
}
