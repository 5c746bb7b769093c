//! Values that have the right type and are still wrong: too long, too many, too large, out of the list.

use crate::support::{Client, World};
use serde_json::{Value, json};

/// Refused with 422, this place and, where it matters, this kind of mistake.
async fn refuses(client: &Client, method: reqwest::Method, path: &str, body: Value, (pointer, code): (&str, &str)) {
    let shown: String = body.to_string().chars().take(300).collect();
    let problem = client.send(method, path, Some(body)).await.problem(422, "validation_failed");
    let errors = problem["errors"].as_array().unwrap();
    assert!(errors.iter().any(|error| error["pointer"] == pointer && error["code"] == code), "{path}: {shown}: {errors:?}");
    assert!(errors.iter().all(|error| !error["message"].as_str().unwrap().is_empty()), "{errors:?}");
}

fn long(length: usize) -> String {
    "é".repeat(length)
}

/// Wrong values of a product's members.
#[expect(clippy::too_many_lines, reason = "a list")]
fn wrong_of_a_product() -> Vec<(&'static str, Value, &'static str)> {
    let mut wrong = Vec::new();
    for member in ["price", "compare_at_price"] {
        let values = [
            json!(49.99),
            json!(49),
            json!(1e3),
            json!("1e3"),
            json!("1E3"),
            json!("NaN"),
            json!("Infinity"),
            json!("-1"),
            json!("-0"),
            json!("+1"),
            json!(""),
            json!(" 1"),
            json!("1 "),
            json!("1,5"),
            json!("1.2.3"),
            json!("0x10"),
            json!("٤"),
            json!("01"),
            json!(".5"),
            json!("1."),
            json!("€5"),
            json!("1_000"),
            json!("1.23456"),
            json!("9999999999999"),
            json!("1".repeat(5000)),
        ];
        wrong.extend(values.into_iter().map(|value| (member, value, "invalid_value")));
        wrong.extend(["49.999", "0.001", "1.0000"].map(|value| (member, json!(value), "too_many_decimals")));
        wrong.extend(["10000000000.01", "999999999999.99", "999999999999"].map(|value| (member, json!(value), "out_of_range")));
    }
    let stock = [json!(1.5), json!(1.0), json!("5"), json!(1e3), json!(1e300), json!(99_999_999_999_999_999_999_f64), json!(u64::MAX)];
    wrong.extend(stock.map(|value| ("stock", value, "invalid_value")));
    wrong.extend([-1, 1_000_000_001, i64::MAX, i64::MIN].map(|value| ("stock", json!(value), "out_of_range")));
    for (member, most) in [("name", 255), ("sku", 100), ("brand", 200), ("external_id", 250)] {
        wrong.extend(["", &long(most + 1), &long(100_000)].map(|value| (member, json!(value), "invalid_length")));
        wrong.extend([" ", "\n\t", "\u{a0}\u{3000}"].map(|value| (member, json!(value), "blank")));
    }
    wrong.push(("description", json!(long(10_001)), "invalid_length"));
    let gtins = ["", "4006381333932", "400638133393", "400638133393x", "٤٠٠٦٣٨١٣٣٣٩٣١", "-4006381333931", " 73513537", "0"];
    wrong.extend(gtins.map(|value| ("gtin", json!(value), "invalid_gtin")));
    wrong.extend(["", "sold", "Active", "active "].map(|value| ("status", json!(value), "invalid_value")));
    let urls = [
        "",
        "x",
        "ftp://example.com",
        "javascript:alert(1)",
        "https://",
        "https://a b",
        "https://[",
        "https://a@b",
        "https://a:b",
        "//example.com",
        &format!("https://{}", "x".repeat(1993)),
    ];
    wrong.extend(urls.map(|value| ("image_urls", json!([value]), "invalid_url")));
    wrong.push(("image_urls", json!(vec!["https://example.com"; 21]), "too_many"));
    let many: serde_json::Map<String, Value> = (0..51).map(|n| (n.to_string(), json!(1))).collect();
    wrong.push(("attributes", json!(many), "too_large"));
    wrong.push(("attributes", json!({"a": "x".repeat(16 * 1024)}), "too_large"));
    wrong
}

fn order() -> Value {
    json!({"items": [{"product": 1, "quantity": 1}], "address": "1 Road"})
}

