//! Cursors: they lead on in their own list at their own vendor, and nowhere else, whatever is done to them.

use super::{holds, holds_there, written};
use crate::shop::{all, numbers};
use crate::support::{Client, World};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};
use std::sync::Arc;
use stoa::base::page::{Cursor, CursorError, Key};

fn cursors() -> impl Strategy<Value = Cursor> {
    let key = prop_oneof![any::<i64>().prop_map(Key::Number), written::texts().prop_map(Key::Text)];
    (prop_oneof!["[a-z-]{1,10}:[0-9]{1,3}(:-?[a-z_]{1,10})?", any::<String>()], key, any::<i64>()).prop_map(|(list, key, id)| Cursor {
        list,
        key,
        id,
    })
}

/// What somebody may do to a cursor, at its text or at what is in it.
#[derive(Clone, Debug)]
enum Damage {
    Put(Index, char),
    Add(Index, char),
    Lose(Index),
    End(Index),
    Member(&'static str, Option<Value>),
    Whole(Value),
    Inside(written::Written),
}

fn damage() -> impl Strategy<Value = Damage> {
    let c = || prop_oneof![6 => "[A-Za-z0-9_-]".prop_map(|text| text.chars().next().unwrap()), 1 => any::<char>()];
    let values = || prop_oneof![2 => any::<i64>().prop_map(Value::from), 3 => written::values()];
    let member = || select(vec!["l", "k", "i", "x"]);
    prop_oneof![
        2 => (any::<Index>(), c()).prop_map(|(at, c)| Damage::Put(at, c)),
        1 => (any::<Index>(), c()).prop_map(|(at, c)| Damage::Add(at, c)),
        1 => any::<Index>().prop_map(Damage::Lose),
        1 => any::<Index>().prop_map(Damage::End),
        6 => (member(), proptest::option::weighted(0.9, values())).prop_map(|(name, value)| Damage::Member(name, value)),
        1 => written::values().prop_map(Damage::Whole),
        1 => written::anything().prop_map(Damage::Inside),
    ]
}

fn damaged(cursor: &str, damage: &Damage) -> String {
    let mut text: Vec<char> = cursor.chars().collect();
    let length = text.len();
    let opened = || serde_json::from_slice::<Value>(&BASE64_URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default()).unwrap_or(json!({}));
    match damage {
        Damage::Add(at, c) => text.insert(at.index(length + 1), *c),
        Damage::Put(at, c) if length > 0 => text[at.index(length)] = *c,
        Damage::Lose(at) if length > 0 => drop(text.remove(at.index(length))),
        Damage::End(at) => text.truncate(at.index(length + 1)),
        Damage::Member(name, value) => {
            let mut inside = opened();
            if let Some(members) = inside.as_object_mut() {
                match value {
                    Some(value) => members.insert((*name).to_owned(), value.clone()),
                    None => members.remove(*name),
                };
            }
            return BASE64_URL_SAFE_NO_PAD.encode(inside.to_string());
        }
        Damage::Whole(value) => return BASE64_URL_SAFE_NO_PAD.encode(value.to_string()),
        Damage::Inside(written) => return BASE64_URL_SAFE_NO_PAD.encode(written.to_string()),
        Damage::Put(..) | Damage::Lose(_) => {}
    }
    text.into_iter().collect()
}

#[test]
fn a_cursor_comes_back_as_it_was_and_fits_any_url() {
    holds(1000, (cursors(), any::<String>()), |(cursor, other)| {
        let text = cursor.encode();
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{}", text);
        prop_assert_eq!(Cursor::decode(&text, &cursor.list), Ok(cursor.clone()));
        if other != cursor.list {
            prop_assert_eq!(Cursor::decode(&text, &other), Err(CursorError));
        }
        Ok(())
    });
}

#[test]
fn whatever_a_cursor_was_made_into_it_is_of_the_list_it_is_used_in_or_none() {
    let whole = prop_oneof![4 => cursors().prop_map(|cursor| (cursor.encode(), cursor.list)), 1 => any::<(String, String)>()];
    holds(2000, (whole, proptest::collection::vec(damage(), 1..4)), |((text, list), damages)| {
        let text = damages.iter().fold(text, |text, damage| damaged(&text, damage));
        if let Ok(read) = Cursor::decode(&text, &list) {
            prop_assert_eq!(&read.list, &list);
            prop_assert_eq!(Cursor::decode(&read.encode(), &list), Ok(read));
        }
        Ok(())
    });
}

/// Lists that have more than one page at each of the demo's vendors, and who reads them.
const LISTS: [&str; 13] = [
    "/api/products?sort=name",
    "/api/products?sort=-name",
    "/api/products?sort=price",
    "/api/products?sort=-price",
    "/api/products?sort=created_at",
    "/api/products?sort=-created_at",
    "/api/orders?",
    "/api/orders/my?",
    "/api/customers?",
    "/api/customers?sort=created_at",
    "/api/customers?sort=name",
    "/api/customers?sort=-name",
    "/api/staff?",
];

fn reader(world: &World, n: usize, list: &str) -> Client {
    if list.starts_with("/api/orders/my") { world.customer(n, 1) } else { world.owner(n) }
}

struct Known {
    world: World,
    /// By vendor and list: a cursor of the list, and the ids of all that is in it.
    lists: Vec<(usize, &'static str, String, Vec<i64>)>,
}

impl Known {
    async fn of(world: World) -> Self {
        let mut lists = Vec::new();
        for n in 1..=2 {
            for list in LISTS {
                let reader = reader(&world, n, list);
                let page = reader.get(&format!("{list}&limit=1")).await.expect(200);
                let ids = numbers(&all(&reader, list).await, "id");
                lists.push((n, list, page["next"].as_str().unwrap().to_owned(), ids));
            }
        }
        Self { world, lists }
    }

    /// What a list says when it is to go on at this cursor: a page of its own, or that the cursor is none.
    async fn go_on(&self, at: usize, cursor: &str) -> Result<bool, TestCaseError> {
        let (n, list, _, ids) = &self.lists[at];
        let cursor: String = form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
        let reply = reader(&self.world, *n, list).get(&format!("{list}&limit=100&cursor={cursor}")).await;
        if reply.status == 400 {
            prop_assert!(["invalid_cursor", "invalid_parameter"].contains(&reply.body["code"].as_str().unwrap()), "{}", reply.text);
            return Ok(false);
        }
        prop_assert_eq!(reply.status, 200, "{}: {}", reply.call, reply.text);
        let found = numbers(reply.body["items"].as_array().unwrap(), "id");
        // A page is always the end of the whole list, in its order.
        prop_assert!(ids.ends_with(&found), "{}: {:?} of {:?}", reply.call, found, ids);
        Ok(true)
    }
}

both_engines! {
    async fn a_damaged_cursor_leads_to_the_rest_of_the_same_list_or_nowhere(world) {
        let known = Arc::new(Known::of(world).await);
        let inputs = || (0..26_usize, 0..26_usize, proptest::collection::vec(damage(), 0..3));
        holds_there(120, inputs, move |(made, used, damages)| {
            let known = Arc::clone(&known);
            async move {
                let cursor = damages.iter().fold(known.lists[made].2.clone(), |text, damage| damaged(&text, damage));
                // Longer ones no URL has room for.
                if cursor.len() > 20_000 {
                    return Ok(());
                }
                let went_on = known.go_on(used, &cursor).await?;
                if damages.is_empty() {
                    prop_assert_eq!(went_on, made == used, "a cursor of {:?} at {:?}", known.lists[made], known.lists[used]);
                }
                Ok(())
            }
        })
        .await;
    }
}
