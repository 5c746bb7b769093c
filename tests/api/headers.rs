//! Headers that contradict each other, or leave the server no way to answer.

use crate::support::World;
use serde_json::{Value, json};

/// What is there to change by mistake.
async fn products(world: &World) -> Value {
    world.owner(1).get("/api/products?limit=100").await.expect(200)
}

both_engines! {
    async fn a_header_that_says_one_thing_may_not_be_sent_twice(world) {
        let before = products(&world).await;
        let token = world.token("owner1");
        let product = "{\"name\":\"A\",\"price\":\"1\"}";
        for twice in [
            "X-Tenant-Domain: vendor1.example.com\r\nX-Tenant-Domain: vendor2.example.com".to_owned(),
            "X-Tenant-Domain: vendor1.example.com\r\nx-tenant-domain: vendor1.example.com".to_owned(),
            format!("X-Tenant-Domain: vendor1.example.com\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}"),
            format!("X-Tenant-Domain: vendor1.example.com\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: a\r\nIdempotency-Key: b"),
        ] {
            let head = format!("POST /api/products HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\n{twice}");
            let bytes = format!("{head}\r\nContent-Length: {}\r\n\r\n{product}", product.len()).into_bytes();
            let (got, answer) = world.send_bytes(bytes).await;
            assert_eq!(got, 400, "{answer}");
            assert!(answer.contains("\"code\":\"invalid_header\""), "{answer}");
        }
        assert_eq!(products(&world).await, before);
    }

    async fn a_host_in_the_target_counts_for_more_than_the_header(world) {
        for (target, header, shop) in [("vendor1", "vendor2", "Watch"), ("vendor2", "vendor1", "Atlas")] {
            let head = format!("GET http://{target}.example.com/api/products HTTP/1.1\r\nHost: {header}.example.com\r\nConnection: close");
            let (status, answer) = world.send_bytes(format!("{head}\r\n\r\n").into_bytes()).await;
            assert_eq!(status, 200, "{answer}");
            assert!(answer.contains(&format!("\"name\":\"{shop}\"")), "{answer}");
            let both = format!("{head}\r\nX-Tenant-Domain: {header}.example.com\r\n\r\n");
            let (status, answer) = world.send_bytes(both.into_bytes()).await;
            assert!(status == 400 && answer.contains("\"code\":\"tenant_conflict\""), "{answer}");
        }
    }

    async fn a_name_that_is_very_long_is_not_repeated_in_whole(world) {
        let reply = world.stranger().at(&"x".repeat(20_000)).get("/api/products").await;
        assert!(reply.text.len() < 2000, "{}", reply.text.len());
        reply.problem(404, "unknown_tenant");
    }

    async fn an_answer_that_could_be_sent_in_no_way_is_refused_before_anything_is_done(world) {
        let before = products(&world).await;
        for nothing in ["identity;q=0", "*;q=0", "br, identity;q=0"] {
            let owner = world.owner(1).with("accept-encoding", nothing);
            owner.post("/api/products", json!({"name": "A", "price": "1"})).await.problem(406, "not_acceptable");
            owner.get("/api/products").await.problem(406, "not_acceptable");
        }
        for anything in ["", "br", "*", "identity", "gzip;q=0"] {
            world.owner(1).with("accept-encoding", anything).get("/api/products").await.expect(200);
        }
        assert_eq!(products(&world).await, before);
    }
}
