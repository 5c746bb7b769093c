//! The matrix of permissions: what the document says each operation needs is what it needs, no more and no less.

use crate::document::Document;
use crate::support::World;
use serde_json::{Value, json};
use stoa::access::Permission;

/// Gives the first of vendor 1's staff, to whom order 1 is assigned, a role of these permissions and no other.
fn allow(world: &World, permissions: &[&str]) {
    let list = json!(permissions);
    world.sql(&format!("UPDATE roles SET permissions = '{list}' WHERE id = 9001"));
}

fn with_own_role(world: &World) {
    world.sql("INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES (9001, 1, 'Tried', FALSE, '[]')");
    world.sql("UPDATE members SET role_id = 9001 WHERE user_id = 2");
}

fn words(value: &Value) -> Vec<String> {
    let mut words: Vec<_> = value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect();
    words.sort();
    words
}

both_engines! {
    async fn who_lacks_the_permission_is_told_which_would_do(world) {
        let document = Document::of(&world).await;
        with_own_role(&world);
        let staff = world.staff(1);
        let mut walked = 0;
        for operation in document.api() {
            let scopes = operation.scopes();
            // Whoever can also come without a token needs no permission to come in.
            if scopes.is_empty() || !operation.demands("token") {
                continue;
            }
            let all_others: Vec<_> =
                Permission::ALL.iter().map(|one| one.as_str()).filter(|one| !scopes.iter().any(|scope| scope == one)).collect();
            for own in [&[][..], &all_others] {
                allow(&world, own);
                let refused = operation.call(&staff, &operation.sample(&document)).await.problem(403, "permission_denied");
                assert_eq!(words(&refused["required_any_of"]), scopes, "{}", operation.id);
            }
            walked += 1;
        }
        assert!(walked >= 15, "{walked}");
    }

    async fn each_permission_that_the_document_names_is_enough(world) {
        let document = Document::of(&world).await;
        with_own_role(&world);
        let staff = world.staff(1);
        // Deleting last, so that there is still something to do for the others.
        let mut operations = document.api();
        operations.sort_by_key(|operation| operation.method == "DELETE");
        let mut tried = 0;
        for operation in operations {
            for scope in operation.scopes() {
                allow(&world, &[&scope]);
                let reply = operation.call(&staff, &operation.sample(&document)).await;
                // To be let in is one thing, to hand out what one lacks another.
                let is_in = ![401, 403].contains(&reply.status) || reply.body["missing"].is_array();
                assert!(is_in && reply.status < 500, "{scope} is not enough: {reply:?}");
                tried += 1;
            }
        }
        assert!(tried >= 20, "{tried}");
    }

    async fn every_scope_is_a_permission_that_there_is(world) {
        let known: Vec<_> = Permission::ALL.iter().map(|one| one.as_str().to_owned()).collect();
        for operation in Document::of(&world).await.operations() {
            for scope in operation.scopes() {
                assert!(known.contains(&scope), "{}: {scope}", operation.id);
            }
        }
    }

    async fn customers_may_do_what_customers_do_and_nothing_of_the_teams(world) {
        let document = Document::of(&world).await;
        let customer = world.customer(1, 1);
        // A customer is let in without any permission; those of the team are not for them.
        let theirs = [
            "act_on_order", "get_order", "get_order_history", "get_payment", "get_refund", "get_return", "list_payments", "list_refunds",
            "list_returns", "place_order", "request_return",
        ];
        for operation in document.api().iter().filter(|operation| !operation.scopes().is_empty()) {
            let reply = operation.call(&customer, &operation.sample(&document)).await;
            if theirs.contains(&operation.id.as_str()) {
                assert!([200, 201, 404, 409].contains(&reply.status), "{reply:?}");
            } else {
                reply.problem(403, "permission_denied");
            }
        }
    }
}
