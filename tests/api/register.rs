//! Signing up: owners, staff and customers (API §3).

use crate::support::World;
use futures_util::future::join_all;
use serde_json::{Value, json};

const REGISTER: &str = "/api/auth/register";

fn form(role: &str, username: &str) -> Value {
    json!({"username": username, "password": "password123", "role": role})
}

fn with(mut form: Value, name: &str, value: impl Into<Value>) -> Value {
    form[name] = value.into();
    form
}

fn owner(username: &str, domain: &str) -> Value {
    with(form("owner", username), "vendor_domain", domain)
}

/// Renames the demo's people and vendors, so that nobody has the names of the samples.
fn make_way(world: &World) {
    world.sql(
        "UPDATE users SET username = 'x' || username, username_key = 'x' || username_key, email = 'x' || email, email_key = 'x' || email_key; \
         UPDATE vendors SET domain = 'x' || domain, subdomain = 'x' || subdomain; UPDATE vendor_domains SET domain = 'x' || domain",
    );
}

both_engines! {
    async fn every_sample_of_a_registration_works_as_it_stands(world) {
        make_way(&world);
        let sample = json!({"username": "owner3", "email": "owner3@store.com", "password": "password123", "role": "owner",
            "vendor_domain": "vendor3.example.com", "first_name": "Alice3", "last_name": "Owner"});
        let made = world.stranger().post("/api/auth/register/", sample).await.expect(201);
        let told = |name: &str| made[name].as_str().unwrap();
        assert_eq!((told("username"), told("email"), told("role")), ("owner3", "owner3@store.com", "owner"));
        assert_eq!((told("first_name"), told("last_name")), ("Alice3", "Owner"));
        assert_eq!(made["vendor"]["domain"], "vendor3.example.com");
        let (alice, _) = world.sign_in(3, "owner3", "password123").await;
        let sample = json!({"username": "vendor3_staff2", "email": "staff2@vendor3.com", "password": "password123", "role": "staff",
            "first_name": "Staff", "last_name": "two"});
        assert_eq!(alice.post("/api/auth/register/", sample).await.expect(201)["role"], "staff");
        let sample = json!({"username": "vendor3_customer3", "email": "customer3@vendor3.com", "password": "password123",
            "role": "customer", "first_name": "Customer", "last_name": "three"});
        assert_eq!(world.anonymous(3).post("/api/auth/register/", sample).await.expect(201)["role"], "customer");
        for (name, role) in [("owner3", "owner"), ("vendor3_staff2", "staff"), ("vendor3_customer3", "customer")] {
            let (client, _) = world.sign_in(3, name, "password123").await;
            assert_eq!(client.get("/api/auth/me").await.expect(200)["role"], role);
        }
        world.stranger().post("/api/auth/register/", owner("owner1", "vendor1.example.com")).await.expect(201);
        let sample =
            json!({"username": "vendor1_customer1", "password": "password123", "role": "customer", "vendor_domain": "vendor1.example.com"});
        let made = world.stranger().post("/api/auth/register/", sample).await.expect(201);
        assert_eq!(made["vendor"]["domain"], "vendor1.example.com");
        let sample = json!({"username": "vendor1_customer1", "password": "password123"});
        world.anonymous(1).post("/api/auth/login/", sample).await.expect(200);
    }

    async fn an_owner_opens_a_shop_of_their_own(world) {
        let reply = world.stranger().post(REGISTER, with(owner("berta", "berta.example"), "email", "berta@berta.example")).await;
        assert!(!reply.text.contains("password"), "{}", reply.text);
        assert_eq!(reply.header("location"), Some("/api/auth/me"));
        let made = reply.expect(201);
        let pair = world.stranger().post("/api/auth/login", json!({"username": "berta", "password": "password123"})).await.expect(200);
        assert_eq!((&pair["user"]["vendor"], &pair["user"]["role"]), (&made["vendor"], &json!("owner")));
        let berta = world.stranger().at("berta.example").bearing(pair["access"].as_str().unwrap());
        let vendor = berta.get("/api/vendor").await.expect(200);
        assert_eq!((&vendor["name"], &vendor["contact_email"]), (&json!("berta's store"), &json!("berta@berta.example")));
        assert_eq!((&vendor["currency"], &vendor["is_active"]), (&json!("EUR"), &json!(true)));
        for path in ["/api/products", "/api/orders", "/api/customers"] {
            assert_eq!(berta.get(path).await.expect(200)["items"], json!([]), "{path}");
        }
        assert_eq!(berta.get("/api/staff").await.expect(200)["items"].as_array().unwrap().len(), 1);
        berta.post("/api/products", json!({"name": "Book", "price": "1.00"})).await.expect(201);
        assert_eq!(world.anonymous(1).get("/api/products?q=book").await.expect(200)["items"], json!([]));
    }

    async fn an_owner_needs_no_address(world) {
        let made = world.stranger().post(REGISTER, owner("berta", "berta.example")).await.expect(201);
        assert_eq!(made["email"], json!(null));
    }

    async fn nobody_becomes_a_second_owner_of_a_shop(world) {
        for domain in ["vendor1.example.com", "VENDOR1.example.COM", "vendor1.example.com."] {
            for client in [world.stranger(), world.anonymous(1), world.owner(1), world.staff(1), world.customer(1, 1)] {
                let refused = client.post(REGISTER, owner("berta", domain)).await.problem(409, "domain_taken");
                assert_eq!(refused["errors"][0]["pointer"], "/vendor_domain");
            }
        }
        assert_eq!(world.owner(1).get("/api/staff").await.expect(200)["items"].as_array().unwrap().len(), 3);
        let login = json!({"username": "berta", "password": "password123"});
        world.stranger().post("/api/auth/login", login).await.problem(401, "invalid_credentials");
    }

    async fn a_refused_owner_leaves_no_shop_behind(world) {
        world.stranger().post(REGISTER, owner("OWNER1", "berta.example")).await.problem(409, "username_taken");
        world.stranger().at("berta.example").get("/api/products").await.problem(404, "unknown_tenant");
        world.stranger().post(REGISTER, owner("berta", "berta.example")).await.expect(201);
        world.stranger().at("berta.example").get("/api/products").await.expect(200);
    }

    async fn a_shop_lives_at_a_domain(world) {
        for domain in [
            "localhost",
            "a b.example",
            "shop.example:80",
            "127.0.0.1",
            "http://shop.example",
            "shop..example",
            "-shop.example",
            "shop_1.example",
            "",
        ] {
            let refused = world.stranger().post(REGISTER, owner("berta", domain)).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], "/vendor_domain", "{domain}");
        }
        let refused = world.stranger().post(REGISTER, form("owner", "berta")).await.problem(422, "validation_failed");
        assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/vendor_domain"), &json!("required")));
    }

    async fn nobody_opens_a_shop_where_the_platform_itself_lives(world) {
        let settings = [("RATE_LIMITS", "off"), ("PLATFORM_DOMAIN", "shops.example"), ("PUBLIC_URL", "https://api.stoa.example:8443")];
        let world = World::with(world.engine, &settings).await;
        for domain in ["shops.example", "Shops.EXAMPLE.", "api.stoa.example"] {
            world.stranger().post(REGISTER, owner("berta", domain)).await.problem(409, "domain_taken");
        }
        world.stranger().post(REGISTER, owner("berta", "stoa.example")).await.expect(201);
    }

    async fn the_platform_may_keep_opening_shops_to_itself(world) {
        let world = World::with(world.engine, &[("RATE_LIMITS", "off"), ("ALLOW_OWNER_SIGNUP", "off")]).await;
        world.stranger().post(REGISTER, owner("berta", "berta.example")).await.problem(403, "signup_closed");
        world.stranger().at("berta.example").get("/api/products").await.problem(404, "unknown_tenant");
        world.anonymous(1).post(REGISTER, form("customer", "dora")).await.expect(201);
        world.owner(1).post(REGISTER, form("staff", "sid")).await.expect(201);
    }

    async fn only_somebody_who_may_invite_takes_staff_on(world) {
        for client in [world.anonymous(1), world.staff(1), world.customer(1, 1)] {
            client.post(REGISTER, form("staff", "sid")).await.problem(403, "permission_denied");
            let invited = with(form("staff", "sid"), "invitation_token", "0123456789abcdef");
            client.post(REGISTER, invited).await.problem(403, "permission_denied");
        }
        world.anonymous(1).bearing("nonsense").post(REGISTER, form("staff", "sid")).await.problem(401, "invalid_token");
        let made = world.owner(1).post(REGISTER, form("staff", "sid")).await.expect(201);
        assert_eq!((&made["role"], &made["vendor"]["domain"]), (&json!("staff"), &json!("vendor1.example.com")));
        let (sid, _) = world.sign_in(1, "sid", "password123").await;
        sid.post(REGISTER, form("staff", "friend")).await.problem(403, "permission_denied");
        sid.get("/api/customers").await.problem(403, "permission_denied");
        sid.post("/api/products", json!({"name": "Case", "price": "1.00"})).await.expect(201);
    }

    async fn staff_may_be_taken_on_by_the_domain_in_the_body(world) {
        let client = world.stranger().bearing(world.token("owner1"));
        client.post(REGISTER, with(form("staff", "sid"), "vendor_domain", "VENDOR1.example.com")).await.expect(201);
        world.sign_in(1, "sid", "password123").await;
    }

    async fn users_are_unique_over_all_vendors_whatever_the_case(world) {
        world.owner(1).post(REGISTER, form("staff", "Vendor2_STAFF1")).await.problem(409, "username_taken");
        let refused = world.owner(1).post(REGISTER, form("staff", "OWNER3")).await.problem(409, "username_taken");
        assert_eq!(refused["errors"][0]["pointer"], "/username");
        let staff = with(form("staff", "sid"), "email", "Owner2@VENDOR2.example.com");
        let refused = world.owner(1).post(REGISTER, staff).await.problem(409, "email_taken");
        assert_eq!(refused["errors"][0]["pointer"], "/email");
        let berta = with(owner("berta", "berta.example"), "email", "OWNER1@vendor1.example.com");
        world.stranger().post(REGISTER, berta).await.problem(409, "email_taken");
    }

    async fn customers_are_unique_within_their_vendor_whatever_the_case(world) {
        world.anonymous(1).post(REGISTER, form("customer", "VENDOR1_Customer1")).await.problem(409, "username_taken");
        let dora = with(form("customer", "Dora"), "email", "dora@example.com");
        world.anonymous(1).post(REGISTER, dora.clone()).await.expect(201);
        world.anonymous(1).post(REGISTER, form("customer", "dORA")).await.problem(409, "username_taken");
        world.anonymous(1).post(REGISTER, with(form("customer", "eve"), "email", "DORA@Example.com")).await.problem(409, "email_taken");
        world.anonymous(2).post(REGISTER, dora).await.expect(201);
        for n in [1, 2] {
            let (dora, _) = world.sign_in(n, "dora", "password123").await;
            assert_eq!(dora.get("/api/auth/me").await.expect(200)["vendor"]["domain"], format!("vendor{n}.example.com"));
        }
    }

    async fn a_name_means_one_person_at_a_vendor(world) {
        world.anonymous(1).post(REGISTER, form("customer", "Owner1")).await.problem(409, "username_taken");
        world.owner(1).post(REGISTER, form("staff", "Vendor1_CUSTOMER1")).await.problem(409, "username_taken");
        world.anonymous(2).post(REGISTER, form("customer", "owner1")).await.expect(201);
        let (customer, _) = world.sign_in(2, "owner1", "password123").await;
        assert_eq!(customer.get("/api/auth/me").await.expect(200)["role"], "customer");
    }

    async fn of_many_who_want_a_name_at_once_one_gets_it(world) {
        let clients =
            [world.anonymous(1), world.anonymous(1), world.anonymous(1), world.anonymous(1), world.anonymous(1), world.anonymous(1)];
        let replies = join_all(clients.iter().map(|client| client.post(REGISTER, form("customer", "dora")))).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
        let owners =
            join_all(clients.iter().enumerate().map(|(n, client)| client.post(REGISTER, owner(&format!("berta{n}"), "berta.example"))))
                .await;
        let mut statuses: Vec<_> = owners.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409, 409, 409, 409, 409]);
    }

    async fn a_customer_names_the_vendor_in_one_way_or_in_two_that_agree(world) {
        let at = |name: &str, domain: &str| with(form("customer", name), "vendor_domain", domain);
        world.stranger().post(REGISTER, at("dora", "vendor2.example.com")).await.expect(201);
        world.anonymous(2).post(REGISTER, at("eve", "VENDOR2.example.com:80")).await.expect(201);
        world.anonymous(1).post(REGISTER, at("fay", "vendor2.example.com")).await.problem(400, "tenant_conflict");
        world.stranger().post(REGISTER, at("fay", "nobody.example.com")).await.problem(404, "unknown_tenant");
        world.stranger().post(REGISTER, form("customer", "fay")).await.problem(400, "tenant_required");
        world.stranger().with("host", "vendor2.example.com").post(REGISTER, form("customer", "fay")).await.expect(201);
        assert_eq!(world.owner(2).get("/api/customers").await.expect(200)["items"].as_array().unwrap().len(), 6);
    }

    async fn what_a_form_says_must_make_sense(world) {
        let dora = form("customer", "dora");
        let refusals = [
            (with(dora.clone(), "role", "operator"), "/role", "invalid_value"),
            (with(dora.clone(), "role", "Owner"), "/role", "invalid_value"),
            (with(dora.clone(), "is_operator", true), "/is_operator", "unknown_field"),
            (with(dora.clone(), "permissions", json!(["team.invite"])), "/permissions", "unknown_field"),
            (with(dora.clone(), "password", "1234567"), "/password", "invalid_length"),
            (with(dora.clone(), "password", "x".repeat(129)), "/password", "invalid_length"),
            (with(dora.clone(), "password", 12_345_678), "/password", "invalid_value"),
            (with(dora.clone(), "username", ""), "/username", "invalid_length"),
            (with(dora.clone(), "username", "d".repeat(151)), "/username", "invalid_length"),
            (with(dora.clone(), "username", "do ra"), "/username", "invalid_username"),
            (with(dora.clone(), "username", "do\u{0}ra"), "/username", "control_character"),
            (with(dora.clone(), "email", "dora"), "/email", "invalid_email"),
            (with(dora.clone(), "first_name", "d".repeat(151)), "/first_name", "invalid_length"),
            (json!({"username": "dora", "role": "customer"}), "/password", "required"),
            (json!({"username": "dora", "password": "password123"}), "/role", "required"),
        ];
        for (form, pointer, code) in refusals {
            let reply = world.anonymous(1).post(REGISTER, form.clone()).await;
            assert!(!reply.text.contains("1234567"), "a password is never told: {}", reply.text);
            let refused = reply.problem(422, "validation_failed");
            let errors = refused["errors"].as_array().unwrap();
            assert!(errors.iter().any(|error| error["pointer"] == pointer && error["code"] == code), "{form}: {refused}");
        }
        for (name, length) in [("shortest", 8), ("longest", 128)] {
            let password = "ß".repeat(length);
            world.anonymous(1).post(REGISTER, with(form("customer", name), "password", password.as_str())).await.expect(201);
            world.sign_in(1, name, &password).await;
        }
    }
}
