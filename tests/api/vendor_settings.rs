//! The vendor's settings: `GET` and `PATCH /api/vendor/settings` (API §7, §10).

use crate::operators::operator;
use crate::returns::faults;
use crate::support::World;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

const SETTINGS: &str = "/api/vendor/settings";

/// What a vendor goes by that has never changed anything.
fn untouched(vendor: i64) -> Value {
    json!({
        "vendor": vendor, "restocking_fee_percent": "0.00", "max_refund_amount": null, "currency": "EUR", "days_to_return": null,
        "non_returnable_sku_patterns": [], "allow_partial_return": true, "version": 0, "updated_at": null,
    })
}

/// The settings of vendor `n`, as its owner sees them.
async fn settings(world: &World, n: usize) -> Value {
    world.owner(n).get(SETTINGS).await.expect(200)
}

both_engines! {
    async fn everybody_of_the_team_and_every_customer_sees_the_settings_and_nobody_else(world) {
        for client in [world.owner(1), world.staff(1), world.other_staff(1), world.customer(1, 1), operator(&world).await.at("vendor1.example.com")] {
            let reply = client.get(SETTINGS).await;
            assert!(reply.header("etag").unwrap().starts_with("\"0-"), "{reply:?}");
            assert_eq!(reply.expect(200), untouched(1));
        }
        world.customer(2, 1).at("vendor1.example.com").get(SETTINGS).await.problem(403, "tenant_mismatch");
        world.anonymous(1).get(SETTINGS).await.problem(401, "authentication_required");
    }

    async fn the_owner_changes_what_they_mention(world) {
        world.advance(TimeDelta::seconds(5));
        let owner = world.owner(1);
        let edit = json!({
            "restocking_fee_percent": "12.5", "max_refund_amount": "500", "days_to_return": 30,
            "non_returnable_sku_patterns": ["GIFT-*", "*-sale"], "allow_partial_return": false,
        });
        let reply = owner.patch(SETTINGS, edit).await;
        assert!(reply.header("etag").unwrap().starts_with("\"1-"), "{reply:?}");
        let mut expected = json!({
            "vendor": 1, "restocking_fee_percent": "12.50", "max_refund_amount": "500.00", "currency": "EUR", "days_to_return": 30,
            "non_returnable_sku_patterns": ["GIFT-*", "*-sale"], "allow_partial_return": false, "version": 1,
            "updated_at": "2026-01-31T12:00:05.000000Z",
        });
        assert_eq!(reply.expect(200), expected);
        assert_eq!(world.staff(1).get(SETTINGS).await.expect(200), expected);
        world.advance(TimeDelta::seconds(5));
        let edit = json!({ "max_refund_amount": null, "days_to_return": 0 });
        for (member, value) in [
            ("max_refund_amount", json!(null)),
            ("days_to_return", json!(0)),
            ("version", json!(2)),
            ("updated_at", json!("2026-01-31T12:00:10.000000Z")),
        ] {
            expected[member] = value;
        }
        assert_eq!(owner.patch(SETTINGS, edit).await.expect(200), expected);
        assert_eq!(settings(&world, 1).await, expected);
        assert_eq!(settings(&world, 2).await, untouched(2), "another vendor's stay");
        assert_eq!(owner.patch(SETTINGS, json!({ "days_to_return": null })).await.expect(200)["days_to_return"], json!(null));
    }

    async fn settings_that_are_known_are_not_sent_again(world) {
        let tag = world.owner(1).get(SETTINGS).await.header("etag").unwrap().to_owned();
        let reply = world.owner(1).with("if-none-match", &tag).get(SETTINGS).await;
        assert_eq!((reply.status, reply.text.as_str()), (304, ""));
        assert_eq!(world.owner(2).with("if-none-match", &tag).get(SETTINGS).await.expect(200), untouched(2));
        world.owner(1).patch(SETTINGS, json!({ "days_to_return": 1 })).await.expect(200);
        world.owner(1).with("if-none-match", &tag).get(SETTINGS).await.expect(200);
    }

    async fn a_change_of_what_somebody_has_not_seen_is_refused(world) {
        let owner = world.owner(1);
        let tag = owner.get(SETTINGS).await.header("etag").unwrap().to_owned();
        owner.clone().with("if-match", &tag).patch(SETTINGS, json!({ "days_to_return": 1 })).await.expect(200);
        let before = settings(&world, 1).await;
        for body in [json!({ "days_to_return": 2 }), json!({})] {
            let refused = owner.clone().with("if-match", &tag).patch(SETTINGS, body).await.problem(412, "precondition_failed");
            assert_eq!(refused["version"], 1);
        }
        world.owner(2).with("if-match", "\"1\"").patch(SETTINGS, json!({ "days_to_return": 2 })).await.problem(412, "precondition_failed");
        assert_eq!((settings(&world, 1).await, settings(&world, 2).await), (before, untouched(2)));
        owner.with("if-match", "\"1\"").patch(SETTINGS, json!({ "days_to_return": 2 })).await.expect(200);
    }

    async fn of_eight_who_change_what_all_have_seen_one_does(world) {
        let owner = world.owner(1).with("if-match", "\"0\"");
        let replies = join_all((0..8).map(|days| owner.patch(SETTINGS, json!({ "days_to_return": days })))).await;
        let (done, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
        assert_eq!(done.len(), 1);
        for reply in refused {
            assert_eq!(reply.problem(412, "precondition_failed")["version"], 1);
        }
        assert_eq!(settings(&world, 1).await, done[0].body);
    }

    async fn only_who_may_edit_settings_changes_them(world) {
        for client in [world.staff(1), world.customer(1, 1)] {
            let refused = client.patch(SETTINGS, json!({ "days_to_return": 1 })).await.problem(403, "permission_denied");
            assert_eq!(refused["required_any_of"], json!(["settings.edit"]));
        }
        world.anonymous(1).patch(SETTINGS, json!({ "days_to_return": 1 })).await.problem(401, "authentication_required");
        world.owner(2).at("vendor1.example.com").patch(SETTINGS, json!({ "days_to_return": 1 })).await.problem(403, "tenant_mismatch");
        assert_eq!(settings(&world, 1).await, untouched(1));
    }

    async fn the_audit_log_tells_what_was_changed(world) {
        let owner = world.owner(1);
        owner.patch(SETTINGS, json!({ "days_to_return": 30, "restocking_fee_percent": "5" })).await.expect(200);
        owner.patch(SETTINGS, json!({ "days_to_return": 14, "restocking_fee_percent": "5.00" })).await.expect(200);
        let page = owner.get("/api/audit?action=settings.updated").await.expect(200);
        let told: Vec<_> = page["items"].as_array().unwrap().iter().map(|entry| (&entry["target"], &entry["before"], &entry["after"])).collect();
        assert_eq!(told, [
            (&json!("settings"), &json!({ "days_to_return": 30, "version": 1 }), &json!({ "days_to_return": 14, "version": 2 })),
            (
                &json!("settings"),
                &json!({ "days_to_return": null, "restocking_fee_percent": "0.00", "version": 0 }),
                &json!({ "days_to_return": 30, "restocking_fee_percent": "5.00", "version": 1 }),
            ),
        ]);
    }

    async fn settings_have_rules(world) {
        let owner = world.owner(1);
        let long = "x".repeat(101);
        for (body, pointer, code) in [
            (json!({ "restocking_fee_percent": "100.01" }), "/restocking_fee_percent", "invalid_value"),
            (json!({ "restocking_fee_percent": "-1" }), "/restocking_fee_percent", "invalid_value"),
            (json!({ "restocking_fee_percent": "1.005" }), "/restocking_fee_percent", "invalid_value"),
            (json!({ "restocking_fee_percent": 10 }), "/restocking_fee_percent", "invalid_value"),
            (json!({ "restocking_fee_percent": null }), "/restocking_fee_percent", "invalid_value"),
            (json!({ "max_refund_amount": "0" }), "/max_refund_amount", "out_of_range"),
            (json!({ "max_refund_amount": "1.001" }), "/max_refund_amount", "too_many_decimals"),
            (json!({ "max_refund_amount": "10000000000.01" }), "/max_refund_amount", "out_of_range"),
            (json!({ "max_refund_amount": 500.0 }), "/max_refund_amount", "invalid_value"),
            (json!({ "days_to_return": -1 }), "/days_to_return", "out_of_range"),
            (json!({ "days_to_return": 3651 }), "/days_to_return", "out_of_range"),
            (json!({ "days_to_return": 1.5 }), "/days_to_return", "invalid_value"),
            (json!({ "non_returnable_sku_patterns": null }), "/non_returnable_sku_patterns", "invalid_value"),
            (json!({ "non_returnable_sku_patterns": "*" }), "/non_returnable_sku_patterns", "invalid_value"),
            (json!({ "non_returnable_sku_patterns": ["a", ""] }), "/non_returnable_sku_patterns/1", "invalid_value"),
            (json!({ "non_returnable_sku_patterns": [" "] }), "/non_returnable_sku_patterns/0", "invalid_value"),
            (json!({ "non_returnable_sku_patterns": [long] }), "/non_returnable_sku_patterns/0", "invalid_value"),
            (json!({ "non_returnable_sku_patterns": vec!["a"; 51] }), "/non_returnable_sku_patterns", "invalid_length"),
            (json!({ "allow_partial_return": null }), "/allow_partial_return", "invalid_value"),
            (json!({ "allow_partial_return": "no" }), "/allow_partial_return", "invalid_value"),
            (json!({ "currency": "USD" }), "/currency", "unknown_field"),
        ] {
            let refused = owner.patch(SETTINGS, body.clone()).await.problem(422, "validation_failed");
            assert!(faults(&refused).contains(&(pointer, code)), "{body}: {refused}");
        }
        assert_eq!(settings(&world, 1).await, untouched(1));
        let most = json!({ "days_to_return": 3650, "restocking_fee_percent": "100", "non_returnable_sku_patterns": vec!["a"; 50] });
        owner.patch(SETTINGS, most).await.expect(200);
    }
}
