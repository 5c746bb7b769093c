//! What a product may be: its numbers unique within the vendor, its prices in the vendor's currency, its members in bounds.

use crate::support::{Client, World};
use serde_json::{Value, json};

fn named(rest: Value) -> Value {
    let mut product = json!({"name": "New", "price": "1.00"});
    product.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    product
}

/// Somebody who has just opened a shop that sells in `currency`.
async fn owner_selling_in(world: &World, currency: &str) -> Client {
    let domain = format!("{}.example.org", currency.to_lowercase());
    let form =
        json!({"username": currency, "password": "password123", "role": "owner", "email": format!("o@{domain}"), "vendor_domain": domain});
    world.stranger().post("/api/auth/register", form).await.expect(201);
    let door = world.stranger().at(&domain);
    let pair = door.post("/api/auth/login", json!({"username": currency, "password": "password123"})).await.expect(200);
    let owner = door.bearing(pair["access"].as_str().unwrap());
    assert_eq!(owner.patch("/api/vendor", json!({"currency": currency})).await.expect(200)["currency"], currency);
    owner
}

both_engines! {
    async fn a_sku_is_one_products_within_the_vendor(world) {
        let (owner, staff) = (world.owner(1), world.staff(1));
        owner.post("/api/products", named(json!({"sku": "S-1"}))).await.expect(201);
        let other = format!("/api/products/{}", owner.post("/api/products", named(json!({"sku": "S-2"}))).await.expect(201)["id"]);
        let before = owner.get(&other).await.expect(200);
        for reply in [
            staff.post("/api/products", named(json!({"sku": "S-1"}))).await,
            owner.put(&other, named(json!({"sku": "S-1"}))).await,
            owner.patch(&other, json!({"sku": "S-1"})).await,
        ] {
            let problem = reply.problem(409, "sku_taken");
            assert_eq!(problem["errors"][0]["pointer"], "/sku");
        }
        assert_eq!(owner.get(&other).await.expect(200), before);
        // One's own number is not in one's way, nor is another vendor's.
        owner.put(&other, named(json!({"sku": "S-2"}))).await.expect(200);
        owner.patch(&other, json!({"sku": "S-2"})).await.expect(200);
        world.owner(2).post("/api/products", named(json!({"sku": "S-1"}))).await.expect(201);
        // An archived product still has its number.
        owner.patch(&other, json!({"status": "archived"})).await.expect(200);
        owner.post("/api/products", named(json!({"sku": "S-2"}))).await.problem(409, "sku_taken");
        owner.patch(&other, json!({"sku": null})).await.expect(200);
        owner.post("/api/products", named(json!({"sku": "S-2"}))).await.expect(201);
    }

    async fn an_external_id_is_one_products_within_the_vendor(world) {
        let owner = world.owner(1);
        owner.post("/api/products", named(json!({"external_id": "E-1"}))).await.expect(201);
        let other = format!("/api/products/{}", owner.post("/api/products", named(json!({"external_id": "E-2"}))).await.expect(201)["id"]);
        for reply in [
            owner.post("/api/products", named(json!({"external_id": "E-1"}))).await,
            owner.put(&other, named(json!({"external_id": "E-1"}))).await,
            owner.patch(&other, json!({"external_id": "E-1"})).await,
        ] {
            assert_eq!(reply.problem(409, "external_id_taken")["errors"][0]["pointer"], "/external_id");
        }
        assert_eq!(owner.get(&other).await.expect(200)["external_id"], "E-2");
        world.owner(2).post("/api/products", named(json!({"external_id": "E-1"}))).await.expect(201);
    }

    async fn of_many_who_want_the_same_sku_one_gets_it(world) {
        let owner = world.owner(1);
        let replies = futures_util::future::join_all((0..12).map(|_| owner.post("/api/products", named(json!({"sku": "wanted"}))))).await;
        let (made, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 201);
        assert_eq!((made.len(), refused.len()), (1, 11));
        for reply in refused {
            reply.problem(409, "sku_taken");
        }
        let listed = owner.get("/api/products?q=wanted").await.expect(200);
        assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    }

    async fn a_price_has_at_most_the_digits_of_the_currency(world) {
        for (currency, good, bad) in [
            (
                "EUR",
                [("0", "0.00"), ("0.05", "0.05"), ("1", "1.00"), ("49.9", "49.90"), ("10000000000.00", "10000000000.00")],
                ["49.999", "0.001"],
            ),
            ("JPY", [("0", "0"), ("5", "5"), ("500", "500"), ("49", "49"), ("999999999999", "999999999999")], ["49.9", "1.0"]),
            (
                "KWD",
                [("0", "0.000"), ("0.005", "0.005"), ("1.2", "1.200"), ("49.99", "49.990"), ("1000000000.000", "1000000000.000")],
                ["1.2345", "0.0001"],
            ),
        ] {
            let owner = if currency == "EUR" { world.owner(1) } else { owner_selling_in(&world, currency).await };
            for (sent, shown) in good {
                let product = owner.post("/api/products", json!({"name": "P", "price": sent, "compare_at_price": sent})).await.expect(201);
                let seen = (&product["price"], &product["compare_at_price"], &product["currency"]);
                assert_eq!(seen, (&json!(shown), &json!(shown), &json!(currency)), "{sent}");
                // What is shown can be sent again.
                let path = format!("/api/products/{}", product["id"]);
                assert_eq!(owner.patch(&path, json!({"price": shown})).await.expect(200)["price"], shown);
            }
            let path = format!("/api/products/{}", owner.get("/api/products").await.expect(200)["items"][0]["id"]);
            for sent in bad {
                for member in ["price", "compare_at_price"] {
                    let wish = named(json!({"price": "1", member: sent}));
                    for reply in [
                        owner.post("/api/products", wish.clone()).await,
                        owner.put(&path, wish.clone()).await,
                        owner.patch(&path, wish).await,
                    ] {
                        let problem = reply.problem(422, "validation_failed");
                        assert_eq!(problem["errors"][0]["pointer"], format!("/{member}"), "{sent} {currency}");
                        assert_eq!(problem["errors"][0]["code"], "too_many_decimals", "{sent} {currency}");
                    }
                }
                let problem = owner.get(&format!("/api/products?min_price={sent}")).await.problem(400, "invalid_parameter");
                assert_eq!(problem["errors"][0]["pointer"], "min_price");
            }
        }
    }

    async fn an_order_adds_up_in_the_vendors_currency(world) {
        for (currency, price, total) in [("JPY", "500", "1500"), ("KWD", "1.234", "3.702")] {
            let owner = owner_selling_in(&world, currency).await;
            let product = owner.post("/api/products", json!({"name": "P", "price": price, "stock": 9})).await.expect(201);
            let wish = json!({"items": [{"product": product["id"], "quantity": 3}], "address": "1 Road", "currency": currency});
            let order = owner.post("/api/orders", wish).await.expect(201);
            assert_eq!(
                (&order["total"], &order["currency"], &order["items"][0]["price"]),
                (&json!(total), &json!(currency), &json!(price))
            );
        }
    }

    async fn the_currency_is_fixed_once_there_is_a_product(world) {
        let problem = world.owner(1).patch("/api/vendor", json!({"currency": "USD"})).await.problem(409, "currency_in_use");
        assert_eq!(problem["errors"][0]["pointer"], "/currency");
        assert_eq!(world.owner(1).patch("/api/vendor", json!({"currency": "EUR"})).await.expect(200)["currency"], "EUR");
    }

    async fn the_longest_of_everything_is_kept_as_it_is(world) {
        let (owner, long) = (world.owner(1), |length: usize| "é".repeat(length));
        let attributes: serde_json::Map<String, Value> = (0..50).map(|n| (format!("a{n}"), json!("x".repeat(300)))).collect();
        let url = format!("https://{}", "x".repeat(1992));
        let wish = json!({
            "name": long(255), "description": long(10_000), "price": "10000000000.00", "compare_at_price": "10000000000.00",
            "stock": 1_000_000_000, "sku": long(100), "brand": long(200), "external_id": long(250), "image_urls": vec![url; 20],
            "attributes": attributes,
        });
        let product = owner.post("/api/products", wish.clone()).await.expect(201);
        let kept = owner.get(&format!("/api/products/{}", product["id"])).await.expect(200);
        for (member, value) in wish.as_object().unwrap() {
            assert_eq!(&kept[member], value, "{member}");
        }
    }

    async fn text_of_any_script_is_kept_as_it_is(world) {
        let owner = world.owner(1);
        for text in [
            "Uhr ⌚️ für 5 €",
            "腕時計",
            "ساعة يد",
            "O'Brien \"; DROP TABLE products; --",
            "<script>alert(1)</script>",
            "a\tb\nc",
            "\\0 %00 %s {}",
            "e\u{301}",
        ] {
            let product = owner
                .post("/api/products", json!({"name": text, "description": text, "price": "1", "attributes": {text: text}}))
                .await
                .expect(201);
            let kept = owner.get(&format!("/api/products/{}", product["id"])).await.expect(200);
            assert_eq!((&kept["name"], &kept["description"], &kept["attributes"]), (&json!(text), &json!(text), &json!({text: text})));
        }
    }

    async fn a_gtin_of_each_length_is_taken(world) {
        for gtin in ["73513537", "036000291452", "4006381333931", "10614141543219"] {
            let product = world.owner(1).post("/api/products", named(json!({"gtin": gtin}))).await.expect(201);
            assert_eq!(product["gtin"], gtin);
        }
    }
}