/// Wrong values of an order's members: the path to the member, the value, and what is said of it where.
fn wrong_of_an_order() -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let mut wrong = Vec::new();
    let quantities = [json!(1.5), json!(1.0), json!("2"), json!(1e3), json!(1e300), json!(null), json!(u64::MAX)];
    wrong.extend(quantities.map(|value| ("/items/0/quantity", value, "/items/0/quantity", "invalid_value")));
    wrong
        .extend([0, -1, 100_001, i64::MAX, i64::MIN].map(|value| ("/items/0/quantity", json!(value), "/items/0/quantity", "out_of_range")));
    let products = [json!(1.0), json!("1"), json!(null), json!(u64::MAX), json!([1])];
    wrong.extend(products.map(|value| ("/items/0/product", value, "/items/0/product", "invalid_value")));
    // The last is another vendor's.
    wrong
        .extend([0, -1, 999, i64::MAX, i64::MIN, 6].map(|value| ("/items/0/product", json!(value), "/items/0/product", "unknown_product")));
    wrong.extend([
        ("/items", json!([]), "/items", "invalid_length"),
        ("/items", json!(vec![json!({"product": 1, "quantity": 1}); 201]), "/items", "invalid_length"),
        ("/items", json!([[1, 1]]), "/items/0", "invalid_value"),
        ("/items", json!([{"product": 1, "quantity": 1}, {"product": 1}]), "/items/1/quantity", "required"),
        ("/items", json!([{"product": 1, "quantity": 1, "price": "0.01"}]), "/items/0/price", "unknown_field"),
        ("/items", json!([{"product": 2, "quantity": 1}, {"product": 999, "quantity": 1}]), "/items/1/product", "unknown_product"),
        ("/items", json!({"product": 1, "quantity": 1}), "/items", "invalid_value"),
        ("/address", json!(""), "/address", "invalid_length"),
        ("/address", json!(" \n"), "/address", "invalid_length"),
        ("/address", json!(long(1001)), "/address", "invalid_length"),
        ("/address", json!(5), "/address", "invalid_value"),
        ("/address", json!(null), "/address", "invalid_value"),
        ("/address", json!(["1 Road"]), "/address", "invalid_value"),
        ("/address", json!({}), "/address/line1", "required"),
        ("/address", json!({"line1": "a", "country": "LU"}), "/address/city", "required"),
        ("/address", json!({"line1": "a", "city": "b", "country": "LU", "planet": "Mars"}), "/address/planet", "unknown_field"),
        ("/address", json!({"line1": "a", "city": 5, "country": "LU"}), "/address/city", "invalid_value"),
        ("/address", json!({"line1": long(201), "city": "b", "country": "LU"}), "/address/line1", "invalid_length"),
        ("/address", json!({"line1": "a", "city": " ", "country": "LU"}), "/address/city", "blank"),
        (
            "/address",
            json!({"line1": "a", "city": "b", "country": "LU", "postal_code": long(21)}),
            "/address/postal_code",
            "invalid_length",
        ),
        ("/currency", json!("eur"), "/currency", "invalid_value"),
        ("/currency", json!("XYZ"), "/currency", "invalid_value"),
        ("/currency", json!(""), "/currency", "invalid_value"),
        ("/currency", json!("USD"), "/currency", "currency_mismatch"),
        ("/note", json!(""), "/note", "invalid_length"),
        ("/note", json!(long(2001)), "/note", "invalid_length"),
        ("/external_ref", json!(long(251)), "/external_ref", "invalid_length"),
        ("/external_ref", json!("  "), "/external_ref", "blank"),
        ("/customer", json!("1"), "/customer", "invalid_value"),
        ("/customer", json!(2), "/customer", "not_yours"),
    ]);
    wrong
}

async fn state(world: &World) -> (Value, Value, i64) {
    let owner = world.owner(1);
    (owner.get("/api/products").await.expect(200), owner.get("/api/orders").await.expect(200), world.last_event(1))
}

