//! Roles and permissions of a team (API §2 and §4).

use crate::shop::{all, id};
use crate::support::{Client, World};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use stoa::access::{BuiltinRole, Permission, Permissions};

const ROLES: &str = "/api/team/roles";

fn form(name: &str, permissions: &[&str]) -> Value {
    json!({ "name": name, "permissions": permissions })
}

/// Gives the first of vendor 1's staff a role of these permissions and no other; tells them.
pub fn with_permissions(world: &World, permissions: &[&str]) -> Client {
    let list = json!(permissions);
    world.sql(&format!(
        "DELETE FROM members WHERE role_id = 9001 AND user_id <> 2; UPDATE members SET role_id = 5 WHERE user_id = 2; \
         DELETE FROM roles WHERE id = 9001; \
         INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES (9001, 1, 'Tried', FALSE, '{list}'); \
         UPDATE members SET role_id = 9001 WHERE user_id = 2"
    ));
    world.staff(1)
}

/// The permissions of a built-in role, as words.
fn of(role: BuiltinRole) -> Vec<&'static str> {
    role.permissions().list().iter().map(|one| one.as_str()).collect()
}

/// Every built-in role's permissions, and some that vendors could make of their own.
fn sets() -> Vec<Permissions> {
    use Permission::{AuditView, OrdersEdit, OrdersRefund, ProductsView, TeamInvite, TeamManage, TeamRemove, TeamView};
    let own = [
        &[][..],
        &[TeamManage],
        &[TeamManage, TeamRemove, TeamInvite],
        &[TeamManage, TeamRemove, TeamInvite, ProductsView],
        &[TeamManage, TeamRemove, TeamView, OrdersEdit],
        &[AuditView],
        &[OrdersRefund, ProductsView],
    ];
    let all_but_one = Permissions::all().without(Permissions::of(&[AuditView]));
    BuiltinRole::ALL.iter().map(|role| role.permissions()).chain(own.iter().map(|set| Permissions::of(set))).chain([all_but_one]).collect()
}

