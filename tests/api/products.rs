//! Products: adding, seeing, replacing and changing them; who may; and what is written down about it.

use crate::support::{Client, Reply, World};
use serde_json::{Value, json};

/// A product with every member that can be given.
fn whole() -> Value {
    json!({
        "sku": "D-1", "name": "Diver", "description": "Goes down to 300 m", "price": "249.90", "compare_at_price": "299.00", "stock": 7,
        "status": "draft", "brand": "Aqua", "gtin": "4006381333931", "external_id": "ext/1",
        "image_urls": ["https://example.com/1.jpg", "http://example.com/2.jpg"], "attributes": {"depth": 300, "colours": ["blue", null]},
    })
}

/// What the product says about each of these members.
fn picked(product: &Value, like: &Value) -> Value {
    like.as_object().unwrap().keys().map(|name| (name.clone(), product[name].clone())).collect()
}

async fn add(client: &Client, product: Value) -> Value {
    client.post("/api/products", product).await.expect(201)
}

/// A trigger or a constraint that lets nothing more be written into a table.
fn close(world: &World, table: &str) {
    world.sql(&match world.engine {
        crate::support::Engine::Sqlite => {
            format!("CREATE TRIGGER closed BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'secretly closed'); END")
        }
        crate::support::Engine::Postgres => {
            format!("ALTER TABLE {table} ADD CONSTRAINT secretly_closed CHECK (vendor_id < 0) NOT VALID")
        }
    });
}

