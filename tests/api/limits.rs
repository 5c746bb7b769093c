//! How often somebody may try to sign in or up (API §3).

use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use reqwest::header::HeaderMap;
use serde_json::json;

/// A world whose limits are on.
async fn limited(world: &World, more: &[(&'static str, &'static str)]) -> World {
    World::with(world.engine, &[&[("RATE_LIMITS", "on")], more].concat()).await
}

async fn sign_in(client: &Client, name: &str, password: &str) -> Reply {
    client.post("/api/auth/login", json!({"username": name, "password": password})).await
}

/// Tries until it is refused; says how many tries there were before, and how many seconds to wait.
async fn exhaust(mut attempt: impl AsyncFnMut() -> Reply) -> (usize, i64) {
    for tries in 0..200 {
        let reply = attempt().await;
        if reply.status == 429 {
            let wait = reply.header("retry-after").unwrap().parse().unwrap();
            reply.problem(429, "too_many_requests");
            return (tries, wait);
        }
    }
    panic!("never refused");
}

/// An attempt that is counted and, wanting an inviter, costs nothing more; each under a name of its own.
async fn knock(client: &Client, knocks: &mut u32) -> Reply {
    *knocks += 1;
    let form = json!({"username": format!("knock{knocks}"), "password": "password123", "role": "staff"});
    let reply = client.post("/api/auth/register", form).await;
    assert!(matches!(reply.status, 403 | 429), "{}", reply.text);
    reply
}

