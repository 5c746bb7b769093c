//! Placing orders, and what becomes of them.

use serde_json::json;

both_engines! {
    async fn the_samples_of_a_first_order_work_as_they_stand(world) {
        let order = world
            .customer(1, 1)
            .post("/api/orders/", json!({"items": [{"product": 1, "quantity": 2}, {"product": 3, "quantity": 1}], "address": "123 Main Street"}))
            .await
            .expect(201);
        assert_eq!(order["total"], "99.97");
        assert_eq!(order["status"], "pending");
        assert_eq!(order["customer"]["username"], "vendor1_customer1");
    }
}
