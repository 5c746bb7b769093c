//! Tags: two answers of one address that have the same `ETag` are the same, whoever asks and at whichever vendor.
//!
//! Browsers rely on that. One that has an answer of an address, and asks there again as somebody else or at another vendor,
//! sends the tag along; and if that is answered with 304, it shows what it has.

use crate::document::Document;
use crate::support::{Client, World};
use reqwest::Method;
use std::collections::HashMap;

/// Everybody there is at two vendors.
fn everybody(world: &World) -> Vec<Client> {
    let at = |n| [world.owner(n), world.staff(n), world.other_staff(n), world.customer(n, 1), world.customer(n, 2), world.anonymous(n)];
    [1, 2].into_iter().flat_map(at).collect()
}

both_engines! {
    async fn what_differs_has_another_tag_at_every_operation(world) {
        let document = Document::of(&world).await;
        let mut tagged = 0;
        for operation in document.api().iter().filter(|operation| operation.method == Method::GET) {
            let path = operation.sample(&document);
            let mut told: HashMap<String, String> = HashMap::new();
            for client in everybody(&world) {
                let reply = client.get(&path).await;
                let Some(tag) = reply.header("etag").filter(|_| reply.status == 200) else { continue };
                let known = told.entry(tag.to_owned()).or_insert_with(|| reply.text.clone());
                assert_eq!(*known, reply.text, "{path} {tag}");
                tagged += 1;
            }
            // And so nobody is told to show what they have of somebody else's.
            for (tag, text) in &told {
                for client in everybody(&world) {
                    let now = client.get(&path).await;
                    let reply = client.with("if-none-match", tag).get(&path).await;
                    assert!(reply.status != 304 || now.text == *text, "{path} {tag}: {}", now.text);
                }
            }
        }
        assert!(tagged >= 25, "{tagged}");
    }
}
