//! Deleting products, and what becomes of orders that refer to them.

use serde_json::json;

both_engines! {
    async fn a_product_that_nobody_ordered_is_gone_when_deleted(world) {
        let owner = world.owner(1);
        let before = owner.get("/api/products").await.expect(200)["items"].as_array().unwrap().len();
        let reply = owner.delete("/api/products/4").await;
        assert_eq!((reply.status, reply.text.as_str()), (204, ""));
        owner.get("/api/products/4").await.problem(404, "not_found");
        owner.delete("/api/products/4").await.problem(404, "not_found");
        owner.patch("/api/products/4", json!({"stock": 1})).await.problem(404, "not_found");
        assert_eq!(owner.get("/api/products").await.expect(200)["items"].as_array().unwrap().len(), before - 1);
        for status in ["draft", "active", "archived"] {
            let listed = owner.get(&format!("/api/products?status={status}&q=wall")).await.expect(200);
            assert_eq!(listed["items"], json!([]), "{status}");
        }
        let order = json!({"items": [{"product": 4, "quantity": 1}], "address": "1 Road"});
        world.customer(1, 1).post("/api/orders", order).await.problem(422, "validation_failed");
    }

    async fn the_sku_of_a_deleted_product_is_free_again(world) {
        let owner = world.owner(1);
        owner.delete("/api/products/4").await.expect(204);
        owner.post("/api/products", json!({"name": "Heir", "price": "1.00", "sku": "V1-004"})).await.expect(201);
    }

    async fn a_product_that_was_ordered_is_archived_and_its_orders_stay_whole(world) {
        let owner = world.owner(1);
        let (order, history) = (owner.get("/api/orders/1").await.expect(200), owner.get("/api/orders/1/history").await.expect(200));
        let before = owner.get("/api/products/1").await.expect(200);
        owner.delete("/api/products/1").await.expect(204);
        let after = owner.get("/api/products/1").await.expect(200);
        assert_eq!(after["status"], "archived");
        for member in ["name", "sku", "price", "stock", "description", "brand"] {
            assert_eq!(after[member], before[member], "{member}");
        }
        assert_eq!(owner.get("/api/orders/1").await.expect(200), order);
        assert_eq!(owner.get("/api/orders/1/history").await.expect(200), history);
        assert_eq!(order["items"][0]["name"], "Watch");
        // Nobody else sees or buys it any more.
        for client in [world.anonymous(1), world.customer(1, 1)] {
            client.get("/api/products/1").await.problem(404, "not_found");
            let listed = client.get("/api/products?q=V1-001").await.expect(200);
            assert_eq!(listed["items"], json!([]));
        }
        let again = json!({"items": [{"product": 1, "quantity": 1}], "address": "1 Road"});
        let problem = world.customer(1, 1).post("/api/orders", again).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["pointer"], "/items/0/product");
    }

    async fn a_product_of_a_cancelled_order_is_archived_too(world) {
        // Order 3, of which product 2 is a line, was cancelled; order 2 is called off here.
        world.customer(1, 2).post("/api/orders/2/cancel", json!({})).await.expect(200);
        let owner = world.owner(1);
        owner.delete("/api/products/2").await.expect(204);
        assert_eq!(owner.get("/api/products/2").await.expect(200)["status"], "archived");
        assert_eq!(owner.get("/api/orders/3").await.expect(200)["items"][0]["product"], 2);
    }

    async fn stock_returns_to_an_archived_product_when_its_order_is_cancelled(world) {
        let owner = world.owner(1);
        owner.delete("/api/products/2").await.expect(204);
        let before = owner.get("/api/products/2").await.expect(200)["stock"].as_i64().unwrap();
        let order = owner.post("/api/orders/2/cancel", json!({})).await.expect(200);
        let quantity = order["items"][0]["quantity"].as_i64().unwrap();
        let after = owner.get("/api/products/2").await.expect(200);
        assert_eq!((after["stock"].as_i64().unwrap(), after["status"].as_str()), (before + quantity, Some("archived")));
    }

    async fn an_order_keeps_name_sku_and_price_of_its_moment(world) {
        let (owner, customer) = (world.owner(1), world.customer(1, 1));
        let order = json!({"items": [{"product": 4, "quantity": 1}], "address": "1 Road"});
        let placed = customer.post("/api/orders", order).await.expect(201);
        owner.put("/api/products/4", json!({"name": "Other", "price": "99.00", "sku": "OTHER"})).await.expect(200);
        let read = customer.get(&format!("/api/orders/{}", placed["id"])).await.expect(200);
        assert_eq!(read["items"], placed["items"]);
        assert_eq!(
            (&read["items"][0]["name"], &read["items"][0]["price"], &read["items"][0]["sku"]),
            (&json!("Wall clock"), &json!("24.00"), &json!("V1-004"))
        );
        assert_eq!(read["total"], "24.00");
    }

    async fn an_archived_product_can_be_put_on_sale_again(world) {
        let owner = world.owner(1);
        owner.delete("/api/products/1").await.expect(204);
        owner.patch("/api/products/1", json!({"status": "active"})).await.expect(200);
        assert_eq!(world.anonymous(1).get("/api/products/1").await.expect(200)["name"], "Watch");
    }
}
