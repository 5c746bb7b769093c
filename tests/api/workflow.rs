//! The state machine, walked to every corner: each status, each way to ask for a move, each kind of caller.

use crate::shop::{act, assign, history, id, order, product, see, stock};
use crate::support::{Client, Reply, World};
use serde_json::{Value, json};

const STATUSES: [&str; 7] = ["pending", "confirmed", "processing", "shipped", "delivered", "completed", "cancelled"];

/// What each action leads to, whatever it starts from.
const ACTIONS: [(&str, &str); 6] = [
    ("confirm", "confirmed"),
    ("process", "processing"),
    ("ship", "shipped"),
    ("deliver", "delivered"),
    ("complete", "completed"),
    ("cancel", "cancelled"),
];

/// Where an order is, whether it is free (and so paid), what brings it there, and where the team and the customer may
/// take it from there.
struct Situation {
    status: &'static str,
    free: bool,
    path: &'static [&'static str],
    team: &'static [&'static str],
    customer: &'static [&'static str],
    fulfillment: &'static str,
}

const fn situation(
    status: &'static str,
    free: bool,
    path: &'static [&'static str],
    team: &'static [&'static str],
    customer: &'static [&'static str],
    fulfillment: &'static str,
) -> Situation {
    Situation { status, free, path, team, customer, fulfillment }
}

const SITUATIONS: [Situation; 8] = [
    situation("pending", false, &[], &["confirmed", "processing", "cancelled"], &["cancelled"], "unfulfilled"),
    situation("confirmed", false, &["confirm"], &["processing", "cancelled"], &["cancelled"], "unfulfilled"),
    situation("processing", false, &["process"], &["shipped", "cancelled"], &[], "unfulfilled"),
    situation("shipped", false, &["process", "ship"], &["delivered"], &[], "shipped"),
    situation("delivered", false, &["process", "ship", "deliver"], &[], &[], "delivered"),
    situation("delivered", true, &["process", "ship", "deliver"], &["completed"], &[], "delivered"),
    situation("completed", true, &["confirm", "process", "ship", "deliver", "complete"], &[], &[], "delivered"),
    situation("cancelled", false, &["cancel"], &[], &[], "unfulfilled"),
];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Role {
    Owner,
    AssignedStaff,
    OtherStaff,
    Buyer,
    OtherCustomer,
}

const ROLES: [Role; 5] = [Role::Owner, Role::AssignedStaff, Role::OtherStaff, Role::Buyer, Role::OtherCustomer];

impl Role {
    fn client(self, world: &World) -> Client {
        match self {
            Self::Owner => world.owner(1),
            Self::AssignedStaff => world.staff(1),
            Self::OtherStaff => world.other_staff(1),
            Self::Buyer => world.customer(1, 1),
            Self::OtherCustomer => world.customer(1, 2),
        }
    }

    /// Where they may take an order; `None` when they do not even see it.
    fn moves(self, situation: &Situation) -> Option<&'static [&'static str]> {
        match self {
            Self::Owner | Self::AssignedStaff => Some(situation.team),
            Self::Buyer => Some(situation.customer),
            Self::OtherStaff | Self::OtherCustomer => None,
        }
    }

    fn is_customer(self) -> bool {
        matches!(self, Self::Buyer | Self::OtherCustomer)
    }
}

/// An order of the first customer in this situation, assigned to the first of staff.
async fn bring(world: &World, situation: &Situation, gift: i64) -> Value {
    let order = id(&order(&world.customer(1, 1), &[(if situation.free { gift } else { 2 }, 1)]).await);
    assign(world, order, 2).await;
    for action in situation.path {
        act(&world.owner(1), order, action).await;
    }
    let order = see(&world.owner(1), order).await;
    assert_eq!((&order["status"], &order["fulfillment_status"]), (&json!(situation.status), &json!(situation.fulfillment)));
    assert_eq!(order["payment_status"], if situation.free { "paid" } else { "unpaid" });
    order
}