both_engines! {
    async fn a_name_is_tried_ten_times_and_then_slowly(world) {
        let world = limited(&world, &[]).await;
        let here = world.anonymous(1);
        let (tries, wait) = exhaust(async || sign_in(&here, "owner1", "wrong-password").await).await;
        assert_eq!((tries, wait), (10, 6));
        sign_in(&here, "owner1", "password123").await.problem(429, "too_many_requests");
        sign_in(&here, "OWNER1", "password123").await.problem(429, "too_many_requests");
        sign_in(&here, "vendor1_staff1", "password123").await.expect(200);
        world.advance(TimeDelta::seconds(wait) - TimeDelta::milliseconds(1));
        assert_eq!(sign_in(&here, "owner1", "password123").await.header("retry-after"), Some("1"));
        world.advance(TimeDelta::milliseconds(1));
        sign_in(&here, "owner1", "password123").await.expect(200);
        sign_in(&here, "owner1", "password123").await.problem(429, "too_many_requests");
    }

    async fn an_unknown_name_is_limited_like_any(world) {
        let world = limited(&world, &[]).await;
        let here = world.stranger();
        assert_eq!(exhaust(async || sign_in(&here, "nobody", "wrong-password").await).await, (10, 6));
    }

    async fn a_customers_name_is_limited_at_their_vendor_only(world) {
        let world = limited(&world, &[]).await;
        let here = world.anonymous(1);
        exhaust(async || sign_in(&here, "vendor2_customer1", "password123").await).await;
        sign_in(&world.anonymous(2), "vendor2_customer1", "password123").await.expect(200);
    }

    async fn an_address_is_limited_over_all_names(world) {
        let world = limited(&world, &[]).await;
        let here = world.anonymous(1);
        let mut knocks = 0;
        let (tries, wait) = exhaust(async || knock(&here, &mut knocks).await).await;
        assert_eq!((tries, wait), (60, 1));
        sign_in(&world.anonymous(2), "owner2", "password123").await.problem(429, "too_many_requests");
        world.owner(1).get("/api/orders").await.expect(200);
        world.advance(TimeDelta::seconds(wait));
        sign_in(&world.anonymous(2), "owner2", "password123").await.expect(200);
        knock(&here, &mut knocks).await.problem(429, "too_many_requests");
    }

    async fn a_forwarded_address_is_believed_from_nobody_unless_set(world) {
        let world = limited(&world, &[]).await;
        let mut knocks = 0;
        let (tries, _) = exhaust(async || {
            let client = world.anonymous(1).with("x-forwarded-for", &format!("203.0.113.{}", knocks + 1));
            knock(&client, &mut knocks).await
        })
        .await;
        assert_eq!(tries, 60);
    }

    async fn a_trusted_proxy_tells_the_callers_address(world) {
        let world = limited(&world, &[("TRUSTED_PROXIES", "127.0.0.0/8, 10.0.0.1")]).await;
        let from = |forwarded: &str| world.anonymous(1).with("x-forwarded-for", forwarded);
        let mut knocks = 0;
        let caller = from("203.0.113.7");
        assert_eq!(exhaust(async || knock(&caller, &mut knocks).await).await.0, 60);
        // What stands before the address that the proxy saw is the caller's own invention.
        for forwarded in
            ["203.0.113.7", "198.51.100.1, 203.0.113.7", "10.0.0.1, 203.0.113.7", "203.0.113.7, 10.0.0.1", "nonsense,203.0.113.7"]
        {
            knock(&from(forwarded), &mut knocks).await.problem(429, "too_many_requests");
        }
        for forwarded in ["203.0.113.8", "203.0.113.7, 203.0.113.8", "2001:db8::1"] {
            knock(&from(forwarded), &mut knocks).await.problem(403, "permission_denied");
        }
        knock(&world.anonymous(1), &mut knocks).await.problem(403, "permission_denied");
    }

    async fn a_proxy_may_add_a_line_of_its_own(world) {
        let world = limited(&world, &[("TRUSTED_PROXIES", "127.0.0.1")]).await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut knocks = 0;
        let mut tries = 0;
        loop {
            knocks += 1;
            let mut lines = HeaderMap::new();
            lines.append("x-forwarded-for", format!("198.51.100.{knocks}").parse().unwrap());
            lines.append("x-forwarded-for", "203.0.113.7".parse().unwrap());
            lines.append("x-tenant-domain", "vendor1.example.com".parse().unwrap());
            let form = json!({"username": format!("knock{knocks}"), "password": "password123", "role": "staff"});
            let reply = http.post(format!("{}/api/auth/register", world.base)).headers(lines).json(&form).send().await.unwrap();
            if reply.status() == 429 {
                break;
            }
            tries += 1;
            assert!(tries <= 60, "the first line is the caller's own invention");
        }
        assert_eq!(tries, 60);
    }

    async fn signing_up_is_limited_too(world) {
        let world = limited(&world, &[]).await;
        let here = world.anonymous(1);
        let form = json!({"username": "dora", "password": "password123", "role": "staff"});
        let (tries, wait) = exhaust(async || here.post("/api/auth/register", form.clone()).await).await;
        assert_eq!((tries, wait), (10, 6));
    }

    async fn guessing_the_current_password_is_limited_too(world) {
        let world = limited(&world, &[]).await;
        let owner = world.owner(1);
        let wrong = json!({"current_password": "wrong-password", "new_password": "a-new-password"});
        let (tries, wait) = exhaust(async || owner.post("/api/auth/password", wrong.clone()).await).await;
        assert_eq!((tries, wait), (10, 6));
        let right = json!({"current_password": "password123", "new_password": "a-new-password"});
        owner.post("/api/auth/password", right.clone()).await.problem(429, "too_many_requests");
        world.staff(1).post("/api/auth/password", right).await.expect(204);
    }

    async fn the_limits_can_be_turned_off(world) {
        let (here, mut knocks) = (world.anonymous(1), 0);
        for _ in 0..70 {
            knock(&here, &mut knocks).await.problem(403, "permission_denied");
        }
    }

    async fn one_network_alone_does_not_use_up_what_there_is_for_a_name(world) {
        let world = limited(&world, &[("TRUSTED_PROXIES", "127.0.0.1")]).await;
        let there = |n: usize| world.anonymous(n).with("x-forwarded-for", "198.51.100.1");
        // At all doors at once, for ten minutes, as fast as it is let.
        for round in 0..600 {
            sign_in(&there(round % 3 + 1), "owner1", "wrong-password").await;
            world.advance(TimeDelta::seconds(1));
        }
        sign_in(&world.anonymous(1).with("x-forwarded-for", "203.0.113.7"), "owner1", "password123").await.expect(200);
    }

    async fn a_stranger_is_not_flooded_with_invitations(world) {
        let world = limited(&world, &[]).await;
        let invite = async |n: usize| world.owner(n).post("/api/team/invitations", json!({"email": "dora@example.com", "role_id": 5})).await;
        let path = format!("/api/team/invitations/{}", invite(1).await.expect(201)["id"]);
        let (tries, wait) = exhaust(async || world.owner(1).post(&format!("{path}/resend"), json!({})).await).await;
        assert_eq!((tries, wait), (4, 3600), "with the first, five");
        // Whoever writes.
        let role = world.owner(2).get("/api/team/roles").await.expect(200)["items"][0]["id"].clone();
        world.owner(2).post("/api/team/invitations", json!({"email": "Dora@example.com", "role_id": role})).await.problem(429, "too_many_requests");
        world.advance(TimeDelta::hours(1));
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        owner.post(&format!("{path}/resend"), json!({})).await.expect(200);
    }
}
