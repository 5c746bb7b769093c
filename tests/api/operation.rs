//! How the server is to run: health, metrics, request ids, headers, compression, CORS, and what is not there.

use crate::support::{Client, Reply, World};
use reqwest::Method;
use serde_json::json;
use std::collections::BTreeSet;

/// What every answer has, whatever it is.
#[track_caller]
fn is_decorated(reply: &Reply) {
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{reply:?}");
    }
    assert!(reply.header("content-security-policy").is_some_and(|policy| policy.contains("frame-ancestors 'none'")), "{reply:?}");
    assert!(reply.header("x-request-id").is_some(), "{reply:?}");
}

/// Answers of every sort: good ones, refusals, and what is not there.
async fn answers(world: &World) -> Vec<Reply> {
    vec![
        world.stranger().get("/healthz").await,
        world.stranger().get("/metrics").await,
        world.stranger().get("/docs/").await,
        world.stranger().get("/openapi.json").await,
        world.stranger().get("/nowhere").await,
        world.stranger().get("/api/products").await,
        world.anonymous(1).get("/api/products").await,
        world.anonymous(1).get("/api/nowhere").await,
        world.anonymous(1).delete("/api/products").await,
        world.anonymous(1).post("/api/orders", json!({})).await,
        world.anonymous(1).send_raw(Method::POST, "/api/auth/login", b"{".to_vec(), Some("application/json")).await,
    ]
}

fn list(reply: &Reply, name: &str) -> BTreeSet<String> {
    let values = reply.headers.get_all(name).iter().flat_map(|value| value.to_str().unwrap().split(','));
    values.map(|value| value.trim().to_lowercase()).collect()
}

