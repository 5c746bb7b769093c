//! Which vendor a request means, and who is let in there (API §1).

use crate::operators::{operator, set_open};
use crate::support::{Client, World};
use reqwest::Method;
use serde_json::{Value, json};
use stoa::access::Directory;

/// Which of the demo's vendors the products that this caller sees belong to: each has five, numbered through.
async fn shop(client: &Client) -> i64 {
    let page = client.get("/api/products").await.expect(200);
    let ids: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| (item["id"].as_i64().unwrap() - 1) / 5 + 1).collect();
    assert_eq!(ids.len(), 5, "{page}");
    assert!(ids.iter().all(|id| *id == ids[0]), "{page}");
    ids[0]
}

/// A call of every kind that there is, each of which succeeds for somebody at vendor 1.
fn calls() -> Vec<(Method, &'static str, Option<Value>)> {
    let buy = json!({"items": [{"product": 1, "quantity": 1}], "address": "123 Street"});
    let login = json!({"username": "owner1", "password": "password123"});
    let register = json!({"username": "dora", "password": "password123", "role": "customer"});
    let password = json!({"current_password": "password123", "new_password": "password456"});
    let refresh = json!({"refresh": "any"});
    vec![
        (Method::GET, "/api/products", None),
        (Method::GET, "/api/products/1", None),
        (Method::POST, "/api/products", Some(json!({"name": "Watch", "price": "1.00"}))),
        (Method::PATCH, "/api/products/1", Some(json!({"stock": 1}))),
        (Method::DELETE, "/api/products/1", None),
        (Method::POST, "/api/products/1/stock", Some(json!({"delta": 1}))),
        (Method::GET, "/api/orders", None),
        (Method::GET, "/api/orders/my", None),
        (Method::GET, "/api/orders/1", None),
        (Method::GET, "/api/orders/1/history", None),
        (Method::POST, "/api/orders", Some(buy)),
        (Method::PATCH, "/api/orders/1/status", Some(json!({"status": "cancelled"}))),
        (Method::PATCH, "/api/orders/1/assign-staff", Some(json!({"staff_id": 2}))),
        (Method::POST, "/api/orders/1/cancel", Some(json!({}))),
        (Method::GET, "/api/customers", None),
        (Method::GET, "/api/customers/1", None),
        (Method::GET, "/api/staff", None),
        (Method::GET, "/api/vendor", None),
        (Method::PATCH, "/api/vendor", Some(json!({"name": "Mine"}))),
        (Method::GET, "/api/auth/me", None),
        (Method::PATCH, "/api/auth/me", Some(json!({"first_name": "X"}))),
        (Method::POST, "/api/auth/password", Some(password)),
        (Method::POST, "/api/auth/login", Some(login)),
        (Method::POST, "/api/auth/register", Some(register)),
        (Method::POST, "/api/auth/refresh", Some(refresh.clone())),
        (Method::POST, "/api/auth/logout", Some(refresh)),
    ]
}

/// The calls that do without a vendor.
const VENDORLESS: [&str; 3] = ["/api/auth/login", "/api/auth/refresh", "/api/auth/logout"];

async fn all_refused(client: &Client, status: u16, code: &str) {
    for (method, path, body) in calls() {
        client.send(method, path, body).await.problem(status, code);
    }
}

