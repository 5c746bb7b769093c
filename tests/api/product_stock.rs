//! Correcting the stock: by so much or to so much, and only from what is expected.

use serde_json::{Value, json};

both_engines! {
    async fn a_correction_moves_the_stock_by_delta_or_to_set(world) {
        let (owner, path) = (world.owner(1), "/api/products/4/stock");
        for (correction, stock) in [
            (json!({"delta": 5}), 65),
            (json!({"delta": -65}), 0),
            (json!({"delta": 0}), 0),
            (json!({"set": 9}), 9),
            (json!({"set": 9}), 9),
            (json!({"set": 0}), 0),
            (json!({"set": 1_000_000_000}), 1_000_000_000),
            (json!({"delta": -1_000_000_000}), 0),
            (json!({"delta": 1_000_000_000}), 1_000_000_000),
        ] {
            let version = owner.get("/api/products/4").await.expect(200)["version"].as_i64().unwrap();
            let reply = owner.post(path, correction.clone()).await;
            let tag = reply.header("etag").unwrap().to_owned();
            let product = reply.expect(200);
            assert_eq!(product["stock"], stock, "{correction}");
            assert_eq!((product["version"].as_i64().unwrap(), tag), (version + 1, format!("\"{}\"", version + 1)));
            assert_eq!(owner.get("/api/products/4").await.expect(200), product);
        }
    }

    async fn a_correction_happens_only_from_the_stock_that_is_expected(world) {
        let (owner, path) = (world.owner(1), "/api/products/4/stock");
        for correction in [
            json!({"delta": 5, "expected": 59}),
            json!({"delta": -5, "expected": 61}),
            json!({"set": 5, "expected": 0}),
            json!({"delta": -100, "expected": 99}),
            json!({"delta": 1_000_000_000, "expected": 1}),
        ] {
            let problem = owner.post(path, correction).await.problem(409, "stock_changed");
            assert_eq!(problem["available"], 60);
        }
        assert_eq!(owner.post(path, json!({"delta": 5, "expected": 60})).await.expect(200)["stock"], 65);
        assert_eq!(owner.post(path, json!({"set": 2, "expected": 65})).await.expect(200)["stock"], 2);
        assert_eq!(owner.post(path, json!({"delta": -2, "expected": 2})).await.expect(200)["stock"], 0);
        assert_eq!(owner.post(path, json!({"set": 3, "expected": 0})).await.expect(200)["stock"], 3);
    }

    async fn the_stock_never_goes_below_none_or_above_the_most(world) {
        let (owner, path) = (world.owner(1), "/api/products/4/stock");
        for correction in [json!({"delta": -61}), json!({"delta": -61, "expected": 60}), json!({"delta": -1_000_000_000})] {
            let problem = owner.post(path, correction.clone()).await.problem(409, "insufficient_stock");
            let requested = -correction["delta"].as_i64().unwrap();
            assert_eq!(problem["products"], json!([{"product": 4, "requested": requested, "available": 60}]));
        }
        for correction in [json!({"delta": 999_999_941}), json!({"delta": 1_000_000_000, "expected": 60})] {
            let problem = owner.post(path, correction).await.problem(422, "validation_failed");
            assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]), (&json!("/delta"), &json!("out_of_range")));
        }
        assert_eq!(owner.get("/api/products/4").await.expect(200)["stock"], 60);
        assert_eq!(owner.post(path, json!({"delta": 999_999_940})).await.expect(200)["stock"], 1_000_000_000);
    }

    async fn a_correction_says_either_delta_or_set(world) {
        let owner = world.owner(1);
        for correction in [json!({}), json!({"delta": 1, "set": 2}), json!({"expected": 60}), json!({"delta": null, "set": null})] {
            owner.post("/api/products/4/stock", correction).await.problem(422, "validation_failed");
        }
        assert_eq!(owner.get("/api/products/4").await.expect(200)["stock"], 60);
    }

    async fn of_many_who_expect_the_same_stock_one_is_served(world) {
        let owner = world.owner(1);
        let replies =
            futures_util::future::join_all((0..20).map(|_| owner.post("/api/products/4/stock", json!({"delta": -3, "expected": 60}))))
                .await;
        let (done, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
        assert_eq!((done.len(), refused.len()), (1, 19));
        for reply in refused {
            assert_eq!(reply.problem(409, "stock_changed")["available"], 57);
        }
        assert_eq!(owner.get("/api/products/4").await.expect(200)["stock"], 57);
    }

    async fn corrections_by_delta_at_the_same_time_all_count(world) {
        let owner = world.owner(1);
        let replies = futures_util::future::join_all((0..30).map(|_| owner.post("/api/products/4/stock", json!({"delta": -3})))).await;
        let (done, refused): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
        assert_eq!((done.len(), refused.len()), (20, 10));
        for reply in refused {
            assert_eq!(reply.problem(409, "insufficient_stock")["products"][0]["available"], 0);
        }
        let mut left: Vec<Value> = done.into_iter().map(|reply| reply.body["stock"].clone()).collect();
        left.sort_by_key(Value::as_i64);
        assert_eq!(left, (0..20).map(|n| json!(n * 3)).collect::<Vec<_>>());
    }

    async fn archived_and_draft_products_have_a_stock_too(world) {
        let owner = world.owner(1);
        owner.patch("/api/products/4", json!({"status": "draft"})).await.expect(200);
        assert_eq!(owner.post("/api/products/4/stock", json!({"delta": 1})).await.expect(200)["stock"], 61);
        owner.patch("/api/products/4", json!({"status": "archived"})).await.expect(200);
        assert_eq!(owner.post("/api/products/4/stock", json!({"set": 7})).await.expect(200)["stock"], 7);
    }
}
