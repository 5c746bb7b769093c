//! What can be done with a vendor's settings.

use super::model::{EditVendorSettings, ReturnPolicy, VendorSettings};
use super::store::{self, Changes, SettingsRow};
use crate::access::Origin;
use crate::audit::Change;
use crate::base::money::{Currency, Decimal, Money};
use crate::base::percent::Percent;
use crate::db::{Reading, Writing};
use crate::events::{self, EventKind};
use crate::http::IfMatch;
use crate::problem::Problem;

/// By what rules the vendor takes goods back.
pub fn policy(scope: &mut Reading) -> Result<ReturnPolicy, Problem> {
    Ok(store::find(scope)?.map(ReturnPolicy::from).unwrap_or_default())
}

/// The settings of a vendor that sells in this currency.
pub(super) fn get(scope: &mut Reading, currency: Currency) -> Result<VendorSettings, Problem> {
    let row = store::find(scope)?;
    Ok(view(scope, row, currency))
}

/// Changes what is mentioned.
pub(super) fn edit(
    scope: &mut Writing,
    origin: &Origin,
    currency: Currency,
    precondition: &IfMatch,
    edit: EditVendorSettings,
) -> Result<VendorSettings, Problem> {
    let is_nothing = edit == EditVendorSettings::default();
    let changes = changes(edit, currency)?;
    if is_nothing {
        let settings = get(scope, currency)?;
        precondition.check(settings.version)?;
        return Ok(settings);
    }
    store::hold(scope)?;
    let before = get(scope, currency)?;
    precondition.check(before.version)?;
    let row = store::update(scope, changes)?;
    let after = view(scope, Some(row), currency);
    events::emit(scope, origin, EventKind::SettingsUpdated, after.vendor.0, &after, Change::Edited(&before, &after))?;
    Ok(after)
}

fn changes(edit: EditVendorSettings, currency: Currency) -> Result<Changes, Problem> {
    Ok(Changes {
        restocking_fee: edit.restocking_fee_percent.map(Percent::hundredths),
        max_refund: edit.max_refund_amount.try_map(|amount| limit(amount, currency))?.into_change(),
        days_to_return: edit.days_to_return.into_change(),
        non_returnable: edit.non_returnable_sku_patterns,
        allow_partial_return: edit.allow_partial_return,
    })
}

fn limit(amount: Decimal, currency: Currency) -> Result<Money, Problem> {
    let at = "/max_refund_amount";
    let minor = amount.minor(currency).map_err(|error| Problem::invalid_at(at, error.code(), error))?;
    if minor > 0 { Ok(Money { minor, currency }) } else { Err(Problem::invalid_at(at, "out_of_range", "must be more than nothing")) }
}

impl From<SettingsRow> for ReturnPolicy {
    fn from(row: SettingsRow) -> Self {
        Self {
            restocking_fee: Percent::of_hundredths(row.restocking_fee).unwrap_or_default(),
            max_refund: row.max_refund.zip(row.currency).map(|(minor, currency)| Money { minor, currency }),
            days_to_return: row.days_to_return,
            non_returnable: row.non_returnable_skus.value(),
            allow_partial_return: row.allow_partial_return,
        }
    }
}

/// What is shown of the settings, which may never have been changed.
fn view(scope: &Reading, row: Option<SettingsRow>, currency: Currency) -> VendorSettings {
    let (version, updated_at) = row.as_ref().map_or((0, None), |row| (row.version, Some(row.updated_at)));
    let policy = row.map(ReturnPolicy::from).unwrap_or_default();
    VendorSettings {
        vendor: scope.vendor(),
        restocking_fee_percent: policy.restocking_fee,
        max_refund_amount: policy.max_refund,
        currency: policy.max_refund.map_or(currency, |limit| limit.currency),
        days_to_return: policy.days_to_return,
        non_returnable_sku_patterns: policy.non_returnable,
        allow_partial_return: policy.allow_partial_return,
        version,
        // Whoever holds a row that was just made has not changed anything yet.
        updated_at: updated_at.filter(|_| version > 0),
    }
}
