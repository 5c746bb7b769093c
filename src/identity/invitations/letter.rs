//! The letter with an invitation: the only place where its token is told.

use super::store::InvitationRow;
use crate::db::{Control, Writing};
use crate::identity::roles::RoleRow;
use crate::identity::store::user;
use crate::mail::{self, Letter, Links, Template};
use crate::problem::Problem;
use serde_json::json;

/// Sends it, should the transaction be kept.
pub(super) fn send(
    scope: &mut Writing<Control>,
    (invitation, role): &(InvitationRow, RoleRow),
    vendor_name: &str,
    token: &str,
    links: &Links,
) -> Result<(), Problem> {
    let inviter = user(scope, invitation.invited_by)?;
    let full_name = format!("{} {}", inviter.first_name, inviter.last_name);
    let inviter = if full_name.trim().is_empty() { inviter.username } else { full_name.trim().to_owned() };
    let values = json!({
        "at": vendor_name, "inviter": inviter, "role": role.name, "token": token,
        "link": links.to("invitation", None, token),
    });
    let letter = Letter { vendor: Some(invitation.vendor_id), to: invitation.email.clone(), template: Template::Invitation, values };
    Ok(mail::send(scope, letter)?)
}
