//! What can be done with roles.

use super::model::{RoleForm, TeamRole};
use super::store::{self, RoleRow};
use crate::access::Permissions;
use crate::audit::{Action, Target};
use crate::base::id::{RoleId, VendorId};
use crate::base::names;
use crate::db::{Control, Error, Reading, Writing};
use crate::http::IfMatch;
use crate::identity::invitations;
use crate::identity::team::{Lead, TeamError};
use crate::problem::Problem;
use serde_json::{Value, json};

/// More roles than this nobody can tell apart.
const MOST: usize = 200;

/// One of the vendor's roles.
pub(super) fn get(scope: &mut Reading<Control>, vendor: VendorId, id: RoleId) -> Result<TeamRole, Problem> {
    Ok(find(scope, vendor, id)?.view())
}

/// Makes a role of the vendor's own.
pub(super) fn create(scope: &mut Writing<Control>, lead: &Lead, form: &RoleForm) -> Result<TeamRole, Problem> {
    let team = lead.take(scope)?;
    team.may_give(Permissions::of(&form.permissions), "/permissions")?;
    name_is_free(scope, team.vendor, &form.name, None)?;
    let made = store::insert(scope, team.vendor, form.name.trim(), &form.permissions)?.view();
    team.note(scope, Action::RoleCreated, (Target::Role, made.id.0), Value::Null, json!(made));
    Ok(made)
}

/// Changes a role of the vendor's own: at once for all who have it.
pub(super) fn edit(
    scope: &mut Writing<Control>,
    lead: &Lead,
    id: RoleId,
    precondition: &IfMatch,
    form: &RoleForm,
) -> Result<TeamRole, Problem> {
    let team = lead.take(scope)?;
    let before = find(scope, team.vendor, id)?;
    precondition.check(before.version)?;
    if before.is_builtin {
        return Err(TeamError::RoleBuiltin.into());
    }
    team.may_touch(before.permissions())?;
    team.may_give(Permissions::of(&form.permissions), "/permissions")?;
    name_is_free(scope, team.vendor, &form.name, Some(id))?;
    let (before, after) = (before.view(), store::update(scope, team.vendor, id, form)?.view());
    for member in store::members_with(scope, team.vendor, id)? {
        invitations::withdraw_of(scope, &team, member, Permissions::of(&form.permissions))?;
    }
    team.note(scope, Action::RoleUpdated, (Target::Role, id.0), json!(before), json!(after));
    Ok(after)
}

/// Deletes a role of the vendor's own that nobody has.
pub(super) fn delete(scope: &mut Writing<Control>, lead: &Lead, id: RoleId, precondition: &IfMatch) -> Result<(), Problem> {
    let team = lead.take(scope)?;
    let before = find(scope, team.vendor, id)?;
    precondition.check(before.version)?;
    if before.is_builtin {
        return Err(TeamError::RoleBuiltin.into());
    }
    team.may_touch(before.permissions())?;
    if store::has_members(scope, team.vendor, id)? || invitations::has_open(scope, team.vendor, id)? {
        return Err(TeamError::RoleInUse.into());
    }
    invitations::forget_over(scope, team.vendor, id)?;
    store::delete(scope, team.vendor, id)?;
    team.note(scope, Action::RoleDeleted, (Target::Role, id.0), json!(before.view()), Value::Null);
    Ok(())
}

fn find(scope: &mut Reading<Control>, vendor: VendorId, id: RoleId) -> Result<RoleRow, Problem> {
    Ok(store::find(scope, vendor, id)?.ok_or(Error::NotFound)?)
}

/// "Owner" and "owner" would be taken for each other. The team is held, so nobody takes the name meanwhile.
fn name_is_free(scope: &mut Reading<Control>, vendor: VendorId, name: &str, own: Option<RoleId>) -> Result<(), Problem> {
    let (wanted, all) = (names::key(name.trim()), store::names(scope, vendor)?);
    if all.iter().any(|(id, other)| Some(*id) != own && names::key(other) == wanted) {
        return Err(TeamError::RoleNameTaken.into());
    }
    if own.is_none() && all.len() >= MOST {
        return Err(TeamError::TooManyRoles(MOST).into());
    }
    Ok(())
}