/// Asks for a move by the name of the status, or by that of the action.
async fn ask(client: &Client, order: i64, action: Option<&str>, to: &str) -> Reply {
    match action {
        Some(action) => client.post(&format!("/api/orders/{order}/{action}"), json!({})).await,
        None => client.patch(&format!("/api/orders/{order}/status"), json!({ "status": to })).await,
    }
}

/// Checks why `role` was refused the move.
fn check_refusal(reply: Reply, situation: &Situation, role: Role, is_action: bool, to: &str) {
    let Some(allowed) = role.moves(situation).filter(|_| is_action || !role.is_customer()) else {
        if role.is_customer() && !is_action {
            reply.problem(403, "permission_denied");
        } else {
            reply.problem(404, "not_found");
        }
        return;
    };
    if situation.status == "delivered" && to == "completed" && !role.is_customer() {
        reply.problem(409, "order_unpaid");
        return;
    }
    let problem = reply.problem(409, "illegal_transition");
    assert_eq!((&problem["from"], &problem["to"], &problem["allowed"]), (&json!(situation.status), &json!(to), &json!(allowed)));
}

/// Every way to ask for a move: by status, and by action.
fn wishes() -> impl Iterator<Item = (Option<&'static str>, &'static str)> {
    STATUSES.into_iter().map(|to| (None, to)).chain(ACTIONS.into_iter().map(|(action, to)| (Some(action), to)))
}

