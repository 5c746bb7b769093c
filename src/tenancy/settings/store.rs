//! The table of settings: a row for each vendor that has ever changed them.

use super::model::SkuPattern;
use crate::base::column::JsonText;
use crate::base::id::VendorId;
use crate::base::money::{Currency, Money};
use crate::base::time::Timestamp;
use crate::db::schema::vendor_settings;
use crate::db::{Reading, Result, Writing};
use diesel::prelude::*;
use diesel::sql_types;

/// A vendor's row, in the order of its columns.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = vendor_settings)]
pub(super) struct SettingsRow {
    #[expect(dead_code, reason = "RETURNING gives every column")]
    pub vendor_id: VendorId,
    pub restocking_fee: i64,
    pub max_refund: Option<i64>,
    pub currency: Option<Currency>,
    pub days_to_return: Option<i64>,
    pub non_returnable_skus: JsonText,
    pub allow_partial_return: bool,
    pub version: i64,
    pub updated_at: Timestamp,
}

#[derive(AsChangeset)]
#[diesel(table_name = vendor_settings)]
struct Values {
    restocking_fee: Option<i64>,
    max_refund: Option<Option<i64>>,
    currency: Option<Option<Currency>>,
    days_to_return: Option<Option<i64>>,
    non_returnable_skus: Option<JsonText>,
    allow_partial_return: Option<bool>,
}

/// What to change; what is absent stays.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    pub restocking_fee: Option<i64>,
    pub max_refund: Option<Option<Money>>,
    pub days_to_return: Option<Option<i64>>,
    pub non_returnable: Option<Vec<SkuPattern>>,
    pub allow_partial_return: Option<bool>,
}

#[derive(QueryableByName)]
struct Held {
    #[expect(dead_code, reason = "that there is a row says it all")]
    #[diesel(sql_type = sql_types::BigInt)]
    vendor_id: VendorId,
}

/// The row is there from now on, and held until the transaction ends.
const HOLD: &str = "INSERT INTO vendor_settings \
    (vendor_id, restocking_fee, non_returnable_skus, allow_partial_return, version, updated_at) VALUES ($1, 0, '[]', TRUE, 0, $2) \
    ON CONFLICT (vendor_id) DO UPDATE SET version = vendor_settings.version RETURNING vendor_id";

/// Holds the vendor's settings until the transaction ends: nobody changes them between our reading them and our writing.
pub(super) fn hold(scope: &mut Writing) -> Result<()> {
    let now = scope.now();
    scope.sql(HOLD).bind::<sql_types::Timestamp, _>(now).one::<Held>(scope).map(drop)
}

/// The vendor's settings, if they were ever changed.
pub(super) fn find(scope: &mut Reading) -> Result<Option<SettingsRow>> {
    scope.rows(vendor_settings::table).select(SettingsRow::as_select()).find_first(scope)
}

/// Changes the settings, which are held.
pub(super) fn update(scope: &mut Writing, changes: Changes) -> Result<SettingsRow> {
    let values = Values {
        restocking_fee: changes.restocking_fee,
        max_refund: changes.max_refund.map(|limit| limit.map(|limit| limit.minor)),
        currency: changes.max_refund.map(|limit| limit.map(|limit| limit.currency)),
        days_to_return: changes.days_to_return,
        non_returnable_skus: changes.non_returnable.as_ref().map(JsonText::of),
        allow_partial_return: changes.allow_partial_return,
    };
    let stamp = (vendor_settings::version.eq(vendor_settings::version + 1), vendor_settings::updated_at.eq(scope.now()));
    scope.rows(vendor_settings::table).set((values, stamp)).one(scope)
}
