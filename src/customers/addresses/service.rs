//! What a customer does with their addresses.

use super::model::{AddressError, CustomerAddress, EditAddress, MOST, NewAddress};
use super::store::{self, Changes};
use crate::access::{Actor, ActorKind, Origin};
use crate::audit::Change;
use crate::base::column::JsonText;
use crate::base::id::{AddressId, CustomerId};
use crate::db::Writing;
use crate::events::{self, EventKind};
use crate::http::IfMatch;
use crate::identity::{IdentityError, customers};
use crate::problem::Problem;
use serde_json::json;

/// Holds the customer, who may have been shut out since they came in.
fn hold(scope: &mut Writing, customer: CustomerId) -> Result<(), Problem> {
    if customers::hold(scope, customer)?.is_active { Ok(()) } else { Err(IdentityError::SessionEnded.into()) }
}

/// Notes that a customer changed an address, and not what it says.
fn record(scope: &mut Writing, customer: CustomerId) -> Result<(), Problem> {
    let origin = Origin::of(Actor { kind: ActorKind::Customer, id: Some(customer.0) });
    let data = json!({ "id": customer, "changed": ["addresses"] });
    Ok(events::emit(scope, &origin, EventKind::CustomerUpdated, customer.0, &data, Change::Made(&data))?)
}

/// Keeps another address.
pub fn add(scope: &mut Writing, customer: CustomerId, new: &NewAddress) -> Result<CustomerAddress, Problem> {
    hold(scope, customer)?;
    let kept = store::count(scope, customer)?;
    if kept >= MOST {
        return Err(AddressError::TooMany.into());
    }
    let is_default = new.is_default || kept == 0;
    if is_default {
        store::clear_default(scope, customer)?;
    }
    let id = store::insert(scope, customer, new.label.as_deref(), &new.address, is_default)?;
    record(scope, customer)?;
    Ok(store::find(scope, customer, id)?)
}

/// Changes an address.
pub(super) fn edit(
    scope: &mut Writing,
    customer: CustomerId,
    id: AddressId,
    precondition: &IfMatch,
    edit: EditAddress,
) -> Result<CustomerAddress, Problem> {
    hold(scope, customer)?;
    let before = store::find(scope, customer, id)?;
    precondition.check(before.version)?;
    if before.is_default && edit.is_default == Some(false) {
        return Err(AddressError::StaysDefault.into());
    }
    if edit.is_empty() {
        return Ok(before);
    }
    if edit.is_default == Some(true) && !before.is_default {
        store::clear_default(scope, customer)?;
    }
    let (label, address) = (edit.label.into_change(), edit.address.as_ref().map(JsonText::of));
    let changes = Changes { label, address, is_default: edit.is_default };
    store::update(scope, id, changes)?;
    record(scope, customer)?;
    Ok(store::find(scope, customer, id)?)
}

/// Deletes an address. Of those that are left, the newest takes the place of the default.
pub(super) fn delete(scope: &mut Writing, customer: CustomerId, id: AddressId, precondition: &IfMatch) -> Result<(), Problem> {
    hold(scope, customer)?;
    let before = store::find(scope, customer, id)?;
    precondition.check(before.version)?;
    store::delete(scope, id)?;
    if let Some(next) = store::newest(scope, customer)?.filter(|_| before.is_default) {
        store::update(scope, next, Changes { is_default: Some(true), ..Changes::default() })?;
    }
    record(scope, customer)
}
