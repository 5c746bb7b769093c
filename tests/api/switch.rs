//! One person in several vendors (API §3).

use crate::shop::all;
use crate::support::{Client, Reply, World};
use chrono::TimeDelta;
use futures_util::future::join;
use serde_json::{Value, json};

/// Takes owner 1 on as staff at vendor 2, and as a viewer at vendor 3.
fn join_others(world: &World) {
    for (vendor, role) in [(2, "Staff"), (3, "Viewer")] {
        world.sql(&format!(
            "INSERT INTO members (vendor_id, user_id, role_id, is_active, created_at) \
             SELECT {vendor}, 1, (SELECT id FROM roles WHERE vendor_id = {vendor} AND name = '{role}'), TRUE, created_at FROM users WHERE id = 1"
        ));
    }
}

async fn switch(client: &Client, domain: &str) -> Reply {
    client.post("/api/auth/switch", json!({ "vendor_domain": domain })).await
}

async fn refresh(world: &World, token: &str) -> Reply {
    world.stranger().post("/api/auth/refresh", json!({ "refresh": token })).await
}

fn text<'a>(pair: &'a Value, name: &str) -> &'a str {
    pair[name].as_str().unwrap()
}

fn bearer(world: &World, n: usize, pair: &Value) -> Client {
    world.anonymous(n).bearing(text(pair, "access"))
}

both_engines! {
    async fn somebody_sees_the_vendors_they_work_for(world) {
        join_others(&world);
        let told = all(&world.owner(1), "/api/auth/vendors").await;
        let places: Vec<_> = told
            .iter()
            .map(|one| (one["domain"].as_str().unwrap(), one["role"].as_str().unwrap(), one["is_current"] == true))
            .collect();
        assert_eq!(
            places,
            [("vendor1.example.com", "Owner", true), ("vendor2.example.com", "Staff", false), ("vendor3.example.com", "Viewer", false)]
        );
        assert_eq!((&told[0]["id"], &told[0]["name"]), (&json!(1), &json!("Alice's Watches")));
        world.sql("UPDATE members SET is_active = FALSE WHERE user_id = 1 AND vendor_id = 2; UPDATE vendors SET is_active = FALSE WHERE id = 3");
        assert_eq!(all(&world.owner(1), "/api/auth/vendors").await.len(), 1);
        assert_eq!(all(&world.staff(1), "/api/auth/vendors").await.len(), 1);
        world.customer(1, 1).get("/api/auth/vendors").await.problem(403, "permission_denied");
    }

    async fn they_go_from_one_to_another_with_the_rights_of_each(world) {
        join_others(&world);
        let (alice, _) = world.sign_in(1, "owner1", "password123").await;
        alice.get("/api/customers").await.expect(200);
        let pair = switch(&alice, "Vendor2.example.com").await.expect(200);
        let user = &pair["user"];
        assert_eq!((&user["role"], &user["vendor"]), (&json!("staff"), &json!({"id": 2, "domain": "vendor2.example.com"})));
        let there = bearer(&world, 2, &pair);
        assert_eq!(&there.get("/api/auth/me").await.expect(200), user);
        there.get("/api/customers").await.problem(403, "permission_denied");
        there.get("/api/team/members").await.problem(403, "permission_denied");
        bearer(&world, 1, &pair).get("/api/customers").await.problem(403, "tenant_mismatch");
        let pair = switch(&there, "vendor3.example.com").await.expect(200);
        let there = bearer(&world, 3, &pair);
        there.get("/api/orders").await.expect(200);
        there.post("/api/products", json!({"name": "Cup", "price": "1.00"})).await.problem(403, "permission_denied");
        let pair = switch(&there, "vendor1.example.com").await.expect(200);
        bearer(&world, 1, &pair).get("/api/customers").await.expect(200);
    }

    async fn the_session_goes_along_and_its_old_tokens_are_good_no_more(world) {
        join_others(&world);
        let (alice, old) = world.sign_in(1, "owner1", "password123").await;
        let sessions = || world.peek(1, "SELECT refresh_id AS value FROM sessions WHERE user_id = 1").len();
        let before = sessions();
        let pair = switch(&alice, "vendor2.example.com").await.expect(200);
        assert_eq!(sessions(), before, "no session is new");
        alice.get("/api/auth/me").await.problem(401, "session_ended");
        world.owner(1).get("/api/auth/me").await.expect(200);
        let renewed = refresh(&world, text(&pair, "refresh")).await.expect(200);
        assert_eq!(renewed["user"]["vendor"]["id"], 2);
        bearer(&world, 2, &renewed).get("/api/auth/me").await.expect(200);
        refresh(&world, &old).await.problem(401, "token_reused");
        bearer(&world, 2, &renewed).get("/api/auth/me").await.problem(401, "session_ended");
    }

    async fn going_to_where_one_is_gives_new_tokens(world) {
        let (alice, _) = world.sign_in(1, "owner1", "password123").await;
        let pair = switch(&alice, "vendor1.example.com").await.expect(200);
        bearer(&world, 1, &pair).get("/api/auth/me").await.expect(200);
        refresh(&world, text(&pair, "refresh")).await.expect(200);
    }

    async fn a_session_lasts_no_longer_for_going_elsewhere(world) {
        join_others(&world);
        let (alice, first) = world.sign_in(1, "owner1", "password123").await;
        drop(alice);
        world.advance(TimeDelta::days(6));
        let pair = refresh(&world, &first).await.expect(200);
        world.advance(TimeDelta::minutes(10));
        let pair = switch(&bearer(&world, 1, &pair), "vendor2.example.com").await.expect(200);
        world.advance(TimeDelta::days(7) - TimeDelta::minutes(10));
        refresh(&world, text(&pair, "refresh")).await.problem(401, "session_ended");
    }

    async fn nobody_goes_where_they_are_not_wanted(world) {
        join_others(&world);
        switch(&world.owner(2), "vendor1.example.com").await.problem(403, "permission_denied");
        switch(&world.customer(1, 1), "vendor2.example.com").await.problem(403, "permission_denied");
        switch(&world.anonymous(1), "vendor2.example.com").await.problem(401, "authentication_required");
        switch(&world.stranger().bearing(world.token("owner1")), "vendor2.example.com").await.problem(400, "tenant_required");
        switch(&world.owner(1), "nobody.example.com").await.problem(404, "unknown_tenant");
        switch(&world.owner(1), " ").await.problem(422, "validation_failed");
        world.sql("UPDATE members SET is_active = FALSE WHERE user_id = 1 AND vendor_id = 2");
        switch(&world.owner(1), "vendor2.example.com").await.problem(403, "permission_denied");
        world.sql("UPDATE vendors SET is_active = FALSE WHERE id = 3");
        world.advance(TimeDelta::seconds(2));
        switch(&world.owner(1), "vendor3.example.com").await.problem(403, "tenant_inactive");
        world.owner(1).get("/api/auth/me").await.expect(200);
    }

    async fn of_two_who_go_at_once_with_one_session_the_later_one_counts(world) {
        join_others(&world);
        let (alice, _) = world.sign_in(1, "owner1", "password123").await;
        let (one, two) = join(switch(&alice, "vendor2.example.com"), switch(&alice, "vendor3.example.com")).await;
        let mut good = 0;
        for (n, reply) in [(2, one), (3, two)] {
            if reply.status == 200 {
                good += usize::from(bearer(&world, n, &reply.body).get("/api/auth/me").await.status == 200);
            } else {
                reply.problem(401, "session_ended");
            }
        }
        assert_eq!(good, 1);
    }
}