both_engines! {
    async fn a_product_that_breaks_a_rule_is_refused_by_all_three_ways_to_write_it(world) {
        let (owner, before) = (world.owner(1), state(&world).await);
        for (member, value, code) in wrong_of_a_product() {
            let pointer = format!("/{member}");
            let mut whole = json!({"name": "A", "price": "1.00"});
            whole[member] = value.clone();
            for (method, path, body) in [
                (reqwest::Method::POST, "/api/products", whole.clone()),
                (reqwest::Method::PUT, "/api/products/1", whole),
                (reqwest::Method::PATCH, "/api/products/1", json!({member: value})),
            ] {
                refuses(&owner, method, path, body, (&pointer, code)).await;
            }
        }
        for (body, missing) in
            [(json!({"price": "1"}), "/name"), (json!({"name": "A"}), "/price"), (json!({"name": null, "price": "1"}), "/name")]
        {
            let code = if body.get("name").is_some_and(Value::is_null) { "invalid_value" } else { "required" };
            refuses(&owner, reqwest::Method::POST, "/api/products", body.clone(), (missing, code)).await;
            refuses(&owner, reqwest::Method::PUT, "/api/products/1", body, (missing, code)).await;
        }
        assert_eq!(state(&world).await, before);
    }

    async fn all_mistakes_that_are_of_one_kind_are_told_at_once(world) {
        let body = json!({"name": "", "price": "1", "sku": "", "stock": -1, "gtin": "1", "image_urls": ["x"]});
        let problem = world.owner(1).post("/api/products", body).await.problem(422, "validation_failed");
        let places: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].as_str().unwrap()).collect();
        for place in ["/gtin", "/image_urls", "/name", "/sku", "/stock"] {
            assert!(places.contains(&place), "{place}: {places:?}");
        }
    }

    async fn an_order_that_breaks_a_rule_is_refused_and_nothing_happens(world) {
        let (customer, before) = (world.customer(1, 1), state(&world).await);
        for (path, value, pointer, code) in wrong_of_an_order() {
            let mut body = order();
            match body.pointer_mut(path) {
                Some(place) => *place = value,
                None => body[&path[1..]] = value,
            }
            refuses(&customer, reqwest::Method::POST, "/api/orders", body, (pointer, code)).await;
        }
        for (body, missing) in [(json!({"address": "1 Road"}), "/items"), (json!({"items": order()["items"]}), "/address")] {
            refuses(&customer, reqwest::Method::POST, "/api/orders", body, (missing, "required")).await;
        }
        assert_eq!(state(&world).await, before);
    }

    async fn an_order_of_a_million_lines_is_refused_and_so_is_as_many_as_fit(world) {
        let (customer, before) = (world.customer(1, 1), state(&world).await);
        let lines =
            |line: &str, count: usize| format!("{{\"address\":\"1 Road\",\"items\":[{}]}}", vec![line; count].join(",")).into_bytes();
        let send = |body| customer.send_raw(reqwest::Method::POST, "/api/orders", body, Some("application/json"));
        send(lines(r#"{"product":1,"quantity":1}"#, 1_000_000)).await.problem(413, "payload_too_large");
        // Wrong in each of its lines, the answer is still of a size.
        for line in [r#"{"product":1,"quantity":1}"#, r#"{"product":1,"quantity":0}"#, r#"{"product":"\u0000"}"#] {
            let count = 1024 * 1024 / (line.len() + 2);
            let problem = send(lines(line, count)).await.problem(422, "validation_failed");
            assert!(problem["errors"].as_array().unwrap().len() <= 100, "{line}");
        }
        assert_eq!(state(&world).await, before);
    }

    async fn a_stock_correction_that_breaks_a_rule_is_refused(world) {
        let (owner, before) = (world.owner(1), state(&world).await);
        for (member, wrong, code) in [
            ("delta", vec![json!(1.5), json!("1"), json!(1e3), json!(u64::MAX), json!(true)], "invalid_value"),
            ("delta", vec![json!(1_000_000_001), json!(-1_000_000_001), json!(i64::MAX), json!(i64::MIN)], "out_of_range"),
            ("set", vec![json!(1.5), json!("1"), json!(1e3)], "invalid_value"),
            ("set", vec![json!(-1), json!(1_000_000_001), json!(i64::MAX), json!(i64::MIN)], "out_of_range"),
        ] {
            for value in wrong {
                let pointer = format!("/{member}");
                refuses(&owner, reqwest::Method::POST, "/api/products/1/stock", json!({member: value}), (&pointer, code)).await;
            }
        }
        for (expected, code) in [(json!(-1), "out_of_range"), (json!(i64::MAX), "out_of_range"), (json!(1.5), "invalid_value")] {
            let body = json!({"delta": 1, "expected": expected});
            refuses(&owner, reqwest::Method::POST, "/api/products/1/stock", body, ("/expected", code)).await;
        }
        assert_eq!(state(&world).await, before);
    }

    async fn an_orders_next_step_that_breaks_a_rule_is_refused(world) {
        let (owner, before) = (world.owner(1), state(&world).await);
        for (method, path, body, place) in [
            ("PATCH", "/api/orders/2/status", json!({"status": "paid"}), ("/status", "invalid_value")),
            ("PATCH", "/api/orders/2/status", json!({"status": ""}), ("/status", "invalid_value")),
            ("PATCH", "/api/orders/2/status", json!({"status": "Confirmed"}), ("/status", "invalid_value")),
            ("PATCH", "/api/orders/2/status", json!({}), ("/status", "required")),
            ("PATCH", "/api/orders/2/status", json!({"status": "cancelled", "reason": long(501)}), ("/reason", "invalid_length")),
            ("PATCH", "/api/orders/1/assign-staff", json!({}), ("/staff_id", "required")),
            ("PATCH", "/api/orders/1/assign-staff", json!({"staff_id": "2"}), ("/staff_id", "invalid_value")),
            ("PATCH", "/api/orders/1/assign-staff", json!({"staff_id": 2.0}), ("/staff_id", "invalid_value")),
            ("PATCH", "/api/orders/1/assign-staff", json!({"staff_id": 0}), ("/staff_id", "not_a_member")),
            ("PATCH", "/api/orders/1/assign-staff", json!({"staff_id": 4}), ("/staff_id", "not_a_member")),
            ("PATCH", "/api/orders/1/assign-staff", json!({"staff_id": i64::MAX}), ("/staff_id", "not_a_member")),
            ("POST", "/api/orders/2/cancel", json!({"reason": long(501)}), ("/reason", "invalid_length")),
            ("POST", "/api/orders/2/cancel", json!({"reason": ""}), ("/reason", "invalid_length")),
            ("POST", "/api/orders/2/confirm", json!({"reason": 5}), ("/reason", "invalid_value")),
            ("POST", "/api/orders/2/confirm", json!({"why": "x"}), ("/why", "unknown_field")),
        ] {
            refuses(&owner, method.parse().unwrap(), path, body, place).await;
        }
        assert_eq!(state(&world).await, before);
    }

    async fn a_person_or_vendor_that_breaks_a_rule_is_refused(world) {
        let (owner, customer, lobby) = (world.owner(1), world.customer(1, 1), world.anonymous(1));
        let register = |rest: Value| {
            let mut form = json!({"username": "dora", "password": "password123", "role": "customer"});
            form.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
            form
        };
        let password = |new: String| json!({"current_password": "password123", "new_password": new});
        for (client, method, path, body, place) in [
            (&lobby, "POST", "/api/auth/register", register(json!({"username": long(151)})), ("/username", "invalid_length")),
            (&lobby, "POST", "/api/auth/register", register(json!({"username": "a b"})), ("/username", "invalid_username")),
            (&lobby, "POST", "/api/auth/register", register(json!({"password": "short"})), ("/password", "invalid_length")),
            (&lobby, "POST", "/api/auth/register", register(json!({"password": long(129)})), ("/password", "invalid_length")),
            (&lobby, "POST", "/api/auth/register", register(json!({"role": "operator"})), ("/role", "invalid_value")),
            (&lobby, "POST", "/api/auth/register", register(json!({"email": "dora"})), ("/email", "invalid_email")),
            (&lobby, "POST", "/api/auth/register", register(json!({"first_name": long(151)})), ("/first_name", "invalid_length")),
            (&lobby, "POST", "/api/auth/login", json!({"username": long(255), "password": "x"}), ("/username", "invalid_length")),
            (&lobby, "POST", "/api/auth/login", json!({"username": "owner1", "password": long(1025)}), ("/password", "invalid_length")),
            (&lobby, "POST", "/api/auth/refresh", json!({"refresh": long(4097)}), ("/refresh", "invalid_length")),
            (&lobby, "POST", "/api/auth/logout", json!({"refresh": ""}), ("/refresh", "invalid_length")),
            (&customer, "PATCH", "/api/auth/me", json!({"email": "no"}), ("/email", "invalid_email")),
            (&customer, "PATCH", "/api/auth/me", json!({"first_name": null}), ("/first_name", "invalid_value")),
            (&customer, "PATCH", "/api/auth/me", json!({"phone": long(51)}), ("/phone", "invalid_length")),
            (&customer, "POST", "/api/auth/password", password("short".to_owned()), ("/new_password", "invalid_length")),
            (&customer, "POST", "/api/auth/password", password(long(129)), ("/new_password", "invalid_length")),
            (&owner, "PATCH", "/api/vendor", json!({"name": " "}), ("/name", "blank")),
            (&owner, "PATCH", "/api/vendor", json!({"name": null}), ("/name", "invalid_value")),
            (&owner, "PATCH", "/api/vendor", json!({"currency": "XAU"}), ("/currency", "invalid_value")),
            (&owner, "PATCH", "/api/vendor", json!({"currency": null}), ("/currency", "invalid_value")),
            (&owner, "PATCH", "/api/vendor", json!({"contact_email": "a@b"}), ("/contact_email", "invalid_email")),
        ] {
            refuses(client, method.parse().unwrap(), path, body, place).await;
        }
    }
}
