//! Invitations into a team, and how those who are invited come in (API §4).

use crate::operators::operator;
use crate::shop::{all, id, numbers};
use crate::support::{Client, Reply, World};
use crate::team_roles::with_permissions;
use chrono::TimeDelta;
use futures_util::future::join_all;
use serde_json::{Value, json};

const INVITATIONS: &str = "/api/team/invitations";
const DORA: &str = "dora@example.com";

/// The demo's own invitation into vendor 1's team.
const OF_THE_DEMO: &str = "demo-invitation-to-the-team-of-vendor-1-xyz";

async fn invite(client: &Client, email: &str, role: i64) -> Reply {
    client.post(INVITATIONS, json!({ "email": email, "role_id": role })).await
}

/// Invites somebody as the owner; tells the invitation and its token.
async fn invited(world: &World, email: &str, role: i64) -> (Value, String) {
    let invitation = invite(&world.owner(1), email, role).await.expect(201);
    (invitation, world.mailed_token(email))
}

async fn show(world: &World, token: &str) -> Reply {
    world.stranger().get(&format!("/api/invitations/{token}")).await
}

async fn accept(client: &Client, token: &str, body: Value) -> Reply {
    client.post(&format!("/api/invitations/{token}/accept"), body).await
}

fn dora() -> Value {
    json!({"username": "dora", "password": "password123", "first_name": "Dora"})
}

async fn status(world: &World, invitation: &Value) -> String {
    let found = world.owner(1).get(&format!("{INVITATIONS}/{}", invitation["id"])).await.expect(200);
    found["status"].as_str().unwrap().to_owned()
}

