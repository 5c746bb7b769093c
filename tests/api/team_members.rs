//! Members of a team: their roles, in and out, and the last owner (API §4).

use crate::shop::{act, all, assign, history, numbers, order, see};
use crate::support::{Client, Reply, World};
use crate::team_roles::with_permissions;
use futures_util::future::join;
use serde_json::{Value, json};

const MEMBERS: &str = "/api/team/members";

async fn put(client: &Client, user: i64, body: Value) -> Reply {
    client.put(&format!("{MEMBERS}/{user}"), body).await
}

async fn remove(client: &Client, user: i64) -> Reply {
    client.delete(&format!("{MEMBERS}/{user}")).await
}

async fn refresh(world: &World, token: &str) -> Reply {
    world.stranger().post("/api/auth/refresh", json!({ "refresh": token })).await
}

async fn log_in(client: &Client, name: &str) -> Reply {
    client.post("/api/auth/login", json!({"username": name, "password": "password123"})).await
}

/// Takes user 2 on at vendor 2, too, as the same as here.
fn join_vendor_2(world: &World) {
    world.sql("INSERT INTO members (vendor_id, user_id, role_id, is_active, created_at) SELECT 2, 2, 11, TRUE, created_at FROM users WHERE id = 2");
}

both_engines! {
    async fn the_team_is_listed_with_roles_and_with_those_who_are_out(world) {
        put(&world.owner(1), 3, json!({"is_active": false})).await.expect(200);
        let team = all(&world.owner(1), MEMBERS).await;
        assert_eq!(numbers(&team, "id"), [1, 2, 3]);
        let told: Vec<_> = team.iter().map(|one| (one["role"]["name"].as_str().unwrap(), one["is_active"] == true)).collect();
        assert_eq!(told, [("Owner", true), ("Staff", true), ("Staff", false)]);
        assert_eq!(team[1]["role"], json!({"id": 5, "name": "Staff"}));
        assert_eq!((&team[1]["username"], &team[1]["invited_by"]), (&json!("vendor1_staff1"), &Value::Null));
        assert_eq!(numbers(&all(&world.owner(1), "/api/team/members?role=5").await, "id"), [2, 3]);
        assert_eq!(numbers(&all(&world.owner(1), "/api/team/members?role=11").await, "id"), [0; 0]);
        assert_eq!(world.owner(1).get("/api/team/members/2").await.expect(200), team[1]);
        let text = world.owner(1).get(MEMBERS).await.text;
        assert!(!text.contains("argon2") && !text.contains("password"), "{text}");
        for client in [world.staff(1), world.customer(1, 1)] {
            client.get(MEMBERS).await.problem(403, "permission_denied");
        }
    }

    async fn another_vendors_member_does_not_exist(world) {
        for user in [4, 5, 999] {
            let owner = world.owner(1);
            owner.get(&format!("{MEMBERS}/{user}")).await.problem(404, "not_found");
            put(&owner, user, json!({"is_active": false})).await.problem(404, "not_found");
            remove(&owner, user).await.problem(404, "not_found");
        }
        assert_eq!(all(&world.owner(2), MEMBERS).await.len(), 3);
    }

    async fn a_role_is_given_and_counts_at_once(world) {
        world.staff(1).get("/api/customers").await.problem(403, "permission_denied");
        let member = put(&world.owner(1), 2, json!({"role_id": 2})).await.expect(200);
        assert_eq!((&member["role"]["name"], &member["version"]), (&json!("Manager"), &json!(2)));
        world.staff(1).get("/api/customers").await.expect(200);
        put(&world.owner(1), 2, json!({"role_id": 4})).await.expect(200);
        world.staff(1).get("/api/customers").await.problem(403, "permission_denied");
        world.staff(1).get("/api/orders").await.expect(200);
        let same = put(&world.owner(1), 2, json!({"role_id": 4, "is_active": true})).await.expect(200);
        assert_eq!(same["version"], 3, "nothing has changed");
        assert_eq!(put(&world.owner(1), 2, json!({})).await.expect(200), same);
        let late = world.owner(1).with("if-match", "\"1\"");
        put(&late, 2, json!({"role_id": 5})).await.problem(412, "precondition_failed");
        remove(&late, 2).await.problem(412, "precondition_failed");
        for body in [json!({"role_id": null}), json!({"is_active": null}), json!({"is_active": "no"}), json!({"role": 2})] {
            put(&world.owner(1), 2, body).await.problem(422, "validation_failed");
        }
    }

    async fn whoever_is_switched_off_is_out_at_once_here_and_only_here(world) {
        join_vendor_2(&world);
        let (here, token) = world.sign_in(1, "vendor1_staff1", "password123").await;
        let (there, other_token) = world.sign_in(2, "vendor1_staff1", "password123").await;
        put(&world.owner(1), 2, json!({"is_active": false})).await.expect(200);
        for client in [&here, &world.staff(1), &world.beside().staff(1)] {
            client.get("/api/auth/me").await.problem(401, "session_ended");
        }
        refresh(&world, &token).await.problem(401, "session_ended");
        log_in(&world.anonymous(1), "vendor1_staff1").await.problem(401, "invalid_credentials");
        there.get("/api/auth/me").await.expect(200);
        refresh(&world, &other_token).await.expect(200);
        assert_eq!(log_in(&world.stranger(), "vendor1_staff1").await.expect(200)["user"]["vendor"]["id"], 2);
        put(&world.owner(1), 2, json!({"is_active": true})).await.expect(200);
        here.get("/api/auth/me").await.problem(401, "session_ended");
        world.sign_in(1, "vendor1_staff1", "password123").await;
    }

    async fn whoever_is_removed_is_out_at_once(world) {
        let (here, token) = world.sign_in(1, "vendor1_staff1", "password123").await;
        assert_eq!(remove(&world.owner(1), 2).await.expect(204), Value::Null);
        here.get("/api/auth/me").await.problem(401, "session_ended");
        refresh(&world, &token).await.problem(401, "session_ended");
        log_in(&world.anonymous(1), "vendor1_staff1").await.problem(401, "invalid_credentials");
        log_in(&world.stranger(), "vendor1_staff1").await.problem(401, "invalid_credentials");
        remove(&world.owner(1), 2).await.problem(404, "not_found");
        assert_eq!(numbers(&all(&world.owner(1), MEMBERS).await, "id"), [1, 3]);
        assert_eq!(numbers(&all(&world.owner(1), "/api/staff").await, "id"), [1, 3]);
    }

    async fn orders_under_way_of_somebody_who_leaves_go_back_to_nobody(world) {
        let owner = world.owner(1);
        let done = order(&world.customer(1, 1), &[(1, 1)]).await["id"].as_i64().unwrap();
        assign(&world, done, 2).await;
        act(&owner, done, "cancel").await;
        assign(&world, 2, 3).await;
        remove(&owner, 2).await.expect(204);
        assert_eq!(see(&owner, 1).await["assigned_to"], Value::Null);
        assert_eq!(see(&owner, done).await["assigned_to"], 2, "what is over stays theirs");
        assert_eq!(see(&owner, 2).await["assigned_to"], 3, "another's stays another's");
        let last = history(&owner, 1).await.pop().unwrap();
        assert_eq!((&last["type"], &last["actor_id"]), (&json!("order.assigned"), &json!(1)));
        assert_eq!((&last["data"]["from"], &last["data"]["to"]), (&json!(2), &Value::Null));
        put(&owner, 3, json!({"is_active": false})).await.expect(200);
        assert_eq!(see(&owner, 2).await["assigned_to"], Value::Null);
    }

    async fn housekeeping_takes_back_what_was_left_with_somebody_who_is_gone(world) {
        world.sql("UPDATE members SET is_active = FALSE WHERE user_id = 2");
        assert_eq!(see(&world.owner(1), 1).await["assigned_to"], 2);
        assign(&world, 2, 3).await;
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(see(&world.owner(1), 1).await["assigned_to"], Value::Null);
        assert_eq!(see(&world.owner(1), 2).await["assigned_to"], 3);
        let last = history(&world.owner(1), 1).await.pop().unwrap();
        assert_eq!((&last["type"], &last["actor"]), (&json!("order.assigned"), &json!("system")));
    }

    async fn the_last_active_owner_stays(world) {
        let owner = world.owner(1);
        for _ in 0..2 {
            put(&owner, 1, json!({"role_id": 2})).await.problem(409, "last_owner");
            put(&owner, 1, json!({"is_active": false})).await.problem(409, "last_owner");
            remove(&owner, 1).await.problem(409, "last_owner");
            // An owner who may not sign in is no help.
            put(&owner, 2, json!({"role_id": 1, "is_active": false})).await.expect(200);
        }
        put(&owner, 2, json!({"is_active": true})).await.expect(200);
        put(&owner, 1, json!({"role_id": 2})).await.expect(200);
        world.owner(1).get(MEMBERS).await.expect(200);
        put(&world.owner(1), 3, json!({"role_id": 5})).await.problem(403, "permission_denied");
        let (second, _) = world.sign_in(1, "vendor1_staff1", "password123").await;
        remove(&second, 2).await.problem(409, "last_owner");
        remove(&second, 1).await.expect(204);
    }

    async fn of_two_owners_who_demote_each_other_at_once_one_stays(world) {
        for round in 0..8 {
            world.sql("UPDATE members SET role_id = 1, is_active = TRUE WHERE vendor_id = 1 AND user_id IN (1, 2)");
            let (first, _) = world.sign_in(1, "owner1", "password123").await;
            let other = world.beside();
            let (second, _) = other.sign_in(1, "vendor1_staff1", "password123").await;
            let (one, two) = match round % 3 {
                0 => join(put(&first, 2, json!({"role_id": 5})), put(&second, 1, json!({"role_id": 5}))).await,
                1 => join(put(&first, 2, json!({"is_active": false})), put(&second, 1, json!({"is_active": false}))).await,
                _ => join(put(&first, 1, json!({"role_id": 5})), put(&second, 2, json!({"role_id": 5}))).await,
            };
            let statuses = [one.status, two.status];
            assert!(statuses.contains(&200) && statuses.iter().any(|status| [401, 403, 409].contains(status)), "{one:?} {two:?}");
            let owners = world.peek(
                1,
                "SELECT 'x' AS value FROM members WHERE vendor_id = 1 AND role_id = 1 AND is_active",
            );
            assert_eq!(owners.len(), 1, "{one:?} {two:?}");
        }
    }

    async fn nobody_reaches_above_themselves(world) {
        let leader = with_permissions(&world, &["team.manage", "team.remove", "products.view", "orders.view", "imports.view"]);
        for reply in [put(&leader, 1, json!({"is_active": false})).await, remove(&leader, 1).await] {
            assert!(!reply.body["missing"].as_array().unwrap().is_empty(), "{reply:?}");
            reply.problem(403, "permission_denied");
        }
        // User 3 is of staff, who may do what the leader may not.
        put(&leader, 3, json!({"role_id": 4})).await.problem(403, "permission_denied");
        put(&world.owner(1), 3, json!({"role_id": 4})).await.expect(200);
        let refused = put(&leader, 3, json!({"role_id": 5})).await.problem(403, "permission_denied");
        assert_eq!(refused["errors"][0]["pointer"], "/role_id");
        put(&leader, 2, json!({"role_id": 1})).await.problem(403, "permission_denied");
        put(&leader, 3, json!({"role_id": 9001})).await.expect(200);
        remove(&leader, 3).await.expect(204);
        put(&leader, 2, json!({"role_id": 4})).await.expect(200);
        leader.get(MEMBERS).await.problem(403, "permission_denied");
    }

    async fn a_managers_rights_are_read_when_the_change_is_made(world) {
        // Whoever was let in a moment before they lost the right has lost it, too: so one of many demotions at once succeeds.
        let leader = with_permissions(&world, &["team.manage", "products.view", "orders.view", "imports.view"]);
        put(&world.owner(1), 3, json!({"role_id": 9001})).await.expect(200);
        let other = world.other_staff(1);
        let (one, two) = join(put(&leader, 3, json!({"role_id": 4})), put(&other, 2, json!({"role_id": 4}))).await;
        let mut statuses = [one.status, two.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 403], "{one:?} {two:?}");
    }

    async fn somebody_may_take_themselves_out(world) {
        let leader = with_permissions(&world, &["team.remove", "team.view"]);
        remove(&leader, 2).await.expect(204);
        leader.get(MEMBERS).await.problem(401, "session_ended");
    }
}
