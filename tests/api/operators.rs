//! The operators of the platform: who they are, what they may do and what they may not.

use crate::support::{Client, SECRET, World};
use serde_json::json;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// An operator who has signed in, at no vendor.
pub async fn operator(world: &World) -> Client {
    world.sql(
        "INSERT INTO users (username, username_key, email, email_key, password_hash, first_name, last_name, is_active, is_operator, \
         created_at, updated_at) SELECT 'ops@stoa.example', 'ops@stoa.example', 'ops@stoa.example', 'ops@stoa.example', password_hash, \
         'Olga', '', true, true, created_at, updated_at FROM users WHERE id = 1 \
         AND NOT EXISTS (SELECT 1 FROM users WHERE username_key = 'ops@stoa.example')",
    );
    let pair = world.stranger().post("/api/auth/login", json!({"email": "ops@stoa.example", "password": "password123"})).await.expect(200);
    world.stranger().bearing(pair["access"].as_str().unwrap())
}

/// Closes the demo's vendor `n`, or opens it again.
pub async fn set_open(operator: &Client, n: usize, is_active: bool) {
    let vendor = operator.clone().at(&format!("vendor{n}.example.com")).patch("/api/vendor", json!({ "is_active": is_active })).await;
    assert_eq!(vendor.expect(200)["is_active"], is_active);
}

