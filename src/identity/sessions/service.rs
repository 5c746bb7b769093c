//! Ending a session of one's own.

use super::store;
use crate::access::{Origin, Subject};
use crate::audit::{self, Action, Entry, Target};
use crate::base::id::{SessionId, VendorId};
use crate::db::{Control, Writing};
use crate::problem::Problem;

/// Ends a session of somebody at a vendor; `home` is the vendor whose record it goes on.
pub(super) fn end(
    scope: &mut Writing<Control>,
    (subject, vendor, home): (Subject, VendorId, Option<VendorId>),
    origin: &Origin,
    id: SessionId,
) -> Result<(), Problem> {
    if !store::end(scope, subject, vendor, id)? {
        return Err(Problem::not_found());
    }
    if matches!(subject, Subject::User(_)) {
        audit::note(scope, origin, Entry::without_values(home, Action::SessionRevoked, (Target::Session, id.0)));
    }
    Ok(())
}
