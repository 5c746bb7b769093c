//! The table of API keys.

use super::model::ApiKey;
use crate::base::column::JsonText;
use crate::base::id::{ApiKeyId, UserId, VendorId};
use crate::base::time::Timestamp;
use crate::db::schema::api_keys;
use crate::db::{Control, Error, Reading, Result, Writing};
use diesel::prelude::*;

/// A key to be kept.
#[derive(Insertable)]
#[diesel(table_name = api_keys)]
pub(super) struct NewRow {
    pub vendor_id: VendorId,
    pub name: String,
    pub prefix: String,
    pub digest: String,
    pub permissions: JsonText,
    pub created_by: UserId,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
}

/// A key's row, in the order of its columns.
#[derive(Queryable)]
struct Row {
    id: ApiKeyId,
    #[expect(dead_code, reason = "RETURNING gives every column")]
    vendor_id: VendorId,
    name: String,
    prefix: String,
    #[expect(dead_code, reason = "RETURNING gives every column")]
    digest: String,
    permissions: JsonText,
    created_by: UserId,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            name: row.name,
            prefix: row.prefix,
            permissions: row.permissions.value(),
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            revoked_at: row.revoked_at,
        }
    }
}

pub(super) fn insert(scope: &mut Writing<Control>, row: NewRow) -> Result<ApiKey> {
    let row: Row = scope.insert(api_keys::table, row).one(scope)?;
    Ok(row.into())
}

/// How many keys of the vendor are not revoked.
pub(super) fn count(scope: &mut Reading<Control>, vendor: VendorId) -> Result<i64> {
    let live = scope.rows(api_keys::table).filter(api_keys::vendor_id.eq(vendor)).filter(api_keys::revoked_at.is_null());
    live.select(diesel::dsl::count_star()).first(scope)
}

pub(super) fn find(scope: &mut Reading<Control>, vendor: VendorId, id: ApiKeyId) -> Result<ApiKey> {
    let row: Row = scope.rows(api_keys::table).filter(api_keys::vendor_id.eq(vendor)).filter(api_keys::id.eq(id)).first(scope)?;
    Ok(row.into())
}

/// The vendor's keys by falling id, before `before`.
pub(super) fn list(scope: &mut Reading<Control>, vendor: VendorId, before: Option<i64>, limit: i64) -> Result<Vec<ApiKey>> {
    let rows = scope.rows(api_keys::table).filter(api_keys::vendor_id.eq(vendor));
    let rows = rows.filter(api_keys::id.lt(before.unwrap_or(i64::MAX))).order(api_keys::id.desc()).limit(limit);
    Ok(rows.load::<Row>(scope)?.into_iter().map(ApiKey::from).collect())
}

pub(super) fn rename(scope: &mut Writing<Control>, vendor: VendorId, id: ApiKeyId, name: String) -> Result<ApiKey> {
    let own = scope.rows(api_keys::table).filter(api_keys::vendor_id.eq(vendor)).filter(api_keys::id.eq(id));
    let row: Row = own.set(api_keys::name.eq(name)).one(scope)?;
    Ok(row.into())
}

/// Revokes all that a member has made; tells those that were not revoked before.
pub(super) fn revoke_of(scope: &mut Writing<Control>, vendor: VendorId, maker: UserId) -> Result<Vec<ApiKey>> {
    let own = scope.rows(api_keys::table).filter(api_keys::vendor_id.eq(vendor)).filter(api_keys::created_by.eq(maker));
    let rows: Vec<Row> = own.filter(api_keys::revoked_at.is_null()).set(api_keys::revoked_at.eq(scope.now())).load(scope)?;
    Ok(rows.into_iter().map(ApiKey::from).collect())
}

/// Revokes a key; none if it was revoked before.
pub(super) fn revoke(scope: &mut Writing<Control>, vendor: VendorId, id: ApiKeyId) -> Result<Option<ApiKey>> {
    let own = scope.rows(api_keys::table).filter(api_keys::vendor_id.eq(vendor)).filter(api_keys::id.eq(id));
    let revoked = own.filter(api_keys::revoked_at.is_null()).set(api_keys::revoked_at.eq(scope.now()));
    let row: Result<Row> = revoked.one(scope);
    match row {
        Ok(row) => Ok(Some(row.into())),
        Err(Error::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
