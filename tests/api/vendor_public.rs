//! What a shop front needs to know of its vendor, and how the vendor sets it (`/api/vendor/public`, `/api/vendor`).

use serde_json::json;

const PUBLIC: &str = "/api/vendor/public";
const VENDOR: &str = "/api/vendor";

both_engines! {
    async fn everybody_sees_what_is_for_everybody_and_no_more(world) {
        for client in [world.anonymous(1), world.owner(1), world.customer(1, 1), world.staff(1)] {
            let shown = client.get(PUBLIC).await.expect(200);
            let expected = json!({"name": "Alice's Watches", "domain": "vendor1.example.com", "theme_config": {}, "currency": "EUR"});
            assert_eq!(shown, expected);
        }
        world.stranger().get(PUBLIC).await.problem(400, "tenant_required");
        world.anonymous(1).bearing(world.token("owner2")).get(PUBLIC).await.problem(403, "tenant_mismatch");
    }

    async fn the_theme_is_whatever_object_the_vendor_likes(world) {
        let theme = json!({"colours": {"primary": "#aa3300", "dark": true}, "logo": "https://example.com/logo.svg", "columns": [1, 2, null]});
        let vendor = world.owner(1).patch(VENDOR, json!({ "theme_config": theme })).await.expect(200);
        assert_eq!((&vendor["theme_config"], &vendor["version"]), (&theme, &json!(2)));
        assert_eq!(world.anonymous(1).get(PUBLIC).await.expect(200)["theme_config"], theme);
        world.owner(1).patch(VENDOR, json!({"name": "Alice"})).await.expect(200);
        assert_eq!(world.anonymous(1).get(PUBLIC).await.expect(200)["theme_config"], theme, "what is not mentioned stays");
        world.owner(1).patch(VENDOR, json!({"theme_config": {"a": 1}})).await.expect(200);
        assert_eq!(world.anonymous(1).get(PUBLIC).await.expect(200)["theme_config"], json!({"a": 1}), "it is replaced as a whole");
        assert_eq!(world.anonymous(2).get(PUBLIC).await.expect(200)["theme_config"], json!({}));
    }

    async fn it_is_sent_again_only_when_it_has_changed(world) {
        let tag = world.anonymous(1).get(PUBLIC).await.header("etag").unwrap().to_owned();
        let again = world.anonymous(1).with("if-none-match", &tag).get(PUBLIC).await;
        assert_eq!((again.status, again.text.as_str()), (304, ""));
        assert_eq!(world.anonymous(2).with("if-none-match", &tag).get(PUBLIC).await.status, 200, "another vendor's is another tag");
        world.owner(1).patch(VENDOR, json!({"theme_config": {"a": 1}})).await.expect(200);
        assert_eq!(world.anonymous(1).with("if-none-match", &tag).get(PUBLIC).await.status, 200);
    }

    async fn a_theme_has_rules(world) {
        let many: serde_json::Map<_, _> = (0..51).map(|n| (n.to_string(), json!(n))).collect();
        for (edit, pointer) in [
            (json!({"theme_config": []}), "/theme_config"),
            (json!({"theme_config": "dark"}), "/theme_config"),
            (json!({"theme_config": null}), "/theme_config"),
            (json!({"theme_config": many}), "/theme_config"),
            (json!({"theme_config": {"a": "x".repeat(17_000)}}), "/theme_config"),
            (json!({"theme_config": {"a": "\u{0}"}}), "/theme_config/a"),
        ] {
            let refused = world.owner(1).patch(VENDOR, edit.clone()).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{edit}");
        }
        assert_eq!(world.owner(1).get(VENDOR).await.expect(200)["version"], 1);
    }
}