/// Runs `stoa operator create`; says whether it succeeded, and what it complained of.
fn create(world: &World, email: &str, password: &str) -> (bool, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_stoa"));
    command.args(["operator", "create", "--email", email]);
    command.env("DATABASE_URL", &world.url).env("JWT_SECRET", SECRET).env("RUST_LOG", "info");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Who is refused for the address is not asked for the password, and may be gone already.
    writeln!(child.stdin.take().unwrap(), "{password}").unwrap_or_default();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

both_engines! {
    async fn the_command_makes_an_operator_who_can_sign_in(world) {
        let (made, said) = create(&world, "Ops@Stoa.example", "a-long-password");
        assert!(made && !said.contains("a-long-password"), "{said}");
        let login = json!({"email": "ops@stoa.EXAMPLE", "password": "a-long-password"});
        let pair = world.stranger().post("/api/auth/login", login.clone()).await.expect(200);
        assert_eq!((&pair["user"]["role"], &pair["user"]["vendor"]), (&json!("operator"), &json!(null)));
        assert_eq!(world.anonymous(2).post("/api/auth/login", login).await.expect(200)["user"]["role"], "operator", "at any vendor too");
        let (made, said) = create(&world, "OPS@stoa.example", "another-password");
        assert!(!made && said.contains("somebody else has this"), "{said}");
    }

    async fn the_command_refuses_a_bad_address_and_a_short_password(world) {
        let (made, said) = create(&world, "nobody", "a-long-password");
        assert!(!made && said.contains("--email"), "{said}");
        let (made, said) = create(&world, "short@stoa.example", "1234567");
        assert!(!made && said.contains("8 to 128"), "{said}");
        let login = json!({"email": "short@stoa.example", "password": "1234567"});
        world.stranger().post("/api/auth/login", login).await.problem(401, "invalid_credentials");
    }

    async fn an_operator_sees_and_opens_a_suspended_vendor(world) {
        let operator = operator(&world).await;
        set_open(&operator, 1, false).await;
        let here = operator.clone().at("vendor1.example.com");
        let vendor = here.get("/api/vendor").await.expect(200);
        assert_eq!((&vendor["domain"], &vendor["is_active"]), (&json!("vendor1.example.com"), &json!(false)));
        let me = here.get("/api/auth/me").await.expect(200);
        assert_eq!((&me["role"], &me["username"], &me["permissions"]), (&json!("operator"), &json!("ops@stoa.example"), &json!([])));
        world.owner(1).get("/api/vendor").await.problem(403, "tenant_inactive");
        set_open(&operator, 1, true).await;
        world.owner(1).get("/api/vendor").await.expect(200);
    }

    async fn nobody_but_an_operator_opens_or_closes_a_shop(world) {
        for is_active in [false, true] {
            let refused = world.owner(1).patch("/api/vendor", json!({"name": "Mine", "is_active": is_active})).await;
            assert_eq!(refused.problem(403, "permission_denied")["errors"][0]["pointer"], "/is_active");
            world.staff(1).patch("/api/vendor", json!({"is_active": is_active})).await.problem(403, "permission_denied");
            world.customer(1, 1).patch("/api/vendor", json!({"is_active": is_active})).await.problem(403, "permission_denied");
            world.anonymous(1).patch("/api/vendor", json!({"is_active": is_active})).await.problem(401, "authentication_required");
        }
        let vendor = world.owner(1).get("/api/vendor").await.expect(200);
        assert_eq!((&vendor["name"], &vendor["is_active"], &vendor["version"]), (&json!("Alice's Watches"), &json!(true), &json!(1)));
    }

    async fn an_operator_has_no_part_in_a_vendors_trade(world) {
        let here = operator(&world).await.at("vendor1.example.com");
        for path in ["/api/orders", "/api/orders/1", "/api/orders/my", "/api/customers", "/api/customers/1", "/api/staff"] {
            here.get(path).await.problem(403, "permission_denied");
        }
        here.post("/api/products", json!({"name": "Watch", "price": "1.00"})).await.problem(403, "permission_denied");
        here.patch("/api/orders/1/status", json!({"status": "cancelled"})).await.problem(403, "permission_denied");
        let staff = json!({"username": "mole", "password": "password123", "role": "staff"});
        here.post("/api/auth/register", staff).await.problem(403, "permission_denied");
    }

    async fn somebody_who_is_no_operator_any_more_is_out_at_once(world) {
        let here = operator(&world).await.at("vendor1.example.com");
        here.get("/api/vendor").await.expect(200);
        world.sql("UPDATE users SET is_operator = false WHERE username = 'ops@stoa.example'");
        here.get("/api/vendor").await.problem(401, "session_ended");
        here.patch("/api/vendor", json!({"is_active": false})).await.problem(401, "session_ended");
    }

    async fn signing_in_as_an_operator_is_on_record_whether_it_succeeds_or_not(world) {
        let operator = operator(&world).await;
        let id = operator.get("/api/admin/users?is_operator=true").await.expect(200)["items"][0]["id"].clone();
        let login = json!({"email": "ops@stoa.example", "password": "a wrong password"});
        world.stranger().with("x-request-id", "failed-try").post("/api/auth/login", login).await.problem(401, "invalid_credentials");
        // The answer does not wait for it.
        let entries = loop {
            let page = operator.get("/api/admin/audit?action=operator.sign_in_failed").await.expect(200);
            if !page["items"].as_array().unwrap().is_empty() {
                break page;
            }
            actix_web::rt::time::sleep(std::time::Duration::from_millis(10)).await;
        };
        let entry = &entries["items"][0];
        assert_eq!((&entry["target_id"], &entry["actor"], &entry["request_id"]), (&id, &json!("system"), &json!("failed-try")));
        let entries = operator.get("/api/admin/audit?action=operator.signed_in").await.expect(200);
        assert_eq!((&entries["items"][0]["actor_id"], entries["items"].as_array().unwrap().len()), (&id, 1));
        let owner = world.owner(1).get("/api/audit?limit=100").await.expect(200);
        assert!(!owner.to_string().contains("operator."), "a vendor sees nothing of it");
    }

    async fn of_two_operators_who_keep_each_other_out_one_remains(world) {
        let first = operator(&world).await;
        let id = first.get("/api/admin/users?is_operator=true").await.expect(200)["items"][0]["id"].as_i64().unwrap();
        world.sql("UPDATE users SET is_operator = true WHERE id = 9");
        world.sql("DELETE FROM members WHERE user_id = 9");
        let pair = world.stranger().post("/api/auth/login", json!({"username": "vendor3_staff2", "password": "password123"})).await.expect(200);
        let second = world.stranger().bearing(pair["access"].as_str().unwrap());
        let out = json!({"is_active": false});
        let (one, other) = futures_util::future::join(
            first.patch("/api/admin/users/9", out.clone()),
            second.patch(&format!("/api/admin/users/{id}"), out),
        )
        .await;
        assert!((one.status == 200) != (other.status == 200), "{one:?} {other:?}");
        assert_eq!(world.peek(1, "SELECT username AS value FROM users WHERE is_operator AND is_active").len(), 1);
    }
}
