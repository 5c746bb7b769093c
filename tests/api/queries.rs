//! How much the database is asked, and that it finds what it is asked for by an index.

use crate::shop::{basket, id, order, product};
use crate::support::{Client, Engine, World};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::json;

/// The statements that answer a GET.
async fn asked(world: &World, client: &Client, path: &str) -> Vec<String> {
    let (reply, statements) = world.statements(client.get(path)).await;
    reply.expect(200);
    of_request(statements)
}

/// What a request asks by itself, whenever it comes, its names quoted alike: without the opening of connections, and without the directory of
/// vendors, which remembers what it has read.
fn of_request(statements: Vec<String>) -> Vec<String> {
    let of_directory = |text: &String| {
        text.contains(r#"FROM "vendors""#)
            || text.contains(r#"FROM ("vendors" INNER JOIN "vendor_domains""#)
            || text.contains(r#"FROM "directory_versions""#)
    };
    let is_own = |text: &String| !text.starts_with("PRAGMA") && !text.starts_with("SET ") && !of_directory(text);
    statements.into_iter().map(|text| text.replace('`', "\"")).filter(is_own).collect()
}

/// A line of the plan on SQLite.
#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

/// A line of the plan on PostgreSQL.
#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    text: String,
}

/// How the engine would run a statement, whatever is bound to it.
#[expect(clippy::disallowed_methods, reason = "a test may look behind the scenes")]
fn plan(world: &World, statement: &str) -> Vec<String> {
    match world.engine {
        Engine::Sqlite => {
            let mut conn = SqliteConnection::establish(world.url.trim_start_matches("sqlite://")).unwrap();
            let steps: Vec<SqliteStep> = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load(&mut conn).unwrap();
            steps.into_iter().map(|step| step.detail).collect()
        }
        Engine::Postgres => {
            let mut conn = PgConnection::establish(&world.url).unwrap();
            // The tables are tiny: only when it has to will the planner use an index.
            conn.batch_execute("SET app.vendor_id = '1'; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").unwrap();
            conn.batch_execute(&format!("PREPARE one AS {statement}")).unwrap();
            let binds = (1..100).take_while(|n| statement.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>().join(", ");
            let steps: Vec<PostgresStep> = diesel::sql_query(format!("EXPLAIN EXECUTE one({binds})")).load(&mut conn).unwrap();
            steps.into_iter().map(|step| step.text).collect()
        }
    }
}

/// No statement of the answer may read a whole table.
async fn check_no_full_scan(world: &World, client: &Client, path: &str) {
    for statement in asked(world, client, path).await {
        for step in plan(world, &statement) {
            let is_full = if world.engine == Engine::Sqlite { step.starts_with("SCAN ") } else { step.contains("Seq Scan") };
            assert!(!is_full, "GET {path}: {step}: {statement}");
        }
    }
}

/// The plan of the one statement of the answer that reads `table`.
async fn plan_of(world: &World, client: &Client, path: &str, table: &str) -> String {
    let statements = asked(world, client, path).await;
    let mut of_table = statements.iter().filter(|text| text.contains(&format!(r#"FROM "{table}""#)));
    let plan = plan(world, of_table.next().unwrap()).join("\n");
    assert_eq!(of_table.next(), None);
    plan
}

fn is_sorted_by_hand(plan: &str) -> bool {
    plan.contains("USE TEMP B-TREE") || plan.contains("Sort")
}

/// The path of the second page of a list with one item to a page.
async fn second_page(client: &Client, path: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    let page = client.get(&format!("{path}{separator}limit=1")).await.expect(200);
    format!("{path}{separator}limit=1&cursor={}", page["next"].as_str().unwrap())
}

/// Every list there is, with somebody who may read it.
fn lists(world: &World) -> Vec<(Client, &'static str)> {
    vec![
        (world.owner(1), "/api/orders"),
        (world.staff(1), "/api/orders"),
        (world.customer(1, 1), "/api/orders/my"),
        (world.anonymous(1), "/api/products"),
        (world.owner(1), "/api/products"),
        (world.anonymous(1), "/api/products?q=watch"),
        (world.owner(1), "/api/customers"),
        (world.owner(1), "/api/customers?sort=name"),
        (world.owner(1), "/api/customers?is_active=true"),
        (world.owner(1), "/api/staff"),
        (world.owner(1), "/api/audit"),
        (world.owner(1), "/api/team/members"),
        (world.owner(1), "/api/team/roles"),
        (world.owner(1), "/api/team/invitations"),
        (world.owner(1), "/api/api-keys"),
    ]
}

/// Twenty and more of everything: products, customers, staff, and orders of the first customer that the first of staff handles.
async fn fill(world: &World) {
    for n in 0..20 {
        world.owner(1).post("/api/team/roles", json!({"name": format!("Role {n}"), "permissions": []})).await.expect(201);
        world.owner(1).post("/api/team/invitations", json!({"email": format!("guest{n}@example.com"), "role_id": 5})).await.expect(201);
        let part = product(world, &format!("Watch part {n}"), "1.00", 10).await;
        let placed = order(&world.customer(1, 1), &[(part, 1), (2, 1)]).await;
        world.owner(1).patch(&format!("/api/orders/{}/assign-staff", placed["id"]), json!({ "staff_id": 2 })).await.expect(200);
        let key = json!({ "name": format!("Key {n}"), "permissions": ["products.view"] });
        world.owner(1).post("/api/api-keys", key).await.expect(201);
        for role in ["customer", "staff"] {
            let name = format!("{role}_{n}");
            let body = json!({ "username": name, "password": "password123", "role": role, "email": format!("{name}@example.com") });
            world.owner(1).post("/api/auth/register", body).await.expect(201);
        }
    }
}

both_engines! {
    async fn a_list_of_20_takes_as_many_statements_as_a_list_of_one(world) {
        fill(&world).await;
        for (client, path) in lists(&world) {
            let separator = if path.contains('?') { '&' } else { '?' };
            let page = async |limit: usize| {
                let path = format!("{path}{separator}limit={limit}");
                let items = client.get(&path).await.expect(200)["items"].as_array().unwrap().len();
                assert_eq!(items, limit, "{path}");
                asked(&world, &client, &path).await.len()
            };
            let (of_one, of_twenty) = (page(1).await, page(20).await);
            assert_eq!(of_one, of_twenty, "{path}");
            assert!(of_one <= 4, "{path} takes {of_one}");
        }
    }

    async fn an_order_is_shown_in_as_many_statements_however_many_lines_it_has(world) {
        let few = order(&world.customer(1, 1), &[(1, 1)]).await;
        let many = order(&world.customer(1, 1), &[(1, 1); 50]).await;
        let owner = world.owner(1);
        let of_few = asked(&world, &owner, &format!("/api/orders/{}", few["id"])).await.len();
        let of_many = asked(&world, &owner, &format!("/api/orders/{}", many["id"])).await.len();
        assert_eq!((of_few, of_many), (4, 4), "the session, the order, its lines, its customer");
    }

    async fn what_is_paid_comes_back_and_is_given_back_takes_ten_statements_at_the_most(world) {
        let owner = world.owner(1);
        let placed = order(&world.customer(1, 1), &[(1, 1); 45]).await;
        let (order, lines) = (id(&placed), placed["items"].as_array().unwrap().iter().map(id).collect::<Vec<_>>());
        crate::returns::deliver(&owner, order).await;
        let at = |path: &str| format!("/api/orders/{order}/{path}");
        let cash = json!({ "method": "cash", "amount": "100.00" });
        let send = async |what: &str, path: String, body: serde_json::Value, most: usize| {
            let (reply, statements) = world.statements(owner.post(&path, body)).await;
            assert!(reply.status < 300, "{what}: {reply:?}");
            let statements = of_request(statements);
            assert!(statements.len() <= most, "{what}: {}: {statements:#?}", statements.len());
            (reply.body, statements.len())
        };
        let (paid, _) = send("record", at("payments"), cash.clone(), 10).await;
        send("void", at(&format!("payments/{}/void", paid["id"])), json!({ "reason": "x" }), 10).await;
        send("record again", at("payments"), cash, 10).await;
        let (mut counts, mut seen) = (Vec::new(), Vec::new());
        for (place, some) in [&lines[..1], &lines[1..41], &lines[41..]].into_iter().enumerate() {
            let item = |line: &i64| json!({ "item": line, "quantity": 1 });
            let back = |line: &i64| json!({ "item": line, "quantity": 1, "condition": "good" });
            let wish = json!({ "items": some.iter().map(item).collect::<Vec<_>>(), "reason": "x" });
            // Where there are returns already, it is asked what is in them.
            let (asked, _) = send("request", at("returns"), wish, 10 + usize::from(place > 0)).await;
            seen.push(at(&format!("returns/{}", asked["id"])));
            let step = |action: &str| at(&format!("returns/{}/{action}", asked["id"]));
            if place == 2 {
                send("reject", step("reject"), json!({ "reason": "x" }), 10).await;
                continue;
            }
            send("approve", step("approve"), json!({}), 10).await;
            let received = json!({ "items": some.iter().map(back).collect::<Vec<_>>() });
            counts.push(send("receive", step("receive"), received.clone(), 10).await.1);
            send("receive again", step("receive"), received, 10).await;
            let part = json!({ "return": asked["id"], "reason": "x", "amount": "0.01" });
            send("refund a part", at("refunds"), part, 10).await;
        }
        assert_eq!(counts[0], counts[1], "of forty lines of one product as of one");
        let (last, _) = send("refund anything", at("refunds"), json!({ "amount": "0.01", "reason": "x" }), 10).await;
        seen.push(at(&format!("refunds/{}", last["id"])));
        for path in seen {
            check_no_full_scan(&world, &owner, &path).await;
        }
    }

    async fn placing_an_order_of_three_lines_takes_eleven_statements(world) {
        let customer = world.customer(1, 1).with("idempotency-key", "k-1");
        let (reply, statements) = world.statements(customer.post("/api/orders", basket(&[(1, 1), (2, 2), (3, 1)]))).await;
        reply.expect(201);
        let statements = of_request(statements);
        assert!(statements.len() <= 11, "{}: {statements:#?}", statements.len());
        let (reply, again) = world.statements(customer.post("/api/orders", basket(&[(1, 1), (2, 2), (3, 1)]))).await;
        assert_eq!(reply.header("idempotent-replayed"), Some("true"));
        assert_eq!(of_request(again).len(), 3, "the session, the key that is taken, the answer that was kept");
    }

    async fn lines_of_an_order_cost_a_statement_for_each_product_only(world) {
        let place = async |lines: &[(i64, i64)]| {
            let (reply, statements) = world.statements(world.customer(1, 1).post("/api/orders", basket(lines))).await;
            reply.expect(201);
            of_request(statements).len()
        };
        let of_one = place(&[(1, 1)]).await;
        assert_eq!(place(&[(1, 1); 40]).await, of_one);
        assert_eq!(place(&[(1, 1), (2, 1), (3, 1)]).await, of_one + 2);
    }

    async fn no_list_reads_a_whole_table(world) {
        world.customer(1, 1).post("/api/orders", basket(&[(1, 1)])).await.expect(201);
        world.owner(1).patch("/api/orders/3/assign-staff", json!({ "staff_id": 2 })).await.expect(200);
        world.owner(1).post("/api/team/invitations", json!({"email": "dora@example.com", "role_id": 5})).await.expect(201);
        world.owner(1).post("/api/api-keys", json!({ "name": "Another", "permissions": ["products.view"] })).await.expect(201);
        for (client, path) in lists(&world) {
            check_no_full_scan(&world, &client, path).await;
            check_no_full_scan(&world, &client, &second_page(&client, path).await).await;
        }
        for filter in [
            "status=pending", "payment_status=unpaid", "assigned_to=2", "customer=1", "placed_after=2026-01-01T00:00:00Z",
            "placed_before=2100-01-01T00:00:00Z", "q=1001", "q=WEB", "status=pending&customer=1&assigned_to=2&q=x",
        ] {
            check_no_full_scan(&world, &world.owner(1), &format!("/api/orders?{filter}")).await;
        }
        for filter in ["q=watch+steel", "brand=alice", "min_price=1.00&max_price=50.00", "in_stock=true", "q=watch&sort=-price"] {
            check_no_full_scan(&world, &world.anonymous(1), &format!("/api/products?{filter}")).await;
        }
        for filter in [
            "actor=1", "action=product.created", "target=product", "target=product:1", "after=2026-01-01T00:00:00Z", "before=2100-01-01T00:00:00Z",
            "actor=1&action=product.created&target=product:1",
        ] {
            check_no_full_scan(&world, &world.owner(1), &format!("/api/audit?{filter}")).await;
        }
        for filter in ["q=vendor1", "q=carol&is_active=true", "sort=-name", "sort=created_at"] {
            check_no_full_scan(&world, &world.owner(1), &format!("/api/customers?{filter}")).await;
        }
        check_no_full_scan(&world, &world.customer(1, 1), "/api/addresses").await;
        for query in ["", "by=month&from=2000-01-01", "time_zone=Asia/Kathmandu&from=2025-03-01"] {
            check_no_full_scan(&world, &world.owner(1), &format!("/api/analytics?{query}")).await;
        }
        for path in [
            "/api/orders/1", "/api/orders/1/history", "/api/orders/1/payments", "/api/orders/1/payments/1", "/api/orders/1/returns", "/api/orders/1/refunds", "/api/vendor/settings", "/api/products/1", "/api/customers/1", "/api/customers/1/addresses", "/api/team/members/2", "/api/team/members?role=5",
            "/api/team/roles/6", "/api/auth/vendors", "/api/team/invitations/1",
            "/api/team/invitations?status=open", "/api/invitations/demo-invitation-to-the-team-of-vendor-1-xyz",
        ] {
            check_no_full_scan(&world, &world.owner(1), path).await;
        }
    }

    async fn pages_of_orders_come_out_of_an_index_in_their_order(world) {
        world.customer(1, 1).post("/api/orders", basket(&[(1, 1)])).await.expect(201);
        world.owner(1).patch("/api/orders/3/assign-staff", json!({ "staff_id": 2 })).await.expect(200);
        let of_vendor = ["vendor_id=?", "id<?"];
        let cases = [
            (world.owner(1), "/api/orders", of_vendor.to_vec()),
            (world.owner(1), "/api/orders?payment_status=unpaid", vec!["vendor_id=?", "payment_status=?", "id<?"]),
            (world.staff(1), "/api/orders", vec!["vendor_id=?", "assigned_to=?", "id<?"]),
            (world.customer(1, 1), "/api/orders/my", vec!["vendor_id=?", "customer_id=?", "id<?"]),
        ];
        for (client, path, terms) in cases {
            for path in [path.to_owned(), second_page(&client, path).await] {
                let plan = plan_of(&world, &client, &path, "orders").await;
                assert!(!is_sorted_by_hand(&plan), "{path}: {plan}");
                if world.engine == Engine::Sqlite {
                    let terms = &terms[..terms.len() - usize::from(!path.contains("cursor"))];
                    assert!(plan.contains(&format!("({})", terms.join(" AND "))), "{path}: {plan}");
                }
            }
        }
    }

    async fn pages_of_products_come_out_of_an_index_in_every_order(world) {
        for sort in ["created_at", "-created_at", "name", "-name", "price", "-price"] {
            let column = match sort.trim_start_matches('-') {
                "name" => "name_key",
                other => other,
            };
            let path = format!("/api/products?sort={sort}");
            let second = second_page(&world.anonymous(1), &path).await;
            for path in [path, second] {
                let plan = plan_of(&world, &world.anonymous(1), &path, "products").await;
                assert!(!is_sorted_by_hand(&plan), "{path}: {plan}");
                if world.engine == Engine::Sqlite {
                    let bound = if sort.starts_with('-') { '<' } else { '>' };
                    let from = if path.contains("cursor") { format!(" AND {column}{bound}?") } else { String::new() };
                    assert!(plan.contains(&format!("(vendor_id=? AND status=?{from})")), "{path}: {plan}");
                }
            }
        }
    }
}