both_engines! {
    async fn every_permission_is_explained_to_the_team(world) {
        for client in [world.owner(1), world.staff(1)] {
            let told = all_of(&client, "/api/permissions").await;
            let names: Vec<_> = told.iter().map(|one| one["name"].as_str().unwrap()).collect();
            assert_eq!(names, Permission::ALL.iter().map(|one| one.as_str()).collect::<Vec<_>>());
            let first = json!({"name": "team.view", "area": "team", "description": "See the team."});
            assert_eq!(told[0], first);
            let texts: BTreeSet<_> = told.iter().map(|one| one["description"].as_str().unwrap()).collect();
            assert_eq!(texts.len(), told.len(), "no two mean the same");
        }
        world.customer(1, 1).get("/api/permissions").await.problem(403, "permission_denied");
        let me = world.staff(1).get("/api/auth/me").await.expect(200);
        assert_eq!(me["permissions"], json!(of(BuiltinRole::Staff)), "one's own are told with oneself");
    }

    async fn a_vendor_has_five_roles_and_those_of_its_own(world) {
        let roles = all(&world.owner(1), ROLES).await;
        let told: Vec<_> = roles.iter().map(|role| (role["name"].as_str().unwrap(), role["is_builtin"] == true)).collect();
        let builtin = [("Owner", true), ("Manager", true), ("Editor", true), ("Viewer", true), ("Staff", true)];
        assert_eq!(told, builtin.into_iter().chain([("Packer", false)]).collect::<Vec<_>>());
        for (role, builtin) in roles.iter().zip(BuiltinRole::ALL) {
            assert_eq!(role["permissions"], json!(of(*builtin)));
        }
        assert_eq!(world.owner(1).get("/api/team/roles/6").await.expect(200), roles[5]);
        assert_eq!(world.owner(1).get("/api/team/roles?limit=2").await.expect(200)["items"].as_array().unwrap().len(), 2);
    }

    async fn an_owner_makes_changes_and_deletes_a_role(world) {
        let owner = world.owner(1);
        let reply = owner.post(ROLES, form(" Buyer ", &["imports.view", "products.view", "imports.view"])).await;
        let place = reply.header("location").unwrap().to_owned();
        let made = reply.expect(201);
        assert_eq!((&made["name"], &made["version"], &made["is_builtin"]), (&json!("Buyer"), &json!(1), &json!(false)));
        assert_eq!(made["permissions"], json!(["products.view", "imports.view"]), "each once, in the order of the table");
        assert_eq!(owner.get(&place).await.expect(200), made);
        let changed = owner.put(&place, form("Importer", &["imports.trigger"])).await.expect(200);
        assert_eq!((&changed["name"], &changed["permissions"], &changed["version"]), (&json!("Importer"), &json!(["imports.trigger"]), &json!(2)));
        owner.clone().with("if-match", "\"1\"").put(&place, form("Late", &[])).await.problem(412, "precondition_failed");
        owner.clone().with("if-match", "\"1\"").delete(&place).await.problem(412, "precondition_failed");
        assert_eq!(owner.delete(&place).await.expect(204), Value::Null);
        owner.get(&place).await.problem(404, "not_found");
        owner.delete(&place).await.problem(404, "not_found");
    }

    async fn names_of_roles_differ_in_more_than_case(world) {
        let owner = world.owner(1);
        for name in ["Owner", "owner", " OWNER ", "packer", "Ｏwner"] {
            let refused = owner.post(ROLES, form(name, &[])).await.problem(409, "role_name_taken");
            assert_eq!(refused["errors"][0]["pointer"], "/name", "{name}");
        }
        let made = owner.post(ROLES, form("Buyer", &[])).await.expect(201);
        let place = format!("/api/team/roles/{}", made["id"]);
        owner.put(&place, form("STAFF", &[])).await.problem(409, "role_name_taken");
        assert_eq!(owner.put(&place, form("BUYER", &[])).await.expect(200)["name"], "BUYER", "its own name is no other's");
        world.owner(2).post(ROLES, form("Buyer", &[])).await.expect(201);
    }

    async fn what_a_role_says_must_make_sense(world) {
        let refusals = [
            (json!({"name": "", "permissions": []}), "/name"),
            (json!({"name": " ", "permissions": []}), "/name"),
            (json!({"name": "x".repeat(101), "permissions": []}), "/name"),
            (json!({"name": "Buyer"}), "/permissions"),
            (json!({"permissions": []}), "/name"),
            (json!({"name": "Buyer", "permissions": ["products.view", "products.steal"]}), "/permissions/1"),
            (json!({"name": "Buyer", "permissions": "all"}), "/permissions"),
            (json!({"name": "Buyer", "permissions": [], "is_builtin": true}), "/is_builtin"),
        ];
        for (body, pointer) in refusals {
            let refused = world.owner(1).post(ROLES, body.clone()).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], pointer, "{body}");
        }
    }

    async fn the_built_in_roles_stay_as_they_are(world) {
        for role in 1..=5 {
            let place = format!("/api/team/roles/{role}");
            world.owner(1).put(&place, form("Mine", &[])).await.problem(409, "role_builtin");
            world.owner(1).delete(&place).await.problem(409, "role_builtin");
        }
        assert_eq!(all(&world.owner(1), ROLES).await.len(), 6);
    }

    async fn a_role_that_somebody_has_cannot_be_deleted(world) {
        let owner = world.owner(1);
        owner.put("/api/team/members/3", json!({"role_id": 6})).await.expect(200);
        owner.delete("/api/team/roles/6").await.problem(409, "role_in_use");
        owner.put("/api/team/members/3", json!({"is_active": false})).await.expect(200);
        owner.delete("/api/team/roles/6").await.problem(409, "role_in_use");
        owner.put("/api/team/members/3", json!({"role_id": 5})).await.expect(200);
        owner.delete("/api/team/roles/6").await.expect(204);
    }

    async fn another_vendors_role_does_not_exist(world) {
        let owner = world.owner(1);
        for role in [7, 12, 999] {
            let place = format!("/api/team/roles/{role}");
            owner.get(&place).await.problem(404, "not_found");
            owner.put(&place, form("Mine", &[])).await.problem(404, "not_found");
            owner.delete(&place).await.problem(404, "not_found");
            let refused = owner.put("/api/team/members/3", json!({ "role_id": role })).await.problem(422, "validation_failed");
            assert_eq!((&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]), (&json!("/role_id"), &json!("no_such_role")));
        }
        assert_eq!(all(&world.owner(2), ROLES).await.len(), 6);
    }

    async fn who_may_not_is_told_what_it_takes(world) {
        let refused = world.staff(1).post(ROLES, form("Buyer", &[])).await.problem(403, "permission_denied");
        assert_eq!(refused["required_any_of"], json!(["team.manage"]));
        assert!(refused["detail"].as_str().unwrap().contains("team.manage"), "{refused}");
        let refused = world.staff(1).get(ROLES).await.problem(403, "permission_denied");
        assert_eq!(refused["required_any_of"], json!(["team.view", "team.invite", "team.manage"]));
        world.customer(1, 1).get(ROLES).await.problem(403, "permission_denied");
    }

    async fn a_change_takes_effect_at_once_at_every_instance(world) {
        let (other, owner) = (world.beside(), world.owner(1));
        owner.put("/api/team/members/2", json!({"role_id": 6})).await.expect(200);
        let packer = json!({"name": "Packer", "permissions": ["products.view", "orders.view", "customers.view"]});
        for instance in [&world, &other] {
            instance.staff(1).get("/api/customers").await.problem(403, "permission_denied");
            instance.staff(1).get("/api/orders").await.expect(200);
        }
        owner.put("/api/team/roles/6", packer).await.expect(200);
        for instance in [&world, &other] {
            instance.staff(1).get("/api/customers").await.expect(200);
        }
        other.owner(1).put("/api/team/roles/6", form("Packer", &[])).await.expect(200);
        for instance in [&world, &other] {
            let refused = instance.staff(1).get("/api/orders").await.problem(403, "permission_denied");
            assert_eq!(refused["required_any_of"], json!(["orders.view", "orders.view_assigned"]));
            assert_eq!(instance.staff(1).get("/api/auth/me").await.expect(200)["permissions"], json!([]));
        }
        other.owner(1).put("/api/team/members/2", json!({"role_id": 2})).await.expect(200);
        for instance in [&world, &other] {
            instance.staff(1).get("/api/customers").await.expect(200);
        }
    }

    async fn nobody_grants_what_they_lack_whatever_the_two_roles(world) {
        let sets = sets();
        let mut refused = 0;
        for leader in &sets {
            for other in &sets {
                refused += usize::from(!try_pair(&world, *leader, *other).await);
            }
        }
        assert!(refused >= 20 && refused < sets.len() * sets.len(), "{refused}");
    }
}

