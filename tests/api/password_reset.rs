//! Getting back in with a mailed token (API §3).

use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use futures_util::future::join;
use serde_json::json;
use std::time::{Duration, Instant};

async fn forgot(client: &Client, email: &str) -> Reply {
    client.post("/api/auth/password/forgot", json!({ "email": email })).await
}

async fn reset(client: &Client, token: &str, password: &str) -> Reply {
    client.post("/api/auth/password/reset", json!({"token": token, "new_password": password})).await
}

async fn login(client: &Client, name: &str, password: &str) -> Reply {
    client.post("/api/auth/login", json!({"username": name, "password": password})).await
}

/// The mailed token of somebody at vendor `n`.
async fn token(world: &World, n: usize, name: &str) -> String {
    let email = format!("{name}@vendor{n}.example.com");
    forgot(&world.anonymous(n), &email).await.expect(202);
    world.mailed_token(&email)
}

/// Owner, staff and customer of vendor 1, by name.
const PEOPLE: [&str; 3] = ["owner1", "vendor1_staff1", "vendor1_customer1"];

#[track_caller]
fn is_spent(reply: Reply) {
    let problem = reply.problem(422, "validation_failed");
    assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]), (&json!("/token"), &json!("invalid_or_expired")));
}

both_engines! {
    async fn the_mailed_token_lets_one_choose_a_new_password_and_ends_every_session(world) {
        for name in PEOPLE {
            let (before, refresh) = world.sign_in(1, name, "password123").await;
            let token = token(&world, 1, name).await;
            before.get("/api/auth/me").await.expect(200);
            reset(&world.anonymous(1), &token, "a-new-password").await.expect(204);
            before.get("/api/auth/me").await.problem(401, "session_ended");
            world.anonymous(1).post("/api/auth/refresh", json!({ "refresh": refresh })).await.problem(401, "session_ended");
            login(&world.anonymous(1), name, "password123").await.problem(401, "invalid_credentials");
            login(&world.anonymous(1), name, "a-new-password").await.expect(200);
            is_spent(reset(&world.anonymous(1), &token, "another-password").await);
        }
        // Nobody else's were.
        for other in [world.owner(2), world.customer(1, 2), world.other_staff(1), world.customer(2, 1)] {
            other.get("/api/auth/me").await.expect(200);
        }
    }

    async fn the_letter_has_a_link_and_says_whose_it_is(world) {
        token(&world, 1, "vendor1_customer1").await;
        let letter = world.letters_to("vendor1_customer1@vendor1.example.com").remove(0);
        assert_eq!(letter.subject, "Choose a new password for vendor1.example.com");
        let link = format!("http://stoa.test/reset-password?vendor=vendor1.example.com#token={}", letter.token());
        assert!(letter.text.contains(&link), "{}", letter.text);
        assert!(letter.html.contains(&format!("href=\"{}\"", link.replace('/', "&#x2f;"))) || letter.html.contains(&link), "{}", letter.html);
        let senders = world.peek(1, "SELECT sender AS value FROM mails WHERE sender IS NOT NULL");
        assert_eq!(senders, ["Alice's Watches"]);
    }

    async fn links_lead_to_the_front_end(world) {
        let world = World::with(world.engine, &[("RATE_LIMITS", "off"), ("WEB_URL", "https://app.stoa.example/")]).await;
        world.stranger().post("/api/auth/password/forgot", json!({"username": "owner1"})).await.expect(202);
        let letter = world.letters_to("owner1@vendor1.example.com").remove(0);
        assert_eq!(letter.subject, "Choose a new password for app.stoa.example");
        assert!(letter.text.contains("https://app.stoa.example/reset-password#token="), "{}", letter.text);
    }

    async fn only_the_digest_of_a_token_is_kept(world) {
        let token = token(&world, 1, "owner1").await;
        let kept = world.peek(1, "SELECT digest AS value FROM mailed_tokens");
        assert_eq!(kept, [stoa::base::secret::digest(&token)]);
        assert_eq!(token.len(), 43, "256 bits");
    }

    async fn a_token_is_good_for_an_hour(world) {
        for (name, minutes) in PEOPLE.into_iter().flat_map(|name| [(name, 60), (name, 59)]) {
            let token = token(&world, 1, name).await;
            world.advance(TimeDelta::minutes(minutes));
            let reply = reset(&world.anonymous(1), &token, "a-new-password").await;
            if minutes < 60 {
                reply.expect(204);
            } else {
                is_spent(reply);
            }
        }
    }

    async fn of_two_who_come_with_one_token_at_once_one_is_too_late(world) {
        for name in PEOPLE {
            let (token, door) = (token(&world, 1, name).await, world.anonymous(1));
            let (one, other) = join(reset(&door, &token, "password-one"), reset(&door, &token, "password-two")).await;
            let (winner, loser, password) =
                if one.status == 204 { (one, other, "password-one") } else { (other, one, "password-two") };
            winner.expect(204);
            is_spent(loser);
            login(&door, name, password).await.expect(200);
        }
    }

    async fn every_token_is_used_up_when_one_is_or_the_password_changes(world) {
        for name in PEOPLE {
            let (first, second) = (token(&world, 1, name).await, token(&world, 1, name).await);
            assert_ne!(first, second);
            reset(&world.anonymous(1), &first, "a-new-password").await.expect(204);
            is_spent(reset(&world.anonymous(1), &second, "another-password").await);
            let third = token(&world, 1, name).await;
            let (client, _) = world.sign_in(1, name, "a-new-password").await;
            let change = json!({"current_password": "a-new-password", "new_password": "by-my-own-will"});
            client.post("/api/auth/password", change).await.expect(204);
            is_spent(reset(&world.anonymous(1), &third, "another-password").await);
        }
    }

    async fn a_made_up_token_is_like_one_that_is_used_up(world) {
        for token in ["x", "3Xq7_uWm0nZ8rKp2vQ4tYc6bLd1fGh5jSa9eTi0oUxw", &"x".repeat(200)] {
            is_spent(reset(&world.anonymous(1), token, "a-new-password").await);
            is_spent(reset(&world.stranger(), token, "a-new-password").await);
        }
        for password in ["1234567", &"x".repeat(129)] {
            let refused = reset(&world.anonymous(1), "x", password).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], "/new_password");
        }
        world.owner(1).get("/api/auth/me").await.expect(200);
    }

    async fn a_customers_token_is_good_at_their_vendor_only_and_a_users_anywhere(world) {
        let customers = token(&world, 1, "vendor1_customer1").await;
        is_spent(reset(&world.anonymous(2), &customers, "a-new-password").await);
        reset(&world.stranger(), &customers, "a-new-password").await.problem(400, "tenant_required");
        reset(&world.anonymous(1), &customers, "a-new-password").await.expect(204);
        let users = token(&world, 1, "owner1").await;
        reset(&world.anonymous(2), &users, "a-new-password").await.expect(204);
        login(&world.anonymous(1), "owner1", "a-new-password").await.expect(200);
    }

    async fn a_name_means_the_same_as_when_signing_in(world) {
        // Staff of vendor 1 are nobody at vendor 2; a customer is somebody at their vendor only.
        for (n, name) in [(2, "vendor1_staff1"), (2, "vendor1_customer1"), (1, "vendor2_customer1")] {
            world.anonymous(n).post("/api/auth/password/forgot", json!({ "username": name })).await.expect(202);
        }
        world.stranger().post("/api/auth/password/forgot", json!({"username": "vendor1_customer1"})).await.expect(202);
        assert_eq!(world.peek(1, "SELECT recipient AS value FROM mails"), Vec::<String>::new());
        world.stranger().post("/api/auth/password/forgot", json!({"username": "VENDOR1_STAFF1"})).await.expect(202);
        assert_eq!(world.letters_to("vendor1_staff1@vendor1.example.com").len(), 1);
        for body in [json!({}), json!({"username": "a", "email": "b@example.com"})] {
            world.stranger().post("/api/auth/password/forgot", body).await.problem(422, "validation_failed");
        }
    }

    async fn who_is_shut_out_gets_no_letter_and_their_token_no_longer_opens(world) {
        let (staff, customer) = (token(&world, 1, "vendor1_staff1").await, token(&world, 1, "vendor1_customer1").await);
        world.sql("UPDATE users SET is_active = FALSE WHERE id = 2");
        let own = if world.engine == crate::support::Engine::Postgres { "SET app.vendor_id = '1';" } else { "" };
        world.sql(&format!("{own} UPDATE customers SET is_active = FALSE WHERE vendor_id = 1 AND id = 1"));
        is_spent(reset(&world.anonymous(1), &staff, "a-new-password").await);
        reset(&world.anonymous(1), &customer, "a-new-password").await.problem(404, "not_found");
        let before = world.peek(1, "SELECT recipient AS value FROM mails").len();
        for name in ["vendor1_staff1", "vendor1_customer1"] {
            forgot(&world.anonymous(1), &format!("{name}@vendor1.example.com")).await.expect(202);
        }
        assert_eq!(world.peek(1, "SELECT recipient AS value FROM mails").len(), before);
    }

    async fn asking_is_answered_alike_and_takes_as_long_for_a_name_that_nobody_has(world) {
        let (mut known, mut unknown) = (Vec::new(), Vec::new());
        for number in 0..4 {
            for (name, times) in [("owner1@vendor1.example.com".to_owned(), &mut known), (format!("nobody{number}@example.com"), &mut unknown)] {
                let began = Instant::now();
                let reply = forgot(&world.anonymous(1), &name).await;
                times.push(began.elapsed());
                assert_eq!((reply.status, reply.text.as_str()), (202, ""));
            }
        }
        // Both wait for longer than either works.
        assert!(known.iter().chain(&unknown).all(|time| *time >= Duration::from_millis(100)), "{known:?} {unknown:?}");
        let tokens = world.peek(1, "SELECT CAST(COUNT(*) AS TEXT) AS value FROM mailed_tokens");
        assert_eq!(tokens, ["8"], "one is written for everybody");
    }

    async fn nobodys_mailbox_is_flooded_and_what_was_mailed_stays_good(world) {
        let first = token(&world, 1, "owner1").await;
        for _ in 0..8 {
            forgot(&world.anonymous(1), "owner1@vendor1.example.com").await.expect(202);
        }
        assert_eq!(world.letters_to("owner1@vendor1.example.com").len(), 5);
        forgot(&world.anonymous(1), "vendor1_staff1@vendor1.example.com").await.expect(202);
        assert_eq!(world.letters_to("vendor1_staff1@vendor1.example.com").len(), 1);
        reset(&world.anonymous(1), &first, "a-new-password").await.expect(204);
        world.advance(TimeDelta::hours(1));
        token(&world, 1, "owner1").await;
    }

    async fn asking_is_limited_by_name_and_address(world) {
        let world = World::with(world.engine, &[("RATE_LIMITS", "on")]).await;
        for _ in 0..10 {
            forgot(&world.anonymous(1), "nobody@example.com").await.expect(202);
        }
        let refused = forgot(&world.anonymous(1), "nobody@example.com").await;
        assert!(refused.header("retry-after").is_some());
        refused.problem(429, "too_many_requests");
        forgot(&world.anonymous(1), "owner1@vendor1.example.com").await.expect(202);
    }

    async fn whoever_changes_a_password_the_owner_is_told(world) {
        for name in PEOPLE {
            let address = format!("{name}@vendor1.example.com");
            let told = || world.letters_to(&address).iter().filter(|letter| letter.subject.contains("has changed")).count();
            let token = token(&world, 1, name).await;
            reset(&world.anonymous(1), &token, "a-new-password").await.expect(204);
            assert_eq!(told(), 1);
            let (client, _) = world.sign_in(1, name, "a-new-password").await;
            let change = json!({"current_password": "a-new-password", "new_password": "by-my-own-will"});
            client.post("/api/auth/password", change).await.expect(204);
            assert_eq!(told(), 2);
        }
    }

    async fn an_operator_gets_back_in_like_anybody(world) {
        crate::operators::operator(&world).await;
        forgot(&world.stranger(), "ops@stoa.example").await.expect(202);
        reset(&world.stranger(), &world.mailed_token("ops@stoa.example"), "a-new-password").await.expect(204);
        let body = json!({"email": "ops@stoa.example", "password": "a-new-password"});
        assert_eq!(world.stranger().post("/api/auth/login", body).await.expect(200)["user"]["role"], "operator");
    }

    async fn tokens_are_forgotten_when_they_are_no_good(world) {
        token(&world, 1, "owner1").await;
        forgot(&world.anonymous(1), "nobody@example.com").await.expect(202);
        world.advance(TimeDelta::hours(2) + TimeDelta::seconds(1));
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(world.peek(1, "SELECT digest AS value FROM mailed_tokens"), Vec::<String>::new());
    }

    async fn a_token_is_good_only_while_its_address_is_theirs(world) {
        for name in PEOPLE {
            let token = token(&world, 1, name).await;
            let (client, _) = world.sign_in(1, name, "password123").await;
            let edit = json!({"email": format!("{name}@new.example.com"), "current_password": "password123"});
            client.patch("/api/auth/me", edit).await.expect(200);
            is_spent(reset(&world.anonymous(1), &token, "a-new-password").await);
            login(&world.anonymous(1), name, "password123").await.expect(200);
        }
    }

    async fn whoever_has_reset_their_password_is_let_in_there_whatever_others_try(world) {
        let world = World::with(world.engine, &[("RATE_LIMITS", "on"), ("TRUSTED_PROXIES", "127.0.0.1")]).await;
        let token = token(&world, 1, "owner1").await;
        for network in 0..200 {
            let there = world.anonymous(1).with("x-forwarded-for", &format!("198.51.{network}.1"));
            login(&there, "owner1", "wrong-password").await;
        }
        let home = world.anonymous(1).with("x-forwarded-for", "203.0.113.7");
        login(&home, "owner1", "password123").await.problem(429, "too_many_requests");
        reset(&home, &token, "a-new-password").await.expect(204);
        login(&home, "owner1", "a-new-password").await.expect(200);
    }
}