both_engines! {
    async fn the_header_names_the_vendor(world) {
        for n in 1..=3 {
            assert_eq!(shop(&world.anonymous(n)).await, i64::try_from(n).unwrap());
        }
    }

    async fn the_header_is_compared_without_port_case_and_final_dot(world) {
        for text in
            ["VENDOR2.Example.COM", "vendor2.example.com:8080", "vendor2.example.com.", "Vendor2.example.com.:443", " vendor2.example.com "]
        {
            assert_eq!(shop(&world.stranger().at(text)).await, 2, "{text}");
        }
    }

    async fn the_host_names_the_vendor_where_there_is_no_header(world) {
        for text in ["vendor2.example.com", "VENDOR2.example.com:8080", "vendor2.example.com.:80"] {
            assert_eq!(shop(&world.stranger().with("host", text)).await, 2, "{text}");
        }
    }

    async fn a_domain_has_one_form_however_it_is_written(world) {
        let owner = json!({"username": "berta", "password": "password123", "role": "owner", "vendor_domain": "Bücher.Example"});
        let made = world.stranger().post("/api/auth/register", owner).await.expect(201);
        assert_eq!(made["vendor"]["domain"], "xn--bcher-kva.example");
        let login = json!({"username": "berta", "password": "password123"});
        for text in ["xn--bcher-kva.example", "XN--BCHER-KVA.example:443", "bücher.example", "BÜCHER.EXAMPLE", "bu\u{308}cher.example"] {
            let pair = world.stranger().at(text).post("/api/auth/login", login.clone()).await.expect(200);
            assert_eq!(pair["user"]["vendor"]["id"], made["vendor"]["id"], "{text}");
        }
        let by_host = world.stranger().with("host", "XN--bcher-kva.Example:80").post("/api/auth/login", login).await.expect(200);
        assert_eq!(by_host["user"]["vendor"]["id"], made["vendor"]["id"]);
    }

    async fn a_subdomain_of_the_platform_names_the_vendor(world) {
        let world = World::with(world.engine, &[("RATE_LIMITS", "off"), ("PLATFORM_DOMAIN", "Shops.example")]).await;
        for text in ["vendor2.shops.example", "Vendor2.SHOPS.example:8080"] {
            assert_eq!(shop(&world.stranger().with("host", text)).await, 2, "host {text}");
            assert_eq!(shop(&world.stranger().at(text)).await, 2, "header {text}");
        }
        assert_eq!(shop(&world.stranger().with("host", "vendor3.example.com")).await, 3, "a domain of its own still does");
        world.stranger().with("host", "nobody.shops.example").get("/api/products").await.problem(404, "unknown_tenant");
        world.stranger().at("nobody.shops.example").get("/api/products").await.problem(404, "unknown_tenant");
        for text in ["shops.example", "vendor2shops.example", "vendor2.shops.example.org"] {
            world.stranger().with("host", text).get("/api/products").await.problem(400, "tenant_required");
        }
        let elsewhere = world.stranger().with("host", "vendor2.shops.example").at("vendor1.example.com");
        elsewhere.get("/api/products").await.problem(400, "tenant_conflict");
    }

    async fn a_vendors_own_domain_counts_for_more_than_anothers_label(world) {
        // Opened while there was no platform's domain: the first has the label that the second would have there.
        for (name, domain) in [("bruno", "berta.example.org"), ("berta", "berta.shops.example")] {
            let form = json!({"username": name, "password": "password123", "role": "owner", "vendor_domain": domain});
            world.stranger().post("/api/auth/register", form).await.expect(201);
        }
        let directory = Directory::new(world.db.clone(), world.clock(), Some("shops.example".to_owned()), Vec::new());
        for (header, host) in [(Some("berta.shops.example"), None), (None, Some("berta.shops.example"))] {
            let vendor = directory.resolve(header, host).await.unwrap().unwrap();
            assert_eq!(vendor.domain, "berta.shops.example");
        }
        let other = directory.resolve(Some("berta.example.org"), None).await.unwrap().unwrap();
        assert_eq!(other.domain, "berta.example.org");
    }

    async fn a_shop_opened_under_the_platform_is_its_subdomain(world) {
        let world = World::with(world.engine, &[("RATE_LIMITS", "off"), ("PLATFORM_DOMAIN", "shops.example")]).await;
        let form =
            |domain: &str, name: &str| json!({"username": name, "password": "password123", "role": "owner", "vendor_domain": domain});
        world.stranger().post("/api/auth/register", form("berta.shops.example", "berta")).await.expect(201);
        let berta = json!({"username": "berta", "password": "password123"});
        let pair = world.stranger().with("host", "berta.shops.example").post("/api/auth/login", berta).await.expect(200);
        assert_eq!(pair["user"]["vendor"]["domain"], "berta.shops.example");
        // vendor1 has been that name's since the demo was made.
        let taken = world.stranger().post("/api/auth/register", form("vendor1.shops.example", "carla")).await;
        taken.problem(409, "domain_taken");
        assert_eq!(shop(&world.stranger().with("host", "vendor1.shops.example")).await, 1);
    }

    async fn without_a_vendor_there_is_nothing_to_see(world) {
        for client in [world.stranger(), world.stranger().with("host", "api.stoa.example"), world.stranger().bearing(world.token("owner1"))]
        {
            for (method, path, body) in calls().into_iter().filter(|(_, path, _)| !VENDORLESS.contains(path)) {
                client.send(method, path, body).await.problem(400, "tenant_required");
            }
        }
    }

    async fn a_name_that_is_nobodys_is_unknown_everywhere(world) {
        all_refused(&world.stranger().at("nobody.example.com"), 404, "unknown_tenant").await;
        all_refused(&world.owner(1).at("nobody.example.com"), 404, "unknown_tenant").await;
        let long = "a".repeat(300);
        for text in [
            "vendor1",
            "example.com",
            "vendor1.example.com/",
            "a b",
            "127.0.0.1",
            "' OR 1=1 --",
            "vendor1.example.com, vendor2.example.com",
            "*",
            &long,
        ] {
            world.stranger().at(text).get("/api/products").await.problem(404, "unknown_tenant");
        }
    }

    async fn header_and_host_must_agree(world) {
        all_refused(&world.owner(1).with("host", "vendor2.example.com"), 400, "tenant_conflict").await;
        all_refused(&world.anonymous(1).with("host", "Vendor2.example.com:80"), 400, "tenant_conflict").await;
        assert_eq!(shop(&world.anonymous(1).with("host", "VENDOR1.example.com:80")).await, 1, "the same vendor");
        assert_eq!(shop(&world.anonymous(1).with("host", "api.stoa.example")).await, 1, "a host that is nobody's");
    }

    async fn a_suspended_vendor_is_shut_for_all_but_operators(world) {
        let operator = operator(&world).await;
        let (_, refresh) = world.sign_in(1, "vendor1_customer1", "password123").await;
        set_open(&operator, 1, false).await;
        for client in [world.anonymous(1), world.owner(1), world.staff(1), world.customer(1, 1)] {
            all_refused(&client, 403, "tenant_inactive").await;
        }
        let staff = json!({"username": "sid", "password": "password123", "role": "staff"});
        world.owner(1).post("/api/auth/register", staff).await.problem(403, "tenant_inactive");
        let customer = json!({"username": "sid", "password": "password123", "role": "customer", "vendor_domain": "vendor1.example.com"});
        world.stranger().post("/api/auth/register", customer).await.problem(403, "tenant_inactive");
        let login = json!({"username": "owner1", "password": "password123"});
        assert_eq!(world.stranger().post("/api/auth/login", login).await.status, 401, "a user with no other vendor");
        assert_eq!(shop(&world.anonymous(2)).await, 2, "the others go on");
        set_open(&operator, 1, true).await;
        assert_eq!(shop(&world.owner(1)).await, 1);
        world.anonymous(1).post("/api/auth/refresh", json!({ "refresh": refresh })).await.expect(200);
    }

    async fn a_session_is_not_renewed_at_a_suspended_vendor(world) {
        let operator = operator(&world).await;
        let (_, refresh) = world.sign_in(1, "owner1", "password123").await;
        set_open(&operator, 1, false).await;
        world.stranger().post("/api/auth/refresh", json!({ "refresh": refresh })).await.problem(401, "session_ended");
    }

    async fn a_token_of_another_vendor_is_refused_everywhere(world) {
        for person in ["owner1", "vendor1_staff1", "vendor1_customer1"] {
            all_refused(&world.anonymous(2).bearing(world.token(person)), 403, "tenant_mismatch").await;
        }
        let by_host = world.stranger().bearing(world.token("owner1")).with("host", "vendor2.example.com");
        all_refused(&by_host, 403, "tenant_mismatch").await;
        assert_eq!(world.owner(1).get("/api/vendor").await.expect(200)["name"], "Alice's Watches");
        assert_eq!(world.owner(2).get("/api/vendor").await.expect(200)["name"], "Bruno's Books");
    }

    async fn a_token_of_another_vendor_is_refused_where_the_body_names_the_vendor(world) {
        for person in ["owner1", "vendor1_staff1", "vendor1_customer1"] {
            for role in ["staff", "customer"] {
                let form = json!({"username": "mole", "password": "password123", "role": role, "vendor_domain": "vendor2.example.com"});
                let client = world.stranger().bearing(world.token(person));
                client.post("/api/auth/register", form).await.problem(403, "tenant_mismatch");
            }
        }
        let login = json!({"username": "mole", "password": "password123"});
        world.anonymous(2).post("/api/auth/login", login).await.problem(401, "invalid_credentials");
    }

    async fn a_refresh_token_of_another_vendor_is_refused_and_not_used_up(world) {
        let (_, refresh) = world.sign_in(1, "vendor1_customer1", "password123").await;
        world.anonymous(2).post("/api/auth/refresh", json!({ "refresh": refresh })).await.problem(403, "tenant_mismatch");
        world.anonymous(1).post("/api/auth/refresh", json!({ "refresh": refresh })).await.expect(200);
    }

    async fn what_is_outside_every_vendor_needs_none(world) {
        for path in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs/"] {
            world.stranger().get(path).await.expect(200);
            world.stranger().at("nobody.example.com").get(path).await.expect(200);
        }
    }
}
