//! The vendor's own profile: `GET` and `PATCH /api/vendor` (API §10).

use crate::support::{Client, World};
use serde_json::json;

const VENDOR: &str = "/api/vendor";

/// The owner of a shop that has just been opened and has nothing in it.
async fn newcomer(world: &World) -> Client {
    let form = json!({"username": "berta", "password": "password123", "role": "owner", "vendor_domain": "berta.example"});
    world.stranger().post("/api/auth/register", form).await.expect(201);
    let pair = world.stranger().post("/api/auth/login", json!({"username": "berta", "password": "password123"})).await.expect(200);
    world.stranger().at("berta.example").bearing(pair["access"].as_str().unwrap())
}

both_engines! {
    async fn everybody_of_the_vendor_sees_its_profile(world) {
        for client in [world.owner(1), world.staff(1), world.customer(1, 1)] {
            let reply = client.get(VENDOR).await;
            assert!(reply.header("etag").unwrap().starts_with("\"1-"), "{reply:?}");
            let vendor = reply.expect(200);
            assert_eq!((&vendor["id"], &vendor["name"]), (&json!(1), &json!("Alice's Watches")));
            assert_eq!((&vendor["domain"], &vendor["subdomain"]), (&json!("vendor1.example.com"), &json!("vendor1")));
            assert_eq!((&vendor["currency"], &vendor["is_active"], &vendor["version"]), (&json!("EUR"), &json!(true), &json!(1)));
            assert_eq!(vendor["created_at"], "2026-01-31T12:00:00.000000Z");
        }
        world.anonymous(1).get(VENDOR).await.problem(401, "authentication_required");
    }

    async fn a_profile_that_is_known_is_not_sent_again(world) {
        let tag = world.owner(1).get(VENDOR).await.header("etag").unwrap().to_owned();
        let reply = world.owner(1).with("if-none-match", &tag).get(VENDOR).await;
        assert_eq!((reply.status, reply.text.as_str()), (304, ""));
        world.owner(1).patch(VENDOR, json!({"name": "Alice & Co"})).await.expect(200);
        world.owner(1).with("if-none-match", &tag).get(VENDOR).await.expect(200);
    }

    async fn the_owner_changes_what_they_mention(world) {
        world.advance(chrono::TimeDelta::seconds(5));
        let edit = json!({"name": "Alice & Co", "contact_email": "shop@alice.example", "contact_phone": "+352 1"});
        let reply = world.owner(1).patch(VENDOR, edit).await;
        assert!(reply.header("etag").unwrap().starts_with("\"2-"), "{reply:?}");
        let vendor = reply.expect(200);
        assert_eq!(
            (&vendor["name"], &vendor["contact_email"], &vendor["contact_phone"]),
            (&json!("Alice & Co"), &json!("shop@alice.example"), &json!("+352 1"))
        );
        assert_eq!((&vendor["version"], &vendor["updated_at"]), (&json!(2), &json!("2026-01-31T12:00:05.000000Z")));
        assert_eq!(world.customer(1, 1).get(VENDOR).await.expect(200), vendor);
        let vendor = world.owner(1).patch(VENDOR, json!({"contact_phone": null})).await.expect(200);
        assert_eq!((&vendor["name"], &vendor["contact_phone"]), (&json!("Alice & Co"), &json!(null)));
        assert_eq!(world.owner(2).get(VENDOR).await.expect(200)["name"], "Bruno's Books", "another vendor's stays");
    }

    async fn only_who_may_edit_settings_changes_the_profile(world) {
        for client in [world.staff(1), world.customer(1, 1)] {
            let refused = client.patch(VENDOR, json!({"name": "Mine"})).await.problem(403, "permission_denied");
            assert_eq!(refused["required_any_of"], json!(["settings.edit"]));
        }
        world.anonymous(1).patch(VENDOR, json!({"name": "Mine"})).await.problem(401, "authentication_required");
        world.owner(2).at("vendor1.example.com").patch(VENDOR, json!({"name": "Mine"})).await.problem(403, "tenant_mismatch");
        assert_eq!(world.owner(1).get(VENDOR).await.expect(200)["version"], 1);
    }

    async fn a_change_to_an_outdated_version_is_refused(world) {
        let owner = world.owner(1);
        owner.clone().with("if-match", "\"1\"").patch(VENDOR, json!({"name": "One"})).await.expect(200);
        let stale = owner.clone().with("if-match", "\"1\"").patch(VENDOR, json!({"name": "Two"})).await.problem(412, "precondition_failed");
        assert_eq!(stale["version"], 2);
        for text in ["1", "\"x\"", "W/\"2\""] {
            owner.clone().with("if-match", text).patch(VENDOR, json!({"name": "Two"})).await.problem(400, "invalid_header");
        }
        assert_eq!(owner.get(VENDOR).await.expect(200)["name"], "One");
        owner.clone().with("if-match", "\"7\", \"2\"").patch(VENDOR, json!({"name": "Three"})).await.expect(200);
        assert_eq!(owner.clone().with("if-match", "*").patch(VENDOR, json!({"name": "Four"})).await.expect(200)["version"], 4);
    }

    async fn of_many_changes_to_one_version_one_is_made(world) {
        let owner = world.owner(1).with("if-match", "\"1\"");
        let names = ["a", "b", "c", "d", "e"];
        let replies = futures_util::future::join_all(names.iter().map(|name| owner.patch(VENDOR, json!({ "name": name })))).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412]);
        let made = replies.iter().find(|reply| reply.status == 200).unwrap();
        assert_eq!(world.owner(1).get(VENDOR).await.expect(200), made.body);
    }

    async fn the_currency_stays_once_there_are_prices_in_it(world) {
        let refused = world.owner(1).patch(VENDOR, json!({"name": "Mine", "currency": "USD"})).await.problem(409, "currency_in_use");
        assert_eq!(refused["errors"][0]["pointer"], "/currency");
        let vendor = world.owner(1).patch(VENDOR, json!({"currency": "EUR"})).await.expect(200);
        assert_eq!((&vendor["currency"], &vendor["name"]), (&json!("EUR"), &json!("Alice's Watches")));
    }

    async fn a_shop_without_products_chooses_its_currency(world) {
        let berta = newcomer(&world).await;
        assert_eq!(berta.patch(VENDOR, json!({"currency": "JPY"})).await.expect(200)["currency"], "JPY");
        let product = json!({"name": "Book", "price": "120"});
        assert_eq!(berta.post("/api/products", product).await.expect(201)["currency"], "JPY");
        berta.patch(VENDOR, json!({"currency": "EUR"})).await.problem(409, "currency_in_use");
        for currency in ["XXQ", "eur", "", "€"] {
            let refused = berta.patch(VENDOR, json!({ "currency": currency })).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], "/currency", "{currency}");
        }
    }

    async fn a_profile_has_rules(world) {
        for (edit, pointer) in [
            (json!({"name": ""}), "/name"),
            (json!({"name": "  "}), "/name"),
            (json!({"name": "x".repeat(201)}), "/name"),
            (json!({"contact_email": "nobody"}), "/contact_email"),
            (json!({"contact_phone": ""}), "/contact_phone"),
            (json!({"domain": "vendor9.example.com"}), "/domain"),
            (json!({"id": 2}), "/id"),
            (json!({"is_active": "yes"}), "/is_active"),
        ] {
            let refused = world.owner(1).patch(VENDOR, edit.clone()).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{edit}");
        }
        assert_eq!(world.owner(1).get(VENDOR).await.expect(200)["version"], 1);
    }
}
