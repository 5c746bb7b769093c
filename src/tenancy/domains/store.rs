//! The table of vendors' domains.

use super::model::{Challenge, VendorDomain};
use crate::access::random_id;
use crate::base::id::{DomainId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::{vendor_domains, vendors};
use crate::db::{Control, Error, Reading, Result, Writing};
use diesel::dsl::count_star;
use diesel::prelude::*;

/// A domain's row.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = vendor_domains)]
pub(super) struct DomainRow {
    pub id: DomainId,
    pub domain: String,
    pub token: String,
    pub verified_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

impl DomainRow {
    /// What proves it.
    pub(super) fn challenge(&self) -> Challenge {
        Challenge::of(&self.domain, &self.token)
    }

    /// The same, to a vendor that goes by `primary`.
    pub(super) fn view(self, primary: &str) -> VendorDomain {
        VendorDomain {
            challenge: self.verified_at.is_none().then(|| self.challenge()),
            is_primary: self.domain == primary,
            is_verified: self.verified_at.is_some(),
            id: self.id,
            domain: self.domain,
            verified_at: self.verified_at,
            created_at: self.created_at,
        }
    }
}

/// What a vendor goes by: its domain, and its label under the platform's.
pub(super) fn names(scope: &mut Reading<Control>, vendor: VendorId) -> Result<(String, Option<String>)> {
    scope.rows(vendors::table).filter(vendors::id.eq(vendor)).select((vendors::domain, vendors::subdomain)).first(scope)
}

/// All domains of a vendor, and those that it says are its own.
pub(super) fn list(scope: &mut Reading<Control>, vendor: VendorId) -> Result<Vec<DomainRow>> {
    let own = scope.rows(vendor_domains::table).filter(vendor_domains::vendor_id.eq(vendor));
    own.order(vendor_domains::id.asc()).select(DomainRow::as_select()).load(scope)
}

/// One of them.
pub(super) fn find(scope: &mut Reading<Control>, vendor: VendorId, id: DomainId) -> Result<DomainRow> {
    let own = scope.rows(vendor_domains::table).filter(vendor_domains::vendor_id.eq(vendor)).filter(vendor_domains::id.eq(id));
    own.select(DomainRow::as_select()).first(scope)
}

/// How many they are.
pub(super) fn count(scope: &mut Reading<Control>, vendor: VendorId) -> Result<i64> {
    scope.rows(vendor_domains::table).filter(vendor_domains::vendor_id.eq(vendor)).select(count_star()).first(scope)
}

/// Holds a vendor until the transaction ends.
pub(super) fn hold(scope: &mut Writing<Control>, vendor: VendorId) -> Result<()> {
    // An update that changes nothing is what both engines know a lock by.
    scope.rows(vendors::table).filter(vendors::id.eq(vendor)).set(vendors::version.eq(vendors::version)).execute(scope).map(drop)
}

/// Notes that a vendor says a domain is its own; `is_proven` when that needs no proof.
pub fn claim(scope: &mut Writing<Control>, vendor: VendorId, domain: &str, is_proven: bool) -> Result<DomainId> {
    let now = scope.now();
    let row = (
        vendor_domains::vendor_id.eq(vendor),
        vendor_domains::domain.eq(domain),
        vendor_domains::token.eq(random_id()),
        vendor_domains::verified_at.eq(is_proven.then_some(now)),
        vendor_domains::created_at.eq(now),
    );
    scope.insert(vendor_domains::table, row).execute(scope)?;
    let own = scope.rows(vendor_domains::table).filter(vendor_domains::vendor_id.eq(vendor)).filter(vendor_domains::domain.eq(domain));
    own.select(vendor_domains::id).first(scope)
}

/// Whether some vendor has proved that a domain is its own.
pub fn is_proven(scope: &mut Reading<Control>, domain: &str) -> Result<bool> {
    let proven =
        scope.rows(vendor_domains::table).filter(vendor_domains::domain.eq(domain)).filter(vendor_domains::verified_at.is_not_null());
    let found: Option<DomainId> = proven.select(vendor_domains::id).find_first(scope)?;
    Ok(found.is_some())
}

/// Notes that a domain was proved to be the vendor's.
pub(super) fn verify(scope: &mut Writing<Control>, vendor: VendorId, id: DomainId) -> Result<()> {
    let own = scope.rows(vendor_domains::table).filter(vendor_domains::vendor_id.eq(vendor)).filter(vendor_domains::id.eq(id));
    let touched = own.set(vendor_domains::verified_at.eq(scope.now())).execute(scope)?;
    if touched == 0 { Err(Error::NotFound) } else { Ok(()) }
}

/// Takes a domain as a vendor's without any proof, which the demo has none of.
pub fn vouch(scope: &mut Writing<Control>, vendor: VendorId, domain: &str) -> Result<()> {
    let own = scope.rows(vendor_domains::table).filter(vendor_domains::vendor_id.eq(vendor)).filter(vendor_domains::domain.eq(domain));
    match own.set(vendor_domains::verified_at.eq(scope.now())).execute(scope)? {
        0 => claim(scope, vendor, domain, true).map(drop),
        _ => Ok(()),
    }
}

/// The other vendor that goes by a domain, with its label under the platform's.
pub(super) fn other_who_goes_by(
    scope: &mut Reading<Control>,
    domain: &str,
    vendor: VendorId,
) -> Result<Option<(VendorId, Option<String>)>> {
    let others = scope.rows(vendors::table).filter(vendors::domain.eq(domain)).filter(vendors::id.ne(vendor));
    others.select((vendors::id, vendors::subdomain)).find_first(scope)
}

/// Has a vendor go by a domain.
pub(super) fn set_primary(scope: &mut Writing<Control>, vendor: VendorId, domain: &str) -> Result<()> {
    let changes = (vendors::domain.eq(domain), vendors::version.eq(vendors::version + 1), vendors::updated_at.eq(scope.now()));
    scope.rows(vendors::table).filter(vendors::id.eq(vendor)).set(changes).execute(scope).map(drop)
}

/// Gives a domain up.
pub(super) fn delete(scope: &mut Writing<Control>, vendor: VendorId, id: DomainId) -> Result<()> {
    let own = scope.rows(vendor_domains::table).filter(vendor_domains::vendor_id.eq(vendor)).filter(vendor_domains::id.eq(id));
    own.delete().execute(scope).map(drop)
}
