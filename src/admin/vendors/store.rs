//! The table of vendors, with what the platform keeps of them, and who owns them.

use super::model::{EditVendorRecord, NewVendor, VendorRecord};
use crate::access::BuiltinRole;
use crate::admin::people::UserRef;
use crate::base::id::{UserId, VendorId};
use crate::base::money::Currency;
use crate::base::search::{after_prefix, fold};
use crate::base::time::Timestamp;
use crate::db::schema::{members, roles, users, vendors};
use crate::db::{Control, Error, Reading, Result, Writing};
use diesel::prelude::*;
use std::collections::HashMap;

/// A vendor's row.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = vendors)]
pub(in crate::admin) struct VendorRow {
    pub id: VendorId,
    pub name: String,
    pub domain: String,
    pub subdomain: Option<String>,
    pub contact_email: Option<String>,
    pub contact_phone: Option<String>,
    pub business_address: Option<String>,
    pub business_city: Option<String>,
    pub business_postal_code: Option<String>,
    pub business_country: Option<String>,
    pub letzshop_csv_url: Option<String>,
    pub currency: Currency,
    pub is_active: bool,
    pub suspended_at: Option<Timestamp>,
    pub suspended_reason: Option<String>,
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl VendorRow {
    pub(super) fn view(self, owners: Vec<UserRef>) -> VendorRecord {
        VendorRecord {
            id: self.id,
            name: self.name,
            domain: self.domain,
            subdomain: self.subdomain,
            contact_email: self.contact_email,
            contact_phone: self.contact_phone,
            business_address: self.business_address,
            business_city: self.business_city,
            business_postal_code: self.business_postal_code,
            business_country: self.business_country,
            letzshop_csv_url: self.letzshop_csv_url,
            currency: self.currency,
            is_active: self.is_active,
            suspended_at: self.suspended_at,
            suspended_reason: self.suspended_reason,
            owners,
            version: self.version,
            created_at: self.created_at,
            updated_at: self.updated_at,
        }
    }
}

pub(in crate::admin) fn find(scope: &mut Reading<Control>, id: VendorId) -> Result<VendorRow> {
    scope.rows(vendors::table).filter(vendors::id.eq(id)).select(VendorRow::as_select()).first(scope)
}

/// Vendors by falling id, before `before`, whose name begins with the first of `prefixes` or whose domain or subdomain with the second.
pub(super) fn list(
    scope: &mut Reading<Control>,
    prefixes: Option<(String, String)>,
    is_active: Option<bool>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<VendorRow>> {
    let mut query = scope.rows(vendors::table).select(VendorRow::as_select()).order(vendors::id.desc()).limit(limit).into_boxed();
    if let Some(before) = before {
        query = query.filter(vendors::id.lt(VendorId(before)));
    }
    if let Some(is_active) = is_active {
        query = query.filter(vendors::is_active.eq(is_active));
    }
    if let Some((name, place)) = prefixes {
        let end = after_prefix(&place);
        let by_name = vendors::name_key.ge(name.clone()).and(vendors::name_key.lt(after_prefix(&name)));
        let by_domain = vendors::domain.ge(place.clone()).and(vendors::domain.lt(end.clone()));
        let by_subdomain = vendors::subdomain.ge(place).and(vendors::subdomain.lt(end));
        query = query.filter(by_name.or(by_domain).nullable().or(by_subdomain));
    }
    query.load(scope)
}

/// The active owners of these vendors, in one statement.
pub(super) fn owners(scope: &mut Reading<Control>, of: Vec<VendorId>) -> Result<HashMap<VendorId, Vec<UserRef>>> {
    let mut owners: HashMap<_, Vec<_>> = HashMap::new();
    if of.is_empty() {
        return Ok(owners);
    }
    let rows: Vec<(VendorId, UserId, String, Option<String>)> = scope
        .rows(members::table)
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .inner_join(users::table.on(users::id.eq(members::user_id)))
        .filter(members::vendor_id.eq_any(of))
        .filter(members::is_active.eq(true))
        .filter(roles::is_builtin.eq(true))
        .filter(roles::name.eq(BuiltinRole::Owner.as_str()))
        .order(users::id.asc())
        .select((members::vendor_id, users::id, users::username, users::email))
        .load(scope)?;
    for (vendor, id, username, email) in rows {
        owners.entry(vendor).or_default().push(UserRef { id, username, email });
    }
    Ok(owners)
}

/// What the platform keeps of a vendor, as far as it is to change.
#[derive(Clone, Debug, Default, PartialEq, AsChangeset)]
#[diesel(table_name = vendors)]
pub(in crate::admin) struct Particulars {
    pub name: Option<String>,
    pub name_key: Option<String>,
    pub contact_email: Option<Option<String>>,
    pub contact_phone: Option<Option<String>>,
    pub business_address: Option<Option<String>>,
    pub business_city: Option<Option<String>>,
    pub business_postal_code: Option<Option<String>>,
    pub business_country: Option<Option<String>>,
    pub letzshop_csv_url: Option<Option<String>>,
}

impl Particulars {
    pub(super) fn of(edit: EditVendorRecord) -> Self {
        Self {
            name_key: edit.name.as_deref().map(fold),
            name: edit.name,
            contact_email: edit.contact_email.into_change(),
            contact_phone: edit.contact_phone.into_change(),
            business_address: edit.business_address.into_change(),
            business_city: edit.business_city.into_change(),
            business_postal_code: edit.business_postal_code.into_change(),
            business_country: edit.business_country.into_change(),
            letzshop_csv_url: edit.letzshop_csv_url.into_change(),
        }
    }

    /// What is said of a vendor that has just been opened.
    pub(super) fn of_new(form: &NewVendor) -> Self {
        Self {
            contact_phone: Some(form.contact_phone.clone()),
            business_address: Some(form.business_address.clone()),
            business_city: Some(form.business_city.clone()),
            business_postal_code: Some(form.business_postal_code.clone()),
            business_country: Some(form.business_country.clone()),
            letzshop_csv_url: Some(form.letzshop_csv_url.clone()),
            ..Self::default()
        }
    }
}

/// Whether a vendor is open, and if not, since when and why.
#[derive(Clone, AsChangeset)]
#[diesel(table_name = vendors, treat_none_as_null = true)]
pub(in crate::admin) struct Standing {
    is_active: bool,
    suspended_at: Option<Timestamp>,
    suspended_reason: Option<String>,
}

impl Standing {
    pub(super) fn open() -> Self {
        Self { is_active: true, suspended_at: None, suspended_reason: None }
    }

    pub(super) fn closed(since: Timestamp, reason: Option<&str>) -> Self {
        Self { is_active: false, suspended_at: Some(since), suspended_reason: reason.map(str::to_owned) }
    }
}

/// Changes a vendor that is still at the version that was read.
pub(in crate::admin) fn update(
    scope: &mut Writing<Control>,
    id: VendorId,
    version: i64,
    particulars: Particulars,
    standing: Option<Standing>,
) -> Result<()> {
    let stamp = (vendors::version.eq(vendors::version + 1), vendors::updated_at.eq(scope.now()));
    let same = scope.rows(vendors::table).filter(vendors::id.eq(id)).filter(vendors::version.eq(version));
    match same.set((particulars, standing, stamp)).execute(scope)? {
        0 => Err(Error::Contended("the vendor was changed in the meantime".to_owned())),
        _ => Ok(()),
    }
}

/// A user, as far as it matters whether they can own a vendor.
#[derive(Clone, Copy, Debug, Queryable)]
pub(in crate::admin) struct KnownUser {
    pub id: UserId,
    is_active: bool,
    is_operator: bool,
    must_change_password: bool,
    email_verified_at: Option<Timestamp>,
}

impl KnownUser {
    /// Whether they can be given a shop: anybody can say that an address is theirs, so it has to be proved, or be what an operator
    /// said of somebody who has not been here yet.
    pub(in crate::admin) fn check(self) -> std::result::Result<(), (&'static str, &'static str)> {
        if self.is_operator || !self.is_active {
            return Err(("not_an_owner", "is the address of an operator, or of a user who may not sign in"));
        }
        if self.email_verified_at.is_none() && !self.must_change_password {
            return Err(("unproved_address", "is the address of a user who has yet to prove that it is theirs"));
        }
        Ok(())
    }
}

pub(in crate::admin) fn user_by_email(scope: &mut Reading<Control>, email_key: &str) -> Result<Option<KnownUser>> {
    let columns = (users::id, users::is_active, users::is_operator, users::must_change_password, users::email_verified_at);
    scope.rows(users::table).filter(users::email_key.eq(email_key)).select(columns).find_first(scope)
}
