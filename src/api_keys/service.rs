//! What can be done with API keys.

use super::model::{ApiKey, EditApiKey, MadeApiKey, NewApiKey};
use super::store::{self, NewRow};
use crate::access::{API_KEY_MARK, Caller, Origin, Permissions, Principal, needs};
use crate::audit::{self, Action, Entry, Target};
use crate::base::code::{Code, FieldError};
use crate::base::column::JsonText;
use crate::base::id::{ApiKeyId, UserId, VendorId};
use crate::base::secret;
use crate::db::{Control, Db, MayRead, Writing};
use crate::identity;
use crate::problem::Problem;
use serde_json::{Value, json};

/// How many keys a vendor can have that are not revoked.
const MOST: i64 = 100;
/// How much of a secret is kept to tell it by: enough to find it again in one's own settings, and far too little to guess the rest.
const SHOWN: usize = 6;

/// Makes a key with which a program can act in the caller's name.
pub(super) async fn make(db: &Db, caller: &Caller<needs::ManageApiKeys>, wish: NewApiKey) -> Result<MadeApiKey, Problem> {
    let Principal::Member(maker, own) = caller.principal() else { return Err(Problem::not_found()) };
    let lacking: Vec<_> = wish.permissions.iter().enumerate().filter(|(_, one)| !own.has(**one)).collect();
    if !lacking.is_empty() {
        let missing: Vec<_> = lacking.iter().map(|(_, one)| **one).collect();
        let at = |(index, _)| FieldError::new(format!("/permissions/{index}"), "not_yours", "you lack it yourself");
        let refusal = Problem::new(Code::PermissionDenied, "nobody can give a key what they lack; see errors");
        return Err(refusal.with("missing", missing).at(lacking.into_iter().map(at).collect()));
    }
    let (vendor, origin, at) = (caller.vendor_id(), caller.origin(), caller.vendor().domain.clone());
    db.write_control(move |scope| {
        if wish.expires_at.is_some_and(|end| end <= scope.now()) {
            return Err(Problem::invalid_at("/expires_at", "in_the_past", "must be in the future"));
        }
        if store::count(scope, vendor)? >= MOST {
            return Err(Problem::invalid_at("", "too_many", format!("a vendor can have {MOST} keys; revoke one first")));
        }
        identity::tell_of_key(scope, maker, &at, &wish.name)?;
        issue(scope, &origin, vendor, maker, &wish)
    })
    .await
}

/// Makes a key, without asking whether its maker may.
pub fn issue(
    scope: &mut Writing<Control>,
    origin: &Origin,
    vendor: VendorId,
    maker: UserId,
    wish: &NewApiKey,
) -> Result<MadeApiKey, Problem> {
    let secret = format!("{API_KEY_MARK}{}", secret::new());
    let row = NewRow {
        vendor_id: vendor,
        name: wish.name.clone(),
        prefix: secret.chars().take(API_KEY_MARK.len() + SHOWN).collect(),
        digest: secret::digest(&secret),
        permissions: JsonText::of(&Permissions::of(&wish.permissions).list()),
        created_by: maker,
        created_at: scope.now(),
        expires_at: wish.expires_at,
    };
    let key = store::insert(scope, row)?;
    note(scope, origin, vendor, &key, Action::ApiKeyCreated, Value::Null, told(&key));
    Ok(MadeApiKey { key, secret })
}

/// Changes what a key is called.
pub(super) async fn edit(db: &Db, caller: &Caller<needs::ManageApiKeys>, id: ApiKeyId, edit: EditApiKey) -> Result<ApiKey, Problem> {
    let (vendor, origin) = (caller.vendor_id(), caller.origin());
    db.write_control(move |scope| {
        let before = store::find(scope, vendor, id)?;
        let Some(name) = edit.name.clone() else { return Ok(before) };
        let after = store::rename(scope, vendor, id, name)?;
        note(scope, &origin, vendor, &after, Action::ApiKeyUpdated, told(&before), told(&after));
        Ok(after)
    })
    .await
}

/// Revokes a key: from now on nobody gets in by it. One that was revoked before stays so.
pub(super) async fn revoke(db: &Db, caller: &Caller<needs::ManageApiKeys>, id: ApiKeyId) -> Result<(), Problem> {
    let (vendor, origin) = (caller.vendor_id(), caller.origin());
    db.write_control(move |scope| {
        // One that is not there is not found; one that was revoked before is left as it is.
        store::find(scope, vendor, id)?;
        if let Some(key) = store::revoke(scope, vendor, id)? {
            note_revoked(scope, &origin, vendor, &key);
        }
        Ok(())
    })
    .await
}

/// Revokes the keys of somebody who leaves the team: were they to come back, nobody would think of these.
pub fn revoke_of(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, maker: UserId) -> Result<(), Problem> {
    for key in store::revoke_of(scope, vendor, maker)? {
        note_revoked(scope, origin, vendor, &key);
    }
    Ok(())
}

fn note_revoked(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, key: &ApiKey) {
    let before = ApiKey { revoked_at: None, ..key.clone() };
    note(scope, origin, vendor, key, Action::ApiKeyRevoked, told(&before), told(key));
}

/// What the audit log tells of a key.
fn told(key: &ApiKey) -> Value {
    json!({
        "name": key.name, "prefix": key.prefix, "permissions": key.permissions, "expires_at": key.expires_at, "revoked_at": key.revoked_at,
    })
}

fn note(scope: &mut Writing<Control>, origin: &Origin, vendor: VendorId, key: &ApiKey, action: Action, before: Value, after: Value) {
    audit::note(scope, origin, Entry { vendor: Some(vendor), action, target: (Target::ApiKey, key.id.0), before, after });
}