both_engines! {
    async fn a_product_keeps_all_that_it_is_given(world) {
        let reply = world.owner(1).post("/api/products", whole()).await;
        let location = reply.header("location").unwrap().to_owned();
        let product = reply.expect(201);
        assert_eq!(location, format!("/api/products/{}", product["id"]));
        assert_eq!(picked(&product, &whole()), whole());
        assert_eq!(product["currency"], "EUR");
        assert_eq!(product["version"], 1);
        assert_eq!(product["created_at"], "2026-01-31T12:00:00.000000Z");
        assert_eq!(product["updated_at"], product["created_at"]);
        assert_eq!(product.as_object().unwrap().len(), whole().as_object().unwrap().len() + 5, "{product}");
        assert_eq!(world.owner(1).get(&location).await.expect(200), product);
    }

    async fn the_sample_of_a_first_product_works_as_it_stands(world) {
        let sample = json!({"name": "Watch", "description": "Waterproof watch", "price": "49.99", "stock": 10});
        let product = add(&world.owner(1), sample.clone()).await;
        assert_eq!(picked(&product, &sample), sample);
    }

    async fn what_may_be_left_out_has_a_default(world) {
        let product = add(&world.owner(1), json!({"name": "Plain", "price": "5"})).await;
        let defaults = json!({
            "description": "", "price": "5.00", "stock": 0, "status": "active", "sku": null, "compare_at_price": null, "brand": null,
            "gtin": null, "external_id": null, "image_urls": [], "attributes": {},
        });
        assert_eq!(picked(&product, &defaults), defaults);
    }

    async fn null_is_as_good_as_absent_where_a_product_may_have_null(world) {
        let nulls =
            json!({"name": "Plain", "price": "5", "sku": null, "compare_at_price": null, "brand": null, "gtin": null, "external_id": null});
        let product = add(&world.owner(1), nulls.clone()).await;
        assert_eq!(product["sku"], Value::Null);
        // Many products may have none.
        add(&world.owner(1), nulls).await;
    }

    async fn replacing_empties_what_is_left_out_but_for_the_stock(world) {
        let owner = world.owner(1);
        let path = format!("/api/products/{}", add(&owner, whole()).await["id"]);
        world.advance(chrono::TimeDelta::seconds(5));
        let product = owner.put(&path, json!({"name": "Diver II", "price": "1.00"})).await.expect(200);
        let rest = json!({
            "name": "Diver II", "description": "", "price": "1.00", "stock": 7, "status": "active", "sku": null, "compare_at_price": null,
            "brand": null, "gtin": null, "external_id": null, "image_urls": [], "attributes": {}, "version": 2,
            "created_at": "2026-01-31T12:00:00.000000Z", "updated_at": "2026-01-31T12:00:05.000000Z",
        });
        assert_eq!(picked(&product, &rest), rest);
        assert_eq!(owner.get(&path).await.expect(200), product);
        let again = owner.put(&path, whole()).await.expect(200);
        assert_eq!(picked(&again, &whole()), whole());
    }

    async fn changing_leaves_what_is_absent_clears_what_is_null_and_sets_what_has_a_value(world) {
        let owner = world.owner(1);
        let path = format!("/api/products/{}", add(&owner, whole()).await["id"]);
        let mut expected = whole();
        let changes = [
            json!({"price": "1.50"}),
            json!({"sku": null}),
            json!({"sku": "D-2", "brand": null, "gtin": null, "external_id": null, "compare_at_price": null}),
            json!({"brand": "Aqua", "gtin": "73513537", "external_id": "x", "compare_at_price": "2.00"}),
            json!({"name": "Ä", "description": "", "stock": 0, "status": "active", "image_urls": [], "attributes": {}}),
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let product = owner.patch(&path, change.clone()).await.expect(200);
            expected.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            assert_eq!(picked(&product, &expected), expected, "{change}");
            assert_eq!(product["version"], index + 2);
            assert_eq!(owner.get(&path).await.expect(200), product);
        }
    }

    async fn null_is_refused_where_a_product_has_no_null(world) {
        let owner = world.owner(1);
        let before = owner.get("/api/products/1").await.expect(200);
        for member in ["name", "description", "price", "stock", "status", "image_urls", "attributes"] {
            let problem = owner.patch("/api/products/1", json!({member: null})).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], format!("/{member}"));
        }
        assert_eq!(owner.get("/api/products/1").await.expect(200), before);
    }

    async fn the_etag_is_the_version_and_saves_reading_again(world) {
        let (owner, path) = (world.owner(1), "/api/products/1");
        let reply = owner.get(path).await;
        let tag = reply.header("etag").unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", reply.expect(200)["version"]));
        for known in [tag.clone(), format!("W/{tag}"), format!("\"0\", {tag}"), "*".to_owned()] {
            let reply = owner.clone().with("if-none-match", &known).get(path).await;
            assert_eq!((reply.status, reply.header("etag"), reply.text.as_str()), (304, Some(tag.as_str()), ""), "{known}");
        }
        let changed = owner.patch(path, json!({"brand": "B"})).await;
        assert_ne!(changed.header("etag"), Some(tag.as_str()));
        let now = changed.header("etag").unwrap().to_owned();
        assert_eq!(owner.clone().with("if-none-match", &tag).get(path).await.header("etag"), Some(now.as_str()));
        owner.with("if-none-match", &tag).get(path).await.expect(200);
    }

    async fn a_change_to_another_version_than_the_one_seen_is_refused(world) {
        let (owner, path) = (world.owner(1), "/api/products/4");
        let seen = owner.get(path).await.header("etag").unwrap().to_owned();
        let stale = owner.clone().with("if-match", &seen);
        let now = owner.patch(path, json!({"brand": "B"})).await.expect(200);
        let product = json!({"name": "Stale", "price": "1.00"});
        for reply in [
            stale.put(path, product.clone()).await,
            stale.patch(path, product).await,
            stale.post(&format!("{path}/stock"), json!({"delta": 1})).await,
            stale.delete(path).await,
        ] {
            assert_eq!(reply.problem(412, "precondition_failed")["version"], now["version"]);
        }
        assert_eq!(owner.get(path).await.expect(200), now);
        for good in [format!("\"{}\"", now["version"]), "*".to_owned()] {
            let version = owner.get(path).await.expect(200)["version"].clone();
            let good = if good == "*" { good } else { format!("\"77\", \"{version}\"") };
            owner.clone().with("if-match", &good).patch(path, json!({"brand": "C"})).await.expect(200);
        }
        for bad in ["1", "W/\"1\"", "\"x\"", "\"1\" \"2\""] {
            owner.clone().with("if-match", bad).patch(path, json!({"brand": "D"})).await.problem(400, "invalid_header");
        }
        assert_eq!(owner.get(path).await.expect(200)["brand"], "C");
    }

    async fn owner_and_staff_keep_products_and_nobody_else(world) {
        let product = json!({"name": "New", "price": "1.00"});
        for member in [world.owner(1), world.staff(1), world.other_staff(1)] {
            let path = format!("/api/products/{}", add(&member, product.clone()).await["id"]);
            member.put(&path, product.clone()).await.expect(200);
            member.patch(&path, json!({"stock": 1})).await.expect(200);
            member.post(&format!("{path}/stock"), json!({"delta": 1})).await.expect(200);
            member.delete(&path).await.expect(204);
        }
        let path = "/api/products/1";
        let before = world.owner(1).get(path).await.expect(200);
        for (client, status, code) in [
            (world.customer(1, 1), 403, "permission_denied"),
            (world.anonymous(1), 401, "authentication_required"),
            (world.owner(2).at("vendor1.example.com"), 403, "tenant_mismatch"),
        ] {
            client.post("/api/products", product.clone()).await.problem(status, code);
            client.put(path, product.clone()).await.problem(status, code);
            client.patch(path, product.clone()).await.problem(status, code);
            client.post(&format!("{path}/stock"), json!({"delta": 1})).await.problem(status, code);
            client.delete(path).await.problem(status, code);
        }
        assert_eq!(world.owner(1).get(path).await.expect(200), before);
    }

    async fn a_product_that_is_not_there_or_another_vendors_is_not_found(world) {
        let product = json!({"name": "New", "price": "1.00"});
        for path in ["/api/products/6", "/api/products/999", "/api/products/0"] {
            let replies: [Reply; 5] = [
                world.owner(1).get(path).await,
                world.owner(1).put(path, product.clone()).await,
                world.owner(1).patch(path, product.clone()).await,
                world.owner(1).post(&format!("{path}/stock"), json!({"delta": 1})).await,
                world.owner(1).delete(path).await,
            ];
            for reply in replies {
                reply.problem(404, "not_found");
            }
        }
    }

    async fn a_slash_at_the_end_changes_nothing(world) {
        let owner = world.owner(1);
        assert_eq!(owner.get("/api/products/1/").await.expect(200), owner.get("/api/products/1").await.expect(200));
        assert_eq!(owner.get("/api/products/?limit=2").await.expect(200), owner.get("/api/products?limit=2").await.expect(200));
        let product = owner.post("/api/products/", json!({"name": "New", "price": "1.00"})).await.expect(201);
        let path = format!("/api/products/{}/", product["id"]);
        owner.put(&path, json!({"name": "New", "price": "2.00"})).await.expect(200);
        owner.patch(&path, json!({"stock": 1})).await.expect(200);
        owner.post(&format!("{path}stock/"), json!({"delta": 1})).await.expect(200);
        owner.delete(&path).await.expect(204);
    }

    async fn every_change_is_written_down_with_who_did_it(world) {
        let (owner, staff, before) = (world.owner(1), world.staff(1), world.last_event(1));
        let id = add(&owner, whole()).await["id"].clone();
        let path = format!("/api/products/{id}");
        staff.put(&path, whole()).await.expect(200);
        owner.patch(&path, json!({"price": "1.00"})).await.expect(200);
        staff.post(&format!("{path}/stock"), json!({"set": 3})).await.expect(200);
        owner.delete(&path).await.expect(204);
        owner.delete("/api/products/1").await.expect(204);
        let product = format!("product/{id}");
        assert_eq!(
            world.events_after(1, before),
            [
                format!("product.created {product} by member/1"),
                format!("product.updated {product} by member/2"),
                format!("product.updated {product} by member/1"),
                format!("product.stock_changed {product} by member/2"),
                format!("product.deleted {product} by member/1"),
                "product.archived product/1 by member/1".to_owned(),
            ]
        );
        let data = world.peek(1, &format!("SELECT data AS value FROM events WHERE vendor_id = 1 AND id > {before} ORDER BY id"));
        let data: Vec<Value> = data.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        assert_eq!((&data[0]["price"], &data[0]["sku"], &data[0]["stock"]), (&json!("249.90"), &json!("D-1"), &json!(7)));
        assert_eq!((&data[2]["price"], &data[3]["stock"], &data[5]["status"]), (&json!("1.00"), &json!(3), &json!("archived")));
    }

    async fn a_refused_change_leaves_no_event(world) {
        let (owner, before) = (world.owner(1), world.last_event(1));
        owner.post("/api/products", json!({"name": "Twin", "price": "1.00", "sku": "V1-001"})).await.problem(409, "sku_taken");
        owner.patch("/api/products/2", json!({"sku": "V1-001"})).await.problem(409, "sku_taken");
        owner.post("/api/products/2/stock", json!({"delta": -9999})).await.problem(409, "insufficient_stock");
        assert_eq!(world.events_after(1, before), Vec::<String>::new());
    }

    async fn a_change_whose_event_cannot_be_written_does_not_happen_and_its_cause_is_not_told(world) {
        let owner = world.owner(1);
        let before = owner.get("/api/products").await.expect(200);
        close(&world, "events");
        for reply in [
            owner.post("/api/products", whole()).await,
            owner.put("/api/products/1", whole()).await,
            owner.patch("/api/products/1", json!({"stock": 1})).await,
            owner.post("/api/products/1/stock", json!({"delta": 1})).await,
            owner.delete("/api/products/1").await,
            owner.delete("/api/products/4").await,
        ] {
            let text = reply.text.clone();
            reply.problem(500, "internal_error");
            assert!(!text.contains("closed") && !text.contains("events"), "{text}");
        }
        assert_eq!(owner.get("/api/products").await.expect(200), before);
    }
}
