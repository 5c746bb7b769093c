//! `/vendor/<subdomain>/api/…`: the vendor in the path, for development (API §1).

use crate::document::Document;
use crate::shop::basket;
use crate::support::World;
use serde_json::{Value, json};

/// The answer without what differs from request to request.
fn told(reply: &crate::support::Reply) -> Value {
    let mut body = reply.body.clone();
    if let Some(id) = body.get_mut("request_id") {
        *id = Value::Null;
    }
    json!({ "status": reply.status, "body": body, "etag": reply.header("etag"), "cache": reply.header("cache-control"), "vary": reply.header("vary") })
}

both_engines! {
    async fn every_route_can_be_read_so(world) {
        let document = Document::of(&world).await;
        let mut walked = 0;
        for operation in document.api().into_iter().filter(|operation| operation.method == "GET") {
            let path = operation.sample(&document);
            let who = if operation.is_for_customers() { "vendor1_customer1" } else { "owner1" };
            let by_header = world.anonymous(1).bearing(world.token(who)).get(&path).await;
            let by_path = world.stranger().bearing(world.token(who)).get(&format!("/vendor/vendor1{path}")).await;
            assert_eq!(told(&by_header), told(&by_path), "{}", operation.id);
            walked += usize::from(by_path.status == 200);
        }
        assert!(walked >= 10, "{walked}");
    }

    async fn what_is_made_so_says_where_it_is(world) {
        let customer = world.stranger().bearing(world.token("vendor1_customer1")).with("idempotency-key", "one");
        let reply = customer.post("/vendor/vendor1/api/orders", basket(&[(1, 1)])).await;
        let location = reply.header("location").unwrap().to_owned();
        let id = reply.expect(201)["id"].clone();
        assert_eq!(location, format!("/vendor/vendor1/api/orders/{id}"));
        assert_eq!(customer.get(&location).await.expect(200)["id"], id);
        let again = world.customer(1, 1).with("idempotency-key", "one").post("/api/orders", basket(&[(1, 1)])).await;
        assert_eq!((again.header("idempotent-replayed"), again.header("location").unwrap()), (Some("true"), format!("/api/orders/{id}").as_str()));
    }

    async fn signing_up_and_in_goes_so_too(world) {
        let form = json!({"username": "dora", "password": "password123", "role": "customer"});
        world.stranger().post("/vendor/vendor2/api/auth/register", form).await.expect(201);
        let login = json!({"username": "dora", "password": "password123"});
        let pair = world.stranger().post("/vendor/VENDOR2/api/auth/login/", login).await.expect(200);
        assert_eq!(pair["user"]["vendor"]["id"], 2);
    }

    async fn header_and_path_must_agree(world) {
        for vendor in ["vendor1", "vendor2"] {
            let reply = world.anonymous(1).get(&format!("/vendor/{vendor}/api/products")).await;
            let by_host = world.stranger().with("host", "vendor1.example.com").get(&format!("/vendor/{vendor}/api/products")).await;
            if vendor == "vendor1" {
                reply.expect(200);
                by_host.expect(200);
            } else {
                reply.problem(400, "tenant_conflict");
                by_host.problem(400, "tenant_conflict");
            }
        }
        world.owner(1).get("/vendor/vendor2/api/products").await.problem(400, "tenant_conflict");
        world.stranger().bearing(world.token("owner1")).get("/vendor/vendor2/api/products").await.problem(403, "tenant_mismatch");
    }

    async fn a_name_that_is_nobodys_is_not_found(world) {
        for vendor in ["nobody", "vendor1.example.com", "%76endor1", "-", "a%20b", "v%C3%A9ndor"] {
            world.stranger().get(&format!("/vendor/{vendor}/api/products")).await.problem(404, "unknown_tenant");
        }
        for path in ["/vendor/vendor1/docs/", "/vendor/vendor1", "/vendor/vendor1/apis", "/vendor//api/products", "/vendor/vendor1/healthz",
            "/vendor/vendor1/vendor/vendor1/api/products"]
        {
            world.stranger().get(path).await.problem(404, "not_found");
        }
        let wrong = world.stranger().post("/vendor/vendor1/api/customers", json!({})).await;
        assert_eq!(wrong.problem(405, "method_not_allowed")["detail"], "here there is only GET");
    }

    async fn it_can_be_turned_off(world) {
        let world = World::with(world.engine, &[("VENDOR_PATHS", "off")]).await;
        world.stranger().get("/vendor/vendor1/api/products").await.problem(404, "not_found");
        world.anonymous(1).get("/api/products").await.expect(200);
    }
}
