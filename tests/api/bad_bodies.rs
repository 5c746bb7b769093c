//! Bodies that are no JSON, too much of it, or not what the route takes: on every route that takes one.

use crate::operators::operator;
use crate::support::{Client, Reply, World};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A route that takes a body, somebody who may call it, and a body that is good there.
struct Route {
    method: Method,
    /// As in the document.
    template: &'static str,
    path: &'static str,
    client: Client,
    good: Value,
    /// Whether the body may be left out.
    may_be_empty: bool,
}

fn route(method: Method, template: &'static str, path: &'static str, client: &Client, good: Value) -> Route {
    Route { method, template, path, client: client.clone(), good, may_be_empty: false }
}

async fn routes(world: &World) -> Vec<Route> {
    let (owner, customer, lobby) = (world.owner(1), world.customer(1, 1), world.anonymous(1));
    let register = json!({"username": "dora", "password": "password123", "role": "customer", "email": "dora@example.com",
        "vendor_domain": "vendor1.example.com", "first_name": "Dora", "last_name": "D"});
    let product = json!({"name": "A", "price": "1.00", "compare_at_price": "2.00", "stock": 1, "description": "B", "sku": "S",
        "status": "draft", "brand": "C", "gtin": "73513537", "external_id": "E", "image_urls": ["https://example.com"], "attributes": {"a": 1}});
    let order = json!({"items": [{"product": 1, "quantity": 1}], "address": "1 Road", "currency": "EUR", "note": "n", "external_ref": "r"});
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    let mut routes = vec![
        route(post.clone(), "/api/auth/register", "/api/auth/register", &lobby, register),
        route(post.clone(), "/api/auth/login", "/api/auth/login", &lobby, json!({"username": "owner1", "password": "wrong-password"})),
        route(post.clone(), "/api/auth/refresh", "/api/auth/refresh", &lobby, json!({"refresh": "x"})),
        route(post.clone(), "/api/auth/logout", "/api/auth/logout", &lobby, json!({"refresh": "x"})),
        route(
            patch.clone(),
            "/api/auth/me",
            "/api/auth/me",
            &customer,
            json!({"first_name": "A", "last_name": "B", "email": "c@example.com", "phone": "1", "current_password": "password123"}),
        ),
        route(
            post.clone(),
            "/api/auth/password",
            "/api/auth/password",
            &customer,
            json!({"current_password": "password123", "new_password": "password124"}),
        ),
        route(
            patch.clone(),
            "/api/vendor",
            "/api/vendor",
            &owner,
            json!({"name": "A", "contact_email": "b@example.com", "contact_phone": "1", "currency": "EUR"}),
        ),
        route(post.clone(), "/api/products", "/api/products", &owner, product.clone()),
        route(put, "/api/products/{id}", "/api/products/1", &owner, product.clone()),
        route(patch.clone(), "/api/products/{id}", "/api/products/1", &owner, product),
        route(post.clone(), "/api/products/{id}/stock", "/api/products/1/stock", &owner, json!({"delta": 1, "expected": 98})),
        route(post.clone(), "/api/orders", "/api/orders", &customer, order),
        route(patch.clone(), "/api/orders/{id}/status", "/api/orders/2/status", &owner, json!({"status": "confirmed", "reason": "r"})),
        route(patch, "/api/orders/{id}/assign-staff", "/api/orders/1/assign-staff", &owner, json!({"staff_id": 3})),
        route(post, "/api/orders/{id}/{action}", "/api/orders/2/confirm", &owner, json!({"reason": "r"})),
    ];
    routes.last_mut().unwrap().may_be_empty = true;
    routes.extend(later_routes(world));
    routes.extend(own_routes(world).await);
    routes.extend(operators_routes(world).await);
    routes
}

