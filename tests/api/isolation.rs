//! The isolation matrix: walks every operation of the OpenAPI document, so that a route added tomorrow is in it.

use crate::document::{Document, Operation, plain, without_request_id};
use crate::returns::{approved, give_back};
use crate::support::{Client, World};
use serde_json::{Value, json};

/// An id that nothing will ever have.
pub const NOWHERE: &str = "999999999";

/// The id of a thing of vendor 2. A kind that is missing here has to be added, with its first row in the demo.
pub fn foreign(kind: &str) -> &'static str {
    match kind {
        "ProductId" => "6",
        "OrderId" | "CustomerId" | "UserId" | "DomainId" => "4",
        "RoleId" | "SessionId" => "7",
        "AddressId" | "ReturnId" => "3",
        "InvitationId" | "ApiKeyId" | "PaymentId" | "RefundId" => "2",
        other => panic!("which {other} belongs to vendor 2?"),
    }
}

/// All that vendor `n`'s owner can see.
async fn everything(world: &World, n: usize) -> Value {
    let owner = world.owner(n);
    let mut seen = Vec::new();
    for path in [
        "/api/vendor",
        "/api/products?status=active",
        "/api/products?status=archived",
        "/api/orders",
        "/api/customers",
        "/api/staff",
        "/api/team/members",
        "/api/team/roles",
        "/api/team/invitations",
    ] {
        seen.push(owner.get(path).await.expect(200));
    }
    for list in ["payments", "returns", "refunds"] {
        seen.push(owner.get(&format!("/api/orders/{}/{list}", n * 3 - 2)).await.expect(200));
    }
    seen.push(owner.get("/api/vendor/settings").await.expect(200));
    for m in 1..=3 {
        seen.push(owner.get(&format!("/api/customers/{}/addresses", (n - 1) * 3 + m)).await.expect(200));
    }
    Value::Array(seen)
}

/// Calls every one of `operations` at its sample path, and says what each must be refused with.
async fn all_refuse(document: &Document, operations: &[Operation], who: &Client, status: u16, code: &str) {
    assert!(!operations.is_empty());
    for operation in operations {
        operation.call(who, &operation.sample(document)).await.problem(status, code);
    }
}

