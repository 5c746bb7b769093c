//! A demo in which every text of a vendor bears its vendor's mark, a sign that stands nowhere else: where a mark is in an
//! answer, so is that vendor's data.

use crate::catalogue::Conn;
use crate::operators::operator;
use crate::returns::give_back;
use crate::support::{Client, Reply, World};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use stoa::db::schema::TENANT_TABLES;

/// The marks of the three vendors of the demo.
const MARKS: [&str; 3] = ["okapi", "quagga", "zorilla"];

/// The mark of vendor `n`.
pub fn mark(n: usize) -> &'static str {
    MARKS[n - 1]
}

/// The vendors whose data is in an answer, wherever in it.
pub fn found_in(reply: &Reply) -> Vec<usize> {
    let mut shown = reply.text.clone();
    shown.extend(reply.headers.values().filter_map(|value| value.to_str().ok()));
    // A cursor says in its own way where a page ended.
    if let Some(bytes) = reply.body["next"].as_str().and_then(|cursor| BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()) {
        shown += &String::from_utf8_lossy(&bytes);
    }
    let shown = shown.to_lowercase();
    (1..=3)
        .filter(|n| shown.contains(mark(*n)) || shown.contains(&format!("vendor{n}.")) || shown.contains(&format!("vendor{n}_")))
        .collect()
}

/// The columns of text that say something about everybody alike, or nothing to anybody.
const WORDS: &[(&str, &[&str])] = &[
    ("api_keys", &["prefix", "digest", "permissions"]),
    ("audit_entries", &["actor_kind", "address", "request_id", "action", "target_kind", "hash"]),
    ("audit_heads", &["hash"]),
    ("customers", &["password_hash"]),
    ("events", &["type", "resource", "actor_kind"]),
    ("idempotency_keys", &["caller", "route", "request_hash", "location"]),
    // No answer ever shows a letter, or a token that was in one.
    ("mailed_tokens", &["kind", "digest", "email_key"]),
    ("mails", &["template", "sender", "recipient", "subject", "text", "html", "error"]),
    ("order_figures", &["span", "currency"]),
    ("product_figures", &["span", "currency"]),
    ("invitations", &["token_hash"]),
    ("orders", &["status", "payment_status", "currency"]),
    ("payments", &["method"]),
    ("returns", &["status"]),
    ("vendor_settings", &["currency"]),
    ("platform_audit_entries", &["actor_kind", "address", "request_id", "action", "target_kind", "hash"]),
    ("platform_audit_heads", &["hash"]),
    ("products", &["currency", "status", "gtin"]),
    ("recovery_codes", &["digest"]),
    ("password_resets", &["wanted"]),
    ("roles", &["permissions"]),
    ("sales_days", &["currency"]),
    ("sales_marks", &["mark"]),
    ("second_factors", &["secret"]),
    ("sessions", &["refresh_id", "address", "user_agent"]),
    ("users", &["password_hash"]),
    ("vendor_domains", &["token"]),
    ("vendor_days", &["currency"]),
    ("vendors", &["currency", "subdomain"]),
];

/// Has everybody of each vendor write its mark wherever a text can be written.
pub async fn mark_all(world: &World) {
    for n in 1..=3 {
        let sign = mark(n);
        let profile = json!({"name": format!("{sign}'s"), "contact_email": format!("{sign}@{sign}.example"), "contact_phone": sign, "theme_config": {sign: sign}});
        world.owner(n).patch("/api/vendor", profile.clone()).await.expect(200);
        // And again, so that the audit log remembers the mark as what was there before.
        world.owner(n).patch("/api/vendor", json!({"contact_phone": null})).await.expect(200);
        world.owner(n).patch("/api/vendor", profile).await.expect(200);
        world.owner(n).post("/api/vendor/domains", json!({"domain": format!("{sign}.example")})).await.expect(201);
        for (index, person) in [world.owner(n), world.staff(n), world.other_staff(n)].into_iter().enumerate() {
            rename(&person, json!({"first_name": sign, "last_name": sign, "email": format!("member{index}@{sign}.example")})).await;
        }
        for m in 1..=3 {
            let email = format!("customer{m}@{sign}.example");
            rename(&world.customer(n, m), json!({"first_name": sign, "last_name": sign, "phone": sign, "email": email})).await;
            let address = json!({"name": sign, "line1": sign, "city": sign, "country": sign});
            world.customer(n, m).post("/api/addresses", json!({"label": sign, "address": address})).await.expect(201);
        }
        mark_business(world, n, sign).await;
        mark_goods(&world.owner(n), sign).await;
        mark_payments(&world.owner(n), n, sign).await;
        give_back(world, n, sign).await;
        mark_orders(world, n, sign).await;
        newcomers(world, n, sign).await;
    }
}

async fn rename(person: &Client, mut profile: Value) {
    profile["current_password"] = json!("password123");
    person.patch("/api/auth/me", profile).await.expect(200);
}

/// What only operators write.
async fn mark_business(world: &World, n: usize, sign: &str) {
    let record = json!({
        "business_address": sign, "business_city": sign, "business_postal_code": sign, "business_country": sign,
        "letzshop_csv_url": format!("https://{sign}.example/feed.csv"),
    });
    let operator = operator(world).await;
    operator.patch(&format!("/api/admin/vendors/{n}"), record).await.expect(200);
    let impersonation = json!({"vendor_id": n, "user_id": n * 3 - 2, "reason": sign, "minutes": 15});
    operator.post("/api/admin/impersonations", impersonation).await.expect(201);
    operator.post("/api/admin/password-resets", json!({"vendor_id": n, "q": "nobody", "reason": sign})).await.expect(201);
    world.sql(&format!("UPDATE vendors SET suspended_reason = '{sign}' WHERE id = {n}"));
}