/// Those of the team, of domains, of addresses, of payments, and of what comes back.
fn later_routes(world: &World) -> Vec<Route> {
    let (owner, customer, lobby) = (world.owner(1), world.customer(1, 1), world.anonymous(1));
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    let buyer = json!({"name": "Buyer", "permissions": ["products.view"]});
    let address = json!({"address": "1 Road", "label": "Home", "is_default": true});
    let person = json!({"first_name": "A", "last_name": "B", "email": "c@example.com", "phone": "1", "is_active": true});
    let newcomer = json!({"username": "nora", "password": "password123", "first_name": "A", "last_name": "B"});
    let invitation = "/api/invitations/demo-invitation-to-the-team-of-vendor-1-xyz/accept";
    let payment = json!({"method": "cash", "amount": "1.00", "reference": "r"});
    let (void, voided) = ("/api/orders/{id}/payments/{payment_id}/void", "/api/orders/1/payments/1/void");
    let settings = json!({"restocking_fee_percent": "10", "max_refund_amount": "500.00", "days_to_return": 30,
        "non_returnable_sku_patterns": ["GIFT-*"], "allow_partial_return": true});
    let back = json!({"items": [{"item": 1, "quantity": 1}], "reason": "r"});
    let came = json!({"items": [{"item": 1, "quantity": 1, "condition": "good"}]});
    let (reject, rejected) = ("/api/orders/{id}/returns/{return_id}/reject", "/api/orders/1/returns/1/reject");
    let (receive, received) = ("/api/orders/{id}/returns/{return_id}/receive", "/api/orders/1/returns/1/receive");
    let refund = json!({"amount": "1.00", "reason": "r"});
    vec![
        route(patch.clone(), "/api/vendor/settings", "/api/vendor/settings", &owner, settings),
        route(post.clone(), "/api/orders/{id}/returns", "/api/orders/1/returns", &customer, back),
        route(post.clone(), reject, rejected, &owner, json!({"reason": "r"})),
        route(post.clone(), receive, received, &owner, came),
        route(post.clone(), "/api/orders/{id}/refunds", "/api/orders/1/refunds", &owner, refund),
        route(post.clone(), "/api/auth/switch", "/api/auth/switch", &owner, json!({"vendor_domain": "vendor1.example.com"})),
        route(post.clone(), "/api/team/roles", "/api/team/roles", &owner, buyer.clone()),
        route(put.clone(), "/api/team/roles/{id}", "/api/team/roles/6", &owner, buyer),
        route(put, "/api/team/members/{id}", "/api/team/members/2", &owner, json!({"role_id": 3, "is_active": true})),
        route(post.clone(), "/api/team/invitations", "/api/team/invitations", &owner, json!({"email": "e@example.com", "role_id": 5})),
        route(post.clone(), "/api/invitations/{token}/accept", invitation, &lobby, newcomer),
        route(post.clone(), "/api/vendor/domains", "/api/vendor/domains", &owner, json!({"domain": "shop.example"})),
        route(patch.clone(), "/api/customers/{id}", "/api/customers/2", &owner, person),
        route(post.clone(), "/api/orders/{id}/payments", "/api/orders/1/payments", &owner, payment),
        route(post.clone(), void, voided, &owner, json!({"reason": "r"})),
        route(post, "/api/addresses", "/api/addresses", &customer, address.clone()),
        route(patch, "/api/addresses/{id}", "/api/addresses/1", &customer, address),
    ]
}

