//! What is wrong around the body: queries, cursors, paths, headers, and bodies that grow when unpacked.

use crate::support::{Client, World};
use serde_json::{Value, json};

/// The lists there are, each with somebody who may read it.
fn lists(world: &World) -> Vec<(&'static str, Client)> {
    vec![
        ("/api/products", world.anonymous(1)),
        ("/api/products", world.owner(1)),
        ("/api/orders", world.owner(1)),
        ("/api/orders", world.staff(1)),
        ("/api/orders/my", world.customer(1, 1)),
        ("/api/customers", world.owner(1)),
        ("/api/staff", world.owner(1)),
    ]
}

/// The alphabet of base64url.
fn encode(text: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut encoded = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits = chunk.iter().enumerate().fold(0_u32, |bits, (n, byte)| bits | u32::from(*byte) << (16 - 8 * n));
        encoded.extend((0..=chunk.len()).map(|n| char::from(ALPHABET[(bits >> (18 - 6 * n)) as usize & 63])));
    }
    encoded
}

/// A gzip stream of `count` × 258 spaces and one more: in fixed codes, each repetition takes 13 bits.
fn gzip_bomb(count: usize) -> Vec<u8> {
    // Codes go from the highest bit, all else from the lowest; so codes stand here reversed.
    let (begin, space, repeat) = ((0b011, 3), (0b0000_1010, 8), (0b0_0000_1010_0011, 13));
    let (mut bytes, mut pending, mut held) = (vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], 0_u32, 0);
    for (bits, width) in [begin, space].into_iter().chain(std::iter::repeat_n(repeat, count)).chain([(0, 7)]) {
        pending |= bits << held;
        held += width;
        while held >= 8 {
            bytes.push((pending & 255) as u8);
            (pending, held) = (pending >> 8, held - 8);
        }
    }
    bytes.push((pending & 255) as u8);
    bytes
}

/// A Zstandard frame of `count` × 128 KiB of spaces: four bytes a block.
fn zstd_bomb(count: usize) -> Vec<u8> {
    let mut bytes = vec![0x28, 0xb5, 0x2f, 0xfd, 0, 0x38];
    for n in 1..=count {
        let header = (128 * 1024) << 3 | 1 << 1 | u32::from(n == count);
        bytes.extend(&header.to_le_bytes()[..3]);
        bytes.push(b' ');
    }
    bytes
}

async fn state(world: &World) -> (Value, Value, i64) {
    let owner = world.owner(1);
    (owner.get("/api/products").await.expect(200), owner.get("/api/orders").await.expect(200), world.last_event(1))
}