async fn mark_goods(owner: &Client, sign: &str) {
    let page = owner.get("/api/products").await.expect(200);
    for product in page["items"].as_array().unwrap() {
        let id = &product["id"];
        let url = format!("https://{sign}.example/{id}.jpg");
        let edit = json!({
            "name": format!("{sign} {}", product["name"].as_str().unwrap()), "description": sign, "brand": sign,
            "sku": format!("{sign}-{id}"), "external_id": format!("{sign}/{id}"), "image_urls": [url], "attributes": {sign: sign},
        });
        owner.patch(&format!("/api/products/{id}"), edit).await.expect(200);
        // Once more, so that the audit log remembers the mark as what was there before.
        owner.patch(&format!("/api/products/{id}"), json!({ "description": format!("{sign} again") })).await.expect(200);
    }
}

/// Writes the mark into the demo's orders, which nobody can change any more, and places and calls off another.
async fn mark_orders(world: &World, n: usize, sign: &str) {
    let text = format!("'{sign}'");
    as_vendor(world, n, &format!("UPDATE orders SET address = '\"{sign}\"', note = {text} WHERE vendor_id = {n}"));
    as_vendor(world, n, &format!("UPDATE order_lines SET name = {text}, sku = {text} WHERE vendor_id = {n}"));
    let address = json!({"name": sign, "line1": sign, "city": sign, "country": sign});
    let product = (n - 1) * 5 + 1;
    let basket = json!({
        "items": [{"product": product, "quantity": 1}], "address": address, "note": sign, "external_ref": format!("{sign}-order"),
    });
    let customer = world.customer(n, 3).with("idempotency-key", &format!("{sign}-key"));
    let order = customer.post("/api/orders", basket).await.expect(201);
    let cancel = format!("/api/orders/{}/cancel", order["id"]);
    world.customer(n, 3).post(&cancel, json!({ "reason": sign })).await.expect(200);
}

/// Records what is paid for the demo's first two orders; of these payments, the first one's is voided.
async fn mark_payments(owner: &Client, n: usize, sign: &str) {
    let payment = json!({"method": "cash", "amount": "1.00", "reference": sign});
    let pay = async |order: usize| owner.post(&format!("/api/orders/{order}/payments"), payment.clone()).await.expect(201);
    pay(n * 3 - 1).await;
    let mistaken = pay(n * 3 - 2).await;
    let void = format!("/api/orders/{}/payments/{}/void", n * 3 - 2, mistaken["id"]);
    owner.post(&void, json!({ "reason": sign })).await.expect(200);
}

/// Somebody new in the team, in a role of the vendor's own, and among the customers: with names that are marks.
async fn newcomers(world: &World, n: usize, sign: &str) {
    for (client, role) in [(world.owner(n), "staff"), (world.anonymous(n), "customer")] {
        let form = json!({"username": format!("{sign}_{role}"), "password": "password123", "role": role});
        client.post("/api/auth/register", form).await.expect(201);
    }
    let staff = (n - 1) * 6 + 5;
    let invite = json!({"email": format!("guest@{sign}.example"), "role_id": staff});
    world.owner(n).post("/api/team/invitations", invite).await.expect(201);
    let key = json!({"name": format!("{sign} key"), "permissions": ["products.view"]});
    world.owner(n).post("/api/api-keys", key).await.expect(201);
    world.sql(&format!("INSERT INTO roles (vendor_id, name, is_builtin, permissions) VALUES ({n}, '{sign}', FALSE, '[]')"));
    world.sql(&format!(
        "UPDATE members SET role_id = (SELECT id FROM roles WHERE vendor_id = {n} AND name = '{sign}') \
         WHERE user_id = (SELECT id FROM users WHERE username = '{sign}_staff')"
    ));
}

fn as_vendor(world: &World, n: usize, statement: &str) {
    let mut conn = Conn::open(world.engine, &world.url);
    if matches!(conn, Conn::Postgres(_)) {
        conn.run(&format!("SET app.vendor_id = '{n}'")).unwrap();
    }
    assert!(conn.touch(statement).unwrap() > 0, "{statement}");
}

/// In how many rows of vendor `n` a column bears the mark.
fn marked_rows(world: &World, n: usize, table: &str, column: &str) -> i64 {
    let mut conn = Conn::open(world.engine, &world.url);
    if matches!(conn, Conn::Postgres(_)) {
        conn.run(&format!("SET app.vendor_id = '{n}'")).unwrap();
    }
    let whose = if TENANT_TABLES.contains(&table) { format!("vendor_id = {n} AND") } else { String::new() };
    conn.number(&format!("SELECT COUNT(*) AS n FROM {table} WHERE {whose} LOWER({column}) LIKE '%{}%'", mark(n)))
}

both_engines! {
    async fn every_text_of_a_vendor_bears_its_mark(world) {
        mark_all(&world).await;
        let columns = Conn::open(world.engine, &world.url).catalogue().columns;
        let is_word = |table: &str, column: &str| WORDS.iter().any(|(tab, names)| *tab == table && names.contains(&column));
        let mut marked = 0;
        for column in columns.iter().filter(|column| column.kind == "Text" && !is_word(&column.tab, &column.name)) {
            // The domain tells by itself whose it is.
            if (column.tab.as_str(), column.name.as_str()) == ("vendors", "domain") {
                continue;
            }
            for n in 1..=3 {
                assert!(marked_rows(&world, n, &column.tab, &column.name) > 0, "{}.{} of vendor {n} bears no mark", column.tab, column.name);
            }
            marked += 1;
        }
        assert!(marked >= 35, "{marked}");
    }
}
