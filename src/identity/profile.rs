//! Changing oneself, as a user.

use super::desk::Desk;
use super::model::{EditMe, IdentityError};
use super::recovery::{self, TokenKind};
use super::store::{self, UserChanges};
use super::{customers, letters, sign_up};
use crate::access::{Caller, Subject, needs};
use crate::audit::{self, Action, Entry, Target};
use crate::base::id::UserId;
use crate::base::names;
use crate::problem::Problem;

impl Desk {
    /// Whoever changes the address that they get back in by shows that they know the password, too: a token may be in somebody
    /// else's hands.
    pub(super) async fn check_new_address(&self, caller: &Caller<needs::SignedIn>, edit: &EditMe) -> Result<(), Problem> {
        let Some(wanted) = edit.email.clone().into_change() else { return Ok(()) };
        let current = match caller.subject() {
            Subject::User(id) => self.db.read_control(move |scope| Ok(store::user(scope, id)?.email)).await?,
            Subject::Customer(id) => self.db.read(caller, move |scope| Ok(customers::profile(scope, id)?.email)).await?,
        };
        if current.as_deref().map(names::key) == wanted.as_deref().map(names::key) {
            return Ok(());
        }
        let missing = || Problem::invalid_at("/current_password", "required", "changing the e-mail address takes your password");
        let password = edit.current_password.clone().ok_or_else(missing)?;
        self.check_own_password(caller, password, "/current_password").await
    }

    /// Changes a user's own profile. Another address has yet to be proved, and the one until now is told of it.
    pub(super) async fn edit_user(&self, caller: &Caller<needs::SignedIn>, id: UserId, edit: EditMe) -> Result<(), Problem> {
        if edit.phone.value().is_some() {
            return Err(Problem::invalid_at("/phone", "customers_only", "is kept for customers only"));
        }
        sign_up::no_customer_is_called(&self.db, caller, None, edit.email.value().map(String::as_str)).await?;
        let email = edit.email.into_change();
        let email_key = email.clone().map(|email| email.as_deref().map(names::key));
        let changes = UserChanges { first_name: edit.first_name, last_name: edit.last_name, email, email_key, email_verified_at: None };
        let (links, vendor, origin) = (self.links.clone(), caller.home(), caller.origin());
        self.db
            .write_control(move |scope| {
                let (before, mut changes) = (store::user(scope, id)?, changes.clone());
                let is_new = changes.email_key.as_ref().is_some_and(|key| *key != before.email.as_deref().map(names::key));
                changes.email_verified_at = is_new.then_some(None);
                let email = changes.email.clone().flatten();
                store::update_user(scope, id, changes).map_err(IdentityError::of_conflict)?;
                let (told, after) = (before.told(), store::user(scope, id)?.told());
                audit::note(
                    scope,
                    &origin,
                    Entry { vendor, action: Action::UserUpdated, target: (Target::User, id.0), before: told, after },
                );
                if !is_new {
                    return Ok(());
                }
                recovery::forget(scope, TokenKind::PasswordReset, Subject::User(id), None)?;
                // Nobody else's, which anybody could have given as their own.
                let proved = before.email.filter(|_| before.email_verified_at.is_some());
                letters::tell_of_change(scope, None, links.host(), proved, letters::NEW_ADDRESS)?;
                email.map_or(Ok(()), |email| recovery::ask_to_verify(scope, &links, id, email))
            })
            .await
    }
}