both_engines! {
    async fn an_order_moves_where_the_workflow_lets_it_and_nowhere_else(world) {
        let gift = product(&world, "Catalogue", "0", 1000).await;
        for situation in &SITUATIONS {
            let mut order = bring(&world, situation, gift).await;
            let mut entries = history(&world.owner(1), id(&order)).await.len();
            for role in ROLES {
                let client = role.client(&world);
                for (action, to) in wishes() {
                    let may = role.moves(situation).is_some_and(|allowed| allowed.contains(&to)) && (action.is_some() || !role.is_customer());
                    let reply = ask(&client, id(&order), action, to).await;
                    let now = see(&world.owner(1), id(&order)).await;
                    let told = history(&world.owner(1), id(&order)).await;
                    let case = format!("{} → {to} by {action:?} as {role:?}", situation.status);
                    if may {
                        let after = reply.expect(200);
                        assert_eq!((&after["status"], &now["status"]), (&json!(to), &json!(to)), "{case}");
                        assert_eq!(now["version"].as_i64().unwrap(), order["version"].as_i64().unwrap() + 1, "{case}");
                        assert_eq!(told.len(), entries + 1, "{case}");
                        let last = told.last().unwrap();
                        assert_eq!(last["type"], "order.status_changed", "{case}");
                        assert_eq!((&last["data"]["from"], &last["data"]["to"]), (&json!(situation.status), &json!(to)), "{case}");
                        assert_eq!(last["actor"], if role.is_customer() { "customer" } else { "member" }, "{case}");
                        order = bring(&world, situation, gift).await;
                        entries = history(&world.owner(1), id(&order)).await.len();
                    } else {
                        check_refusal(reply, situation, role, action.is_some(), to);
                        assert_eq!((&now, told.len()), (&order, entries), "a refusal changes nothing: {case}");
                    }
                }
            }
        }
    }

    async fn allowed_actions_are_those_that_succeed_for_the_caller(world) {
        let gift = product(&world, "Catalogue", "0", 1000).await;
        for situation in &SITUATIONS {
            let order = id(&bring(&world, situation, gift).await);
            for role in ROLES {
                let reply = role.client(&world).get(&format!("/api/orders/{order}")).await;
                let Some(moves) = role.moves(situation) else {
                    reply.problem(404, "not_found");
                    continue;
                };
                let expected: Vec<_> = ACTIONS.iter().filter(|(_, to)| moves.contains(to)).map(|(action, _)| *action).collect();
                assert_eq!(reply.expect(200)["allowed_actions"], json!(expected), "{} as {role:?}", situation.status);
            }
        }
    }

    async fn what_is_no_status_and_no_action_is_refused(world) {
        let owner = world.owner(1);
        for status in [json!("lost"), json!("Confirmed"), json!(""), json!(1), json!(null), json!("partially_shipped"), json!("x".repeat(60))] {
            let problem = owner.patch("/api/orders/2/status", json!({ "status": status })).await.problem(422, "validation_failed");
            assert_eq!(problem["errors"][0]["pointer"], "/status", "{status}");
        }
        owner.patch("/api/orders/2/status", json!({})).await.problem(422, "validation_failed");
        owner.patch("/api/orders/2/status", json!({ "status": "confirmed", "total": "0" })).await.problem(422, "validation_failed");
        for action in ["pay", "Confirm", "confirmed", "status"] {
            let reply = owner.post(&format!("/api/orders/2/{action}"), json!({})).await;
            assert!([404, 405].contains(&reply.status), "{action}: {}", reply.text);
        }
        assert_eq!(see(&owner, 2).await["version"], 1);
    }

    async fn an_action_needs_no_body_but_a_wrong_one_is_refused(world) {
        let owner = world.owner(1);
        for body in [json!({ "reason": 5 }), json!({ "reason": "" }), json!({ "why": "x" }), json!([]), json!({ "reason": "x".repeat(501) })] {
            owner.post("/api/orders/2/cancel", body).await.problem(422, "validation_failed");
        }
        let raw = |text: &str, kind| owner.send_raw(reqwest::Method::POST, "/api/orders/2/cancel", text.as_bytes().to_vec(), kind);
        raw("{", Some("application/json")).await.problem(400, "malformed_json");
        raw("reason=x", Some("application/x-www-form-urlencoded")).await.problem(415, "unsupported_media_type");
        assert_eq!(see(&owner, 2).await["status"], "pending");
        assert_eq!(owner.send(reqwest::Method::POST, "/api/orders/2/confirm", None).await.expect(200)["status"], "confirmed");
        assert_eq!(raw("", Some("application/json")).await.expect(200)["status"], "cancelled");
    }

    async fn cancelling_returns_the_stock_once_and_keeps_the_reason(world) {
        let carol = world.customer(1, 1);
        let order = id(&order(&carol, &[(1, 3), (5, 5), (1, 2)]).await);
        assert_eq!((stock(&world, 1).await, stock(&world, 5).await), (93, 0));
        let cancelled = carol.post(&format!("/api/orders/{order}/cancel"), json!({ "reason": "found it at home" })).await.expect(200);
        assert_eq!((&cancelled["cancel_reason"], &cancelled["allowed_actions"]), (&json!("found it at home"), &json!([])));
        assert_eq!((stock(&world, 1).await, stock(&world, 5).await), (98, 5));
        carol.post(&format!("/api/orders/{order}/cancel"), json!({ "reason": "again" })).await.problem(409, "illegal_transition");
        world.owner(1).patch(&format!("/api/orders/{order}/status"), json!({ "status": "cancelled" })).await.problem(409, "illegal_transition");
        assert_eq!((stock(&world, 1).await, stock(&world, 5).await), (98, 5));
        assert_eq!(see(&world.owner(1), order).await["cancel_reason"], "found it at home");
    }

    async fn stock_returns_to_a_product_that_is_no_longer_on_sale(world) {
        let order = id(&order(&world.customer(1, 1), &[(5, 2)]).await);
        world.owner(1).delete("/api/products/5").await.expect(204);
        act(&world.owner(1), order, "cancel").await;
        assert_eq!(stock(&world, 5).await, 5);
    }

    async fn only_a_cancellation_keeps_its_reason_on_the_order(world) {
        let owner = world.owner(1);
        let moved = owner.patch("/api/orders/2/status", json!({ "status": "confirmed", "reason": "looks good" })).await.expect(200);
        assert_eq!(moved["cancel_reason"], Value::Null);
        assert_eq!(history(&owner, 2).await.last().unwrap()["data"]["reason"], "looks good");
        let moved = owner.patch("/api/orders/2/status", json!({ "status": "cancelled" })).await.expect(200);
        assert_eq!(moved["cancel_reason"], Value::Null, "a cancellation needs no reason");
        assert_eq!(stock(&world, 2).await, 250);
    }
}