both_engines! {
    async fn somebody_new_comes_in_by_the_mailed_link(world) {
        let reply = invite(&world.owner(1), DORA, 2).await;
        let place = reply.header("location").unwrap().to_owned();
        let told = reply.text.clone();
        let made = reply.expect(201);
        assert_eq!((&made["email"], &made["role"]), (&json!(DORA), &json!({"id": 2, "name": "Manager"})));
        assert_eq!((&made["status"], &made["invited_by"]), (&json!("open"), &json!(1)));
        assert_eq!((&made["created_at"], &made["expires_at"]), (&json!("2026-01-31T12:00:00.000000Z"), &json!("2026-02-07T12:00:00.000000Z")));
        let letter = world.letters_to(DORA).pop().unwrap();
        let token = letter.token();
        assert!(token.len() == 43 && !told.contains(&token), "the token is told to the mailbox only");
        for said in ["Alice Owner", "Manager", token.as_str(), "stoa.test"] {
            assert!(letter.text.contains(said) && letter.html.contains(said), "{said}: {letter:?}");
        }
        assert!(letter.text.contains(&format!("\nhttp://stoa.test/invitation#token={token}\n")), "{letter:?}");
        assert!(letter.subject.contains("Alice's Watches"), "{}", letter.subject);
        let welcome = show(&world, &token).await.expect(200);
        assert_eq!((&welcome["vendor"]["id"], &welcome["vendor_name"], &welcome["role"]), (&json!(1), &json!("Alice's Watches"), &json!("Manager")));
        assert_eq!((&welcome["email"], &welcome["has_account"]), (&json!(DORA), &json!(false)));
        let reply = accept(&world.stranger(), &token, dora()).await;
        assert!(!reply.text.contains("password") && !reply.text.contains("access"), "{}", reply.text);
        let came = reply.expect(201);
        assert_eq!((&came["username"], &came["email"], &came["is_new"]), (&json!("dora"), &json!(DORA), &json!(true)));
        let (client, _) = world.sign_in(1, "dora", "password123").await;
        client.get("/api/customers").await.expect(200);
        client.get("/api/team/members").await.expect(200);
        client.put("/api/team/members/2", json!({"role_id": 4})).await.problem(403, "permission_denied");
        let member = world.owner(1).get(&format!("/api/team/members/{}", came["id"])).await.expect(200);
        assert_eq!((&member["invited_by"], &member["role"]["name"], &member["first_name"]), (&json!(1), &json!("Manager"), &json!("Dora")));
        let after = world.owner(1).get(&place).await.expect(200);
        assert_eq!((&after["status"], &after["accepted_by"]), (&json!("accepted"), &came["id"]));
        for reply in [show(&world, &token).await, accept(&world.stranger(), &token, json!({"username": "eve", "password": "password123"})).await] {
            reply.problem(410, "invitation_over");
        }
    }

    async fn somebody_with_an_account_comes_in_by_its_password(world) {
        let (_, token) = invited(&world, "VENDOR2_staff1@vendor2.example.com", 4).await;
        let welcome = show(&world, &token).await.expect(200);
        assert_eq!(welcome["has_account"], true);
        let wrong = json!({"password": "password124"});
        accept(&world.stranger(), &token, wrong).await.problem(401, "invalid_credentials");
        let missing = accept(&world.stranger(), &token, json!({})).await.problem(422, "validation_failed");
        assert_eq!(missing["errors"][0]["pointer"], "/password");
        let came = accept(&world.stranger(), &token, json!({"password": "password123"})).await.expect(201);
        assert_eq!((&came["id"], &came["username"], &came["is_new"]), (&json!(5), &json!("vendor2_staff1"), &json!(false)));
        let (here, _) = world.sign_in(1, "vendor2_staff1", "password123").await;
        here.get("/api/orders").await.expect(200);
        here.post("/api/products", json!({"name": "Case", "price": "1.00"})).await.problem(403, "permission_denied");
        world.staff(2).post("/api/products", json!({"name": "Map", "price": "1.00"})).await.expect(201);
        assert_eq!(numbers(&all(&here, "/api/auth/vendors").await, "id"), [1, 2]);
        let choice = json!({"username": "vendor2_staff1", "password": "password123"});
        world.stranger().post("/api/auth/login", choice).await.problem(409, "vendor_choice_required");
    }

    async fn whoever_has_signed_in_comes_in_as_who_they_are(world) {
        let (_, token) = invited(&world, "private@example.org", 4).await;
        let bruno = world.stranger().bearing(world.token("owner2"));
        let came = accept(&bruno, &token, json!({})).await.expect(201);
        assert_eq!((&came["id"], &came["email"]), (&json!(4), &json!("owner2@vendor2.example.com")));
        let pair = world.owner(2).post("/api/auth/switch", json!({"vendor_domain": "vendor1.example.com"})).await.expect(200);
        let here = world.anonymous(1).bearing(pair["access"].as_str().unwrap());
        assert_eq!(here.get("/api/auth/me").await.expect(200)["permissions"], json!(["products.view", "orders.view", "imports.view"]));
    }

    async fn nobody_else_comes_in_by_being_signed_in(world) {
        let (_, token) = invited(&world, DORA, 4).await;
        accept(&world.customer(1, 1), &token, json!({})).await.problem(422, "validation_failed");
        accept(&world.owner(2).at("vendor1.example.com"), &token, json!({})).await.problem(403, "tenant_mismatch");
        accept(&world.stranger().bearing("nonsense"), &token, json!({})).await.problem(401, "invalid_token");
        accept(&world.staff(1), &token, json!({})).await.problem(409, "already_member");
        accept(&operator(&world).await, &token, json!({})).await.problem(403, "permission_denied");
        let (_, token) = invited(&world, "ops@stoa.example", 4).await;
        accept(&world.stranger(), &token, json!({"password": "password123"})).await.problem(403, "permission_denied");
    }

    async fn a_member_who_was_switched_off_does_not_come_back_by_an_invitation(world) {
        let (_, token) = invited(&world, "private@example.org", 4).await;
        world.owner(1).put("/api/team/members/2", json!({"is_active": false})).await.expect(200);
        invite(&world.owner(1), "vendor1_staff1@vendor1.example.com", 4).await.problem(409, "already_member");
        accept(&world.stranger().bearing(world.token("vendor1_staff1")), &token, json!({})).await.problem(401, "session_ended");
        let (_, token) = invited(&world, DORA, 4).await;
        world.owner(1).delete("/api/team/members/2").await.expect(204);
        accept(&world.anonymous(1), &token, dora()).await.expect(201);
    }

    async fn an_invitation_is_good_for_seven_days(world) {
        let (invitation, token) = invited(&world, DORA, 5).await;
        world.advance(TimeDelta::days(7) - TimeDelta::seconds(1));
        show(&world, &token).await.expect(200);
        world.advance(TimeDelta::seconds(1));
        show(&world, &token).await.problem(410, "invitation_over");
        accept(&world.stranger(), &token, dora()).await.problem(410, "invitation_over");
        let (owner, _) = world.sign_in(1, "owner1", "password123").await;
        let place = format!("{INVITATIONS}/{}", invitation["id"]);
        assert_eq!(owner.get(&place).await.expect(200)["status"], "expired");
        let again = owner.post(&format!("{place}/resend"), json!({})).await.expect(200);
        assert_eq!((&again["status"], &again["id"]), (&json!("open"), &invitation["id"]));
        show(&world, &token).await.problem(404, "not_found");
        accept(&world.stranger(), &world.mailed_token(DORA), dora()).await.expect(201);
    }

    async fn sent_again_it_has_a_new_link_and_the_old_one_is_dead(world) {
        let (invitation, first) = invited(&world, DORA, 5).await;
        world.advance(TimeDelta::minutes(10));
        let path = format!("{INVITATIONS}/{}/resend", invitation["id"]);
        let again = world.owner(1).post(&path, json!({})).await.expect(200);
        assert_eq!((&again["created_at"], &again["sent_at"]), (&invitation["created_at"], &json!("2026-01-31T12:10:00.000000Z")));
        assert_eq!(again["expires_at"], "2026-02-07T12:10:00.000000Z");
        let second = world.mailed_token(DORA);
        assert_ne!(first, second);
        assert_eq!(world.letters_to(DORA).len(), 2);
        show(&world, &first).await.problem(404, "not_found");
        show(&world, &second).await.expect(200);
    }

    async fn one_that_is_withdrawn_is_over(world) {
        let (invitation, token) = invited(&world, DORA, 5).await;
        let place = format!("{INVITATIONS}/{}", invitation["id"]);
        assert_eq!(world.owner(1).delete(&place).await.expect(204), Value::Null);
        assert_eq!(status(&world, &invitation).await, "revoked");
        show(&world, &token).await.problem(410, "invitation_over");
        accept(&world.stranger(), &token, dora()).await.problem(410, "invitation_over");
        world.owner(1).delete(&place).await.problem(410, "invitation_over");
        world.owner(1).post(&format!("{place}/resend"), json!({})).await.problem(410, "invitation_over");
        invited(&world, DORA, 5).await;
    }

    async fn nobody_is_invited_twice_or_into_a_team_they_are_in(world) {
        invited(&world, DORA, 5).await;
        let refused = invite(&world.owner(1), "Dora@EXAMPLE.com", 4).await.problem(409, "already_invited");
        assert_eq!(refused["errors"][0]["pointer"], "/email");
        invite(&world.owner(1), "VENDOR1_staff2@vendor1.example.com", 5).await.problem(409, "already_member");
        invite(&world.owner(2), DORA, 11).await.expect(201);
        for email in ["dora", "", "dora@example", "a b@example.com"] {
            let refused = invite(&world.owner(1), email, 5).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["pointer"], "/email", "{email}");
        }
        for role in [7, 999, 0, -1] {
            let refused = invite(&world.owner(1), "eve@example.com", role).await.problem(422, "validation_failed");
            assert_eq!(refused["errors"][0]["code"], "no_such_role", "{role}");
        }
        assert_eq!(world.letters_to("eve@example.com").len(), 0, "nothing is sent for what was refused");
    }

    async fn nobody_invites_above_themselves(world) {
        let leader = with_permissions(&world, &["team.invite", "products.view", "orders.view", "imports.view"]);
        invite(&leader, "viewer@example.com", 4).await.expect(201);
        for role in [1, 2, 3, 5] {
            let refused = invite(&leader, DORA, role).await.problem(403, "permission_denied");
            assert_eq!(refused["errors"][0]["pointer"], "/role_id");
            assert!(!refused["missing"].as_array().unwrap().is_empty(), "{refused}");
        }
        let (above, _) = invited(&world, "boss@example.com", 1).await;
        let place = format!("{INVITATIONS}/{}", above["id"]);
        leader.delete(&place).await.problem(403, "permission_denied");
        leader.post(&format!("{place}/resend"), json!({})).await.problem(403, "permission_denied");
        leader.get(&place).await.expect(200);
        for client in [world.other_staff(1), world.customer(1, 1)] {
            client.get(INVITATIONS).await.problem(403, "permission_denied");
            let refused = invite(&client, DORA, 4).await.problem(403, "permission_denied");
            assert_eq!(refused["required_any_of"], json!(["team.invite"]));
        }
    }

    async fn what_somebody_may_no_longer_hand_out_is_withdrawn(world) {
        world.owner(1).put("/api/team/members/2", json!({"role_id": 2})).await.expect(200);
        let manager = world.staff(1);
        let (low, high) = (invite(&manager, "low@example.com", 4).await.expect(201), invite(&manager, "high@example.com", 2).await.expect(201));
        let (kept, _) = invited(&world, DORA, 4).await;
        let inviting = json!({"name": "Inviter", "permissions": ["team.invite", "products.view", "orders.view", "imports.view"]});
        let role = id(&world.owner(1).post("/api/team/roles", inviting).await.expect(201));
        world.owner(1).put("/api/team/members/2", json!({ "role_id": role })).await.expect(200);
        assert_eq!([status(&world, &low).await, status(&world, &high).await], ["open", "revoked"]);
        world.owner(1).put("/api/team/members/2", json!({"is_active": false})).await.expect(200);
        assert_eq!(status(&world, &low).await, "revoked");
        let third = invite(&world.owner(1), "third@example.com", 4).await.expect(201);
        world.owner(1).put("/api/team/members/2", json!({"is_active": true, "role_id": 1})).await.expect(200);
        let (second, _) = world.sign_in(1, "vendor1_staff1", "password123").await;
        second.delete("/api/team/members/1").await.expect(204);
        let seen = |one: &Value| format!("{INVITATIONS}/{}", one["id"]);
        for one in [&kept, &third] {
            assert_eq!(second.get(&seen(one)).await.expect(200)["status"], "revoked");
        }
    }

    async fn a_role_that_is_offered_cannot_be_deleted(world) {
        let (invitation, _) = invited(&world, DORA, 6).await;
        world.owner(1).delete("/api/team/roles/6").await.problem(409, "role_in_use");
        world.owner(1).delete(&format!("{INVITATIONS}/{}", invitation["id"])).await.expect(204);
        world.owner(1).delete("/api/team/roles/6").await.expect(204);
        world.owner(1).get(&format!("{INVITATIONS}/{}", invitation["id"])).await.problem(404, "not_found");
    }

    async fn invitations_are_listed_by_what_became_of_them(world) {
        let (first, token) = invited(&world, DORA, 5).await;
        accept(&world.stranger(), &token, dora()).await.expect(201);
        let (second, _) = invited(&world, "eve@example.com", 5).await;
        world.owner(1).delete(&format!("{INVITATIONS}/{}", second["id"])).await.expect(204);
        let (third, _) = invited(&world, "fay@example.com", 5).await;
        let owner = world.owner(1);
        let listed = async |query: &str| numbers(&all(&owner, &format!("{INVITATIONS}{query}")).await, "id");
        assert_eq!(listed("").await, [id(&third), id(&second), id(&first), 1]);
        assert_eq!(listed("?status=open").await, [id(&third), 1]);
        assert_eq!(listed("?status=accepted").await, [id(&first)]);
        assert_eq!(listed("?status=revoked").await, [id(&second)]);
        assert_eq!(listed("?status=expired").await, [0; 0]);
        let page = owner.get(&format!("{INVITATIONS}?limit=3")).await.expect(200);
        let next = format!("{INVITATIONS}?limit=3&cursor={}", page["next"].as_str().unwrap());
        assert_eq!(numbers(owner.get(&next).await.expect(200)["items"].as_array().unwrap(), "id"), [1]);
        owner.get(&format!("{INVITATIONS}?status=lost")).await.problem(400, "invalid_parameter");
        let text = owner.get(INVITATIONS).await.text;
        assert!(!text.contains("token") && !text.contains(&token), "{text}");
    }

    async fn another_vendors_invitation_does_not_exist(world) {
        for other in [2, 3, 999] {
            let place = format!("{INVITATIONS}/{other}");
            world.owner(1).get(&place).await.problem(404, "not_found");
            world.owner(1).delete(&place).await.problem(404, "not_found");
            world.owner(1).post(&format!("{place}/resend"), json!({})).await.problem(404, "not_found");
        }
        assert_eq!(all(&world.owner(2), INVITATIONS).await.len(), 1);
    }

    async fn only_the_digest_of_a_token_is_kept(world) {
        let (_, token) = invited(&world, DORA, 5).await;
        let kept = world.peek(1, "SELECT token_hash AS value FROM invitations");
        assert!(kept.iter().all(|digest| digest.len() == 64 && !digest.contains(&token)), "{kept:?}");
        for guess in [&kept[0], &"x".repeat(43), "", "..", "%00", &"x".repeat(5000)] {
            let reply = show(&world, guess).await;
            assert_eq!((reply.status, &reply.body["code"]), (404, &json!("not_found")), "{guess}");
        }
        let (unknown, other) = (show(&world, &"x".repeat(43)).await, show(&world, &"y".repeat(43)).await);
        assert_eq!(unknown.body["detail"], other.body["detail"]);
    }

    async fn many_who_accept_at_once_with_one_token_come_in_once(world) {
        let (_, token) = invited(&world, DORA, 5).await;
        let client = world.stranger();
        let forms: Vec<_> = (0..5).map(|n| json!({"username": format!("dora{n}"), "password": "password123"})).collect();
        let replies = join_all(forms.into_iter().map(|form| accept(&client, &token, form))).await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 410, 410, 410, 410]);
        assert_eq!(all(&world.owner(1), "/api/team/members").await.len(), 4);
    }

    async fn a_shop_that_is_closed_takes_nobody_in(world) {
        let (_, token) = invited(&world, DORA, 5).await;
        world.sql("UPDATE vendors SET is_active = FALSE WHERE id = 1");
        world.advance(TimeDelta::seconds(2));
        show(&world, &token).await.problem(403, "tenant_inactive");
        accept(&world.stranger(), &token, dora()).await.problem(403, "tenant_inactive");
    }

    async fn registering_with_an_invitation_is_coming_in(world) {
        let (invitation, token) = invited(&world, DORA, 3).await;
        let form = |name: &str| json!({"username": name, "password": "password123", "role": "staff", "invitation_token": token});
        let with = |name: &str, member: &str, value: &str| {
            let mut form = form(name);
            form[member] = json!(value);
            form
        };
        let register = async |client: Client, form: Value| client.post("/api/auth/register", form).await;
        register(world.anonymous(2), form("dora")).await.problem(403, "permission_denied");
        register(world.stranger(), with("dora", "vendor_domain", "vendor2.example.com")).await.problem(403, "permission_denied");
        register(world.stranger(), with("dora", "invitation_token", &"x".repeat(43))).await.problem(403, "permission_denied");
        let refused = register(world.stranger(), with("dora", "email", "eve@example.com")).await.problem(422, "validation_failed");
        assert_eq!(refused["errors"][0]["pointer"], "/email");
        register(world.stranger(), form("OWNER2")).await.problem(409, "username_taken");
        assert_eq!(status(&world, &invitation).await, "open", "what is refused uses nothing up");
        let made = register(world.stranger(), with("dora", "email", "DORA@example.com")).await.expect(201);
        assert_eq!((&made["role"], &made["email"], &made["vendor"]["id"]), (&json!("staff"), &json!(DORA), &json!(1)));
        let (client, _) = world.sign_in(1, "dora", "password123").await;
        assert_eq!(client.get("/api/auth/me").await.expect(200)["permissions"].as_array().unwrap().len(), 7);
        register(world.stranger(), form("eve")).await.problem(410, "invitation_over");
    }

    async fn a_customer_may_become_one_of_the_team_and_nobody_takes_a_customers_name(world) {
        let (_, token) = invited(&world, "vendor1_customer1@vendor1.example.com", 4).await;
        let another = json!({"username": "Vendor1_CUSTOMER2", "password": "password123"});
        accept(&world.stranger(), &token, another).await.problem(409, "username_taken");
        accept(&world.stranger(), &token, json!({"username": "carol", "password": "another-password"})).await.expect(201);
        let member = json!({"email": "vendor1_customer1@vendor1.example.com", "password": "another-password"});
        assert_eq!(world.anonymous(1).post("/api/auth/login", member).await.expect(200)["user"]["role"], "staff");
        let (customer, _) = world.sign_in(1, "vendor1_customer1", "password123").await;
        assert_eq!(customer.get("/api/auth/me").await.expect(200)["role"], "customer");
        let (_, token) = invited(&world, "private@example.org", 4).await;
        let namesake = json!({"username": "owner2", "password": "password123", "role": "customer"});
        world.anonymous(1).post("/api/auth/register", namesake).await.expect(201);
        accept(&world.stranger().bearing(world.token("owner2")), &token, json!({})).await.problem(409, "username_taken");
    }

    async fn the_demo_has_an_invitation_to_try(world) {
        let welcome = show(&world, OF_THE_DEMO).await.expect(200);
        assert_eq!((&welcome["email"], &welcome["role"]), (&json!("nora@vendor1.example.com"), &json!("Staff")));
    }

    async fn what_is_long_over_is_forgotten(world) {
        invited(&world, DORA, 5).await;
        let count = || world.peek(1, "SELECT token_hash AS value FROM invitations").len();
        let before = count();
        world.advance(TimeDelta::days(37));
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(count(), before);
        world.advance(TimeDelta::days(1));
        stoa::housekeeping::tidy(&world.db).await.unwrap();
        assert_eq!(count(), before - 1, "the demo's own is good for longer");
    }

    async fn showing_tokens_is_limited_and_nobody_is_locked_out(world) {
        let world = World::with(world.engine, &[]).await;
        let mut refused = 0;
        for n in 0..70 {
            let reply = show(&world, &format!("{n:0>43}")).await;
            if reply.status == 429 {
                assert!(reply.header("retry-after").is_some());
                reply.problem(429, "too_many_requests");
                refused += 1;
            }
        }
        assert!(refused >= 5, "{refused}");
        world.advance(TimeDelta::minutes(2));
        show(&world, OF_THE_DEMO).await.expect(200);
        let (_, token) = invited(&world, "vendor2_staff1@vendor2.example.com", 4).await;
        let mut statuses = Vec::new();
        for _ in 0..12 {
            statuses.push(accept(&world.stranger(), &token, json!({"password": "password124"})).await.status);
        }
        assert!(statuses.contains(&401) && statuses.last() == Some(&429), "{statuses:?}");
    }

    async fn what_a_role_may_no_longer_invite_is_withdrawn(world) {
        let make = async |name: &str, permissions: &[&str]| {
            let form = json!({ "name": name, "permissions": permissions });
            world.owner(1).post("/api/team/roles", form).await.expect(201)["id"].as_i64().unwrap()
        };
        let scouts = make("Scout", &["team.invite", "orders.view_assigned"]).await;
        world.sql(&format!("UPDATE members SET role_id = {scouts} WHERE vendor_id = 1 AND user_id = 2"));
        let role = make("Runner", &["orders.view_assigned"]).await;
        let invitation = invite(&world.staff(1), DORA, role).await.expect(201);
        let token = world.mailed_token(DORA);
        let less = json!({"name": "Scout", "permissions": ["orders.view_assigned"]});
        world.owner(1).put(&format!("/api/team/roles/{scouts}"), less).await.expect(200);
        assert_eq!(status(&world, &invitation).await, "revoked");
        accept(&world.stranger(), &token, dora()).await.problem(410, "invitation_over");
    }

    async fn a_password_that_lets_nobody_in_accepts_nothing(world) {
        let (_, token) = invited(&world, "owner2@vendor2.example.com", 4).await;
        let password = json!({"password": "password123"});
        assert!(crate::totp::begin(&world.owner(2)).await.is_some());
        world.sql("UPDATE second_factors SET confirmed_at = created_at WHERE user_id = 4");
        accept(&world.stranger(), &token, json!({"password": "a wrong one"})).await.problem(401, "invalid_credentials");
        accept(&world.stranger(), &token, password).await.problem(401, "totp_required");
        accept(&world.owner(2), &token, json!({})).await.expect(201);
    }
}
