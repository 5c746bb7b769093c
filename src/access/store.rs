//! What the gate reads for a request: the vendor, and the caller's session with its permissions.

use super::api_key::KeyHolder;
use super::directory::Vendor;
use super::permission::Permissions;
use crate::base::column::JsonText;
use crate::base::id::{ApiKeyId, CustomerId, SessionId, UserId, VendorId};
use crate::base::money::Currency;
use crate::base::time::Timestamp;
use crate::db::schema::{api_keys, directory_versions, impersonations, members, roles, sessions, users, vendor_domains, vendors};
use crate::db::{Control, Reading, Result, Writing};
use diesel::prelude::*;

#[derive(Queryable)]
struct VendorRow(VendorId, String, Currency, bool);

impl From<VendorRow> for Vendor {
    fn from(VendorRow(id, domain, currency, is_active): VendorRow) -> Self {
        Self { id, domain, currency, is_active }
    }
}

type VendorColumns = (vendors::id, vendors::domain, vendors::currency, vendors::is_active);
const VENDOR: VendorColumns = (vendors::id, vendors::domain, vendors::currency, vendors::is_active);

/// A number that is another one after any vendor was made or changed.
pub(super) fn directory_version(scope: &mut Reading<Control>) -> Result<i64> {
    scope.rows(directory_versions::table).select(directory_versions::version).first(scope)
}

/// The vendor that has proved that a domain is its own.
pub(super) fn vendor_by_proven_domain(scope: &mut Reading<Control>, domain: &str) -> Result<Option<Vendor>> {
    let found: Option<VendorRow> = scope
        .rows(vendors::table)
        .inner_join(vendor_domains::table.on(vendor_domains::vendor_id.eq(vendors::id)))
        .filter(vendor_domains::domain.eq(domain))
        .filter(vendor_domains::verified_at.is_not_null())
        .select(VENDOR)
        .find_first(scope)?;
    Ok(found.map(Vendor::from))
}

/// The vendor that goes by a domain.
pub(super) fn vendor_by_domain(scope: &mut Reading<Control>, domain: &str) -> Result<Option<Vendor>> {
    let found: Option<VendorRow> = scope.rows(vendors::table).filter(vendors::domain.eq(domain)).select(VENDOR).find_first(scope)?;
    Ok(found.map(Vendor::from))
}

pub(super) fn vendor_by_subdomain(scope: &mut Reading<Control>, label: &str) -> Result<Option<Vendor>> {
    let found: Option<VendorRow> = scope.rows(vendors::table).filter(vendors::subdomain.eq(label)).select(VENDOR).find_first(scope)?;
    Ok(found.map(Vendor::from))
}

/// What a member may do, if the session is alive and the member still is one.
pub(super) fn member_permissions(
    scope: &mut Reading<Control>,
    session: SessionId,
    user: UserId,
    vendor: VendorId,
) -> Result<Option<Permissions>> {
    let found: Option<(String, bool, JsonText)> = scope
        .rows(sessions::table)
        .inner_join(users::table.on(users::id.nullable().eq(sessions::user_id)))
        .inner_join(members::table.on(members::user_id.eq(users::id).and(members::vendor_id.eq(vendor))))
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(sessions::id.eq(session))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::vendor_id.eq(vendor))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(scope.now()))
        .filter(users::is_active.eq(true))
        .filter(members::is_active.eq(true))
        .select((roles::name, roles::is_builtin, roles::permissions))
        .find_first(scope)?;
    Ok(found.map(|(name, is_builtin, own)| Permissions::of_role(&name, is_builtin, &own.value::<Vec<_>>())))
}

/// Whether an operator's session is alive and they still are one.
pub(super) fn is_operator(scope: &mut Reading<Control>, session: SessionId, user: UserId) -> Result<bool> {
    let found: Option<UserId> = scope
        .rows(sessions::table)
        .inner_join(users::table.on(users::id.nullable().eq(sessions::user_id)))
        .filter(sessions::id.eq(session))
        .filter(sessions::user_id.eq(user))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(scope.now()))
        .filter(users::is_active.eq(true))
        .filter(users::is_operator.eq(true))
        .select(users::id)
        .find_first(scope)?;
    Ok(found.is_some())
}

