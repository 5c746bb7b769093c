//! Staying signed in, signing out, and changing the password (API §3).

use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use futures_util::future::join;
use serde_json::{Value, json};

async fn refresh(client: &Client, token: &str) -> Reply {
    client.post("/api/auth/refresh", json!({ "refresh": token })).await
}

fn text<'a>(pair: &'a Value, name: &str) -> &'a str {
    pair[name].as_str().unwrap()
}

async fn change_password(client: &Client, current: &str, new: &str) -> Reply {
    client.post("/api/auth/password", json!({"current_password": current, "new_password": new})).await
}

/// Owner, staff and customer of vendor 1, by name.
const PEOPLE: [&str; 3] = ["owner1", "vendor1_staff1", "vendor1_customer1"];

fn demote(world: &World) {
    world.sql(
        "UPDATE members SET role_id = (SELECT id FROM roles WHERE vendor_id = 1 AND name = 'Staff') WHERE vendor_id = 1 AND user_id = 1",
    );
}

both_engines! {
    async fn refreshing_gives_a_new_pair_at_the_same_vendor(world) {
        for name in PEOPLE {
            let (client, first) = world.sign_in(1, name, "password123").await;
            let before = client.get("/api/auth/me").await.expect(200);
            let pair = refresh(&world.stranger(), &first).await.expect(200);
            assert_ne!(text(&pair, "refresh"), first);
            assert_eq!((&pair["user"], &pair["expires_in"]), (&before, &json!(900)));
            let renewed = world.anonymous(1).bearing(text(&pair, "access"));
            assert_eq!(renewed.get("/api/auth/me").await.expect(200), before);
            refresh(&world.anonymous(1), text(&pair, "refresh")).await.expect(200);
        }
    }

    async fn a_refresh_token_used_twice_ends_its_whole_family(world) {
        for name in PEOPLE {
            let (bystander, _) = world.sign_in(1, name, "password123").await;
            let (client, first) = world.sign_in(1, name, "password123").await;
            let pair = refresh(&world.anonymous(1), &first).await.expect(200);
            let renewed = world.anonymous(1).bearing(text(&pair, "access"));
            renewed.get("/api/auth/me").await.expect(200);
            refresh(&world.anonymous(1), &first).await.problem(401, "token_reused");
            client.get("/api/auth/me").await.problem(401, "session_ended");
            renewed.get("/api/auth/me").await.problem(401, "session_ended");
            refresh(&world.anonymous(1), text(&pair, "refresh")).await.problem(401, "session_ended");
            bystander.get("/api/auth/me").await.expect(200);
        }
    }

    async fn of_two_who_refresh_at_once_with_one_token_one_is_a_thief(world) {
        let (_, first) = world.sign_in(1, "owner1", "password123").await;
        let here = world.anonymous(1);
        let (one, other) = join(refresh(&here, &first), refresh(&here, &first)).await;
        let (lucky, late) = if one.status == 200 { (one, other) } else { (other, one) };
        late.problem(401, "token_reused");
        let pair = lucky.expect(200);
        here.bearing(text(&pair, "access")).get("/api/auth/me").await.problem(401, "session_ended");
    }

    async fn a_session_lasts_as_long_as_it_is_refreshed_in_time(world) {
        let (_, mut token) = world.sign_in(1, "owner1", "password123").await;
        for _ in 0..3 {
            world.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
            token = text(&refresh(&world.anonymous(1), &token).await.expect(200), "refresh").into();
        }
        world.advance(TimeDelta::days(7));
        refresh(&world.anonymous(1), &token).await.problem(401, "token_expired");
    }

    async fn an_expired_access_token_does_not_hinder_refreshing(world) {
        let (client, token) = world.sign_in(1, "vendor1_customer1", "password123").await;
        world.advance(TimeDelta::minutes(15));
        client.get("/api/auth/me").await.problem(401, "token_expired");
        let pair = refresh(&client, &token).await.expect(200);
        client.bearing(text(&pair, "access")).get("/api/auth/me").await.expect(200);
    }

    async fn only_a_refresh_token_refreshes(world) {
        let access = world.token("owner1").to_owned();
        for token in [access.as_str(), "nonsense", "a.b.c"] {
            refresh(&world.anonymous(1), token).await.problem(401, "invalid_token");
            world.anonymous(1).post("/api/auth/logout", json!({ "refresh": token })).await.problem(401, "invalid_token");
        }
        world.owner(1).get("/api/auth/me").await.expect(200);
        let missing = world.anonymous(1).post("/api/auth/refresh", json!({})).await.problem(422, "validation_failed");
        assert_eq!(missing["errors"][0]["pointer"], "/refresh");
    }

    async fn refreshed_tokens_say_what_somebody_is_now(world) {
        let (_, token) = world.sign_in(1, "owner1", "password123").await;
        demote(&world);
        let pair = refresh(&world.stranger(), &token).await.expect(200);
        assert_eq!(pair["user"]["role"], "staff");
        world.anonymous(1).bearing(text(&pair, "access")).get("/api/customers").await.problem(403, "permission_denied");
    }

    async fn who_was_shut_out_cannot_refresh(world) {
        let (_, member) = world.sign_in(1, "vendor1_staff1", "password123").await;
        let (_, user) = world.sign_in(1, "vendor1_staff2", "password123").await;
        world.sql("UPDATE members SET is_active = false WHERE user_id = 2");
        world.sql("UPDATE users SET is_active = false WHERE id = 3");
        for token in [member, user] {
            refresh(&world.anonymous(1), &token).await.problem(401, "session_ended");
        }
    }

    async fn signing_out_ends_the_session_and_no_other(world) {
        for name in PEOPLE {
            let (client, token) = world.sign_in(1, name, "password123").await;
            let (other, other_token) = world.sign_in(1, name, "password123").await;
            client.post("/api/auth/logout", json!({ "refresh": token })).await.expect(204);
            client.get("/api/auth/me").await.problem(401, "session_ended");
            client.get("/api/products").await.problem(401, "session_ended");
            refresh(&world.anonymous(1), &token).await.problem(401, "session_ended");
            world.anonymous(1).post("/api/auth/logout", json!({ "refresh": token })).await.expect(204);
            other.get("/api/auth/me").await.expect(200);
            refresh(&world.anonymous(1), &other_token).await.expect(200);
        }
    }

    async fn one_signs_out_without_a_vendor_and_after_the_end(world) {
        let (client, token) = world.sign_in(1, "owner1", "password123").await;
        world.stranger().post("/api/auth/logout", json!({ "refresh": token })).await.expect(204);
        client.get("/api/auth/me").await.problem(401, "session_ended");
        world.advance(TimeDelta::days(8));
        world.stranger().post("/api/auth/logout", json!({ "refresh": token })).await.expect(204);
    }

    async fn a_new_password_ends_the_other_sessions_only(world) {
        for name in PEOPLE {
            let (client, token) = world.sign_in(1, name, "password123").await;
            let (other, other_token) = world.sign_in(1, name, "password123").await;
            change_password(&client, "password123", "a-new-password").await.expect(204);
            other.get("/api/auth/me").await.problem(401, "session_ended");
            refresh(&world.anonymous(1), &other_token).await.problem(401, "session_ended");
            client.get("/api/auth/me").await.expect(200);
            refresh(&client, &token).await.expect(200);
            let login = |password: &str| json!({"username": name, "password": password});
            world.anonymous(1).post("/api/auth/login", login("password123")).await.problem(401, "invalid_credentials");
            world.anonymous(1).post("/api/auth/login", login("a-new-password")).await.expect(200);
        }
        world.owner(2).get("/api/auth/me").await.expect(200);
        world.customer(1, 2).get("/api/auth/me").await.expect(200);
        world.customer(2, 1).get("/api/auth/me").await.expect(200);
        world.other_staff(1).get("/api/auth/me").await.expect(200);
    }

    async fn a_users_new_password_ends_their_sessions_and_not_those_of_the_customer_with_their_id(world) {
        // The ids of users and of customers are counted apart: owner1 and vendor1_customer1 are both number 1.
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        let (customer, _) = world.sign_in(1, "vendor1_customer1", "password123").await;
        assert_eq!(owner.get("/api/auth/me").await.expect(200)["id"], customer.get("/api/auth/me").await.expect(200)["id"]);
        change_password(&owner, "password123", "a-new-password").await.expect(204);
        customer.get("/api/auth/me").await.expect(200);
        world.sign_in(1, "vendor1_customer1", "password123").await;
    }

    async fn without_the_current_password_nothing_changes(world) {
        for name in PEOPLE {
            let (client, _) = world.sign_in(1, name, "password123").await;
            let (other, _) = world.sign_in(1, name, "password123").await;
            let refused = change_password(&client, "password124", "a-new-password").await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], "/current_password");
            for new in ["1234567", &"x".repeat(129)] {
                let refused = change_password(&client, "password123", new).await.problem(422, "validation_failed");
                assert_eq!(refused["errors"][0]["pointer"], "/new_password");
            }
            other.get("/api/auth/me").await.expect(200);
            world.sign_in(1, name, "password123").await;
        }
        change_password(&world.anonymous(1), "password123", "a-new-password").await.problem(401, "authentication_required");
    }
}
