//! Vendors, as the platform's operators list, open, edit, suspend and resume them.

use crate::bulk_import::prove;
use crate::operators::operator;
use crate::support::{Client, Engine, Reply, World};
use chrono::TimeDelta;
use serde_json::{Value, json};

/// The names of the vendors on a page.
fn names(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|vendor| vendor["name"].as_str().unwrap()).collect()
}

async fn found(operator: &Client, query: &str) -> Vec<String> {
    let page = operator.get(&format!("/api/admin/vendors?{query}")).await.expect(200);
    names(&page).into_iter().map(str::to_owned).collect()
}

/// A vendor to be, of somebody new.
fn dahlias() -> Value {
    json!({
        "name": "Dora's Dahlias", "domain": "dahlias.example.com", "contact_phone": "+352 27 55 11",
        "business_address": "1 Rue de la Gare", "business_city": "Luxembourg", "business_postal_code": "L-1611", "business_country": "LU",
        "letzshop_csv_url": "https://feeds.example.com/dahlias.csv",
        "owner": {"email": "Dora@Dahlias.example.com", "first_name": "Dora", "last_name": "Maar", "initial_password": "only-for-once"},
    })
}

async fn log_in(world: &World, body: Value) -> Reply {
    world.stranger().at("dahlias.example.com").post("/api/auth/login", body).await
}

