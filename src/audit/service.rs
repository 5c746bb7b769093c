//! What goes into the audit log, and what comes out of it.

use super::model::{AuditEntry, AuditQuery, Change, Entry, PlatformAuditQuery};
use super::store::{self, Bound, Record};
use crate::access::{ActorKind, Origin};
use crate::base::code::{Code, FieldError};
use crate::base::id::{ApiKeyId, UserId};
use crate::base::page::{Cursor, CursorError, Key, Page};
use crate::base::time::{self, Timestamp};
use crate::db::{Control, Db, MayRead, Writing};
use crate::http::PageQuery;
use crate::problem::Problem;
use serde::Serialize;
use serde_json::Value;

/// An entry that has no place in a chain yet.
#[derive(Debug)]
pub(super) struct Draft {
    pub origin: Origin,
    pub action: &'static str,
    pub target: (&'static str, i64),
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Puts on record what was done to the control plane, in the transaction that does it.
pub fn note(scope: &mut Writing<Control>, origin: &Origin, entry: Entry) {
    let (kind, id) = entry.target;
    let (before, after) = told(kind.as_str(), entry.before, entry.after);
    let draft = Draft { origin: origin.clone(), action: entry.action.as_str(), target: (kind.as_str(), id), before, after };
    let vendor = entry.vendor;
    scope.last(move |scope| store::append_to_platform(scope, vendor, draft));
}

/// Puts on record what a member or an operator did to a vendor's own data, in the transaction that does it. Of anybody else
/// nothing is recorded here.
pub fn record<T: Serialize>(
    scope: &mut Writing,
    origin: &Origin,
    action: &'static str,
    target: (&'static str, i64),
    change: Change<'_, T>,
) {
    if !origin.is_on_record() {
        return;
    }
    let json = |value: &T| serde_json::to_value(value).unwrap_or_default();
    let (before, after) = match change {
        Change::Made(after) => (Value::Null, json(after)),
        Change::Edited(before, after) => (json(before), json(after)),
        Change::Gone(before) => (json(before), Value::Null),
    };
    let (before, after) = told(target.0, before, after);
    let draft = Draft { origin: origin.clone(), action, target, before, after };
    scope.last(move |scope| store::append(scope, draft));
}

/// What the entry says of before and after: of something that was changed, only what is different.
fn told(target: &str, mut before: Value, mut after: Value) -> (Option<String>, Option<String>) {
    if let (Value::Object(before), Value::Object(after)) = (&mut before, &mut after) {
        let same: Vec<_> = before.iter().filter(|(name, value)| after.get(*name) == Some(*value)).map(|(name, _)| name.clone()).collect();
        // When it changed is said by the entry itself.
        for name in same.iter().map(String::as_str).chain(["updated_at"]) {
            before.remove(name);
            after.remove(name);
        }
    }
    let text = |mut value: Value| {
        conceal(&mut value, target == "customer");
        (!value.is_null()).then(|| value.to_string())
    };
    (text(before), text(after))
}

/// What a member's name must not say for its value to be told.
const SECRETS: [&str; 6] = ["password", "secret", "token", "hash", "recovery_code", "refresh"];
/// What is told of customers: what else there is of them has to be forgotten when they ask for it, and here nothing ever is.
const OF_CUSTOMERS: [&str; 6] = ["id", "is_active", "version", "customer", "created_at", "anonymized_at"];

/// Puts a word in the place of each value that nobody may read here: so the entry still tells that it changed.
fn conceal(value: &mut Value, is_customer: bool) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut().filter(|(_, member)| !member.is_null()) {
                if SECRETS.iter().any(|word| name.contains(word)) {
                    *member = "[secret]".into();
                } else if is_customer && !OF_CUSTOMERS.contains(&name.as_str()) {
                    *member = "[personal]".into();
                } else {
                    conceal(member, is_customer);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| conceal(item, is_customer)),
        _ => {}
    }
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Filter {
    pub actor: Option<UserId>,
    pub action: Option<String>,
    pub target: Option<(String, Option<i64>)>,
    pub after: Option<Timestamp>,
    pub before: Option<Timestamp>,
}

impl AuditQuery {
    fn filter(&self) -> Result<Filter, Problem> {
        let target = self.target.as_deref().map(target).transpose()?;
        Ok(Filter { actor: self.actor, action: self.action.clone(), target, after: self.after, before: self.before })
    }
}

/// A kind of thing, or one thing of a kind.
fn target(text: &str) -> Result<(String, Option<i64>), Problem> {
    let Some((kind, id)) = text.split_once(':') else { return Ok((text.to_owned(), None)) };
    let id = id.parse().map_err(|_| {
        let error = FieldError::new("target", "invalid_value", "must be a kind, or a kind, a colon and an id, such as product:1");
        Problem::new(Code::InvalidParameter, "a query parameter is not valid; see errors").at(vec![error])
    })?;
    Ok((kind.to_owned(), Some(id)))
}

/// Which of the two chains an entry is in. What happened at the same instant goes by this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Chain {
    Vendor,
    Platform,
}

impl Chain {
    fn word(self) -> &'static str {
        match self {
            Self::Vendor => "vendor",
            Self::Platform => "platform",
        }
    }

    /// Where a page begins in this chain, when the page before ended with that entry of the same chain or the other.
    fn bound(self, last: Option<(Timestamp, Self, i64)>) -> Bound {
        last.map(|(instant, chain, position)| match self.cmp(&chain) {
            std::cmp::Ordering::Less => (instant, i64::MAX),
            std::cmp::Ordering::Equal => (instant, position),
            std::cmp::Ordering::Greater => (instant, i64::MIN),
        })
    }
}

/// The entry that a page ended with. Both chains' positions stand in one number: the last bit tells which it is.
fn seen(cursor: Option<&Cursor>) -> Result<Option<(Timestamp, Chain, i64)>, Problem> {
    let Some(Cursor { key, id, .. }) = cursor else { return Ok(None) };
    let Key::Number(micros) = key else { return Err(CursorError.into()) };
    let instant = Timestamp::from_micros(*micros).filter(|_| (0..=time::LAST).contains(micros)).ok_or(CursorError)?;
    Ok(Some((instant, if id & 1 == 0 { Chain::Vendor } else { Chain::Platform }, id >> 1)))
}

fn cursor(list: String, (chain, record): &(Chain, Record)) -> Cursor {
    let bit = i64::from(*chain == Chain::Platform);
    Cursor { list, key: Key::Number(record.occurred_at.micros()), id: (record.position << 1) | bit }
}

/// One page of all that was done to a vendor: to its own data, and to what the control plane has of it, newest first.
pub(super) async fn of_vendor(db: &Db, caller: &impl MayRead, query: AuditQuery) -> Result<Page<AuditEntry>, Problem> {
    let (vendor, filter) = (caller.vendor_id(), query.filter()?);
    let list = format!("audit:{vendor}");
    let wanted = PageQuery { limit: query.limit, cursor: query.cursor };
    let (seen, limit) = (seen(wanted.position(&list)?.as_ref())?, wanted.limit());
    let (own, bound) = (filter.clone(), Chain::Vendor.bound(seen));
    let own = db.read(caller, move |scope| Ok(store::list(scope, &own, bound, limit + 1)?)).await?;
    let bound = Chain::Platform.bound(seen);
    let about = db.read_control(move |scope| Ok(store::list_of_platform(scope, Some(vendor), &filter, bound, limit + 1)?)).await?;
    let own = own.into_iter().map(|record| (Chain::Vendor, record));
    let mut rows: Vec<_> = own.chain(about.into_iter().map(|record| (Chain::Platform, record))).collect();
    rows.sort_by_key(|(chain, record)| std::cmp::Reverse((record.occurred_at, *chain, record.position)));
    rows.truncate(usize::try_from(limit + 1).unwrap_or(usize::MAX));
    Ok(Page::of(
        rows,
        limit,
        |row| cursor(list, row),
        |(chain, record)| {
            let entry = view(chain, record);
            // Where the platform's people sit is none of the vendor's business.
            let is_operators = entry.actor == ActorKind::Operator || entry.impersonated_by.is_some();
            AuditEntry { address: entry.address.filter(|_| !is_operators), ..entry }
        },
    ))
}

/// One page of all that was done to the platform, newest first.
pub(super) async fn of_platform(db: &Db, query: PlatformAuditQuery) -> Result<Page<AuditEntry>, Problem> {
    let PlatformAuditQuery { vendor, actor, action, after, before, limit, cursor: from } = query;
    let (filter, wanted) = (Filter { actor, action, target: None, after, before }, PageQuery { limit, cursor: from });
    let list = "platform-audit".to_owned();
    let (seen, limit) = (seen(wanted.position(&list)?.as_ref())?, wanted.limit());
    let bound = Chain::Platform.bound(seen);
    let rows = db.read_control(move |scope| Ok(store::list_of_platform(scope, vendor, &filter, bound, limit + 1)?)).await?;
    let rows = rows.into_iter().map(|record| (Chain::Platform, record)).collect();
    Ok(Page::of(rows, limit, |row| cursor(list, row), |(chain, record)| view(chain, record)))
}

fn view(chain: Chain, record: Record) -> AuditEntry {
    let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
    AuditEntry {
        id: format!("{}-{}", chain.word(), record.position),
        occurred_at: record.occurred_at,
        actor: ActorKind::ALL.iter().copied().find(|kind| kind.as_str() == record.actor_kind).unwrap_or(ActorKind::System),
        actor_id: record.actor_id,
        impersonated_by: record.impersonator_id.map(UserId),
        api_key: record.api_key_id.map(ApiKeyId),
        address: record.address,
        request_id: record.request_id,
        vendor: record.vendor,
        action: record.action,
        target: record.target_kind,
        target_id: record.target_id,
        before: json(record.before),
        after: json(record.after),
    }
}

#[cfg(test)]
mod tests {
    use super::told;
    use serde_json::{Value, json};

