//! The table of vendors.

use super::model::{EditVendor, VendorProfile};
use crate::base::column::JsonText;
use crate::base::id::VendorId;
use crate::base::money::Currency;
use crate::base::search::fold;
use crate::base::time::Timestamp;
use crate::db::schema::vendors;
use crate::db::{Control, Error, Reading, Result, Writing};
use diesel::prelude::*;

#[derive(Insertable)]
#[diesel(table_name = vendors)]
pub(super) struct NewVendor {
    pub name: String,
    pub domain: String,
    pub subdomain: Option<String>,
    pub contact_email: Option<String>,
}

/// A vendor's row, as far as the vendor itself sees it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = vendors)]
struct VendorRow {
    id: VendorId,
    name: String,
    domain: String,
    subdomain: Option<String>,
    contact_email: Option<String>,
    contact_phone: Option<String>,
    currency: Currency,
    is_active: bool,
    version: i64,
    created_at: Timestamp,
    updated_at: Timestamp,
    theme_config: JsonText,
}

impl From<VendorRow> for VendorProfile {
    fn from(row: VendorRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            domain: row.domain,
            subdomain: row.subdomain,
            contact_email: row.contact_email,
            contact_phone: row.contact_phone,
            currency: row.currency,
            theme_config: row.theme_config.value(),
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

pub(super) fn domain_exists(scope: &mut Reading<Control>, domain: &str) -> Result<bool> {
    let found: Option<VendorId> = scope.rows(vendors::table).filter(vendors::domain.eq(domain)).select(vendors::id).find_first(scope)?;
    Ok(found.is_some())
}

pub(super) fn subdomain_exists(scope: &mut Reading<Control>, label: &str) -> Result<bool> {
    let found: Option<VendorId> = scope.rows(vendors::table).filter(vendors::subdomain.eq(label)).select(vendors::id).find_first(scope)?;
    Ok(found.is_some())
}

pub(super) fn insert(scope: &mut Writing<Control>, vendor: NewVendor) -> Result<VendorId> {
    let now = scope.now();
    let defaults = (
        vendors::name_key.eq(fold(&vendor.name)),
        vendors::currency.eq(Currency::EUR),
        vendors::theme_config.eq("{}"),
        vendors::is_active.eq(true),
        vendors::version.eq(1_i64),
        vendors::created_at.eq(now),
        vendors::updated_at.eq(now),
    );
    let domain = vendor.domain.clone();
    scope.insert(vendors::table, (vendor, defaults)).execute(scope)?;
    scope.rows(vendors::table).filter(vendors::domain.eq(domain)).select(vendors::id).first(scope)
}

pub(super) fn profile(scope: &mut Reading<Control>, id: VendorId) -> Result<VendorProfile> {
    let row: VendorRow = scope.rows(vendors::table).filter(vendors::id.eq(id)).select(VendorRow::as_select()).first(scope)?;
    Ok(row.into())
}

#[derive(AsChangeset)]
#[diesel(table_name = vendors)]
struct Changes {
    name: Option<String>,
    name_key: Option<String>,
    contact_email: Option<Option<String>>,
    contact_phone: Option<Option<String>>,
    currency: Option<Currency>,
    theme_config: Option<JsonText>,
    is_active: Option<bool>,
    suspended_reason: Option<Option<String>>,
    suspended_at: Option<Option<Timestamp>>,
}

/// Changes a vendor that is still at the version that was read.
pub(super) fn update(scope: &mut Writing<Control>, id: VendorId, version: i64, edit: EditVendor) -> Result<VendorProfile> {
    let suspended_at = edit.is_active.map(|is_active| if is_active { None } else { Some(scope.now()) });
    let changes = Changes {
        name_key: edit.name.as_deref().map(fold),
        name: edit.name,
        contact_email: edit.contact_email.into_change(),
        contact_phone: edit.contact_phone.into_change(),
        currency: edit.currency,
        theme_config: edit.theme_config.as_ref().map(JsonText::of),
        is_active: edit.is_active,
        suspended_reason: edit.is_active.map(|_| None),
        suspended_at,
    };
    let stamp = (vendors::version.eq(vendors::version + 1), vendors::updated_at.eq(scope.now()));
    let same = scope.rows(vendors::table).filter(vendors::id.eq(id)).filter(vendors::version.eq(version));
    if same.set((changes, stamp)).execute(scope)? == 0 {
        return Err(Error::Contended("the vendor was changed in the meantime".to_owned()));
    }
    profile(scope, id)
}

/// So many vendors after this one, by id.
pub fn some_after(scope: &mut Reading<Control>, last: VendorId, limit: i64) -> Result<Vec<VendorId>> {
    scope.rows(vendors::table).filter(vendors::id.gt(last)).order(vendors::id.asc()).limit(limit).select(vendors::id).load(scope)
}

/// Every vendor there is, for housekeeping.
pub fn all(scope: &mut Reading<Control>) -> Result<Vec<VendorId>> {
    scope.rows(vendors::table).order(vendors::id.asc()).select(vendors::id).load(scope)
}
