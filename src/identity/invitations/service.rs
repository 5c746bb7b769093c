//! What the team can do with invitations.

use super::letter;
use super::model::{Invitation, InvitationError, InvitationStatus, Invite};
use super::store::{self, NewInvitation};
use crate::access::Permissions;
use crate::audit::{Action, Target};
use crate::base::id::{InvitationId, RoleId, UserId, VendorId};
use crate::base::{names, secret};
use crate::db::{Control, Reading, Writing};
use crate::identity::roles;
use crate::identity::store::{find_user, is_member, vendor_name};
use crate::identity::team::{Lead, Team, TeamError};
use crate::mail::Links;
use crate::problem::Problem;
use chrono::TimeDelta;
use serde_json::{Value, json};

/// How long an invitation is good.
const TTL: TimeDelta = TimeDelta::days(7);

/// What an invitation is sent with: a token of its own, and where links lead.
#[derive(Clone, Debug)]
pub(super) struct Postage {
    pub token: String,
    pub links: Links,
}

/// One of the vendor's invitations.
pub(super) fn get(scope: &mut Reading<Control>, vendor: VendorId, id: InvitationId) -> Result<Invitation, Problem> {
    let found = store::find(scope, vendor, id)?;
    Ok(store::view(found, scope.now()))
}

/// Writes an invitation down, without sending it.
pub fn write(
    scope: &mut Writing<Control>,
    vendor: VendorId,
    (email, role_id): (&str, RoleId),
    invited_by: UserId,
    token: &str,
    ttl: TimeDelta,
) -> Result<InvitationId, Problem> {
    let now = scope.now();
    let new = NewInvitation {
        vendor_id: vendor,
        email: email.to_owned(),
        email_key: names::key(email),
        role_id,
        invited_by,
        token_hash: secret::digest(token),
        created_at: now,
        sent_at: now,
        expires_at: now.plus(ttl),
    };
    Ok(store::insert(scope, new)?)
}

/// Invites somebody, who is not in the team yet and has no open invitation.
pub(super) fn create(scope: &mut Writing<Control>, lead: &Lead, invite: &Invite, postage: &Postage) -> Result<Invitation, Problem> {
    let team = lead.take(scope)?;
    let role = roles::find(scope, team.vendor, invite.role_id)?.ok_or(TeamError::NoSuchRole)?;
    team.may_give(role.permissions(), "/role_id")?;
    let key = names::key(&invite.email);
    if let Some(known) = find_user(scope, &key, true)?
        && is_member(scope, known.id, team.vendor)?
    {
        return Err(InvitationError::AlreadyMember.into());
    }
    if store::is_invited(scope, team.vendor, &key)? {
        return Err(InvitationError::AlreadyInvited.into());
    }
    let id = write(scope, team.vendor, (&invite.email, role.id), team.user, &postage.token, TTL)?;
    let sent = send(scope, team.vendor, id, postage)?;
    team.note(scope, Action::InvitationCreated, (Target::Invitation, id.0), Value::Null, json!(sent));
    Ok(sent)
}

/// Sends an invitation again, with a new token and seven days anew; the old token is good no more.
pub(super) fn resend(scope: &mut Writing<Control>, lead: &Lead, id: InvitationId, postage: &Postage) -> Result<Invitation, Problem> {
    let team = lead.take(scope)?;
    let (row, role) = store::find(scope, team.vendor, id)?;
    team.may_touch(role.permissions())?;
    match row.status(scope.now()) {
        InvitationStatus::Expired if store::is_invited(scope, team.vendor, &row.email_key)? => {
            return Err(InvitationError::AlreadyInvited.into());
        }
        InvitationStatus::Open | InvitationStatus::Expired => {}
        InvitationStatus::Accepted | InvitationStatus::Revoked => return Err(InvitationError::Over.into()),
    }
    let before = store::view((row, role), scope.now());
    store::renew(scope, id, &secret::digest(&postage.token), TTL)?;
    let after = send(scope, team.vendor, id, postage)?;
    team.note(scope, Action::InvitationResent, (Target::Invitation, id.0), json!(before), json!(after));
    Ok(after)
}

fn send(scope: &mut Writing<Control>, vendor: VendorId, id: InvitationId, postage: &Postage) -> Result<Invitation, Problem> {
    let (found, name) = (store::find(scope, vendor, id)?, vendor_name(scope, vendor)?);
    letter::send(scope, &found, &name, &postage.token, &postage.links)?;
    Ok(store::view(found, scope.now()))
}

/// Withdraws an invitation that nobody has accepted.
pub(super) fn revoke(scope: &mut Writing<Control>, lead: &Lead, id: InvitationId) -> Result<(), Problem> {
    let team = lead.take(scope)?;
    let (row, role) = store::find(scope, team.vendor, id)?;
    team.may_touch(role.permissions())?;
    match row.status(scope.now()) {
        InvitationStatus::Open | InvitationStatus::Expired => withdraw(scope, &team, vec![id]),
        InvitationStatus::Accepted | InvitationStatus::Revoked => Err(InvitationError::Over.into()),
    }
}

/// Withdraws what a member has invited and could not invite any more: they may do only this now, or nothing, being out.
pub fn withdraw_of(scope: &mut Writing<Control>, team: &Team, user: UserId, own: Permissions) -> Result<(), Problem> {
    let ids = store::beyond(scope, team.vendor, user, own)?;
    if ids.is_empty() { Ok(()) } else { withdraw(scope, team, ids) }
}

fn withdraw(scope: &mut Writing<Control>, team: &Team, ids: Vec<InvitationId>) -> Result<(), Problem> {
    store::revoke(scope, ids.clone())?;
    for id in ids {
        let (before, after) = (json!({ "status": InvitationStatus::Open }), json!({ "status": InvitationStatus::Revoked }));
        team.note(scope, Action::InvitationRevoked, (Target::Invitation, id.0), before, after);
    }
    Ok(())
}