    fn told_of(target: &str, before: Value, after: Value) -> (Value, Value) {
        let (before, after) = told(target, before, after);
        let read = |text: Option<String>| text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
        (read(before), read(after))
    }

    #[test]
    fn of_an_edit_only_what_changed_is_told() {
        let (before, after) = (json!({"a": 1, "b": [1], "c": null, "updated_at": 1}), json!({"a": 2, "b": [1], "c": 3, "updated_at": 2}));
        assert_eq!(told_of("product", before.clone(), after), (json!({"a": 1, "c": null}), json!({"a": 2, "c": 3})));
        assert_eq!(told_of("product", before.clone(), Value::Null), (before.clone(), Value::Null));
        assert_eq!(told_of("product", Value::Null, before.clone()), (Value::Null, before));
    }

    #[test]
    fn secrets_are_never_told_wherever_they_stand() {
        let after = json!({"password_hash": "x", "inner": [{"refresh_id": "x", "secret": null}], "name": "n"});
        let (_, told) = told_of("user", Value::Null, after);
        assert_eq!(told, json!({"password_hash": "[secret]", "inner": [{"refresh_id": "[secret]", "secret": null}], "name": "n"}));
    }

    #[test]
    fn of_customers_no_particulars_are_told() {
        let (before, after) = (
            json!({"id": 1, "email": "a@b.c", "phone": "1", "version": 1}),
            json!({"id": 1, "email": "d@e.f", "phone": "1", "version": 2}),
        );
        let (before, after) = told_of("customer", before, after);
        assert_eq!(before, json!({"email": "[personal]", "version": 1}));
        assert_eq!(after, json!({"email": "[personal]", "version": 2}));
    }
}