/// Those of getting in and staying in, and of keys.
async fn own_routes(world: &World) -> Vec<Route> {
    let (owner, staff, lobby) = (world.owner(1), world.staff(1), world.anonymous(1));
    let (post, patch) = (Method::POST, Method::PATCH);
    let theirs = "vendor1_customer2@vendor1.example.com";
    lobby.post("/api/auth/password/forgot", json!({ "email": theirs })).await.expect(202);
    let reset = json!({"token": world.mailed_token(theirs), "new_password": "password124"});
    owner.post("/api/auth/email/resend", json!({})).await.expect(202);
    let verify = json!({ "token": world.mailed_token("owner1@vendor1.example.com") });
    let both = json!({"password": "password123", "code": "123456"});
    let key = json!({"name": "A", "permissions": ["products.view"], "expires_at": "2027-01-31T12:00:00Z"});
    vec![
        route(post.clone(), "/api/auth/password/forgot", "/api/auth/password/forgot", &lobby, json!({"email": "d@example.com"})),
        route(post.clone(), "/api/auth/password/reset", "/api/auth/password/reset", &lobby, reset),
        route(post.clone(), "/api/auth/email/verify", "/api/auth/email/verify", &lobby, verify),
        route(post.clone(), "/api/auth/totp/confirm", "/api/auth/totp/confirm", &staff, json!({"code": "123456"})),
        route(post.clone(), "/api/auth/totp/disable", "/api/auth/totp/disable", &staff, both.clone()),
        route(post.clone(), "/api/auth/totp/recovery-codes", "/api/auth/totp/recovery-codes", &staff, both),
        route(post.clone(), "/api/auth/totp", "/api/auth/totp", &staff, json!({"password": "password123"})),
        route(post, "/api/api-keys", "/api/api-keys", &owner, key),
        route(patch, "/api/api-keys/{id}", "/api/api-keys/1", &owner, json!({"name": "B"})),
    ]
}

/// Those of the operators.
async fn operators_routes(world: &World) -> Vec<Route> {
    let operator = operator(world).await;
    let (post, put, patch) = (Method::POST, Method::PUT, Method::PATCH);
    let record = json!({"name": "A", "contact_email": "b@example.com", "contact_phone": "1", "business_address": "C", "business_city": "D",
        "business_postal_code": "E", "business_country": "F", "letzshop_csv_url": "https://example.com/feed.csv", "is_active": true});
    let mut new = record.clone();
    new.as_object_mut().unwrap().remove("is_active");
    new["subdomain"] = json!("dahlias");
    new["owner"] = json!({"email": "dora@example.com", "initial_password": "password123"});
    let wish = json!({"vendor_id": 1, "user_id": 2, "reason": "r", "minutes": 15});
    let reset = json!({"vendor_id": 3, "q": "nobody", "everybody": false, "reason": "r"});
    vec![
        route(post.clone(), "/api/admin/vendors", "/api/admin/vendors", &operator, new),
        route(put, "/api/admin/vendors/{id}", "/api/admin/vendors/3", &operator, record.clone()),
        route(patch.clone(), "/api/admin/vendors/{id}", "/api/admin/vendors/3", &operator, record),
        route(post.clone(), "/api/admin/vendors/{id}/suspend", "/api/admin/vendors/3/suspend", &operator, json!({"reason": "r"})),
        route(patch, "/api/admin/users/{id}", "/api/admin/users/7", &operator, json!({"is_active": true})),
        route(post.clone(), "/api/admin/impersonations", "/api/admin/impersonations", &operator, wish),
        route(post, "/api/admin/password-resets", "/api/admin/password-resets", &operator, reset),
    ]
}

impl Route {
    async fn send(&self, body: impl Into<Vec<u8>>) -> Reply {
        self.client.send_raw(self.method.clone(), self.path, body.into(), Some("application/json")).await
    }

    /// Refused as invalid, with a place at or below `pointer`.
    async fn refuses(&self, body: &str, pointer: &str, code: Option<&str>) {
        let problem = self.send(body).await.problem(422, "validation_failed");
        let errors = problem["errors"].as_array().unwrap();
        let is_there = |error: &&Value| error["pointer"].as_str().unwrap().starts_with(pointer);
        let error = errors.iter().find(is_there).unwrap_or_else(|| panic!("{} {}: {body}: {errors:?}", self.method, self.path));
        if let Some(code) = code {
            assert_eq!(error["code"], code, "{} {}: {body}", self.method, self.path);
        }
    }

