//! Orders that cannot be placed: the answer names every line at fault, and nothing has changed.

use crate::shop::{basket, basket_with, count, numbers, order, product, stock};
use crate::support::World;
use serde_json::{Value, json};

/// Places an order that must be refused as invalid; tells where and why. Neither stock nor orders may change.
async fn refused(world: &World, body: Value) -> Vec<(String, String)> {
    let before = (count(world).await, stock(world, 1).await, stock(world, 2).await);
    let refusal = world.customer(1, 1).post("/api/orders", body.clone()).await.problem(422, "validation_failed");
    assert_eq!((count(world).await, stock(world, 1).await, stock(world, 2).await), before, "{body}");
    let part = |error: &Value, name: &str| error[name].as_str().unwrap().to_owned();
    refusal["errors"].as_array().unwrap().iter().map(|error| (part(error, "pointer"), part(error, "code"))).collect()
}

fn at(pointer: &str, code: &str) -> Vec<(String, String)> {
    vec![(pointer.to_owned(), code.to_owned())]
}

both_engines! {
    async fn every_line_with_a_product_that_is_not_on_sale_is_named(world) {
        let owner = world.owner(1);
        let draft = product(&world, "Prototype", "1.00", 5).await;
        owner.patch(&format!("/api/products/{draft}"), json!({ "status": "draft" })).await.expect(200);
        let archived = product(&world, "Relic", "1.00", 5).await;
        owner.patch(&format!("/api/products/{archived}"), json!({ "status": "archived" })).await.expect(200);
        let (unknown, foreign) = (999_999, 6);
        let body = basket(&[(1, 1), (unknown, 1), (2, 1), (draft, 1), (archived, 1), (foreign, 1), (unknown, 2)]);
        let expected: Vec<_> = [1, 3, 4, 5, 6].map(|line| (format!("/items/{line}/product"), "unknown_product".to_owned())).into();
        assert_eq!(refused(&world, body).await, expected);
        assert_eq!((stock(&world, draft).await, stock(&world, archived).await), (5, 5));
        let theirs = world.owner(2).get("/api/products/6").await.expect(200);
        assert_eq!(theirs["stock"], 28, "the other vendor's stock is untouched");
    }

    async fn the_team_too_sells_only_what_is_on_sale(world) {
        let draft = product(&world, "Prototype", "1.00", 5).await;
        world.owner(1).patch(&format!("/api/products/{draft}"), json!({ "status": "draft" })).await.expect(200);
        let refusal = world.owner(1).post("/api/orders", basket(&[(draft, 1)])).await.problem(422, "validation_failed");
        assert_eq!(refusal["errors"][0]["pointer"], "/items/0/product");
    }

    async fn every_product_there_is_not_enough_of_is_named_and_none_is_taken(world) {
        let scarce = product(&world, "Balance wheel", "3.00", 2).await;
        let before = count(&world).await;
        let body = basket(&[(scarce, 3), (1, 1), (5, 9)]);
        let refusal = world.customer(1, 1).post("/api/orders", body).await.problem(409, "insufficient_stock");
        let expected = json!([
            { "product": 5, "requested": 9, "available": 5 },
            { "product": scarce, "requested": 3, "available": 2 },
        ]);
        assert_eq!(refusal["products"], expected);
        assert_eq!((stock(&world, scarce).await, stock(&world, 1).await, stock(&world, 5).await), (2, 98, 5));
        assert_eq!(count(&world).await, before);
    }

    async fn an_order_has_1_to_200_lines_of_1_to_100000_pieces(world) {
        assert_eq!(refused(&world, basket(&[])).await, at("/items", "invalid_length"));
        let lines: Vec<_> = (0..201).map(|_| (2, 1)).collect();
        assert_eq!(refused(&world, basket(&lines)).await, at("/items", "invalid_length"));
        for quantity in [0, -1, 100_001, i64::MAX, i64::MIN] {
            assert_eq!(refused(&world, basket(&[(1, 1), (2, quantity)])).await, at("/items/1/quantity", "out_of_range"));
        }
        for quantity in [json!(1.5), json!("1"), json!(null), json!(1e300), json!([1]), json!(true)] {
            let body = json!({ "items": [{ "product": 1, "quantity": quantity }], "address": "here" });
            assert_eq!(refused(&world, body).await, at("/items/0/quantity", "invalid_value"));
        }
        let placed = order(&world.customer(1, 1), &lines[1..]).await;
        assert_eq!(placed["items"].as_array().unwrap().len(), 200);
        assert_eq!(numbers(placed["items"].as_array().unwrap(), "quantity"), vec![1; 200]);
        assert_eq!(placed["total"], "1900.00");
    }

    async fn an_order_that_comes_to_more_than_can_be_counted_is_refused(world) {
        let dear = product(&world, "Tower clock", "10000000000.00", 1_000_000).await;
        assert_eq!(refused(&world, basket(&[(1, 1), (dear, 1001)])).await, at("/items", "out_of_range"));
        // The lines' sum is more than 64 bits hold.
        let lines: Vec<_> = (0..10).map(|_| (dear, 100_000)).collect();
        assert_eq!(refused(&world, basket(&lines)).await, at("/items", "out_of_range"));
        assert_eq!(stock(&world, dear).await, 1_000_000);
        let most = order(&world.customer(1, 1), &[(dear, 1000)]).await;
        assert_eq!(most["total"], "10000000000000.00");
    }

    async fn what_the_shop_decides_cannot_be_sent_along(world) {
        let members = [
            ("status", json!("completed")), ("payment_status", json!("paid")), ("total", json!("0.01")), ("subtotal", json!("0.01")),
            ("discount", json!("5.00")), ("assigned_to", json!(2)), ("number", json!(1)), ("vendor", json!(2)), ("vendor_id", json!(2)),
            ("id", json!(1)), ("version", json!(7)), ("placed_at", json!("2020-01-01T00:00:00Z")),
        ];
        for (name, value) in members {
            let mut body = basket(&[(2, 1)]);
            body[name] = value;
            assert_eq!(refused(&world, body).await, at(&format!("/{name}"), "unknown_field"));
        }
        let body = json!({ "items": [{ "product": 2, "quantity": 1, "price": "0.01" }], "address": "here" });
        assert_eq!(refused(&world, body).await, at("/items/0/price", "unknown_field"));
    }

    async fn an_order_needs_lines_and_an_address(world) {
        assert_eq!(refused(&world, json!({ "address": "here" })).await, at("/items", "required"));
        assert_eq!(refused(&world, json!({ "items": [{ "product": 2, "quantity": 1 }] })).await, at("/address", "required"));
        assert_eq!(refused(&world, json!({ "items": [{ "quantity": 1 }], "address": "here" })).await, at("/items/0/product", "required"));
        assert_eq!(refused(&world, json!({ "items": [{ "product": 2 }], "address": "here" })).await, at("/items/0/quantity", "required"));
        assert_eq!(refused(&world, basket_with(&[(2, 1)], json!({ "items": { "product": 2, "quantity": 1 } }))).await, at("/items", "invalid_value"));
    }

    async fn an_address_that_leads_nowhere_is_refused(world) {
        let parts = |change: fn(&mut Value)| {
            let mut parts = json!({ "line1": "7, Am Bongert", "city": "Luxembourg", "country": "LU" });
            change(&mut parts);
            parts
        };
        let cases = [
            (json!(""), "/address", "invalid_length"),
            (json!(" \n "), "/address", "invalid_length"),
            (json!("x".repeat(1001)), "/address", "invalid_length"),
            (json!(7), "/address", "invalid_value"),
            (json!(["here"]), "/address", "invalid_value"),
            (json!(null), "/address", "invalid_value"),
            (json!("a\u{0}b"), "/address", "control_character"),
            (parts(|parts| drop(parts.as_object_mut().unwrap().remove("city"))), "/address/city", "required"),
            (parts(|parts| parts["line1"] = json!(" ")), "/address/line1", "blank"),
            (parts(|parts| parts["country"] = json!("L")), "/address/country", "invalid_length"),
            (parts(|parts| parts["zip"] = json!("1270")), "/address/zip", "unknown_field"),
            (parts(|parts| parts["phone"] = json!(352)), "/address/phone", "invalid_value"),
        ];
        for (address, pointer, code) in cases {
            assert_eq!(refused(&world, basket_with(&[(2, 1)], json!({ "address": address }))).await, at(pointer, code), "{address}");
        }
    }

    async fn the_currency_is_the_vendors(world) {
        let euros = basket_with(&[(2, 1)], json!({ "currency": "EUR" }));
        assert_eq!(world.customer(1, 1).post("/api/orders", euros).await.expect(201)["currency"], "EUR");
        assert_eq!(refused(&world, basket_with(&[(2, 1)], json!({ "currency": "USD" }))).await, at("/currency", "currency_mismatch"));
        for currency in [json!("eur"), json!("XXX"), json!("Euro"), json!(978)] {
            assert_eq!(refused(&world, basket_with(&[(2, 1)], json!({ "currency": currency }))).await, at("/currency", "invalid_value"));
        }
    }

    async fn note_and_reference_have_their_bounds(world) {
        for (member, longest) in [("note", 2000), ("external_ref", 250)] {
            let mut body = basket(&[(2, 1)]);
            body[member] = json!("é".repeat(longest + 1));
            assert_eq!(refused(&world, body.clone()).await, at(&format!("/{member}"), "invalid_length"));
            body[member] = json!("");
            assert!(refused(&world, body.clone()).await.contains(&(format!("/{member}"), "invalid_length".to_owned())));
            body[member] = json!("é".repeat(longest));
            assert_eq!(world.customer(1, 1).post("/api/orders", body.clone()).await.expect(201)[member], body[member]);
        }
        assert_eq!(refused(&world, basket_with(&[(2, 1)], json!({ "external_ref": "  " }))).await, at("/external_ref", "blank"));
    }
}
