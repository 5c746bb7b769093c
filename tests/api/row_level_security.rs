//! Row-level security on PostgreSQL, the last net: it holds even a statement that names no vendor. As the role that the server uses.

use crate::catalogue::Conn;
use crate::returns::give_back;
use crate::support::{Engine, World};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use serde_json::json;
use stoa::db::schema::TENANT_TABLES;

/// A world where every table of a vendor has rows, and a connection of our own into its database.
async fn world() -> (World, Conn) {
    let world = World::start(Engine::Postgres).await;
    let order = json!({"items": [{"product": 1, "quantity": 1}], "address": "x"});
    world.customer(1, 1).with("idempotency-key", "one").post("/api/orders", order).await.expect(201);
    for n in [1, 2] {
        give_back(&world, n, "too small").await;
    }
    let conn = Conn::open(Engine::Postgres, &world.url);
    (world, conn)
}

/// Runs `work` in a transaction that is taken back, in which these are the vendor's rows.
fn at<T>(conn: &mut Conn, vendor: Option<i64>, work: impl FnOnce(&mut Conn) -> T) -> T {
    conn.run("BEGIN").unwrap();
    if let Some(vendor) = vendor {
        conn.run(&format!("SET LOCAL app.vendor_id = '{vendor}'")).unwrap();
    }
    let done = work(conn);
    conn.run("ROLLBACK").unwrap();
    done
}

fn is_refused(outcome: &Result<usize, String>) -> bool {
    outcome.as_ref().is_err_and(|error| error.contains("row-level security") || error.contains("append-only"))
}

#[actix_web::test]
async fn the_role_that_the_tests_use_is_held_by_it() {
    let (_world, mut conn) = world().await;
    let free = conn.number("SELECT count(*) AS n FROM pg_roles WHERE rolname = current_user AND (rolsuper OR rolbypassrls)");
    assert_eq!(free, 0, "the tests run as a role that row-level security does not hold: they prove nothing");
}

#[actix_web::test]
async fn every_table_of_a_vendor_has_it_and_even_its_owner_is_held() {
    #[derive(QueryableByName)]
    struct Table {
        #[diesel(sql_type = Text)]
        name: String,
        #[diesel(sql_type = Bool)]
        is_held: bool,
        #[diesel(sql_type = Text)]
        policy: String,
    }
    let (_world, mut conn) = world().await;
    let tables: Vec<Table> = match &mut conn {
        Conn::Postgres(conn) => diesel::sql_query(
            "SELECT t.relname::TEXT AS name, t.relrowsecurity AND t.relforcerowsecurity AS is_held,
                coalesce((SELECT string_agg(p.cmd || ' ' || p.permissive || ' ' || p.qual || ' ' || coalesce(p.with_check, ''), ';')
                 FROM pg_policies p WHERE p.schemaname = 'public' AND p.tablename = t.relname), '') AS policy
             FROM pg_class t WHERE t.relkind = 'r' AND t.relnamespace = 'public'::regnamespace",
        )
        .load(conn)
        .unwrap(),
        Conn::Sqlite(_) => unreachable!(),
    };
    // No WITH CHECK of its own: what cannot be seen cannot be written either.
    let expected = "ALL PERMISSIVE (vendor_id = (NULLIF(current_setting('app.vendor_id'::text, true), ''::text))::bigint) ";
    for name in TENANT_TABLES {
        let table = tables.iter().find(|table| table.name == *name).unwrap();
        assert!(table.is_held, "{name}");
        assert_eq!(table.policy, expected, "{name}");
    }
}

#[actix_web::test]
async fn who_says_no_vendor_sees_and_changes_nothing() {
    let (_world, mut conn) = world().await;
    for table in TENANT_TABLES {
        let own = at(&mut conn, Some(1), |conn| conn.number(&format!("SELECT count(*) AS n FROM {table}")));
        assert!(own > 0, "{table} is empty, so nothing is proved");
        for blank in ["RESET app.vendor_id", "SET LOCAL app.vendor_id = ''"] {
            at(&mut conn, None, |conn| {
                conn.run(blank).unwrap();
                assert_eq!(conn.number(&format!("SELECT count(*) AS n FROM {table}")), 0, "{table}");
                assert_eq!(conn.touch(&format!("UPDATE {table} SET vendor_id = vendor_id")), Ok(0), "{table}");
                assert_eq!(conn.touch(&format!("DELETE FROM {table}")), Ok(0), "{table}");
            });
        }
    }
}

#[actix_web::test]
async fn nobody_writes_a_row_of_a_vendor_they_did_not_say() {
    let (_world, mut conn) = world().await;
    for table in TENANT_TABLES {
        for vendor in ["", "2"] {
            let refused = at(&mut conn, Some(1), |conn| {
                conn.run(&format!("CREATE TEMPORARY TABLE kept ON COMMIT DROP AS SELECT * FROM {table} LIMIT 1")).unwrap();
                conn.run(&format!("SET LOCAL app.vendor_id = '{vendor}'")).unwrap();
                conn.touch(&format!("INSERT INTO {table} SELECT * FROM kept"))
            });
            assert!(is_refused(&refused), "{table}: {refused:?}");
        }
    }
}

#[actix_web::test]
async fn no_row_can_be_given_to_another_vendor() {
    let (_world, mut conn) = world().await;
    for table in TENANT_TABLES {
        let refused = at(&mut conn, Some(1), |conn| conn.touch(&format!("UPDATE {table} SET vendor_id = 2 WHERE vendor_id = 1")));
        assert!(is_refused(&refused), "{table}: {refused:?}");
    }
}

#[actix_web::test]
async fn who_says_a_vendor_reaches_that_vendors_rows_only() {
    let (_world, mut conn) = world().await;
    for table in TENANT_TABLES.iter().filter(|table| **table != "idempotency_keys") {
        let theirs = at(&mut conn, Some(2), |conn| conn.number(&format!("SELECT count(*) AS n FROM {table} WHERE vendor_id = 2")));
        assert!(theirs > 0, "{table} has nothing of vendor 2, so nothing is proved");
        at(&mut conn, Some(1), |conn| {
            assert_eq!(conn.number(&format!("SELECT count(*) AS n FROM {table} WHERE vendor_id <> 1")), 0, "{table}");
            assert_eq!(conn.touch(&format!("UPDATE {table} SET vendor_id = vendor_id WHERE vendor_id = 2")), Ok(0), "{table}");
            assert_eq!(conn.touch(&format!("DELETE FROM {table} WHERE vendor_id = 2")), Ok(0), "{table}");
        });
    }
}

#[actix_web::test]
async fn what_a_transaction_said_is_forgotten_with_it() {
    let (_world, mut conn) = world().await;
    at(&mut conn, Some(1), |conn| assert!(conn.number("SELECT count(*) AS n FROM products") > 0));
    assert_eq!(conn.number("SELECT count(*) AS n FROM products"), 0);
}