both_engines! {
    async fn without_a_token_nothing_is_done_that_demands_one(world) {
        let document = Document::of(&world).await;
        let guarded: Vec<_> = document.api().into_iter().filter(|operation| operation.demands("token")).collect();
        all_refuse(&document, &guarded, &world.anonymous(1), 401, "authentication_required").await;
        assert!(guarded.len() >= 20, "{}", guarded.len());
    }

    async fn a_token_of_another_vendor_is_refused_everywhere_even_where_none_is_needed(world) {
        let document = Document::of(&world).await;
        let before = everything(&world, 1).await;
        for name in ["owner2", "vendor2_staff1", "vendor2_customer1"] {
            all_refuse(&document, &document.api(), &world.anonymous(1).bearing(world.token(name)), 403, "tenant_mismatch").await;
        }
        assert_eq!(everything(&world, 1).await, before);
    }

    async fn without_a_vendor_nothing_is_done_that_needs_one(world) {
        let document = Document::of(&world).await;
        let mut at_home = document.api();
        at_home.retain(|operation| operation.demands("tenant"));
        all_refuse(&document, &at_home, &world.stranger(), 400, "tenant_required").await;
        all_refuse(&document, &at_home, &world.stranger().bearing(world.token("owner1")), 400, "tenant_required").await;
    }

    async fn an_unknown_vendor_is_not_found_wherever_it_is_named(world) {
        let document = Document::of(&world).await;
        all_refuse(&document, &document.api(), &world.stranger().at("nobody.example.com"), 404, "unknown_tenant").await;
        let bearing = world.stranger().at("nobody.example.com").bearing(world.token("owner1"));
        all_refuse(&document, &document.api(), &bearing, 404, "unknown_tenant").await;
    }

    async fn a_vendor_that_is_not_active_serves_nobody(world) {
        // Before anybody has been there, for the directory remembers a vendor for a moment.
        world.sql("UPDATE vendors SET is_active = FALSE WHERE id = 1");
        let document = Document::of(&world).await;
        let mut guarded = document.api();
        all_refuse(&document, &guarded, &world.anonymous(1), 403, "tenant_inactive").await;
        guarded.retain(|operation| operation.demands("token"));
        for client in [world.owner(1), world.staff(1), world.customer(1, 1)] {
            all_refuse(&document, &guarded, &client, 403, "tenant_inactive").await;
        }
    }

    async fn another_vendors_things_are_as_if_they_were_nowhere(world) {
        let document = Document::of(&world).await;
        let before = everything(&world, 2).await;
        let mut walked = 0;
        for operation in document.api().iter().filter(|operation| operation.names_a_resource(&document) && !operation.is_operators()) {
            let at = |id: fn(&str) -> &'static str| {
                operation.at(|_, schema| match document.resource(schema) {
                    "" => plain(&document.example(schema)),
                    kind => id(kind).to_owned(),
                })
            };
            let who = if operation.is_for_customers() { world.customer(1, 1) } else { world.owner(1) };
            let (foreign, nowhere) = (operation.call(&who, &at(foreign)).await, operation.call(&who, &at(|_| NOWHERE)).await);
            assert_eq!(without_request_id(&foreign), without_request_id(&nowhere));
            foreign.problem(404, "not_found");
            walked += 1;
        }
        assert!(walked >= 10, "{walked}");
        assert_eq!(everything(&world, 2).await, before);
    }

    async fn to_a_customer_the_orders_of_others_are_as_if_they_were_nowhere(world) {
        let document = Document::of(&world).await;
        let customer = world.customer(1, 1);
        let mut walked = 0;
        for operation in document.api().iter().filter(|operation| operation.path.starts_with("/api/orders/{id}")) {
            let at = |id: &str| operation.at(|name, schema| if name == "id" { id.to_owned() } else { plain(&document.example(schema)) });
            let nowhere = operation.call(&customer, &at(NOWHERE)).await;
            for others in ["2", foreign("OrderId")] {
                assert_eq!(without_request_id(&operation.call(&customer, &at(others)).await), without_request_id(&nowhere));
            }
            assert!([403, 404].contains(&nowhere.status), "{nowhere:?}");
            walked += usize::from(nowhere.status == 404);
        }
        assert!(walked >= 3, "{walked}");
    }

    async fn another_vendors_ids_in_a_body_are_refused_like_ids_of_nothing(world) {
        let document = Document::of(&world).await;
        assert_eq!(
            ids_in_bodies(&document),
            [
                "AssignStaff.staff_id", "CreateRefund.return", "EditMember.role_id", "Invite.role_id", "OrderItem.product",
                "PlaceOrder.customer", "ReceivedItem.item", "ReturnWish.item",
            ],
            "walk the new ones below"
        );
        let owner = world.owner(1);
        let theirs = give_back(&world, 2, "theirs").await;
        let before = everything(&world, 2).await;
        let own = give_back(&world, 1, "own").await;
        let approved = approved(&owner, own.order, own.line, 1).await;
        for (path, at, pointer, theirs) in [
            ("returns".to_owned(), json!({"items": [{"item": 0, "quantity": 1}], "reason": "x"}), "/items/0/item", theirs.line),
            (format!("returns/{approved}/receive"), json!({"items": [{"item": 0, "quantity": 1, "condition": "good"}]}), "/items/0/item", theirs.line),
            ("refunds".to_owned(), json!({"return": 0, "reason": "x"}), "/return", theirs.back),
        ] {
            let send = async |id: i64| {
                let mut body = at.clone();
                *body.pointer_mut(pointer).unwrap() = json!(id);
                owner.post(&format!("/api/orders/{}/{path}", own.order), body).await
            };
            let (foreign, nowhere) = (send(theirs).await, send(999_999_999).await);
            assert_eq!(without_request_id(&foreign), without_request_id(&nowhere));
            assert_eq!(foreign.problem(422, "validation_failed")["errors"][0]["pointer"], pointer);
        }
        let order =
            |product: i64, customer: Value| json!({"items": [{"product": product, "quantity": 1}], "address": "x", "customer": customer});
        for (pointer, foreign, nowhere) in [
            ("/items/0/product", order(6, json!(null)), order(999_999_999, json!(null))),
            ("/customer", order(1, json!(4)), order(1, json!(999_999_999))),
        ] {
            let (foreign, nowhere) = (owner.post("/api/orders", foreign).await, owner.post("/api/orders", nowhere).await);
            assert_eq!(without_request_id(&foreign), without_request_id(&nowhere));
            assert_eq!(foreign.problem(422, "validation_failed")["errors"][0]["pointer"], pointer);
        }
        // User 4 owns vendor 2; user 999 is nobody.
        let assign = async |user: i64| owner.patch("/api/orders/2/assign-staff", json!({ "staff_id": user })).await;
        let (foreign, nowhere) = (assign(4).await, assign(999).await);
        assert_eq!(without_request_id(&foreign), without_request_id(&nowhere));
        assert_eq!(foreign.problem(422, "validation_failed")["errors"][0]["pointer"], "/staff_id");
        // Role 7 is vendor 2's.
        let give = async |role: i64| owner.put("/api/team/members/3", json!({ "role_id": role })).await;
        let (foreign, nowhere) = (give(7).await, give(999_999_999).await);
        assert_eq!(without_request_id(&foreign), without_request_id(&nowhere));
        assert_eq!(foreign.problem(422, "validation_failed")["errors"][0]["pointer"], "/role_id");
        let invite = async |role: i64| owner.post("/api/team/invitations", json!({"email": "dora@example.com", "role_id": role})).await;
        let (foreign, nowhere) = (invite(7).await, invite(999_999_999).await);
        assert_eq!(without_request_id(&foreign), without_request_id(&nowhere));
        assert_eq!(foreign.problem(422, "validation_failed")["errors"][0]["pointer"], "/role_id");
        // To a customer, any other customer is the same.
        let customer = world.customer(1, 1);
        for other in [2, 4, 999_999_999] {
            let refused = customer.post("/api/orders", order(1, json!(other))).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["code"], "not_yours");
        }
        assert_eq!(everything(&world, 2).await, before);
    }

    async fn another_vendors_ids_in_a_query_find_nothing(world) {
        for query in ["customer=4", "assigned_to=5", "customer=999999999", "assigned_to=999999999"] {
            let page = world.owner(1).get(&format!("/api/orders?{query}")).await.expect(200);
            assert_eq!(page, json!({"items": [], "next": null}), "{query}");
        }
    }

    async fn what_somebody_may_do_at_one_vendor_they_may_not_take_along_to_another(world) {
        let before = everything(&world, 2).await;
        let at_home = world.stranger().bearing(world.token("owner1"));
        for role in ["staff", "customer"] {
            let form = json!({"username": "mole", "password": "password123", "role": role, "vendor_domain": "vendor2.example.com"});
            at_home.post("/api/auth/register", form).await.problem(403, "tenant_mismatch");
        }
        assert_eq!(everything(&world, 2).await, before);
    }

    async fn a_refresh_token_is_good_at_its_own_vendor_only(world) {
        let (_, refresh) = world.sign_in(1, "owner1", "password123").await;
        let body = json!({ "refresh": refresh });
        world.anonymous(2).post("/api/auth/refresh", body.clone()).await.problem(403, "tenant_mismatch");
        world.anonymous(1).post("/api/auth/refresh", body).await.expect(200);
    }
}

