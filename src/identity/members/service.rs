//! What can be done with members.

use super::model::{EditMember, Member};
use super::store::{self, MemberRow};
use crate::access::Permissions;
use crate::api_keys;
use crate::audit::{Action, Target};
use crate::base::id::{UserId, VendorId};
use crate::db::{Control, Reading, Writing};
use crate::http::IfMatch;
use crate::identity::store::revoke_at;
use crate::identity::team::{Lead, Team, TeamError};
use crate::identity::{invitations, roles};
use crate::problem::Problem;
use serde_json::{Value, json};

/// One member.
pub(super) fn get(scope: &mut Reading<Control>, vendor: VendorId, id: UserId) -> Result<Member, Problem> {
    Ok(store::find(scope, vendor, id)?.view())
}

/// Changes a member's role, or lets them in or out; tells, too, whether they are out by this.
pub(super) fn edit(
    scope: &mut Writing<Control>,
    lead: &Lead,
    id: UserId,
    precondition: &IfMatch,
    edit: EditMember,
) -> Result<(Member, bool), Problem> {
    let team = lead.take(scope)?;
    let before = store::find(scope, team.vendor, id)?;
    precondition.check(before.version)?;
    team.may_touch(before.permissions())?;
    let role = match edit.role_id.filter(|role| *role != before.role_id) {
        None => before.role_id,
        Some(wanted) => {
            let role = roles::find(scope, team.vendor, wanted)?.ok_or(TeamError::NoSuchRole)?;
            team.may_give(role.permissions(), "/role_id")?;
            role.id
        }
    };
    let is_active = edit.is_active.unwrap_or(before.is_active);
    if (role, is_active) == (before.role_id, before.is_active) {
        return Ok((before.view(), false));
    }
    if role != before.role_id || !is_active {
        an_owner_stays(scope, &team, &before)?;
    }
    let is_out = before.is_active && !is_active;
    store::update(scope, team.vendor, id, role, is_active)?;
    if is_out {
        revoke_at(scope, id, team.vendor)?;
    }
    let after = store::find(scope, team.vendor, id)?;
    let own = if after.is_active { after.permissions() } else { Permissions::default() };
    invitations::withdraw_of(scope, &team, id, own)?;
    let (before, after) = (before.view(), after.view());
    team.note(scope, Action::MemberUpdated, (Target::User, id.0), json!(before), json!(after));
    Ok((after, is_out))
}

/// Takes a member out of the team.
pub(super) fn remove(scope: &mut Writing<Control>, lead: &Lead, id: UserId, precondition: &IfMatch) -> Result<(), Problem> {
    let team = lead.take(scope)?;
    let before = store::find(scope, team.vendor, id)?;
    precondition.check(before.version)?;
    team.may_touch(before.permissions())?;
    an_owner_stays(scope, &team, &before)?;
    store::delete(scope, team.vendor, id)?;
    invitations::withdraw_of(scope, &team, id, Permissions::default())?;
    api_keys::revoke_of(scope, team.origin(), team.vendor, id)?;
    team.note(scope, Action::MemberRemoved, (Target::User, id.0), json!(before.view()), Value::Null);
    Ok(revoke_at(scope, id, team.vendor)?)
}

/// The team is held, so whoever else is an owner now still is one when this is done.
fn an_owner_stays(scope: &mut Reading<Control>, team: &Team, leaving: &MemberRow) -> Result<(), Problem> {
    if leaving.is_active_owner() && !store::has_other_owner(scope, team.vendor, leaving.id)? {
        return Err(TeamError::LastOwner.into());
    }
    Ok(())
}
