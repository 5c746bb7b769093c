//! Assigning orders to staff.

use crate::shop::{act, assign, history, see};
use serde_json::{Value, json};

both_engines! {
    async fn an_order_is_given_to_an_active_member_and_taken_back(world) {
        let owner = world.owner(1);
        for staff in [json!(2), json!(3), json!(1), json!(null)] {
            let order = owner.patch("/api/orders/2/assign-staff", json!({ "staff_id": staff })).await.expect(200);
            assert_eq!(order["assigned_to"], staff);
            assert_eq!(see(&owner, 2).await["assigned_to"], staff, "it is stored");
        }
        let entries = history(&owner, 2).await;
        let moves: Vec<_> = entries.iter().skip(1).map(|entry| (entry["data"]["from"].as_i64(), entry["data"]["to"].as_i64())).collect();
        assert_eq!(moves, [(None, Some(2)), (Some(2), Some(3)), (Some(3), Some(1)), (Some(1), None)]);
        assert!(entries.iter().skip(1).all(|entry| entry["type"] == "order.assigned"));
    }

    async fn an_assigned_order_can_be_handled_by_its_member_only(world) {
        assign(&world, 2, 3).await;
        world.staff(1).post("/api/orders/2/confirm", json!({})).await.problem(404, "not_found");
        act(&world.other_staff(1), 2, "confirm").await;
        world.owner(1).patch("/api/orders/2/assign-staff", json!({ "staff_id": null })).await.expect(200);
        world.other_staff(1).post("/api/orders/2/process", json!({})).await.problem(404, "not_found");
        world.other_staff(1).patch("/api/orders/2/status", json!({ "status": "processing" })).await.problem(404, "not_found");
    }

    async fn an_order_goes_to_nobody_who_is_no_active_member_of_this_vendor(world) {
        let owner = world.owner(1);
        world.sql("UPDATE members SET is_active = false WHERE vendor_id = 1 AND user_id = 3");
        // The other vendor's owner and staff, a customer's id beyond all users', nobody, and a member who has left.
        for staff in [4, 5, 100, 0, -1, i64::MAX, 3] {
            let problem = owner.patch("/api/orders/2/assign-staff", json!({ "staff_id": staff })).await.problem(422, "validation_failed");
            let error = &problem["errors"][0];
            assert_eq!((&error["pointer"], &error["code"]), (&json!("/staff_id"), &json!("not_a_member")), "{staff}");
        }
        for staff in [json!("2"), json!(2.5), json!([2]), json!(true)] {
            let problem = owner.patch("/api/orders/2/assign-staff", json!({ "staff_id": staff })).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], "/staff_id");
        }
        let problem = owner.patch("/api/orders/2/assign-staff", json!({})).await.problem(422, "validation_failed");
        assert_eq!((&problem["errors"][0]["pointer"], &problem["errors"][0]["code"]), (&json!("/staff_id"), &json!("required")));
        owner.patch("/api/orders/2/assign-staff", json!({ "staff_id": 2, "status": "completed" })).await.problem(422, "validation_failed");
        let order = see(&owner, 2).await;
        assert_eq!((&order["assigned_to"], &order["version"]), (&Value::Null, &json!(1)));
    }

    async fn a_user_who_was_switched_off_gets_no_orders(world) {
        world.sql("UPDATE users SET is_active = false WHERE id = 3");
        world.owner(1).patch("/api/orders/2/assign-staff", json!({ "staff_id": 3 })).await.problem(422, "validation_failed");
    }

    async fn only_who_may_assign_assigns(world) {
        let body = json!({ "staff_id": 3 });
        for client in [world.staff(1), world.other_staff(1), world.customer(1, 1)] {
            let problem = client.patch("/api/orders/1/assign-staff", body.clone()).await.problem(403, "permission_denied");
            assert_eq!(problem["required_any_of"], json!(["orders.assign"]));
        }
        world.anonymous(1).patch("/api/orders/1/assign-staff", body.clone()).await.problem(401, "authentication_required");
        world.owner(2).patch("/api/orders/1/assign-staff", json!({ "staff_id": 5 })).await.problem(404, "not_found");
        world.owner(1).patch("/api/orders/4/assign-staff", body.clone()).await.problem(404, "not_found");
        world.owner(1).patch("/api/orders/999999/assign-staff", body).await.problem(404, "not_found");
        assert_eq!(see(&world.owner(1), 1).await["assigned_to"], 2);
    }
}
