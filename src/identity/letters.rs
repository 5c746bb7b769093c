//! Letters about one's own account.

use super::store;
use crate::base::id::{UserId, VendorId};
use crate::db::{Control, Writing};
use crate::mail::{self, Letter, Template};
use crate::problem::Problem;
use serde_json::json;

/// What is said of a password that was changed.
pub(super) const NEW_PASSWORD: &str = "Your password was changed, and everybody who was signed in with the old one is signed out.";
/// What is said to the address that was the account's until now.
pub(super) const NEW_ADDRESS: &str = "The e-mail address of your account was changed: letters about it no longer come here.";

/// What is said of a second factor that was begun, or given up.
pub(super) const SECOND_FACTOR_ON: &str = "A second factor was turned on: signing in takes a code of your authenticator now.";
pub(super) const SECOND_FACTOR_OFF: &str = "The second factor was turned off: signing in takes the password alone.";

/// Tells a user that a key was made that acts in their name.
pub fn tell_of_key(scope: &mut Writing<Control>, user: UserId, at: &str, name: &str) -> Result<(), Problem> {
    let email = store::user(scope, user)?.email;
    let what = format!("An API key was made in your name, \"{name}\": whoever has it can do what it is for, until it is revoked.");
    tell_of_change(scope, None, at, email, &what)
}

/// Tells somebody, if mail reaches them, that their account has changed in a way that matters for who gets in.
pub(super) fn tell_of_change(
    scope: &mut Writing<Control>,
    vendor: Option<VendorId>,
    at: &str,
    email: Option<String>,
    what: &str,
) -> Result<(), Problem> {
    let Some(to) = email else { return Ok(()) };
    let values = json!({ "at": at, "what": what });
    Ok(mail::send(scope, Letter { vendor, to, template: Template::AccountChanged, values })?)
}