/// The bytes of a request of the first customer, with one more header.
fn request(world: &World, start: &str, header: &[u8], body: &str) -> Vec<u8> {
    let mut bytes = format!(
        "{start} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Tenant-Domain: vendor1.example.com\r\nAuthorization: Bearer {}\r\n",
        world.token("owner1")
    )
    .into_bytes();
    bytes.extend(header);
    bytes.extend(format!("\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    bytes
}

both_engines! {
    async fn a_parameter_that_nobody_knows_or_that_is_wrong_is_refused_by_name_on_every_list(world) {
        for (path, client) in lists(&world) {
            for (query, name) in [
                ("surprise=1", "surprise"),
                ("Limit=5", "Limit"),
                ("offset=5", "offset"),
                ("vendor_id=2", "vendor_id"),
                ("limit=0", "limit"),
                ("limit=101", "limit"),
                ("limit=-1", "limit"),
                ("limit=abc", "limit"),
                ("limit=1.5", "limit"),
                ("limit=1e1", "limit"),
                ("limit=", "limit"),
                ("limit=99999999999999999999", "limit"),
                ("limit=%00", "limit"),
                ("limit=1%00", "limit"),
                ("limit=5%0a", "limit"),
                ("cursor=a%00", "cursor"),
                ("cursor=%1b", "cursor"),
                ("cursor=%ff%fe", "cursor"),
                ("cursor=%c2%85", "cursor"),
                ("limit=5&limit=6", "limit"),
            ] {
                let problem = client.get(&format!("{path}?{query}")).await.problem(400, "invalid_parameter");
                assert_eq!(problem["errors"][0]["pointer"], name, "{path}?{query}: {problem}");
            }
            client.get(&format!("{path}?%00=1")).await.problem(400, "invalid_parameter");
        }
    }

    async fn a_filter_that_is_wrong_is_refused_by_name(world) {
        let owner = world.owner(1);
        let long = "x".repeat(251);
        for (path, name, values) in [
            ("/api/products", "sort", vec!["", "stock", "Name", "--name", "name,price"]),
            ("/api/products", "in_stock", vec!["", "yes", "1", "TRUE"]),
            ("/api/products", "status", vec!["", "sold", "Active"]),
            ("/api/products", "q", vec!["", &long, "%00", "a%01b", "%ff", "a%7f", "%c0%80", "%ed%a0%80"]),
            ("/api/products", "brand", vec!["", &long, "%00", "%1b"]),
            ("/api/products", "min_price", vec!["", "-1", "1e3", "NaN", "49.999", "1,5", "01", "99999999999999999999", "999999999999.99"]),
            ("/api/products", "max_price", vec!["", "-1", "1e3", "NaN", "49.999", "1,5", "01", "99999999999999999999", "999999999999.99"]),
            ("/api/orders", "status", vec!["", "paid"]),
            ("/api/orders", "payment_status", vec!["", "pending"]),
            ("/api/orders", "assigned_to", vec!["", "me", "1.5", "99999999999999999999"]),
            ("/api/orders", "customer", vec!["", "x"]),
            (
                "/api/orders",
                "placed_after",
                vec!["", "yesterday", "2026-01-01", "2026-13-01T00:00:00Z", "99999-01-01T00:00:00Z", "2026-01-01T00:00:00"],
            ),
            ("/api/orders", "placed_before", vec!["", "1769860800", "NaN"]),
            ("/api/orders", "q", vec!["", &long, "%00", "%ff"]),
            ("/api/customers", "q", vec!["", &long, "%00", "%ff"]),
        ] {
            for value in values {
                let problem = owner.get(&format!("{path}?{name}={value}")).await.problem(400, "invalid_parameter");
                assert_eq!(problem["errors"][0]["pointer"], name, "{path}?{name}={value}: {problem}");
            }
        }
    }

    async fn times_and_numbers_at_the_edge_of_what_can_be_said_are_only_filters(world) {
        let owner = world.owner(1);
        for query in [
            "placed_after=0000-01-01T00:00:00Z",
            "placed_before=9999-12-31T23:59:59-23:59",
            "placed_after=0000-01-01T00:00:00%2B23:59",
            "assigned_to=9223372036854775807",
            "assigned_to=-9223372036854775808",
            "customer=0",
            "q=99999999999999999999",
            "q=-1",
        ] {
            owner.get(&format!("/api/orders?{query}")).await.expect(200);
        }
        for query in ["min_price=10000000000", "max_price=0", "q=%F0%9F%98%80", "q=!!!", "brand=%20"] {
            owner.get(&format!("/api/products?{query}")).await.expect(200);
        }
    }

    async fn a_cursor_of_another_list_sort_or_vendor_is_refused(world) {
        let mut cursors = Vec::new();
        for n in [1, 2] {
            for sort in ["name", "-name", "price", "-price", "created_at", "-created_at"] {
                let page = world.anonymous(n).get(&format!("/api/products?sort={sort}&limit=1")).await.expect(200);
                cursors.push((n, format!("/api/products?sort={sort}"), page["next"].as_str().unwrap().to_owned()));
            }
            for (path, client) in [
                ("/api/orders", world.owner(n)),
                ("/api/orders/my", world.customer(n, 1)),
                ("/api/customers", world.owner(n)),
                ("/api/staff", world.owner(n)),
            ] {
                let page = client.get(&format!("{path}?limit=1")).await.expect(200);
                cursors.push((n, format!("{path}?"), page["next"].as_str().unwrap().to_owned()));
            }
        }
        for (n, own, cursor) in &cursors {
            for (list, client) in [
                ("sort=name", world.anonymous(1)),
                ("sort=-name", world.anonymous(1)),
                ("sort=price", world.anonymous(1)),
                ("sort=-price", world.anonymous(1)),
                ("sort=created_at", world.anonymous(1)),
                ("sort=-created_at", world.anonymous(1)),
            ]
            .map(|(sort, client)| (format!("/api/products?{sort}"), client))
            .into_iter()
            .chain([
                ("/api/orders?".to_owned(), world.owner(1)),
                ("/api/orders/my?".to_owned(), world.customer(1, 1)),
                ("/api/customers?".to_owned(), world.owner(1)),
                ("/api/staff?".to_owned(), world.owner(1)),
            ]) {
                let reply = client.get(&format!("{list}&cursor={cursor}")).await;
                if (*n, own) == (1, &list) {
                    reply.expect(200);
                } else {
                    reply.problem(400, "invalid_cursor");
                }
            }
        }
    }

    async fn a_cursor_that_was_tampered_with_is_refused_or_good_for_its_own_list_and_never_an_error_of_ours(world) {
        let cursor = |list: &str, key: Value| encode(&json!({"l": list, "k": key, "i": 3}).to_string());
        let products = |sort: &str, key: Value| format!("/api/products?sort={sort}&cursor={}", cursor(&format!("products:1:{sort}"), key));
        world.anonymous(1).get(&products("name", json!("strap"))).await.expect(200);
        for path in [
            products("name", json!(5)),
            products("name", json!("a\0b")),
            products("-name", json!(null)),
            products("name", json!(["a"])),
            products("price", json!("5")),
            products("price", json!(1.5)),
            products("-price", json!(1e300)),
            products("created_at", json!("x")),
            products("created_at", json!(i64::MAX)),
            products("created_at", json!(i64::MIN)),
            products("-created_at", json!(-8_000_000_000_000_000_000_i64)),
            products("-created_at", json!(8_000_000_000_000_000_000_i64)),
        ] {
            world.anonymous(1).get(&path).await.problem(400, "invalid_cursor");
        }
        for (path, client) in lists(&world) {
            let long = "A".repeat(5000);
            for cursor in [
                "",
                "x",
                "%25",
                "e30",
                "bnVsbA",
                "null",
                "%7B%7D",
                "1",
                "W10",
                &long,
                &encode("{\"l\":\"\",\"k\":1,\"i\":1}"),
                &encode(&"[".repeat(3000)),
            ] {
                client.get(&format!("{path}?cursor={cursor}")).await.problem(400, "invalid_cursor");
            }
        }
    }

    async fn a_path_that_names_nothing_is_not_found_whatever_stands_in_it(world) {
        let (owner, before) = (world.owner(1), state(&world).await);
        for id in [
            "0",
            "-1",
            "abc",
            "1.5",
            "1e0",
            "%00",
            "1%00",
            "%0a",
            "%ff%fe",
            "9223372036854775808",
            "99999999999999999999",
            "<script>",
            "' OR 1=1 --",
            "%2e%2e%2f1",
            "+1x",
            "null",
        ] {
            for path in [
                format!("/api/products/{id}"),
                format!("/api/orders/{id}"),
                format!("/api/orders/{id}/history"),
                format!("/api/customers/{id}"),
                format!("/api/{id}"),
            ] {
                owner.get(&path).await.problem(404, "not_found");
            }
            let product = json!({"name": "A", "price": "1"});
            owner.put(&format!("/api/products/{id}"), product.clone()).await.problem(404, "not_found");
            owner.patch(&format!("/api/products/{id}"), product).await.problem(404, "not_found");
            owner.delete(&format!("/api/products/{id}")).await.problem(404, "not_found");
            owner.post(&format!("/api/products/{id}/stock"), json!({"delta": 1})).await.problem(404, "not_found");
            owner.patch(&format!("/api/orders/{id}/status"), json!({"status": "confirmed"})).await.problem(404, "not_found");
            owner.patch(&format!("/api/orders/{id}/assign-staff"), json!({"staff_id": 2})).await.problem(404, "not_found");
            owner.post(&format!("/api/orders/{id}/confirm"), json!({})).await.problem(404, "not_found");
        }
        for action in ["explode", "%00", "Confirm", "%ff"] {
            owner.post(&format!("/api/orders/2/{action}"), json!({})).await.problem(404, "not_found");
        }
        // Paths of their own, which go with other methods.
        for (word, allowed) in [("status", "PATCH"), ("assign-staff", "PATCH"), ("history", "GET")] {
            let refused = owner.post(&format!("/api/orders/2/{word}"), json!({})).await;
            assert_eq!(refused.header("allow"), Some(allowed), "{word}");
            refused.problem(405, "method_not_allowed");
        }
        assert_eq!(state(&world).await, before);
    }

    async fn a_header_that_is_no_text_is_refused_and_nothing_happens(world) {
        let before = state(&world).await;
        let product = "{\"name\":\"A\",\"price\":\"1\"}";
        for (header, status, code) in [
            (&b"Content-Type: application/json\r\nIdempotency-Key: \xff\xfe"[..], 400, "invalid_header"),
            (&b"Content-Type: application/json\xff"[..], 415, "unsupported_media_type"),
            (&b"Content-Type: application/json\r\nContent-Encoding: gzip"[..], 415, "unsupported_media_type"),
            (&b"Content-Type: application/json\r\nContent-Encoding: zstd"[..], 415, "unsupported_media_type"),
        ] {
            let (got, answer) = world.send_bytes(request(&world, "POST /api/products", header, product)).await;
            assert_eq!(got, status, "{answer}");
            assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
        }
        for (start, header, status) in [
            ("PATCH /api/products/1", &b"Content-Type: application/json\r\nIf-Match: \"\xff\""[..], 400),
            // Control characters no header may have at all: the request is not even understood.
            ("PATCH /api/products/1", &b"Content-Type: application/json\r\nIf-Match: \"\0\""[..], 400),
            ("POST /api/products", &b"Content-Type: application/json\r\nIdempotency-Key: a\x01b"[..], 400),
            ("POST /api/products", &b"Content-Type: application/json\r\nX-Request-Id: a\x7fb"[..], 400),
            ("POST /api/products\0", &b"Content-Type: application/json"[..], 400),
            ("POST /api/products?\x01", &b"Content-Type: application/json"[..], 400),
        ] {
            let (got, answer) = world.send_bytes(request(&world, start, header, product)).await;
            assert_eq!(got, status, "{answer}");
        }
        assert_eq!(state(&world).await, before);
    }

    async fn an_instant_beyond_all_years_is_the_first_or_the_last(world) {
        let all = world.owner(1).get("/api/orders").await.expect(200);
        let (before_all, after_all) = ("0000-01-01T00:00:00%2B23:59", "9999-12-31T23:59:59-23:59");
        for query in [format!("placed_after={before_all}"), format!("placed_before={after_all}")] {
            assert_eq!(world.owner(1).get(&format!("/api/orders?{query}")).await.expect(200), all, "{query}");
        }
        for query in [format!("placed_before={before_all}"), format!("placed_after={after_all}")] {
            assert_eq!(world.owner(1).get(&format!("/api/orders?{query}")).await.expect(200), json!({"items": [], "next": null}), "{query}");
        }
    }

    async fn a_vendor_or_token_that_is_no_text_is_nobodys(world) {
        for (header, status, code) in [
            (&b"X-Tenant-Domain: vendor1\xff.example.com"[..], 404, "unknown_tenant"),
            (&b"X-Tenant-Domain: vendor1.example.com\r\nAuthorization: Bearer \xff"[..], 401, "invalid_token"),
            (&b"X-Tenant-Domain: vendor1.example.com\r\nAuthorization: \xff"[..], 401, "invalid_token"),
        ] {
            let bytes = [&b"GET /api/products HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"[..], header, b"\r\n\r\n"].concat();
            let (got, answer) = world.send_bytes(bytes).await;
            assert_eq!(got, status, "{answer}");
            assert!(answer.contains(&format!("\"code\":\"{code}\"")), "{answer}");
        }
    }

    async fn a_request_id_that_is_odd_is_replaced_by_a_plain_one(world) {
        for odd in ["a b", "<script>", "x\"y", &"x".repeat(129)] {
            let reply = world.anonymous(1).with("x-request-id", odd).get("/api/products/999").await;
            assert_ne!(reply.header("x-request-id"), Some(odd));
            reply.problem(404, "not_found");
        }
    }

    async fn a_compressed_body_is_refused_unopened_however_small_it_is(world) {
        let before = state(&world).await;
        for (encoding, bodies) in [("gzip", [gzip_bomb(4), gzip_bomb(65_000)]), ("zstd", [zstd_bomb(4), zstd_bomb(128)])] {
            let owner = world.owner(1).with("content-encoding", encoding);
            for body in bodies {
                assert!(body.len() < 120_000, "{encoding}: what is sent is small");
                for path in ["/api/products", "/api/orders", "/api/auth/login", "/api/orders/2/confirm"] {
                    let reply = owner.send_raw(reqwest::Method::POST, path, body.clone(), Some("application/json")).await;
                    reply.problem(415, "unsupported_media_type");
                }
            }
        }
        assert_eq!(state(&world).await, before);
    }
}