/// Whether this session is an operator's who is somebody else in it, and they still are one, and signed in.
pub(super) fn may_impersonate(scope: &mut Reading<Control>, session: SessionId, operator: UserId) -> Result<bool> {
    let found: Option<UserId> = scope
        .rows(impersonations::table)
        .inner_join(users::table.on(users::id.eq(impersonations::operator_id)))
        .inner_join(sessions::table.on(sessions::id.eq(impersonations::operator_session)))
        .filter(impersonations::session_id.eq(session))
        .filter(impersonations::operator_id.eq(operator))
        .filter(impersonations::ended_at.is_null())
        .filter(impersonations::expires_at.gt(scope.now()))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(scope.now()))
        .filter(users::is_active.eq(true))
        .filter(users::is_operator.eq(true))
        .select(users::id)
        .find_first(scope)?;
    Ok(found.is_some())
}

/// Whether a customer's session is alive. Whatever shuts a customer out ends their sessions.
pub(super) fn is_customer(scope: &mut Reading<Control>, session: SessionId, customer: CustomerId, vendor: VendorId) -> Result<bool> {
    let found: Option<SessionId> = scope
        .rows(sessions::table)
        .filter(sessions::id.eq(session))
        .filter(sessions::customer_id.eq(customer.0))
        .filter(sessions::vendor_id.eq(vendor))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::expires_at.gt(scope.now()))
        .select(sessions::id)
        .find_first(scope)?;
    Ok(found.is_some())
}

/// What is read of an API key, its vendor and its maker's role.
type KeyColumns = (ApiKeyId, VendorId, String, UserId, JsonText, Option<Timestamp>, String, bool, JsonText);

/// Whose the API key with this digest is, and what it allows, if it is good and its maker still is an active member.
pub(super) fn key_holder(scope: &mut Reading<Control>, digest: &str) -> Result<Option<KeyHolder>> {
    let is_makers = members::vendor_id.eq(api_keys::vendor_id).and(members::user_id.eq(api_keys::created_by));
    let found: Option<KeyColumns> = scope
        .rows(api_keys::table)
        .inner_join(vendors::table.on(vendors::id.eq(api_keys::vendor_id)))
        .inner_join(users::table.on(users::id.eq(api_keys::created_by)))
        .inner_join(members::table.on(is_makers))
        .inner_join(roles::table.on(roles::vendor_id.eq(members::vendor_id).and(roles::id.eq(members::role_id))))
        .filter(api_keys::digest.eq(digest))
        .filter(api_keys::revoked_at.is_null())
        .filter(api_keys::expires_at.is_null().or(api_keys::expires_at.gt(scope.now())))
        .filter(users::is_active.eq(true))
        .filter(members::is_active.eq(true))
        .select((
            api_keys::id,
            vendors::id,
            vendors::domain,
            users::id,
            api_keys::permissions,
            api_keys::last_used_at,
            roles::name,
            roles::is_builtin,
            roles::permissions,
        ))
        .find_first(scope)?;
    Ok(found.map(|(id, vendor, domain, maker, granted, last_used_at, role, is_builtin, own)| KeyHolder {
        id,
        vendor,
        domain,
        maker,
        granted: Permissions::of(&granted.value::<Vec<_>>()),
        makers: Permissions::of_role(&role, is_builtin, &own.value::<Vec<_>>()),
        last_used_at,
    }))
}

/// Writes down that a key is used now.
pub(super) fn note_key_use(scope: &mut Writing<Control>, id: ApiKeyId) -> Result<()> {
    let used = api_keys::last_used_at.eq(scope.now());
    scope.rows(api_keys::table).filter(api_keys::id.eq(id)).set(used).prepared().execute(scope).map(drop)
}
