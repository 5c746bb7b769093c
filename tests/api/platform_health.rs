//! How the platform's machinery is, as its operators see it.

use crate::operators::operator;
use crate::support::Engine;
use serde_json::json;

both_engines! {
    async fn operators_see_that_all_is_well(world) {
        let operator = operator(&world).await;
        let health = operator.get("/api/admin/system/health").await.expect(200);
        assert_eq!((&health["status"], &health["version"]), (&json!("ok"), &json!(env!("CARGO_PKG_VERSION"))));
        let engine = if world.engine == Engine::Sqlite { "sqlite" } else { "postgresql" };
        assert_eq!((&health["database"]["engine"], &health["database"]["pool_size"]), (&json!(engine), &json!(4)));
        assert_eq!((&health["database"]["is_answering"], &health["writer"]["is_working"]), (&json!(true), &json!(true)));
        assert!(health["database"]["connections"].as_u64().unwrap() >= 1, "{health}");
        assert_eq!((&health["migrations"]["pending"], &health["writer"]["waiting"]), (&json!(0), &json!(0)));
        assert!(health["migrations"]["applied"].as_u64().unwrap() >= 12, "{health}");
        assert_eq!(health["mail"], json!({"waiting": 0, "oldest": null, "failed": 0}));
        world.owner(1).get("/api/admin/system/health").await.problem(403, "permission_denied");
        world.stranger().get("/api/admin/system/health").await.problem(401, "authentication_required");
    }

    async fn they_see_what_is_not(world) {
        let operator = operator(&world).await;
        let latest = operator.get("/api/admin/system/health").await.expect(200)["migrations"]["latest"].as_str().unwrap().to_owned();
        world.sql(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{latest}'"));
        let health = operator.get("/api/admin/system/health").await.expect(200);
        assert_eq!((&health["status"], &health["migrations"]["pending"]), (&json!("degraded"), &json!(1)));
    }
}