both_engines! {
    async fn operators_see_all_vendors_newest_first_page_by_page(world) {
        let operator = operator(&world).await;
        let first = operator.get("/api/admin/vendors?limit=2").await.expect(200);
        assert_eq!(names(&first), ["Chiara's Café", "Bruno's Books"]);
        let next = first["next"].as_str().unwrap();
        let last = operator.get(&format!("/api/admin/vendors?limit=2&cursor={next}")).await.expect(200);
        assert_eq!((names(&last), &last["next"]), (vec!["Alice's Watches"], &json!(null)));
        let owners = json!([{"id": 1, "username": "owner1", "email": "owner1@vendor1.example.com"}]);
        assert_eq!(last["items"][0]["owners"], owners);
        let at_a_door = operator.at("vendor2.example.com").get("/api/admin/vendors").await.expect(200);
        assert_eq!(at_a_door["items"].as_array().unwrap().len(), 3, "it does not matter at whose door");
    }

    async fn a_vendor_is_found_by_how_its_name_its_domain_or_its_subdomain_begins(world) {
        let operator = operator(&world).await;
        for (query, expected) in [
            ("q=ALICE", vec!["Alice's Watches"]),
            ("q=chiara%27s%20cafe", vec!["Chiara's Café"]),
            ("q=Vendor2.example", vec!["Bruno's Books"]),
            ("q=vendor", vec!["Chiara's Café", "Bruno's Books", "Alice's Watches"]),
            ("q=watches", vec![]),
            ("q=%25", vec![]),
            ("q=vendor&limit=1", vec!["Chiara's Café"]),
        ] {
            assert_eq!(found(&operator, query).await, expected, "{query}");
        }
        world.owner(1).patch("/api/vendor", json!({"name": "Élise's Watches"})).await.expect(200);
        assert_eq!(found(&operator, "q=elise").await, ["Élise's Watches"], "the name that the owner gave it");
        assert_eq!(found(&operator, "q=alice").await, Vec::<String>::new());
    }

    async fn open_and_closed_vendors_are_told_apart(world) {
        let operator = operator(&world).await;
        operator.post("/api/admin/vendors/2/suspend", json!({"reason": "unpaid invoices"})).await.expect(200);
        assert_eq!(found(&operator, "is_active=false").await, ["Bruno's Books"]);
        assert_eq!(found(&operator, "is_active=true").await, ["Chiara's Café", "Alice's Watches"]);
        assert_eq!(found(&operator, "is_active=true&q=vendor2").await, Vec::<String>::new());
    }

    async fn a_vendor_is_opened_for_somebody_new_who_sets_a_password_of_their_own(world) {
        let operator = operator(&world).await;
        let reply = operator.post("/api/admin/vendors", dahlias()).await;
        let location = reply.header("location").unwrap().to_owned();
        let vendor = reply.expect(201);
        assert_eq!(location, format!("/api/admin/vendors/{}", vendor["id"]));
        assert_eq!(operator.get(&location).await.expect(200), vendor);
        assert_eq!((&vendor["subdomain"], &vendor["currency"], &vendor["is_active"]), (&json!("dahlias"), &json!("EUR"), &json!(true)));
        assert_eq!((&vendor["contact_email"], &vendor["business_country"]), (&json!("Dora@Dahlias.example.com"), &json!("LU")));
        assert_eq!(vendor["owners"][0]["username"], "Dora@Dahlias.example.com");

        let email = "dora@dahlias.example.com";
        log_in(&world, json!({"email": email, "password": "not-the-one"})).await.problem(401, "invalid_credentials");
        log_in(&world, json!({"email": email, "password": "only-for-once"})).await.problem(403, "password_change_required");
        let same = log_in(&world, json!({"email": email, "password": "only-for-once", "new_password": "only-for-once"})).await;
        assert_eq!(same.problem(422, "validation_failed")["errors"][0]["code"], "same_password");
        let wrong = json!({"email": email, "password": "not-the-one", "new_password": "a password of mine"});
        log_in(&world, wrong).await.problem(401, "invalid_credentials");
        let pair = log_in(&world, json!({"email": email, "password": "only-for-once", "new_password": "a password of mine"})).await.expect(200);
        assert_eq!((&pair["user"]["role"], &pair["user"]["vendor"]["domain"]), (&json!("owner"), &json!("dahlias.example.com")));
        let dora = world.stranger().at("dahlias.example.com").bearing(pair["access"].as_str().unwrap());
        dora.post("/api/products", json!({"name": "Dahlia", "price": "4.00"})).await.expect(201);
        log_in(&world, json!({"email": email, "password": "only-for-once"})).await.problem(401, "invalid_credentials");
        log_in(&world, json!({"email": email, "password": "a password of mine"})).await.expect(200);
    }

    async fn nobody_else_changes_their_password_when_signing_in(world) {
        for name in ["owner1", "vendor1_customer1"] {
            let login = json!({"username": name, "password": "password123", "new_password": "another one"});
            let refused = world.anonymous(1).post("/api/auth/login", login).await.problem(422, "validation_failed");
            assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/new_password"), &json!("not_due")));
            world.sign_in(1, name, "password123").await;
        }
    }

    async fn somebody_who_is_known_owns_another_vendor_with_their_own_password(world) {
        let operator = operator(&world).await;
        let mut form = dahlias();
        form["owner"] = json!({"email": "OWNER1@vendor1.example.com", "initial_password": "not to be theirs"});
        let problem = operator.post("/api/admin/vendors", form.clone()).await.problem(422, "validation_failed");
        assert_eq!(problem["errors"][0]["code"], "unproved_address", "anybody could have said that it is theirs");
        prove(&world, 1);
        let vendor = operator.post("/api/admin/vendors", form).await.expect(201);
        assert_eq!(vendor["owners"], json!([{"id": 1, "username": "owner1", "email": "owner1@vendor1.example.com"}]));
        let login = |password: &str| json!({"username": "owner1", "password": password});
        log_in(&world, login("not to be theirs")).await.problem(401, "invalid_credentials");
        assert_eq!(log_in(&world, login("password123")).await.expect(200)["user"]["role"], "owner");
        world.stranger().post("/api/auth/login", login("password123")).await.problem(409, "vendor_choice_required");
    }

    async fn a_vendor_is_not_opened_halfway(world) {
        let operator = operator(&world).await;
        let refuse = async |change: &dyn Fn(&mut Value), status: u16, code: &str, pointer: &str| {
            let mut form = dahlias();
            change(&mut form);
            let problem = operator.post("/api/admin/vendors", form).await.problem(status, code);
            assert_eq!(problem["errors"][0]["pointer"], pointer, "{problem}");
        };
        refuse(&|form| form["domain"] = json!("vendor1.example.com"), 409, "domain_taken", "/domain").await;
        refuse(&|form| form["domain"] = json!("stoa.test"), 409, "domain_taken", "/domain").await;
        refuse(&|form| form["domain"] = json!("no domain"), 422, "validation_failed", "/domain").await;
        refuse(&|form| form["subdomain"] = json!("dahlias"), 422, "validation_failed", "/domain").await;
        refuse(&|form| form["domain"] = json!(null), 422, "validation_failed", "/domain").await;
        refuse(&|form| form["owner"]["username"] = json!("owner2"), 409, "username_taken", "/owner/username").await;
        refuse(&|form| form["owner"]["initial_password"] = json!("short"), 422, "validation_failed", "/owner/initial_password").await;
        refuse(&|form| form["owner"]["initial_password"] = json!(null), 422, "validation_failed", "/owner/initial_password").await;
        refuse(&|form| form["owner"] = json!({"email": "ops@stoa.example"}), 422, "validation_failed", "/owner/email").await;
        refuse(&|form| form["letzshop_csv_url"] = json!("ftp://feed"), 422, "validation_failed", "/letzshop_csv_url").await;
        assert_eq!(operator.get("/api/admin/vendors").await.expect(200)["items"].as_array().unwrap().len(), 3);
        assert_eq!(operator.get("/api/admin/users?q=dora").await.expect(200)["items"], json!([]));
    }

    async fn a_subdomain_is_a_place_under_the_platforms_own_domain(world) {
        let mut form = dahlias();
        form["domain"] = json!(null);
        form["subdomain"] = json!("Dahlias");
        let vendor = operator(&world).await.post("/api/admin/vendors", form.clone()).await.expect(201);
        assert_eq!((&vendor["domain"], &vendor["subdomain"]), (&json!("dahlias.localhost"), &json!("dahlias")), "a platform without a domain");
        let world = World::with(world.engine, &[("RATE_LIMITS", "off"), ("PLATFORM_DOMAIN", "shops.example")]).await;
        let operator = operator(&world).await;
        let vendor = operator.post("/api/admin/vendors", form.clone()).await.expect(201);
        assert_eq!((&vendor["domain"], &vendor["subdomain"]), (&json!("dahlias.shops.example"), &json!("dahlias")));
        for label in ["www", "vendor1", "dahlias"] {
            form["subdomain"] = json!(label);
            form["owner"]["email"] = json!(format!("{label}@example.com"));
            let problem = operator.post("/api/admin/vendors", form.clone()).await.problem(409, "domain_taken");
            assert_eq!(problem["errors"][0]["pointer"], "/subdomain", "{label}");
        }
        for label in ["a.b", "a b", "-a", "a:80", "."] {
            form["subdomain"] = json!(label);
            operator.post("/api/admin/vendors", form.clone()).await.problem(422, "validation_failed");
        }
    }

    async fn an_edit_changes_what_it_mentions_and_a_replacement_everything(world) {
        let operator = operator(&world).await;
        let edit = json!({"business_city": "Esch", "contact_phone": "+352 1", "name": "Watches"});
        let vendor = operator.patch("/api/admin/vendors/1", edit.clone()).await.expect(200);
        assert_eq!((&vendor["business_city"], &vendor["name"], &vendor["version"]), (&json!("Esch"), &json!("Watches"), &json!(2)));
        assert_eq!(vendor["contact_email"], "owner1@vendor1.example.com");
        assert_eq!(world.owner(1).get("/api/vendor").await.expect(200)["name"], "Watches");
        assert_eq!(operator.patch("/api/admin/vendors/1", json!({})).await.expect(200)["version"], 2, "nothing is no change");
        let vendor = operator.patch("/api/admin/vendors/1", json!({"contact_phone": null})).await.expect(200);
        assert_eq!((&vendor["contact_phone"], &vendor["business_city"]), (&json!(null), &json!("Esch")));
        let vendor = operator.put("/api/admin/vendors/1", json!({"name": "Clocks", "business_country": "LU"})).await.expect(200);
        let empty = ["contact_email", "contact_phone", "business_address", "business_city", "business_postal_code", "letzshop_csv_url"];
        assert!(empty.iter().all(|member| vendor[member].is_null()), "{vendor}");
        assert_eq!((&vendor["name"], &vendor["business_country"], &vendor["is_active"]), (&json!("Clocks"), &json!("LU"), &json!(true)));
        operator.put("/api/admin/vendors/1", json!({"business_country": "LU"})).await.problem(422, "validation_failed");
        operator.patch("/api/admin/vendors/1", json!({"domain": "clocks.example.com"})).await.problem(422, "validation_failed");
        operator.patch("/api/admin/vendors/999", edit).await.problem(404, "not_found");
    }

    async fn a_change_is_made_to_what_was_seen_only(world) {
        let operator = operator(&world).await;
        let seen = operator.get("/api/admin/vendors/1").await.header("etag").unwrap().to_owned();
        assert_eq!(operator.clone().with("if-none-match", &seen).get("/api/admin/vendors/1").await.status, 304);
        let careful = operator.clone().with("if-match", &seen);
        careful.patch("/api/admin/vendors/1", json!({"name": "Mine"})).await.expect(200);
        careful.patch("/api/admin/vendors/1", json!({"name": "Mine again"})).await.problem(412, "precondition_failed");
        careful.put("/api/admin/vendors/1", json!({"name": "Mine again"})).await.problem(412, "precondition_failed");
        assert_eq!(operator.get("/api/admin/vendors/1").await.expect(200)["name"], "Mine");
    }

    async fn a_suspended_vendor_is_closed_to_everybody_at_once_until_it_is_resumed(world) {
        let operator = operator(&world).await;
        world.owner(1).get("/api/vendor").await.expect(200);
        let beside = world.beside();
        beside.owner(1).get("/api/vendor").await.expect(200);
        let vendor = operator.post("/api/admin/vendors/1/suspend", json!({"reason": "unpaid invoices"})).await.expect(200);
        assert_eq!((&vendor["is_active"], &vendor["suspended_reason"]), (&json!(false), &json!("unpaid invoices")));
        assert_eq!(vendor["suspended_at"], "2026-01-31T12:00:00.000000Z");
        for client in [world.owner(1), world.staff(1), world.customer(1, 1), world.anonymous(1)] {
            client.get("/api/products").await.problem(403, "tenant_inactive");
        }
        world.anonymous(1).post("/api/auth/login", json!({"username": "owner1", "password": "password123"})).await.problem(403, "tenant_inactive");
        world.stranger().post("/api/auth/login", json!({"username": "owner1", "password": "password123"})).await.problem(401, "invalid_credentials");
        world.owner(2).get("/api/vendor").await.expect(200);
        world.advance(chrono::TimeDelta::seconds(2));
        beside.owner(1).get("/api/vendor").await.problem(403, "tenant_inactive");

        let again = operator.post("/api/admin/vendors/1/suspend", json!({"reason": "still unpaid"})).await.expect(200);
        assert_eq!((&again["suspended_at"], &again["suspended_reason"]), (&vendor["suspended_at"], &json!("still unpaid")));
        let resumed = operator.post("/api/admin/vendors/1/resume", Value::Null).await.expect(200);
        assert_eq!((&resumed["is_active"], &resumed["suspended_at"], &resumed["suspended_reason"]), (&json!(true), &json!(null), &json!(null)));
        world.owner(1).get("/api/vendor").await.expect(200);
        let nothing = operator.post("/api/admin/vendors/1/resume", Value::Null).await.expect(200);
        assert_eq!(nothing["version"], resumed["version"]);
    }

    async fn a_vendor_can_be_closed_by_an_edit_too(world) {
        let operator = operator(&world).await;
        let vendor = operator.patch("/api/admin/vendors/1", json!({"is_active": false})).await.expect(200);
        assert!(vendor["suspended_at"].is_string() && vendor["suspended_reason"].is_null(), "{vendor}");
        world.owner(1).get("/api/vendor").await.problem(403, "tenant_inactive");
        let vendor = operator.put("/api/admin/vendors/1", json!({"name": "Watches", "is_active": true})).await.expect(200);
        assert!(vendor["suspended_at"].is_null(), "{vendor}");
        world.owner(1).get("/api/vendor").await.expect(200);
        operator.post("/api/admin/vendors/1/suspend", json!({"reason": "x"})).await.expect(200);
        operator.clone().at("vendor1.example.com").patch("/api/vendor", json!({"is_active": true})).await.expect(200);
        let vendor = operator.get("/api/admin/vendors/1").await.expect(200);
        assert!(vendor["suspended_at"].is_null() && vendor["suspended_reason"].is_null(), "opened at its own door: {vendor}");
    }

    async fn a_reason_is_given_for_suspending(world) {
        let operator = operator(&world).await;
        for body in [json!({}), json!({"reason": ""}), json!({"reason": "  "}), json!({"reason": "x".repeat(501)})] {
            operator.post("/api/admin/vendors/1/suspend", body).await.problem(422, "validation_failed");
        }
        operator.post("/api/admin/vendors/999/suspend", json!({"reason": "x"})).await.problem(404, "not_found");
        operator.post("/api/admin/vendors/999/resume", Value::Null).await.problem(404, "not_found");
        world.owner(1).get("/api/vendor").await.expect(200);
    }

    async fn nobody_but_an_operator_gets_in(world) {
        for client in [world.owner(1), world.staff(1), world.customer(1, 1)] {
            for path in ["/api/admin/vendors", "/api/admin/vendors/1", "/api/admin/vendors/1/members", "/api/admin/users", "/api/admin/users/1"] {
                client.get(path).await.problem(403, "permission_denied");
            }
            client.post("/api/admin/vendors", dahlias()).await.problem(403, "permission_denied");
            client.post("/api/admin/vendors/2/suspend", json!({"reason": "x"})).await.problem(403, "permission_denied");
        }
        world.stranger().get("/api/admin/vendors").await.problem(401, "authentication_required");
        let no_more = operator(&world).await;
        world.sql("UPDATE users SET is_operator = false WHERE username = 'ops@stoa.example'");
        no_more.get("/api/admin/vendors").await.problem(401, "session_ended");
    }

    async fn why_a_vendor_is_suspended_is_for_operators_only(world) {
        let operator = operator(&world).await;
        let vendor = operator.post("/api/admin/vendors/1/suspend", json!({"reason": "a secret reason"})).await.expect(200);
        assert_eq!(vendor["suspended_reason"], "a secret reason");
        operator.post("/api/admin/vendors/1/resume", json!({})).await.expect(200);
        let log = world.owner(1).get("/api/audit?limit=100").await.expect(200);
        assert!(log.to_string().contains("vendor.suspended") && !log.to_string().contains("a secret reason"), "{log}");
    }

    async fn the_first_password_of_a_new_owner_is_good_for_two_weeks(world) {
        let operator = operator(&world).await;
        operator.post("/api/admin/vendors", dahlias()).await.expect(201);
        let (email, password) = (dahlias()["owner"]["email"].clone(), dahlias()["owner"]["initial_password"].clone());
        let login = json!({"email": email, "password": password});
        log_in(&world, login.clone()).await.problem(403, "password_change_required");
        world.advance(TimeDelta::days(14));
        log_in(&world, login).await.problem(401, "invalid_credentials");
    }
}

/// How many statements a page of vendors takes, whatever is on it.
#[actix_web::test]
async fn a_page_of_vendors_takes_two_statements() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let world = World::start(engine).await;
        let operator = operator(&world).await;
        for path in ["/api/admin/vendors?limit=1", "/api/admin/vendors?limit=3", "/api/admin/users?limit=1", "/api/admin/users?limit=10"] {
            let (reply, statements) = world.statements(operator.get(path)).await;
            reply.expect(200);
            let own = statements.iter().filter(|text| text.contains("LIMIT") || text.contains("IN (") || text.contains("ANY(")).count();
            assert_eq!(own, 3, "the session and two of its own: {statements:?}");
        }
    }
}
