//! People across all vendors, as the platform's operators see them and let them in.

use crate::operators::operator;
use crate::support::Client;
use serde_json::{Value, json};

async fn found(operator: &Client, query: &str) -> Vec<String> {
    let page = operator.get(&format!("/api/admin/users?{query}")).await.expect(200);
    page["items"].as_array().unwrap().iter().map(|user| user["username"].as_str().unwrap().to_owned()).collect()
}

both_engines! {
    async fn users_are_found_by_how_their_name_or_their_address_begins(world) {
        let operator = operator(&world).await;
        assert_eq!(found(&operator, "q=OWNER").await, ["owner3", "owner2", "owner1"]);
        assert_eq!(found(&operator, "q=vendor2_staff1%40vendor2").await, ["vendor2_staff1"]);
        assert_eq!(found(&operator, "q=staff").await, Vec::<String>::new());
        assert_eq!(found(&operator, "vendor=2").await, ["vendor2_staff2", "vendor2_staff1", "owner2"]);
        assert_eq!(found(&operator, "vendor=2&q=owner").await, ["owner2"]);
        assert_eq!(found(&operator, "vendor=999").await, Vec::<String>::new());
        assert_eq!(found(&operator, "is_operator=true").await, ["ops@stoa.example"]);
        assert_eq!(found(&operator, "is_active=false").await, Vec::<String>::new());
        let first = operator.get("/api/admin/users?limit=3").await.expect(200);
        let second = found(&operator, &format!("limit=3&cursor={}", first["next"].as_str().unwrap())).await;
        assert_eq!((first["items"].as_array().unwrap().len(), second[0].as_str()), (3, "owner3"));
    }

    async fn a_user_is_shown_with_the_teams_they_are_in(world) {
        let operator = operator(&world).await;
        world.sql(
            "INSERT INTO members (vendor_id, user_id, role_id, is_active, created_at) \
             SELECT 2, 1, id, false, '2026-01-01 00:00:00' FROM roles WHERE vendor_id = 2 AND name = 'Viewer'",
        );
        let user = operator.get("/api/admin/users/1").await.expect(200);
        let teams = json!([
            {"vendor_id": 1, "vendor_name": "Alice's Watches", "vendor_domain": "vendor1.example.com", "role": "Owner", "is_active": true},
            {"vendor_id": 2, "vendor_name": "Bruno's Books", "vendor_domain": "vendor2.example.com", "role": "Viewer", "is_active": false},
        ]);
        assert_eq!((&user["memberships"], &user["must_change_password"]), (&teams, &json!(false)));
        assert!(!user.to_string().contains("argon2"), "{user}");
        assert_eq!(found(&operator, "q=owner1&vendor=2").await, ["owner1"]);
        operator.get("/api/admin/users/999").await.problem(404, "not_found");
    }

    async fn the_team_of_any_vendor_is_shown_with_those_who_left(world) {
        let operator = operator(&world).await;
        world.sql("UPDATE members SET is_active = false WHERE user_id = 3");
        let page = operator.get("/api/admin/vendors/1/members?limit=2").await.expect(200);
        let told = |page: &Value| -> Vec<(String, String, bool)> {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let one = |member: &Value| (text(&member["user"]["username"]), text(&member["role"]), member["is_active"] == true);
            page["items"].as_array().unwrap().iter().map(one).collect()
        };
        assert_eq!(told(&page), [("owner1".to_owned(), "Owner".to_owned(), true), ("vendor1_staff1".to_owned(), "Staff".to_owned(), true)]);
        let rest = operator.get(&format!("/api/admin/vendors/1/members?cursor={}", page["next"].as_str().unwrap())).await.expect(200);
        assert_eq!(told(&rest), [("vendor1_staff2".to_owned(), "Staff".to_owned(), false)]);
        let elsewhere = format!("/api/admin/vendors/2/members?cursor={}", page["next"].as_str().unwrap());
        operator.get(&elsewhere).await.problem(400, "invalid_cursor");
        operator.get("/api/admin/vendors/999/members").await.problem(404, "not_found");
    }

    async fn who_is_kept_out_is_out_at_once_and_has_to_sign_in_again_when_let_in(world) {
        let operator = operator(&world).await;
        world.owner(1).get("/api/vendor").await.expect(200);
        let (_, refresh) = world.sign_in(1, "owner1", "password123").await;
        let user = operator.patch("/api/admin/users/1", json!({"is_active": false})).await.expect(200);
        assert_eq!(user["is_active"], false);
        world.owner(1).get("/api/vendor").await.problem(401, "session_ended");
        world.anonymous(1).post("/api/auth/refresh", json!({"refresh": refresh})).await.problem(401, "session_ended");
        let login = json!({"username": "owner1", "password": "password123"});
        world.anonymous(1).post("/api/auth/login", login.clone()).await.problem(401, "invalid_credentials");
        assert_eq!(found(&operator, "is_active=false").await, ["owner1"]);
        assert_eq!(operator.patch("/api/admin/users/1", json!({"is_active": true})).await.expect(200)["is_active"], true);
        world.owner(1).get("/api/vendor").await.problem(401, "session_ended");
        world.anonymous(1).post("/api/auth/login", login).await.expect(200);
    }

    async fn an_operator_does_not_keep_themselves_out(world) {
        let operator = operator(&world).await;
        let own = operator.get("/api/admin/users?is_operator=true").await.expect(200)["items"][0]["id"].clone();
        let refused = operator.patch(&format!("/api/admin/users/{own}"), json!({"is_active": false})).await.problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["code"], "yourself");
        operator.patch(&format!("/api/admin/users/{own}"), json!({"is_active": true})).await.expect(200);
        operator.patch("/api/admin/users/999", json!({"is_active": true})).await.problem(404, "not_found");
        operator.patch("/api/admin/users/1", json!({})).await.problem(422, "validation_failed");
    }
}