    /// The good body with one member in another form.
    fn with(&self, member: &str, value: Value) -> String {
        let mut body = self.good.clone();
        body[member] = value;
        body.to_string()
    }

    fn members(&self) -> Vec<(String, Value)> {
        self.good.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.clone())).collect()
    }
}

/// All that a refused request could have changed.
async fn all_there_is(world: &World) -> Vec<Value> {
    let (owner, customer) = (world.owner(1), world.customer(1, 1));
    let mut all = vec![json!(world.last_event(1))];
    for path in [
        "/api/products?limit=100",
        "/api/products?status=archived",
        "/api/orders?limit=100",
        "/api/customers?limit=100",
        "/api/vendor",
        "/api/staff",
    ] {
        all.push(owner.get(path).await.expect(200));
    }
    all.push(customer.get("/api/auth/me").await.expect(200));
    all
}

/// A type that a member with this value does not have.
fn of_wrong_types(good: &Value) -> Vec<Value> {
    let candidates =
        [json!("\u{fffd}"), json!(7.5), json!(1e300), json!(true), json!([[7]]), json!({"surprise": 1}), json!(["surprise", 8])];
    let same = |wrong: &Value| {
        (good.is_string() && wrong.is_string()) || (good.is_object() && wrong.is_object()) || (good.is_boolean() && wrong.is_boolean())
    };
    candidates.into_iter().filter(|wrong| !same(wrong)).collect()
}

