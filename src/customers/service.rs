//! What the team does with customers.

use super::model::{CustomerDetail, CustomerQuery};
use crate::access::{Caller, Origin, needs};
use crate::audit::Change;
use crate::base::id::CustomerId;
use crate::base::page::{Cursor, CursorError, Page};
use crate::db::{Db, MayRead, Reading, Writing};
use crate::events::{self, EventKind};
use crate::http::{IfMatch, PageQuery};
use crate::identity::customers::{self, Anonymized, CustomerProfile, Listed, Listing, Particulars, Sort};
use crate::identity::{self, IdentityError};
use crate::orders::{self, OrderTotals};
use crate::problem::Problem;
use serde_json::json;
use std::collections::BTreeMap;

/// What is asked for, and the name of the list that it is.
pub(super) fn listing(query: CustomerQuery, caller: &impl MayRead) -> Result<(Listing, String), Problem> {
    let sort = query.sort.unwrap_or(Sort::CreatedAtDown);
    let name = format!("customers:{}:{sort}", caller.vendor_id());
    let page = PageQuery { limit: query.limit, cursor: query.cursor };
    let position = page.position(&name)?;
    if position.as_ref().is_some_and(|cursor| !sort.accepts(&cursor.key)) {
        return Err(CursorError.into());
    }
    let after = position.map(|cursor| (cursor.key, cursor.id));
    Ok((Listing { q: query.q, is_active: query.is_active, sort, after, limit: page.limit() }, name))
}

/// One page of customers with what they have bought.
pub(super) fn list(scope: &mut Reading, listing: &Listing, name: String) -> Result<Page<CustomerDetail>, Problem> {
    let rows = customers::list(scope, &Listing { limit: listing.limit + 1, ..listing.clone() })?;
    let ids: Vec<_> = rows.iter().map(|row| row.profile.id).collect();
    let mut totals: BTreeMap<CustomerId, Vec<OrderTotals>> = BTreeMap::new();
    for (customer, sum) in orders::totals_of_all(scope, ids)? {
        totals.entry(customer).or_default().push(sum);
    }
    let cursor = |last: &Listed| Cursor { list: name, key: last.key.clone(), id: last.profile.id.0 };
    Ok(Page::of(rows, listing.limit, cursor, |row| {
        let totals = totals.remove(&row.profile.id).unwrap_or_default();
        CustomerDetail { profile: row.profile, totals }
    }))
}

/// One customer with what they have bought.
pub(super) fn detail(scope: &mut Reading, profile: CustomerProfile) -> Result<CustomerDetail, Problem> {
    let totals = orders::totals_of(scope, profile.id)?;
    Ok(CustomerDetail { profile, totals })
}

/// Changes a customer. One who may no longer sign in is out at once.
pub(super) async fn edit(
    caller: &Caller<needs::EditCustomers>,
    id: CustomerId,
    precondition: IfMatch,
    particulars: Particulars,
    db: &Db,
) -> Result<CustomerDetail, Problem> {
    let (vendor, origin, is_shut_out) = (caller.vendor_id(), caller.origin(), particulars.is_active == Some(false));
    let email = particulars.email.clone().flatten();
    identity::no_member_is_called(db, vendor, None, email.as_deref()).await?;
    let detail = db.write(caller, move |scope| change(scope, &origin, id, &precondition, particulars.clone())).await?;
    // Whoever signs in looks last whether they may: so no session outlives this, and it can be asked for again.
    if is_shut_out {
        db.write_control(move |scope| Ok(customers::end_sessions(scope, vendor, id)?)).await?;
    }
    Ok(detail)
}

fn change(
    scope: &mut Writing,
    origin: &Origin,
    id: CustomerId,
    precondition: &IfMatch,
    particulars: Particulars,
) -> Result<CustomerDetail, Problem> {
    let before = customers::hold(scope, id)?;
    precondition.check(before.version)?;
    if before.anonymized_at.is_some() {
        return Err(Anonymized.into());
    }
    let names = particulars.names();
    if names.is_empty() {
        return detail(scope, before);
    }
    let after = customers::change(scope, &before, particulars).map_err(IdentityError::of_conflict)?;
    let data = json!({ "id": id, "changed": names });
    events::emit(scope, origin, EventKind::CustomerUpdated, id.0, &data, Change::Edited(&before, &after))?;
    detail(scope, after)
}
