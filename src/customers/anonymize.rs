//! Making a customer nobody: all that tells who they are is taken away, from wherever it stands; their orders and the sums
//! stay. It cannot be undone.
//!
//! The vendor's data and the control plane are never changed in one transaction. So what the control plane knows (sessions
//! with their addresses, letters) goes first and again last: if anything fails in between, nothing is half forgotten that
//! doing it once more would not find.

use super::addresses;
use super::model::CustomerDetail;
use super::service::detail;
use crate::access::{Caller, Origin, Subject, needs};
use crate::audit::Change;
use crate::base::id::{CustomerId, VendorId};
use crate::db::{Db, MayRead, Writing};
use crate::events::{self, EventKind, Resource};
use crate::http::IfMatch;
use crate::identity::customers;
use crate::identity::recovery::{self, TokenKind};
use crate::problem::Problem;
use crate::{idempotency, mail, orders};
use chrono::TimeDelta;
use serde_json::json;

/// Makes a customer nobody; somebody who is that already stays so.
pub(super) async fn anonymize(
    caller: &Caller<needs::EditCustomers>,
    id: CustomerId,
    precondition: IfMatch,
    db: &Db,
) -> Result<CustomerDetail, Problem> {
    let (vendor, origin) = (caller.vendor_id(), caller.origin());
    let before = db.read(caller, move |scope| Ok(customers::profile(scope, id)?)).await?;
    precondition.check(before.version)?;
    forget_in_control(db, vendor, id, before.email.clone()).await?;
    let detail = db.write(caller, move |scope| forget(scope, &origin, id, &precondition)).await?;
    forget_in_control(db, vendor, id, before.email).await?;
    Ok(detail)
}

async fn forget_in_control(db: &Db, vendor: VendorId, id: CustomerId, email: Option<String>) -> Result<(), Problem> {
    db.write_control(move |scope| {
        if let Some(email) = &email {
            mail::forget_recipient(scope, vendor, email)?;
        }
        recovery::forget(scope, TokenKind::PasswordReset, Subject::Customer(id), Some(vendor))?;
        Ok(customers::forget_sessions(scope, vendor, id)?)
    })
    .await
}

fn forget(scope: &mut Writing, origin: &Origin, id: CustomerId, precondition: &IfMatch) -> Result<CustomerDetail, Problem> {
    let before = customers::hold(scope, id)?;
    precondition.check(before.version)?;
    if before.anonymized_at.is_none() {
        customers::anonymize(scope, id)?;
        let after = customers::profile(scope, id)?;
        let data = json!({ "id": id });
        events::emit(scope, origin, EventKind::CustomerAnonymized, id.0, &data, Change::Edited(&before, &after))?;
    }
    clear(scope, id)?;
    let after = customers::profile(scope, id)?;
    detail(scope, after)
}

/// Clears all that is around the account: addresses, what orders and events tell, and answers that are kept to be given again.
fn clear(scope: &mut Writing, id: CustomerId) -> Result<(), Problem> {
    addresses::forget(scope, id)?;
    orders::forget_buyer(scope, id)?;
    events::forget(scope, Resource::Customer, id.0)?;
    idempotency::forget_caller(scope, &Subject::Customer(id).claim())?;
    Ok(())
}

/// Clears what came in at the very moment when somebody was made nobody, in a request that had begun before.
pub fn again(scope: &mut Writing) -> Result<(), Problem> {
    let since = scope.now().minus(TimeDelta::hours(3));
    for id in customers::anonymized_since(scope, since)? {
        clear(scope, id)?;
    }
    Ok(())
}