/// Where ids of resources stand in the bodies that are sent.
fn ids_in_bodies(document: &Document) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = Vec::new();
    for operation in document.operations().iter().filter(|operation| !operation.is_operators()) {
        if let Some(schema) = operation.about.pointer("/requestBody/content/application~1json/schema") {
            collect_ids(document, schema, "", &mut seen, &mut found);
        }
    }
    found.sort();
    found
}

fn collect_ids(document: &Document, schema: &Value, place: &str, seen: &mut Vec<String>, found: &mut Vec<String>) {
    let (meant, name) = document.resolve(schema);
    let is_integer = meant["type"] == "integer" || meant["type"] == json!(["integer", "null"]);
    if is_integer && (name.ends_with("Id") || place.ends_with("_id")) && !found.contains(&place.to_owned()) {
        found.push(place.to_owned());
    }
    if seen.contains(&name.to_owned()) {
        return;
    }
    if !name.is_empty() {
        seen.push(name.to_owned());
    }
    for (member, inner) in meant["properties"].as_object().into_iter().flatten() {
        // Ids are kept apart by where they stand; all else is looked into once.
        seen.retain(|seen| !seen.ends_with("Id"));
        collect_ids(document, inner, &format!("{name}.{member}"), seen, found);
    }
    for part in ["oneOf", "allOf", "anyOf"] {
        for inner in meant[part].as_array().into_iter().flatten() {
            collect_ids(document, inner, place, seen, found);
        }
    }
    if meant["items"].is_object() {
        collect_ids(document, &meant["items"], place, seen, found);
    }
}
