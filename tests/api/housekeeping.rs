//! What is cleared away when nobody can use it any more.

use chrono::TimeDelta;
use serde_json::json;

both_engines! {
    async fn keys_are_cleared_away_after_a_day_and_sessions_a_month_after_they_ended(world) {
        let order = json!({"items": [{"product": 4, "quantity": 1}], "address": "123 Main Street"});
        world.customer(1, 1).with("idempotency-key", "kept").post("/api/orders", order.clone()).await.expect(201);
        let keys = || world.peek(1, "SELECT key AS value FROM idempotency_keys WHERE vendor_id = 1").len();
        let sessions = || world.peek(1, "SELECT refresh_id AS value FROM sessions").len();
        let before = sessions();

        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!((keys(), sessions()), (1, before), "nothing is old enough");

        world.advance(TimeDelta::hours(25));
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!((keys(), sessions()), (0, before), "the key can no longer be used");

        // Seven days unused, and thirty more.
        world.advance(TimeDelta::days(37));
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(sessions(), 0);
    }
}