both_engines! {
    async fn the_routes_here_are_all_that_take_a_body(world) {
        let document = world.stranger().get("/openapi.json").await.expect(200);
        let mut known = BTreeSet::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            known.extend(
                ["post", "put", "patch"].iter().filter(|method| item[**method]["requestBody"]["content"].get("application/json").is_some()).map(|method| format!("{method} {path}")),
            );
        }
        let here = routes(&world).await.iter().map(|route| format!("{} {}", route.method.as_str().to_lowercase(), route.template)).collect();
        assert_eq!(known, here);
    }

    async fn each_good_body_is_understood(world) {
        // Without this, a table of bad ones says nothing.
        for route in routes(&world).await {
            let reply = route.send(route.good.to_string()).await;
            assert!(!matches!(reply.status, 400 | 413 | 415 | 422) && reply.status < 500, "{}: {}", reply.call, reply.text);
        }
    }

    async fn a_body_that_is_no_json_is_refused_and_nothing_happens(world) {
        let before = all_there_is(&world).await;
        let bad: [&[u8]; 16] = [
            b"{",
            b"}",
            b"nonsense",
            b"{\"a\": 1,}",
            b"{'a': 1}",
            b"{a: 1}",
            b"{\"a\": NaN}",
            b"{\"a\": Infinity}",
            b"{\"a\": 1e400}",
            b"{\"a\": 01}",
            b"{} {}",
            b"{\"a\": \"\xff\xfe\"}",
            b"\xef\xbb\xbf{}",
            b"{\"a\": \"\x00\"}",
            b"{\"a\": \"\\ud800\"}",
            b"\x1f\x8b\x08\x00",
        ];
        for route in routes(&world).await {
            for body in bad {
                let problem = route.send(body).await.problem(400, "malformed_json");
                assert!(problem["detail"].as_str().unwrap().starts_with("the body is not JSON"), "{problem}");
            }
            if !route.may_be_empty {
                route.send("").await.problem(400, "malformed_json");
                route.send(" \n").await.problem(400, "malformed_json");
            }
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn deep_nesting_is_refused_and_nothing_happens(world) {
        let before = all_there_is(&world).await;
        for route in routes(&world).await {
            for body in ["[".repeat(100_000), "{\"a\":".repeat(100_000), format!("{{\"a\": {}{}}}", "[".repeat(200), "]".repeat(200))] {
                route.send(body).await.problem(400, "malformed_json");
            }
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn what_is_no_object_is_refused_and_nothing_happens(world) {
        let before = all_there_is(&world).await;
        for route in routes(&world).await {
            let values = Value::from(route.members().into_iter().map(|(_, value)| value).collect::<Vec<_>>()).to_string();
            for body in ["[]", "[{}]", "1", "true", "\"text\"", values.as_str()] {
                route.refuses(body, "", Some("invalid_value")).await;
            }
            if !route.may_be_empty {
                route.refuses("null", "", Some("invalid_value")).await;
            }
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn a_member_nobody_knows_is_refused_by_name(world) {
        let before = all_there_is(&world).await;
        for route in routes(&world).await {
            for (name, pointer) in
                [("surprise", "/surprise"), ("vendor_id", "/vendor_id"), ("id", "/id"), ("", "/"), ("a/b~c.d[0]", "/a~1b~0c.d[0]")]
            {
                if route.good.get(name).is_none() {
                    route.refuses(&route.with(name, json!(1)), pointer, Some("unknown_field")).await;
                }
            }
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn a_member_that_stands_twice_is_refused_by_name(world) {
        let before = all_there_is(&world).await;
        for route in routes(&world).await {
            let good = route.good.to_string();
            for (name, value) in route.members() {
                let body = format!("{{\"{name}\": {value}, {}", &good[1..]);
                route.refuses(&body, &format!("/{name}"), Some("repeated")).await;
            }
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn a_member_of_a_wrong_type_is_refused_by_name(world) {
        let before = all_there_is(&world).await;
        for route in routes(&world).await {
            for (name, value) in route.members() {
                for wrong in of_wrong_types(&value) {
                    route.refuses(&route.with(&name, wrong), &format!("/{name}"), None).await;
                }
            }
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn control_characters_are_refused_wherever_they_stand(world) {
        let before = all_there_is(&world).await;
        for route in routes(&world).await {
            for (name, value) in route.members() {
                for control in ['\0', '\u{1}', '\u{8}', '\u{b}', '\u{1b}', '\u{7f}', '\u{85}'] {
                    let bad = match &value {
                        Value::Array(_) => json!([format!("{control}")]),
                        _ => json!(format!("https://a{control}b")),
                    };
                    route.refuses(&route.with(&name, bad), &format!("/{name}"), Some("control_character")).await;
                }
            }
            route.refuses(&route.with("a\0b", json!(1)), "", Some("control_character")).await;
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn a_body_of_two_mebibytes_is_refused_and_nothing_happens(world) {
        let before = all_there_is(&world).await;
        for route in routes(&world).await {
            let (name, _) = route.members().remove(0);
            for body in [route.with(&name, json!("x".repeat(2 * 1024 * 1024))), format!("{}{}", route.good, " ".repeat(2 * 1024 * 1024))] {
                route.send(body).await.problem(413, "payload_too_large");
            }
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn a_body_of_another_kind_is_refused_and_nothing_happens(world) {
        let before = all_there_is(&world).await;
        for route in routes(&world).await {
            let kinds = [
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "application/jsonx",
                "application/xml",
                "json",
                ";",
                "*/*",
            ];
            for kind in kinds.map(Some).into_iter().chain([None]) {
                let reply = route.client.send_raw(route.method.clone(), route.path, route.good.to_string().into(), kind).await;
                reply.problem(415, "unsupported_media_type");
            }
        }
        assert_eq!(all_there_is(&world).await, before);
    }

    async fn the_kind_of_a_json_body_may_be_written_in_several_ways(world) {
        for kind in ["application/json; charset=utf-8", "Application/JSON", "application/merge-patch+json"] {
            let reply = world.owner(1).send_raw(Method::PATCH, "/api/products/1", b"{\"brand\": \"B\"}".to_vec(), Some(kind)).await;
            reply.expect(200);
        }
    }
}
