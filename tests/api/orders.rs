//! Placing orders: what is kept, what it comes to, whose it is.

use crate::shop::{act, basket, basket_with, id, order, product, see, stock};
use serde_json::{Value, json};

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
        let moved = world.owner(1).patch(&format!("/api/orders/{}/status/", order["id"]), json!({"status": "processing"})).await.expect(200);
        assert_eq!(moved["status"], "processing");
        let assigned = world.owner(1).patch(&format!("/api/orders/{}/assign-staff/", order["id"]), json!({"staff_id": 3})).await.expect(200);
        assert_eq!(assigned["assigned_to"], 3);
    }

    async fn a_new_order_shows_all_its_parts_and_where_it_is(world) {
        let reply = world.customer(1, 1).post("/api/orders", basket_with(&[(1, 2), (2, 1)], json!({ "note": "Ring twice\nplease" }))).await;
        let location = reply.header("location").map(str::to_owned);
        let order = reply.expect(201);
        assert_eq!(location, Some(format!("/api/orders/{}", order["id"])));
        let line = |index: usize| &order["items"][index];
        let expected = json!({
            "id": order["id"], "number": 1004,
            "status": "pending", "payment_status": "unpaid", "fulfillment_status": "unfulfilled",
            "customer": { "id": 1, "username": "vendor1_customer1", "first_name": "Carol", "last_name": "Customer" },
            "items": [
                { "id": line(0)["id"], "product": 1, "sku": "V1-001", "name": "Watch", "quantity": 2, "price": "19.99", "total": "39.98" },
                { "id": line(1)["id"], "product": 2, "sku": "V1-002", "name": "Strap", "quantity": 1, "price": "9.50", "total": "9.50" },
            ],
            "subtotal": "49.48", "discount": "0.00", "shipping": "0.00", "tax": "0.00", "total": "49.48", "paid": "0.00",
            "refunded": "0.00",
            "currency": "EUR",
            "address": "123 Main Street", "assigned_to": null, "note": "Ring twice\nplease", "external_ref": null, "cancel_reason": null,
            "allowed_actions": ["cancel"], "version": 1,
            "placed_at": "2026-01-31T12:00:00.000000Z", "delivered_at": null, "updated_at": "2026-01-31T12:00:00.000000Z",
        });
        assert_eq!(order, expected);
        assert_eq!(see(&world.customer(1, 1), id(&order)).await, expected, "what is read later is what was answered");
        assert_eq!((stock(&world, 1).await, stock(&world, 2).await), (96, 246), "the pieces have been taken");
    }

    async fn an_address_is_kept_as_text_or_in_its_parts(world) {
        let customer = world.customer(1, 1);
        let text = "Am Bongert 7\nL-1270 Luxembourg, «chez Zoé»";
        let parts = json!({
            "name": "Zoé Müller", "line1": "7, Am Bongert", "line2": "2nd floor", "city": "Luxembourg", "state": "Luxembourg",
            "postal_code": "1270", "country": "LU", "phone": "+352 123 456",
        });
        for address in [json!(text), parts, json!({ "line1": "7, Am Bongert", "city": "Luxembourg", "country": "LU" })] {
            let placed = customer.post("/api/orders", basket_with(&[(2, 1)], json!({ "address": address }))).await.expect(201);
            assert_eq!(placed["address"], address);
            assert_eq!(see(&world.owner(1), id(&placed)).await["address"], address);
        }
    }

    async fn a_line_keeps_name_sku_and_price_of_its_moment(world) {
        let owner = world.owner(1);
        let before = order(&world.customer(1, 1), &[(1, 1)]).await;
        owner.patch("/api/products/1", json!({ "name": "Diver", "sku": "D-1", "price": "25.00" })).await.expect(200);
        let later = see(&owner, id(&before)).await;
        assert_eq!(later["items"], before["items"]);
        assert_eq!(later["total"], "19.99");
        let after = order(&world.customer(1, 1), &[(1, 1)]).await;
        let line = &after["items"][0];
        assert_eq!((&line["name"], &line["sku"], &line["price"]), (&json!("Diver"), &json!("D-1"), &json!("25.00")));
        owner.delete("/api/products/1").await.expect(204);
        assert_eq!(see(&owner, id(&before)).await["items"], before["items"], "an archived product leaves its orders whole");
    }

    async fn lines_of_the_same_product_stay_apart_and_count_together(world) {
        let customer = world.customer(1, 1);
        let refusal = customer.post("/api/orders", basket(&[(5, 3), (2, 1), (5, 3)])).await.problem(409, "insufficient_stock");
        assert_eq!(refusal["products"], json!([{ "product": 5, "requested": 6, "available": 5 }]));
        let placed = order(&customer, &[(5, 3), (2, 1), (5, 2)]).await;
        let lines: Vec<_> = placed["items"].as_array().unwrap().iter().map(|line| (line["product"].as_i64(), line["quantity"].as_i64())).collect();
        assert_eq!(lines, [(Some(5), Some(3)), (Some(2), Some(1)), (Some(5), Some(2))]);
        assert_eq!(placed["total"], "754.50");
        assert_eq!(stock(&world, 5).await, 0);
        act(&world.owner(1), id(&placed), "cancel").await;
        assert_eq!(stock(&world, 5).await, 5, "both lines came back");
    }

    async fn the_last_piece_can_be_sold(world) {
        order(&world.customer(1, 1), &[(5, 5)]).await;
        assert_eq!(stock(&world, 5).await, 0);
        let refusal = world.customer(1, 2).post("/api/orders", basket(&[(5, 1)])).await.problem(409, "insufficient_stock");
        assert_eq!(refusal["products"], json!([{ "product": 5, "requested": 1, "available": 0 }]));
    }

    async fn an_order_with_nothing_to_pay_is_paid(world) {
        let gift = product(&world, "Catalogue", "0", 10).await;
        let free = order(&world.customer(1, 1), &[(gift, 2)]).await;
        assert_eq!((&free["total"], &free["payment_status"]), (&json!("0.00"), &json!("paid")));
        let mixed = order(&world.customer(1, 1), &[(gift, 2), (2, 1)]).await;
        assert_eq!((&mixed["total"], &mixed["payment_status"]), (&json!("9.50"), &json!("unpaid")));
    }

    async fn a_total_is_the_exact_sum_of_its_lines(world) {
        let penny = product(&world, "Rivet", "0.01", 100_000).await;
        let dime = product(&world, "Pin", "0.10", 100_000).await;
        let placed = order(&world.customer(1, 1), &[(penny, 99_999), (dime, 3), (1, 7), (penny, 1)]).await;
        let totals: Vec<_> = placed["items"].as_array().unwrap().iter().map(|line| line["total"].as_str().unwrap()).collect();
        assert_eq!(totals, ["999.99", "0.30", "139.93", "0.01"]);
        assert_eq!((&placed["subtotal"], &placed["total"]), (&json!("1140.23"), &json!("1140.23")));
    }

    async fn orders_are_numbered_from_1001_by_each_vendor_alone(world) {
        for (vendor, product) in [(1, 2), (2, 7), (3, 12)] {
            for expected in 1004..1007 {
                let placed = world.customer(vendor, 1).post("/api/orders", basket(&[(product, 1)])).await.expect(201);
                assert_eq!(placed["number"], expected, "vendor {vendor}");
            }
        }
        let body = json!({ "username": "zoe", "password": "password123", "role": "owner", "email": "zoe@new.example.com", "vendor_domain": "new.example.com" });
        world.stranger().post("/api/auth/register", body).await.expect(201);
        let login = json!({ "username": "zoe", "password": "password123" });
        let door = world.stranger().at("new.example.com");
        let tokens = door.post("/api/auth/login", login).await.expect(200);
        let owner = door.bearing(tokens["access"].as_str().unwrap());
        let lamp = owner.post("/api/products", json!({ "name": "Lamp", "price": "5.00", "stock": 3 })).await.expect(201);
        let first = owner.post("/api/orders", basket(&[(id(&lamp), 1)])).await.expect(201);
        assert_eq!(first["number"], 1001);
    }

    async fn a_refused_order_uses_up_no_number(world) {
        let customer = world.customer(1, 1);
        customer.post("/api/orders", basket(&[(5, 6)])).await.problem(409, "insufficient_stock");
        customer.post("/api/orders", basket(&[(99, 1)])).await.problem(422, "validation_failed");
        assert_eq!(order(&customer, &[(2, 1)]).await["number"], 1004);
        let known = basket_with(&[(2, 1)], json!({ "external_ref": "A-1" }));
        customer.post("/api/orders", known.clone()).await.expect(201);
        customer.post("/api/orders", known).await.problem(409, "external_ref_taken");
        assert_eq!(order(&customer, &[(2, 1)]).await["number"], 1006);
    }

    async fn an_external_reference_is_unique_within_its_vendor(world) {
        let named = |product: i64, reference: &str| basket_with(&[(product, 1)], json!({ "external_ref": reference }));
        let placed = world.customer(1, 1).post("/api/orders", named(2, "WEB-77")).await.expect(201);
        assert_eq!(placed["external_ref"], "WEB-77");
        let before = stock(&world, 2).await;
        let refusal = world.customer(1, 2).post("/api/orders", named(2, "WEB-77")).await.problem(409, "external_ref_taken");
        assert_eq!(refusal["errors"][0]["pointer"], "/external_ref");
        assert_eq!(stock(&world, 2).await, before, "nothing has been taken");
        world.customer(2, 1).post("/api/orders", named(7, "WEB-77")).await.expect(201);
        act(&world.owner(1), id(&placed), "cancel").await;
        world.customer(1, 1).post("/api/orders", named(2, "WEB-77")).await.problem(409, "external_ref_taken");
        world.customer(1, 1).post("/api/orders", named(2, "web-77")).await.expect(201);
    }

    async fn the_team_orders_for_a_customer_or_for_nobody_in_the_books(world) {
        let owner = world.owner(1);
        let for_dan = owner.post("/api/orders", basket_with(&[(2, 1)], json!({ "customer": 2 }))).await.expect(201);
        assert_eq!(for_dan["customer"]["username"], "vendor1_customer2");
        assert_eq!(see(&world.customer(1, 2), id(&for_dan)).await["number"], for_dan["number"]);
        let for_nobody = owner.post("/api/orders", basket(&[(2, 1)])).await.expect(201);
        assert_eq!(for_nobody["customer"], Value::Null);
        world.customer(1, 1).get(&format!("/api/orders/{}", for_nobody["id"])).await.problem(404, "not_found");
    }

    async fn nobody_orders_for_a_customer_who_is_not_this_vendors(world) {
        for customer in [4, 7, 999_999, 0, -1] {
            let refusal = world.owner(1).post("/api/orders", basket_with(&[(2, 1)], json!({ "customer": customer }))).await;
            let refusal = refusal.problem(422, "validation_failed");
            assert_eq!((&refusal["errors"][0]["pointer"], &refusal["errors"][0]["code"]), (&json!("/customer"), &json!("unknown_customer")));
        }
        assert_eq!(stock(&world, 2).await, 247);
    }

    async fn customers_order_for_themselves_alone(world) {
        let carol = world.customer(1, 1);
        for other in [2, 4] {
            let refusal = carol.post("/api/orders", basket_with(&[(2, 1)], json!({ "customer": other }))).await.problem(422, "validation_failed");
            assert_eq!((&refusal["errors"][0]["pointer"], &refusal["errors"][0]["code"]), (&json!("/customer"), &json!("not_yours")));
        }
        let own = carol.post("/api/orders", basket_with(&[(2, 1)], json!({ "customer": 1 }))).await.expect(201);
        assert_eq!(own["customer"]["id"], 1);
    }

    async fn who_may_not_order_is_turned_away(world) {
        world.anonymous(1).post("/api/orders", basket(&[(2, 1)])).await.problem(401, "authentication_required");
        let refusal = world.staff(1).post("/api/orders", basket(&[(2, 1)])).await.problem(403, "permission_denied");
        assert_eq!(refusal["required_any_of"], json!(["orders.create"]));
        world.customer(2, 1).at("vendor1.example.com").post("/api/orders", basket(&[(2, 1)])).await.problem(403, "tenant_mismatch");
        assert_eq!(stock(&world, 2).await, 247);
    }
}
