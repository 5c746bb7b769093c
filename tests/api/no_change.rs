//! What asks for nothing changes nothing: no version, no event.

use serde_json::json;

both_engines! {
    async fn an_empty_patch_leaves_version_and_history_alone(world) {
        let owner = world.owner(1);
        for path in ["/api/products/1", "/api/vendor", "/api/vendor/settings", "/api/customers/1"] {
            let before = owner.get(path).await.expect(200);
            assert_eq!(owner.patch(path, json!({})).await.expect(200), before, "{path}");
        }
        let last = world.events_after(1, 0).len();
        owner.patch("/api/products/1", json!({})).await.expect(200);
        owner.patch("/api/customers/1", json!({})).await.expect(200);
        world.customer(1, 1).patch("/api/addresses/1", json!({})).await.expect(200);
        assert_eq!(world.events_after(1, 0).len(), last);
    }

    async fn an_archived_product_can_be_deleted_again_without_a_trace(world) {
        let owner = world.owner(1);
        owner.delete("/api/products/1").await.expect(204);
        let (archived, last) = (owner.get("/api/products/1").await.expect(200), world.events_after(1, 0).len());
        owner.delete("/api/products/1").await.expect(204);
        assert_eq!(owner.get("/api/products/1").await.expect(200), archived);
        assert_eq!(world.events_after(1, 0).len(), last);
    }

    async fn a_search_without_a_word_finds_nothing(world) {
        for q in ["!!!", "%E2%8C%9A", "-"] {
            let page = world.anonymous(1).get(&format!("/api/products?q={q}")).await.expect(200);
            assert_eq!(page, json!({"items": [], "next": null}), "{q}");
        }
    }
}