async fn all_of(client: &Client, path: &str) -> Vec<Value> {
    client.get(path).await.expect(200)["items"].as_array().unwrap().clone()
}

fn words(set: Permissions) -> Value {
    json!(set.list())
}

/// Lets the first of staff, with the permissions of `leader`, try everything with a role of those of `other`, and with a member who has
/// it. All of it must be done if they have all of them, and nothing if they lack one. Tells which.
pub async fn try_pair(world: &World, leader: Permissions, other: Permissions) -> bool {
    world.sql(&format!(
        "UPDATE members SET role_id = 5 WHERE vendor_id = 1 AND user_id IN (2, 3); \
         DELETE FROM roles WHERE vendor_id = 1 AND id > 6; DELETE FROM members WHERE vendor_id = 1 AND user_id = 3; \
         INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES (9001, 1, 'Leader', FALSE, '{}'); \
         INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES (9002, 1, 'Other', FALSE, '{}'); \
         INSERT INTO roles (id, vendor_id, name, is_builtin, permissions) VALUES (9003, 1, 'Nothing', FALSE, '[]'); \
         INSERT INTO members (vendor_id, user_id, role_id, is_active, created_at) \
         SELECT 1, 3, 9002, TRUE, created_at FROM members WHERE vendor_id = 1 AND user_id = 2; \
         UPDATE members SET role_id = 9001 WHERE vendor_id = 1 AND user_id = 2",
        words(leader),
        words(other),
    ));
    let client = world.staff(1);
    let is_within = other.without(leader).is_empty();
    let check = |reply: &crate::support::Reply, needed: Permission| {
        let allowed = leader.has(needed) && is_within;
        assert_eq!(reply.status < 300, allowed, "{:?} over {:?}: {reply:?}", leader.list(), other.list());
        if !allowed {
            assert_eq!((reply.status, &reply.body["code"]), (403, &json!("permission_denied")), "{reply:?}");
            let expected = if leader.has(needed) { words(other.without(leader)) } else { Value::Null };
            assert_eq!(reply.body["missing"], expected, "{reply:?}");
        }
    };
    let manage = Permission::TeamManage;
    let made = client.post(ROLES, json!({"name": "New", "permissions": words(other)})).await;
    check(&made, manage);
    check(&client.put("/api/team/roles/9003", json!({"name": "Nothing", "permissions": words(other)})).await, manage);
    check(&client.put("/api/team/roles/9002", json!({"name": "Other", "permissions": words(other)})).await, manage);
    check(&client.put("/api/team/members/3", json!({"is_active": false})).await, manage);
    check(&client.put("/api/team/members/3", json!({"role_id": 9003})).await, manage);
    if !is_within || !leader.has(manage) {
        check(&client.put("/api/team/roles/9002", json!({"name": "Other", "permissions": []})).await, manage);
        check(&client.delete("/api/team/roles/9002").await, manage);
    } else {
        client.delete(&format!("/api/team/roles/{}", id(&made.body))).await.expect(204);
        // They have nothing now, so what they may be given is what is within.
        check(&client.put("/api/team/members/3", json!({"role_id": 9002})).await, manage);
    }
    check(&client.delete("/api/team/members/3").await, Permission::TeamRemove);
    is_within
}