both_engines! {
    async fn the_server_says_that_it_is_alive_and_ready(world) {
        for path in ["/healthz", "/readyz"] {
            assert_eq!(world.stranger().get(path).await.expect(200), json!({"status": "ok"}));
        }
    }

    async fn the_metrics_count_requests_by_route_and_never_by_what_callers_make_up(world) {
        world.anonymous(1).get("/api/products/1").await.expect(200);
        world.anonymous(1).get("/api/products/2").await.expect(200);
        world.anonymous(1).get("/api/products/999").await.expect(404);
        world.anonymous(1).get("/made/up/by/a/caller").await.expect(404);
        world.anonymous(1).send(Method::from_bytes(b"BREW").unwrap(), "/api/products", None).await.expect(405);
        let reply = world.stranger().get("/metrics").await;
        assert_eq!(reply.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
        let value = |line: &str| reply.text.lines().find_map(|one| one.strip_prefix(line)).map(|rest| rest.trim().to_owned());
        let requests = |labels: &str| value(&format!("stoa_http_requests_total{{{labels}}}"));
        assert_eq!(requests(r#"method="GET",route="/api/products/{id}",status="200""#).as_deref(), Some("2"), "{}", reply.text);
        assert_eq!(requests(r#"method="GET",route="/api/products/{id}",status="404""#).as_deref(), Some("1"), "{}", reply.text);
        assert!(!reply.text.contains("caller") && !reply.text.contains("BREW"), "{}", reply.text);
        assert!(value(r#"stoa_http_request_duration_seconds_count{route="/api/products/{id}"}"#).as_deref() == Some("3"), "{}", reply.text);
        assert!(value("stoa_db_connections ").unwrap().parse::<u32>().unwrap() >= 1, "{}", reply.text);
        assert!(reply.text.ends_with("# EOF\n"), "{}", reply.text);
    }

    async fn a_request_keeps_the_id_it_came_with_or_is_given_one(world) {
        let client = world.anonymous(1);
        for id in ["a", "From-Proxy_1.2:3", &"x".repeat(128)] {
            for path in ["/api/products", "/api/nowhere", "/healthz"] {
                let reply = client.clone().with("x-request-id", id).get(path).await;
                assert_eq!(reply.header("x-request-id"), Some(id));
                if reply.status == 404 {
                    assert_eq!(reply.body["request_id"], id);
                }
            }
        }
        let mut made = BTreeSet::new();
        for id in [None, Some(""), Some("a b"), Some("a\"b"), Some("<script>"), Some("a,b"), Some(&*"x".repeat(129))] {
            let client = id.map_or_else(|| client.clone(), |id| client.clone().with("x-request-id", id));
            let reply = client.get("/api/nowhere").await;
            let new = reply.header("x-request-id").unwrap().to_owned();
            assert!(new.len() == 32 && new.chars().all(|c| c.is_ascii_hexdigit()), "{id:?}: {new}");
            assert_eq!(reply.body["request_id"], new);
            assert!(made.insert(new), "{id:?}");
        }
    }

    async fn every_answer_has_the_headers_that_keep_browsers_out_of_trouble(world) {
        let answers = answers(&world).await;
        assert!(answers.iter().any(|reply| reply.status == 200) && answers.iter().any(|reply| reply.status >= 400));
        for reply in &answers {
            is_decorated(reply);
        }
    }

    async fn no_cache_takes_one_vendors_answer_for_anothers(world) {
        for reply in answers(&world).await.iter().filter(|reply| reply.call.contains(" /api/")) {
            let varies = list(reply, "vary");
            for name in ["x-tenant-domain", "authorization", "host"] {
                assert!(varies.contains(name), "{reply:?}");
            }
            let caching = list(reply, "cache-control");
            assert!(caching.contains("no-store") || (caching.contains("private") && caching.contains("no-cache")), "{reply:?}");
        }
        assert_eq!(world.anonymous(1).get("/api/products").await.header("cache-control"), Some("private, no-cache"));
    }

    async fn answers_are_compressed_for_who_can_read_that(world) {
        let plain = world.owner(1).get("/api/products").await;
        assert_eq!(plain.header("content-encoding"), None);
        for coding in ["gzip", "zstd"] {
            let reply = world.owner(1).with("accept-encoding", coding).get("/api/products").await;
            assert_eq!((reply.status, reply.header("content-encoding")), (200, Some(coding)));
            assert!(reply.body.is_null() && reply.text.len() < plain.text.len(), "{reply:?}");
            assert!(list(&reply, "vary").contains("accept-encoding"), "{reply:?}");
        }
        let reply = world.owner(1).with("accept-encoding", "identity").get("/api/products").await;
        assert_eq!((reply.header("content-encoding"), &reply.body), (None, &plain.body));
    }

    async fn without_cors_origins_no_page_from_elsewhere_may_read(world) {
        let page = world.anonymous(1).with("origin", "https://shop.example");
        let reply = page.get("/api/products").await;
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, None));
        assert_eq!(preflight(&page).await.header("access-control-allow-origin"), None);
    }

    async fn a_page_of_a_named_origin_may_call_and_read(world) {
        let world =
            World::with(world.engine, &[("CORS_ORIGINS", "https://shop.example, https://admin.example"), ("RATE_LIMITS", "off")]).await;
        for origin in ["https://shop.example", "https://admin.example"] {
            let page = world.anonymous(1).with("origin", origin);
            let reply = page.get("/api/products").await;
            assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, Some(origin)));
            let readable = list(&reply, "access-control-expose-headers");
            for name in ["etag", "location", "retry-after", "x-request-id", "idempotent-replayed"] {
                assert!(readable.contains(name), "{name}: {reply:?}");
            }
            assert!(list(&reply, "vary").contains("origin"), "{reply:?}");
            let allowed = preflight(&page).await;
            assert_eq!((allowed.status, allowed.header("access-control-allow-origin")), (200, Some(origin)));
            assert!(list(&allowed, "access-control-allow-methods").contains("patch"), "{allowed:?}");
            let headers = list(&allowed, "access-control-allow-headers");
            assert!(headers.contains("authorization") && headers.contains("x-tenant-domain"), "{allowed:?}");
            // A refusal can be read, too.
            let refused = page.get("/api/orders").await;
            assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, Some(origin)));
        }
        let other = world.anonymous(1).with("origin", "https://evil.example").get("/api/products").await;
        assert_eq!(other.header("access-control-allow-origin"), None);
    }

    async fn a_star_lets_any_page_call(world) {
        let world = World::with(world.engine, &[("CORS_ORIGINS", "*"), ("RATE_LIMITS", "off")]).await;
        let page = world.anonymous(1).with("origin", "https://anybody.example");
        assert_eq!(page.get("/api/products").await.header("access-control-allow-origin"), Some("*"));
        // Tokens are in a header that pages set themselves: no cookies are asked for.
        assert_eq!(preflight(&page).await.header("access-control-allow-credentials"), None);
    }

    async fn head_is_get_without_its_body(world) {
        for path in ["/healthz", "/readyz", "/openapi.json", "/api/products/1"] {
            let (whole, head) = (world.anonymous(1).get(path).await, world.anonymous(1).send(Method::HEAD, path, None).await);
            assert_eq!((head.status, head.text.as_str()), (200, ""), "{path}");
            for name in ["content-type", "content-length", "etag"] {
                assert_eq!(head.header(name), whole.header(name), "{path} {name}");
            }
        }
        assert_eq!(world.anonymous(1).send(Method::HEAD, "/api/auth/login", None).await.status, 405);
    }

    async fn a_method_that_a_path_does_not_have_is_told_which_it_has(world) {
        for (method, path, allowed) in [
            (Method::DELETE, "/api/orders", "GET, POST"),
            (Method::PUT, "/api/orders/1", "GET"),
            (Method::POST, "/api/products/1", "DELETE, GET, PATCH, PUT"),
            (Method::GET, "/api/auth/login", "POST"),
            (Method::POST, "/healthz", "GET"),
        ] {
            let reply = world.owner(1).send(method, path, None).await;
            assert_eq!(reply.header("allow"), Some(allowed), "{reply:?}");
            reply.problem(405, "method_not_allowed");
        }
    }

    async fn a_path_that_is_not_there_is_a_problem_like_any_other(world) {
        for path in [
            "/",
            "/nowhere",
            "/api",
            "/api/",
            "/api/nowhere",
            "/api/orders/1/lines/2",
            "/API/products",
            "/api//products",
            "/api/../etc/passwd",
        ] {
            world.owner(1).get(path).await.problem(404, "not_found");
        }
    }

    async fn a_slash_at_the_end_makes_no_difference(world) {
        let owner = world.owner(1);
        for path in ["/api/products", "/api/products/1", "/api/orders/my", "/api/orders/1/history", "/api/auth/me"] {
            let (without, with) = (owner.get(path).await, owner.get(&format!("{path}/")).await);
            assert_eq!((with.status, &with.body["code"]), (without.status, &without.body["code"]), "{path}");
            if without.status == 200 {
                assert_eq!(with.body, without.body, "{path}");
            }
        }
        let page = owner.get("/api/products/?limit=1&sort=name").await.expect(200);
        assert_eq!(page, owner.get("/api/products?limit=1&sort=name").await.expect(200));
        assert_eq!(page["items"].as_array().unwrap().len(), 1);
    }

    async fn a_fault_of_ours_says_nothing_about_itself(world) {
        world.sql("ALTER TABLE products RENAME TO mislaid");
        let problem = world.owner(1).get("/api/products").await.problem(500, "internal_error");
        assert!(!problem.to_string().contains("products") && problem["errors"].is_null(), "{problem}");
        world.sql("ALTER TABLE mislaid RENAME TO products");
        world.owner(1).get("/api/products").await.expect(200);
    }
}

/// What a browser asks before it lets a page send a token.
async fn preflight(page: &Client) -> Reply {
    page.clone()
        .with("access-control-request-method", "PATCH")
        .with("access-control-request-headers", "authorization, content-type, x-tenant-domain")
        .send(Method::OPTIONS, "/api/products/1", None)
        .await
}
