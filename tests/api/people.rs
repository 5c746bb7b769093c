//! Whom a vendor works with and sells to: `/api/staff` and `/api/customers` (API §4 and §6).

use crate::support::Client;
use serde_json::{Value, json};

async fn list(client: &Client, path: &str) -> Vec<Value> {
    client.get(path).await.expect(200)["items"].as_array().unwrap().clone()
}

async fn ids(client: &Client, path: &str) -> Vec<i64> {
    list(client, path).await.iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

/// All pages of a list, one item to a page.
async fn page_by_page(client: &Client, path: &str) -> Vec<i64> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    for _ in 0..20 {
        let page = client.get(&format!("{path}?limit=1{cursor}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 1, "{page}");
        found.extend(items.iter().map(|item| item["id"].as_i64().unwrap()));
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
    panic!("the list has no end: {found:?}");
}

both_engines! {
    async fn the_owner_sees_whom_orders_may_be_assigned_to(world) {
        let staff = list(&world.owner(1), "/api/staff").await;
        let told: Vec<_> = staff
            .iter()
            .map(|one| (one["id"].as_i64().unwrap(), one["username"].as_str().unwrap(), one["role"].as_str().unwrap()))
            .collect();
        assert_eq!(told, [(1, "owner1", "Owner"), (2, "vendor1_staff1", "Staff"), (3, "vendor1_staff2", "Staff")]);
        assert_eq!((&staff[1]["email"], &staff[1]["first_name"]), (&json!("vendor1_staff1@vendor1.example.com"), &json!("Sam")));
        assert_eq!(staff[1]["joined_at"], "2026-01-31T12:00:00.000000Z");
        assert_eq!(ids(&world.owner(2), "/api/staff").await, [4, 5, 6]);
    }

    async fn who_cannot_be_assigned_an_order_is_not_listed(world) {
        world.sql("UPDATE members SET is_active = false WHERE user_id = 2");
        world.sql("UPDATE users SET is_active = false WHERE id = 3");
        assert_eq!(ids(&world.owner(1), "/api/staff").await, [1]);
        for id in [2, 3, 5, 999] {
            let refused =
                world.owner(1).patch("/api/orders/2/assign-staff", json!({ "staff_id": id })).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], "/staff_id");
        }
        let form = json!({"username": "sid", "password": "password123", "role": "staff"});
        let new = world.owner(1).post("/api/auth/register", form).await.expect(201);
        assert_eq!(ids(&world.owner(1), "/api/staff").await, [1, new["id"].as_i64().unwrap()]);
    }

    async fn only_a_manager_of_people_sees_staff_and_customers(world) {
        for path in ["/api/staff", "/api/customers", "/api/customers/1"] {
            for client in [world.staff(1), world.customer(1, 1)] {
                client.get(path).await.problem(403, "permission_denied");
            }
            world.anonymous(1).get(path).await.problem(401, "authentication_required");
            world.owner(2).at("vendor1.example.com").get(path).await.problem(403, "tenant_mismatch");
        }
        let needed = world.staff(1).get("/api/customers").await.problem(403, "permission_denied");
        assert_eq!(needed["required_any_of"], json!(["customers.view"]));
    }

    async fn rights_of_the_other_roles_are_those_of_the_table(world) {
        for (role, staff, customers) in [("Manager", 200, 200), ("Editor", 403, 403), ("Viewer", 403, 403), ("Owner", 200, 200)] {
            world.sql(&format!(
                "UPDATE members SET role_id = (SELECT id FROM roles WHERE vendor_id = 1 AND name = '{role}') WHERE vendor_id = 1 AND user_id = 2"
            ));
            assert_eq!(world.staff(1).get("/api/staff").await.status, staff, "{role}");
            assert_eq!(world.staff(1).get("/api/customers").await.status, customers, "{role}");
        }
    }

    async fn customers_are_listed_newest_first_and_are_the_vendors_own(world) {
        assert_eq!(ids(&world.owner(1), "/api/customers").await, [3, 2, 1]);
        assert_eq!(ids(&world.owner(2), "/api/customers").await, [6, 5, 4]);
        let form = json!({"username": "dora", "password": "password123", "role": "customer", "email": "d@shop.example"});
        let new = world.anonymous(1).post("/api/auth/register", form).await.expect(201)["id"].as_i64().unwrap();
        assert_eq!(ids(&world.owner(1), "/api/customers").await, [new, 3, 2, 1]);
        assert_eq!(ids(&world.owner(2), "/api/customers").await, [6, 5, 4]);
        let first = &list(&world.owner(1), "/api/customers").await[0];
        assert_eq!((&first["username"], &first["email"], &first["is_active"]), (&json!("dora"), &json!("d@shop.example"), &json!(true)));
    }

    async fn nobodys_password_is_shown(world) {
        for path in ["/api/staff", "/api/customers", "/api/customers/1", "/api/auth/me", "/api/vendor"] {
            let reply = world.owner(1).get(path).await;
            assert!(!reply.text.contains("argon2") && !reply.text.contains("password"), "{}", reply.text);
            reply.expect(200);
        }
    }

    async fn lists_of_people_are_read_page_by_page(world) {
        assert_eq!(page_by_page(&world.owner(1), "/api/customers").await, [3, 2, 1]);
        assert_eq!(page_by_page(&world.owner(1), "/api/staff").await, [1, 2, 3]);
        let page = world.owner(1).get("/api/customers?limit=2").await.expect(200);
        let form = json!({"username": "dora", "password": "password123", "role": "customer"});
        world.anonymous(1).post("/api/auth/register", form).await.expect(201);
        let next = format!("/api/customers?limit=2&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(ids(&world.owner(1), &next).await, [1], "somebody new does not shift the pages");
    }

    async fn a_cursor_is_good_for_its_own_list_only(world) {
        for (path, other) in [("/api/customers", "/api/staff"), ("/api/staff", "/api/customers")] {
            let page = world.owner(1).get(&format!("{path}?limit=1")).await.expect(200);
            let cursor = page["next"].as_str().unwrap();
            world.owner(1).get(&format!("{other}?cursor={cursor}")).await.problem(400, "invalid_cursor");
            world.owner(2).get(&format!("{path}?cursor={cursor}")).await.problem(400, "invalid_cursor");
            world.owner(1).get(&format!("{path}?cursor=nonsense")).await.problem(400, "invalid_cursor");
        }
    }

    async fn what_a_list_does_not_know_it_refuses(world) {
        for path in ["/api/customers", "/api/staff"] {
            for query in ["limit=0", "limit=101", "limit=x", "limit=-1", "page=2", "limit=1&limit=2"] {
                world.owner(1).get(&format!("{path}?{query}")).await.problem(400, "invalid_parameter");
            }
        }
        world.owner(1).get("/api/customers?q=").await.problem(400, "invalid_parameter");
        world.owner(1).get("/api/customers?q=a%00").await.problem(400, "invalid_parameter");
    }

    async fn customers_are_found_by_how_name_or_address_begins(world) {
        let form = json!({"username": "Dora", "password": "password123", "role": "customer", "email": "Shopper_1@example.com"});
        let dora = world.anonymous(1).post("/api/auth/register", form).await.expect(201)["id"].as_i64().unwrap();
        let owner = world.owner(1);
        for q in ["dora", "DO", "shopper", "SHOPPER_1@Ex"] {
            assert_eq!(ids(&owner, &format!("/api/customers?q={q}")).await, [dora], "{q}");
        }
        assert_eq!(ids(&owner, "/api/customers?q=vendor1_customer").await, [3, 2, 1]);
        assert_eq!(ids(&owner, "/api/customers?q=vendor1_customer2").await, [2]);
        for q in ["ora", "vendor2_customer1", "%25", "_", "vendor1%25", "shopper%251", "x'%20OR%20'1'='1"] {
            assert_eq!(ids(&owner, &format!("/api/customers?q={q}")).await, [] as [i64; 0], "{q}");
        }
        let page = owner.get("/api/customers?q=vendor1&limit=2").await.expect(200);
        let next = format!("/api/customers?q=vendor1&limit=2&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(ids(&owner, &next).await, [1]);
    }

    async fn a_customer_is_shown_with_what_they_bought(world) {
        let owner = world.owner(1);
        let carol = owner.get("/api/customers/1").await.expect(200);
        assert_eq!((&carol["id"], &carol["username"], &carol["first_name"]), (&json!(1), &json!("vendor1_customer1"), &json!("Carol")));
        assert_eq!(carol["totals"], json!([{"currency": "EUR", "orders": 1, "total": "99.97"}]), "the cancelled order does not count");
        assert_eq!(owner.get("/api/customers/3").await.expect(200)["totals"], json!([]));
        let order = json!({"items": [{"product": 2, "quantity": 2}], "address": "123 Street"});
        world.customer(1, 1).post("/api/orders", order.clone()).await.expect(201);
        world.customer(1, 2).post("/api/orders", order).await.expect(201);
        let carol = owner.get("/api/customers/1").await.expect(200);
        assert_eq!(carol["totals"], json!([{"currency": "EUR", "orders": 2, "total": "118.97"}]));
    }

    async fn a_customer_of_another_vendor_does_not_exist(world) {
        let theirs = world.owner(1).get("/api/customers/4").await.problem(404, "not_found");
        let nobodys = world.owner(1).get("/api/customers/999999").await.problem(404, "not_found");
        assert_eq!(theirs["detail"], nobodys["detail"]);
        for id in ["0", "-1", "x", "1.5", "9223372036854775807", "9223372036854775808", "1%27"] {
            world.owner(1).get(&format!("/api/customers/{id}")).await.problem(404, "not_found");
        }
        world.owner(2).get("/api/customers/4").await.expect(200);
    }
}
