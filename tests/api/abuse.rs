//! What somebody might try who means harm: to exhaust the server, to shut others out, to outlive a stolen password.

use crate::support::{Client, Engine, World};
use futures_util::future::join_all;
use serde_json::{Value, json};

async fn sign_in(client: &Client, name: &str, password: &str) -> (u16, Value) {
    let reply = client.post("/api/auth/login", json!({"username": name, "password": password})).await;
    (reply.status, reply.body)
}

/// The clients of those who could sign in.
fn admitted(world: &World, n: usize, answers: &[(u16, Value)]) -> Vec<Client> {
    let token = |pair: &Value| pair["access"].as_str().map(|access| world.anonymous(n).bearing(access));
    answers.iter().filter(|(status, _)| *status == 200).filter_map(|(_, pair)| token(pair)).collect()
}

both_engines! {
    async fn a_body_of_nothing_but_mistakes_gets_a_short_answer(world) {
        let name = "A".repeat(300_000);
        for junk in ["\u{7f}", "\u{1}\u{2}"] {
            let body = json!({ name.as_str(): vec![junk; 40_000] });
            let reply = world.anonymous(1).post("/api/auth/login", body).await;
            assert!(reply.text.len() < 100_000, "{} bytes", reply.text.len());
            let problem = reply.problem(422, "validation_failed");
            assert!(problem["errors"].as_array().unwrap().len() <= 100);
        }
        let reply = world.anonymous(1).post("/api/auth/login", json!({ name.as_str(): 1 })).await;
        assert!(reply.text.len() < 2000, "{} bytes", reply.text.len());
        reply.problem(422, "validation_failed");
    }

    async fn nobody_takes_the_platforms_own_host(world) {
        let settings = [("RATE_LIMITS", "off"), ("PLATFORM_DOMAIN", "shops.example"), ("PUBLIC_URL", "https://api.shops.example")];
        let world = World::with(world.engine, &settings).await;
        for (domain, status) in [("api.evil.example", 201), ("www.evil.example", 201), ("api.shops.example", 409), ("admin.shops.example", 409)] {
            let form = json!({"username": format!("at-{domain}"), "password": "password123", "role": "owner", "vendor_domain": domain});
            assert_eq!(world.stranger().post("/api/auth/register", form).await.status, status, "{domain}");
        }
        for host in ["api.shops.example", "API.shops.example:443"] {
            let here = world.stranger().with("host", host);
            here.clone().at("vendor1.example.com").get("/api/products").await.expect(200);
            here.get("/api/products").await.problem(400, "tenant_required");
            assert_eq!(sign_in(&here, "owner1", "password123").await.0, 200);
        }
    }

    async fn a_session_does_not_outlive_the_password_it_began_with(world) {
        for (name, n) in [("owner1", 1), ("vendor1_customer1", 1)] {
            let (thief, _) = world.sign_in(n, name, "password123").await;
            let (own, _) = world.sign_in(n, name, "password123").await;
            let door = world.anonymous(n);
            let tries = join_all((0..12).map(|_| sign_in(&door, name, "password123")));
            let change = own.post("/api/auth/password", json!({"current_password": "password123", "new_password": "a-new-password"}));
            let (tries, changed) = futures_util::future::join(tries, change).await;
            changed.expect(204);
            for client in admitted(&world, n, &tries).iter().chain([&thief]) {
                client.get("/api/auth/me").await.problem(401, "session_ended");
            }
            own.get("/api/auth/me").await.expect(200);
            assert_eq!(sign_in(&door, name, "password123").await.0, 401);
        }
    }

    async fn of_two_who_change_a_password_at_once_one_wins(world) {
        for name in ["owner2", "vendor2_customer1"] {
            let mut rivals = Vec::new();
            for _ in 0..4 {
                rivals.push(world.sign_in(2, name, "password123").await.0);
            }
            let change = |(index, rival): (usize, Client)| async move {
                let body = json!({"current_password": "password123", "new_password": format!("new-password-{index}")});
                rival.post("/api/auth/password", body).await.status
            };
            let statuses = join_all(rivals.into_iter().enumerate().map(change)).await;
            let winners: Vec<_> = (0..4).filter(|index| statuses[*index] == 204).collect();
            assert_eq!(winners.len(), 1, "{name}: {statuses:?}");
            assert_eq!(sign_in(&world.anonymous(2), name, &format!("new-password-{}", winners[0])).await.0, 200);
        }
    }

    async fn wrong_guesses_from_elsewhere_do_not_lock_the_owner_out(world) {
        let world = World::with(world.engine, &[("RATE_LIMITS", "on"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
        let from = |address: &str| world.anonymous(1).with("x-forwarded-for", address);
        for _ in 0..10 {
            assert_eq!(sign_in(&from("203.0.113.7"), "owner1", "a-guess").await.0, 401);
        }
        let login = json!({"username": "owner1", "password": "a-guess"});
        let refused = from("203.0.113.7").post("/api/auth/login", login).await;
        let told = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "retry-after"].map(|name| refused.header(name));
        assert_eq!(told, [Some("10"), Some("0"), Some("6"), Some("6")]);
        refused.problem(429, "too_many_requests");
        assert_eq!(sign_in(&from("198.51.100.1"), "owner1", "password123").await.0, 200);
        // But not without end: from everywhere together there are a hundred.
        let mut tries = 11;
        while sign_in(&from(&format!("192.0.2.{tries}")), "owner1", "a-guess").await.0 == 401 {
            tries += 1;
        }
        assert_eq!(tries, 100);
        // Which stops nobody at a place where they have signed in before.
        assert_eq!(sign_in(&from("198.51.100.1"), "owner1", "password123").await.0, 200);
        assert_eq!(sign_in(&from("198.51.100.77"), "owner1", "password123").await.0, 429);
        assert_eq!(sign_in(&from("198.51.100.1"), "owner1", "a-guess").await.0, 401);
        // And a name that looks like another's bucket is its own.
        assert_eq!(sign_in(&world.stranger().with("x-forwarded-for", "198.51.100.2"), "1/owner1", "a-guess").await.0, 401);
    }

    async fn nobody_takes_the_address_somebody_else_signs_in_with_here(world) {
        let customer = world.customer(1, 1);
        customer.patch("/api/auth/me", json!({"email": "Owner1@vendor1.example.com", "current_password": "password123"})).await.problem(409, "email_taken");
        let theirs = "vendor1_customer1@vendor1.example.com";
        world.staff(1).patch("/api/auth/me", json!({ "email": theirs, "current_password": "password123" })).await.problem(409, "email_taken");
        let form = json!({"username": "new-staff", "password": "password123", "role": "staff", "email": theirs});
        world.owner(1).post("/api/auth/register", form).await.problem(409, "email_taken");
        world.staff(2).patch("/api/auth/me", json!({ "email": theirs, "current_password": "password123" })).await.expect(200);
    }

    async fn a_path_in_disguise_is_cached_no_more_than_another(world) {
        let reply = world.customer(1, 1).get("/%61pi/orders/my").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert!(reply.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("X-Tenant-Domain")));
    }

    async fn the_teams_notes_are_not_in_a_customers_history(world) {
        let (team, customer) = (world.owner(1), world.customer(1, 2));
        team.patch("/api/orders/2/status", json!({"status": "confirmed", "reason": "knows the boss"})).await.expect(200);
        team.patch("/api/orders/2/status", json!({"status": "cancelled", "reason": "out of season"})).await.expect(200);
        let seen = customer.get("/api/orders/2/history").await.expect(200).to_string();
        assert!(!seen.contains("knows the boss") && seen.contains("out of season"), "{seen}");
        assert!(team.get("/api/orders/2/history").await.expect(200).to_string().contains("knows the boss"));
    }
}

#[test]
#[cfg(unix)]
fn a_new_database_file_is_nobody_elses_business() {
    use std::os::unix::fs::PermissionsExt;
    let database = crate::support::Database::empty(Engine::Sqlite);
    let settings = stoa::db::Settings { url: database.url.clone(), pool_size: 1, synchronous: stoa::db::Synchronous::Full };
    stoa::db::migrate(&settings).unwrap();
    let mode = std::fs::metadata(database.file().unwrap()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{mode:o}");
}
