//! Seeing and ending one's own sessions (API §3).

use crate::support::{Client, World};
use serde_json::{Value, json};

const SESSIONS: &str = "/api/auth/sessions";

async fn sessions(client: &Client) -> Vec<Value> {
    client.get(SESSIONS).await.expect(200)["items"].as_array().unwrap().clone()
}

fn ids(sessions: &[Value]) -> Vec<i64> {
    sessions.iter().map(|session| session["id"].as_i64().unwrap()).collect()
}

/// Signs in as a device that says what it is.
async fn on_device(world: &World, name: &str, user_agent: &str) -> Client {
    let login = json!({"username": name, "password": "password123"});
    let pair = world.anonymous(1).with("user-agent", user_agent).post("/api/auth/login", login).await.expect(200);
    world.anonymous(1).bearing(pair["access"].as_str().unwrap())
}

/// Owner, staff and customer of vendor 1, by name.
const PEOPLE: [&str; 3] = ["owner1", "vendor1_staff1", "vendor1_customer1"];

both_engines! {
    async fn everybody_sees_where_they_are_signed_in(world) {
        for name in PEOPLE {
            let phone = on_device(&world, name, "Phone 1.0").await;
            let seen = sessions(&phone).await;
            assert_eq!(seen.len(), 2, "the one of the demo is the other: {seen:?}");
            let current = &seen[0];
            assert_eq!((&current["is_current"], &seen[1]["is_current"]), (&json!(true), &json!(false)));
            assert_eq!((&current["user_agent"], &current["address"]), (&json!("Phone 1.0"), &json!("127.0.0.1")));
            assert_eq!(current["vendor"], json!({"id": 1, "domain": "vendor1.example.com"}));
            assert_eq!(current["created_at"], "2026-01-31T12:00:00.000000Z");
            assert_eq!(current["expires_at"], "2026-02-07T12:00:00.000000Z");
            assert!(!current.to_string().contains("refresh"), "{current}");
        }
        world.anonymous(1).get(SESSIONS).await.problem(401, "authentication_required");
    }

    async fn refreshing_says_when_and_whence_a_session_was_used_last(world) {
        let (client, refresh) = world.sign_in(1, "owner1", "password123").await;
        world.advance(chrono::TimeDelta::minutes(10));
        let renewing = world.anonymous(1).with("user-agent", &"x".repeat(1000));
        renewing.post("/api/auth/refresh", json!({ "refresh": refresh })).await.expect(200);
        let current = sessions(&client).await.remove(0);
        assert_eq!(current["last_used_at"], "2026-01-31T12:10:00.000000Z");
        assert_eq!(current["user_agent"].as_str().unwrap().chars().count(), 201, "no longer than it is worth");
    }

    async fn a_lost_device_is_signed_out(world) {
        for name in PEOPLE {
            let (lost, refresh) = world.sign_in(1, name, "password123").await;
            let (kept, _) = world.sign_in(1, name, "password123").await;
            let lost_id = sessions(&lost).await.iter().find(|session| session["is_current"] == true).unwrap()["id"].clone();
            kept.delete(&format!("{SESSIONS}/{lost_id}")).await.expect(204);
            lost.get("/api/auth/me").await.problem(401, "session_ended");
            world.anonymous(1).post("/api/auth/refresh", json!({ "refresh": refresh })).await.problem(401, "session_ended");
            assert!(!ids(&sessions(&kept).await).contains(&lost_id.as_i64().unwrap()));
            kept.delete(&format!("{SESSIONS}/{lost_id}")).await.problem(404, "not_found");
        }
    }

    async fn one_may_end_the_session_one_is_in(world) {
        let owner = world.owner(1);
        let id = ids(&sessions(&owner).await)[0];
        owner.delete(&format!("{SESSIONS}/{id}")).await.expect(204);
        owner.get("/api/auth/me").await.problem(401, "session_ended");
    }

    async fn nobody_sees_or_ends_another_ones_session(world) {
        let people =
            [world.owner(1), world.staff(1), world.other_staff(1), world.customer(1, 1), world.customer(1, 2), world.owner(2), world.customer(2, 1)];
        let mut own = Vec::new();
        for person in &people {
            own.push(ids(&sessions(person).await));
        }
        for (index, person) in people.iter().enumerate() {
            assert_eq!(own[index].len(), 1);
            for id in own.iter().enumerate().filter(|(other, _)| *other != index).flat_map(|(_, ids)| ids) {
                person.delete(&format!("{SESSIONS}/{id}")).await.problem(404, "not_found");
            }
        }
        for person in &people {
            person.get("/api/auth/me").await.expect(200);
        }
    }

    async fn the_list_is_in_pages_and_without_what_has_ended(world) {
        let (client, _) = world.sign_in(1, "owner1", "password123").await;
        for _ in 0..3 {
            world.sign_in(1, "owner1", "password123").await;
        }
        let (_, refresh) = world.sign_in(1, "owner1", "password123").await;
        world.anonymous(1).post("/api/auth/logout", json!({ "refresh": refresh })).await.expect(204);
        let (mut seen, mut path) = (Vec::new(), format!("{SESSIONS}?limit=2"));
        loop {
            let page = client.get(&path).await.expect(200);
            seen.extend(ids(page["items"].as_array().unwrap()));
            let Some(next) = page["next"].as_str() else { break };
            path = format!("{SESSIONS}?limit=2&cursor={next}");
            world.staff(1).get(&path).await.problem(400, "invalid_cursor");
        }
        assert_eq!(seen.len(), 5);
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
        world.advance(chrono::TimeDelta::days(7));
        let (later, _) = world.sign_in(1, "owner1", "password123").await;
        assert_eq!(sessions(&later).await.len(), 1);
    }

    async fn a_user_of_two_vendors_sees_their_sessions_at_both(world) {
        world.sql("INSERT INTO members (vendor_id, user_id, role_id, is_active, created_at) \
                   SELECT 2, 2, id, TRUE, '2026-01-31 12:00:00' FROM roles WHERE vendor_id = 2 AND name = 'Staff'");
        let (there, _) = world.sign_in(2, "vendor1_staff1", "password123").await;
        let seen = sessions(&world.staff(1)).await;
        let vendors: Vec<_> = seen.iter().map(|session| session["vendor"]["id"].as_i64().unwrap()).collect();
        assert_eq!(vendors, [2, 1]);
        world.staff(1).delete(&format!("{SESSIONS}/{}", seen[0]["id"])).await.expect(204);
        there.get("/api/auth/me").await.problem(401, "session_ended");
    }
}
