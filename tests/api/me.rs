//! Seeing and changing oneself (API §3).

use crate::support::Client;
use serde_json::{Value, json};

const ME: &str = "/api/auth/me";

async fn me(client: &Client) -> Value {
    client.get(ME).await.expect(200)
}

both_engines! {
    async fn everybody_sees_who_they_are(world) {
        let owner = me(&world.owner(1)).await;
        assert_eq!((&owner["id"], &owner["username"], &owner["role"]), (&json!(1), &json!("owner1"), &json!("owner")));
        assert_eq!((&owner["email"], &owner["first_name"]), (&json!("owner1@vendor1.example.com"), &json!("Alice")));
        assert_eq!(owner["vendor"], json!({"id": 1, "domain": "vendor1.example.com"}));
        assert_eq!(owner["permissions"].as_array().unwrap().len(), 26, "all that there are");
        let staff = me(&world.staff(1)).await;
        assert_eq!(staff["role"], "staff");
        let rights =
            ["products.view", "products.create", "products.edit", "products.delete", "orders.view_assigned", "orders.edit_assigned"];
        assert_eq!(staff["permissions"], json!(rights));
        let customer = me(&world.customer(2, 3)).await;
        assert_eq!((&customer["id"], &customer["role"], &customer["permissions"]), (&json!(6), &json!("customer"), &json!([])));
        assert_eq!(customer["vendor"]["domain"], "vendor2.example.com");
        world.anonymous(1).get(ME).await.problem(401, "authentication_required");
    }

    async fn everybody_changes_their_own_profile_and_nobody_elses(world) {
        let edit = json!({"first_name": "Zoë", "last_name": "Ng", "email": "Zoe@Example.com", "current_password": "password123"});
        for (client, other) in
            [(world.owner(1), world.staff(1)), (world.staff(2), world.owner(2)), (world.customer(3, 1), world.customer(3, 2))]
        {
            let (before, others) = (me(&client).await, me(&other).await);
            if before["role"] == "staff" {
                // Users share one set of addresses.
                client.patch(ME, edit.clone()).await.problem(409, "email_taken");
                continue;
            }
            let changed = client.patch(ME, edit.clone()).await.expect(200);
            assert_eq!(
                (&changed["first_name"], &changed["last_name"], &changed["email"]),
                (&json!("Zoë"), &json!("Ng"), &json!("Zoe@Example.com"))
            );
            for name in ["id", "username", "role", "permissions", "vendor", "phone"] {
                assert_eq!(changed[name], before[name], "{name}");
            }
            assert_eq!(me(&client).await, changed);
            assert_eq!(me(&other).await, others);
        }
    }

    async fn what_is_not_mentioned_stays_and_null_clears(world) {
        let customer = world.customer(1, 1);
        let before = me(&customer).await;
        assert_eq!(customer.patch(ME, json!({})).await.expect(200), before);
        let with_phone = customer.patch(ME, json!({"phone": "+352 1"})).await.expect(200);
        assert_eq!((&with_phone["phone"], &with_phone["email"]), (&json!("+352 1"), &before["email"]));
        let without = customer.patch(ME, json!({"phone": null, "email": null, "current_password": "password123"})).await.expect(200);
        assert_eq!((&without["phone"], &without["email"], &without["first_name"]), (&json!(null), &json!(null), &before["first_name"]));
    }

    async fn a_new_address_is_what_one_signs_in_with(world) {
        let login = |email: &str| json!({"email": email, "password": "password123"});
        for (client, n, old, new) in [
            (world.owner(1), 1, "owner1@vendor1.example.com", "alice@example.com"),
            (world.customer(2, 1), 2, "vendor2_customer1@vendor2.example.com", "carol@example.com"),
        ] {
            client.patch(ME, json!({"email": new.to_uppercase(), "current_password": "password123"})).await.expect(200);
            world.anonymous(n).post("/api/auth/login", login(new)).await.expect(200);
            world.anonymous(n).post("/api/auth/login", login(old)).await.problem(401, "invalid_credentials");
        }
    }

    async fn another_address_takes_the_password(world) {
        for client in [world.owner(1), world.staff(2), world.customer(1, 1)] {
            let before = me(&client).await;
            let refused = async |edit: Value, code: &str| {
                let problem = client.patch(ME, edit).await.problem(422, "validation_failed");
                assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]), (&json!("/current_password"), &json!(code)));
            };
            refused(json!({"email": "mine@example.com"}), "required").await;
            refused(json!({"email": null, "first_name": "X"}), "required").await;
            refused(json!({"email": "mine@example.com", "current_password": "not it at all"}), "wrong_password").await;
            assert_eq!(me(&client).await, before);
            let same = before["email"].as_str().unwrap().to_uppercase();
            client.patch(ME, json!({ "email": same })).await.expect(200);
        }
    }

    async fn nobody_takes_an_address_that_somebody_has(world) {
        let taken =
            world.owner(1).patch(ME, json!({"first_name": "X", "email": "OWNER2@vendor2.example.com", "current_password": "password123"})).await.problem(409, "email_taken");
        assert_eq!(taken["errors"][0]["pointer"], "/email");
        assert_eq!(me(&world.owner(1)).await["first_name"], "Alice", "nothing of it is done");
        let customer = world.customer(1, 1);
        customer.patch(ME, json!({"email": "Vendor1_Customer2@vendor1.example.com", "current_password": "password123"})).await.problem(409, "email_taken");
        customer.patch(ME, json!({"email": "vendor2_customer2@vendor2.example.com", "current_password": "password123"})).await.expect(200);
        customer.patch(ME, json!({"email": "VENDOR2_customer2@vendor2.example.com"})).await.expect(200);
    }

    async fn a_profile_has_rules(world) {
        for (client, edit, pointer) in [
            (world.owner(1), json!({"phone": "+352 1"}), "/phone"),
            (world.owner(1), json!({"username": "boss"}), "/username"),
            (world.staff(1), json!({"role": "owner"}), "/role"),
            (world.staff(1), json!({"is_operator": true}), "/is_operator"),
            (world.staff(1), json!({"permissions": ["team.view"]}), "/permissions"),
            (world.customer(1, 1), json!({"password": "a-new-password"}), "/password"),
            (world.customer(1, 1), json!({"email": "carol"}), "/email"),
            (world.customer(1, 1), json!({"email": 5}), "/email"),
            (world.customer(1, 1), json!({"phone": ""}), "/phone"),
            (world.customer(1, 1), json!({"first_name": "x".repeat(151)}), "/first_name"),
            (world.customer(1, 1), json!({"last_name": "a\u{7}b"}), "/last_name"),
        ] {
            let before = me(&client).await;
            let refused = client.patch(ME, edit.clone()).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{edit}");
            assert_eq!(me(&client).await, before);
        }
        world.anonymous(1).patch(ME, json!({"first_name": "X"})).await.problem(401, "authentication_required");
    }

    async fn the_vendor_sees_what_a_customer_changed(world) {
        let before = world.owner(1).get("/api/customers/1").await.expect(200);
        world.advance(chrono::TimeDelta::seconds(5));
        world.customer(1, 1).patch(ME, json!({"first_name": "Caro", "phone": "+352 1"})).await.expect(200);
        let after = world.owner(1).get("/api/customers/1").await.expect(200);
        assert_eq!((&after["first_name"], &after["phone"]), (&json!("Caro"), &json!("+352 1")));
        assert_eq!(after["version"].as_i64().unwrap(), before["version"].as_i64().unwrap() + 1);
        assert_eq!(after["updated_at"], "2026-01-31T12:00:05.000000Z");
        assert_eq!(after["created_at"], before["created_at"]);
    }
}
