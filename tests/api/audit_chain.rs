//! The chains of the audit log: nothing in them can be changed, and what was changed all the same, by somebody who has the
//! database in their hands, is found.

use crate::catalogue::Conn;
use crate::operators::{operator, set_open};
use crate::support::{Engine, Folder, JWT_SECRET, World, stoa};
use futures_util::future::join_all;
use serde_json::json;

/// What `stoa audit verify` says, and whether it is content.
fn verify(world: &World) -> (bool, String) {
    let folder = Folder::new();
    let output = stoa(&folder.0, &["audit", "verify"], &[JWT_SECRET, ("DATABASE_URL", &world.url)]).output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

/// A connection with the rights of whoever owns the tables, at vendor 1.
fn intruder(world: &World) -> Conn {
    let mut conn = Conn::open(world.engine, &world.url);
    if world.engine == Engine::Postgres {
        conn.run("SET app.vendor_id = '1'").unwrap();
    }
    conn
}

/// Takes the triggers away, as only the owner of the tables can.
fn disarm(world: &World, conn: &mut Conn) {
    for (entries, heads) in [("audit_entries", "audit_heads"), ("platform_audit_entries", "platform_audit_heads")] {
        match world.engine {
            Engine::Postgres => {
                conn.run(&format!("ALTER TABLE {entries} DISABLE TRIGGER USER; ALTER TABLE {heads} DISABLE TRIGGER USER")).unwrap();
            }
            Engine::Sqlite => {
                for trigger in ["refuse_update", "refuse_delete", "append"] {
                    conn.run(&format!("DROP TRIGGER {entries}_{trigger}")).unwrap();
                }
                for trigger in ["refuse_shrink", "refuse_delete"] {
                    conn.run(&format!("DROP TRIGGER {heads}_{trigger}")).unwrap();
                }
            }
        }
    }
}

/// A few entries in the platform's chain, beside those of the demo in the vendors'.
async fn busy(world: &World) {
    let operator = operator(world).await;
    for n in 1..=3 {
        set_open(&operator, n, false).await;
        set_open(&operator, n, true).await;
    }
    world.owner(1).patch("/api/auth/me", json!({"first_name": "Alicia"})).await.expect(200);
}

both_engines! {
    async fn untouched_chains_are_whole(world) {
        busy(&world).await;
        let (is_whole, said) = verify(&world);
        assert!(is_whole && said.contains("in 4 chains"), "{said}");
        let end = world.peek(1, "SELECT hash AS value FROM platform_audit_heads");
        assert!(said.contains(&end[0]) && end[0].len() == 64, "{said}");
    }

    async fn the_tables_take_nothing_back(world) {
        busy(&world).await;
        let mut conn = intruder(&world);
        for (entries, heads, whose) in
            [("audit_entries", "audit_heads", "vendor_id = 1"), ("platform_audit_entries", "platform_audit_heads", "1 = 1")]
        {
            for statement in [
                format!("UPDATE {entries} SET actor_id = 9 WHERE {whose} AND position = 1"),
                format!("UPDATE {entries} SET hash = hash WHERE {whose}"),
                format!("DELETE FROM {entries} WHERE {whose} AND position = 1"),
                format!("DELETE FROM {entries} WHERE {whose}"),
                format!("DELETE FROM {heads} WHERE {whose}"),
                format!("UPDATE {heads} SET entries = entries - 1 WHERE {whose}"),
            ] {
                let refused = conn.touch(&statement);
                assert!(refused.as_ref().is_err_and(|error| error.contains("append-only")), "{statement}: {refused:?}");
            }
            if world.engine == Engine::Postgres {
                for table in [entries, heads] {
                    let refused = conn.run(&format!("TRUNCATE {table}"));
                    assert!(refused.as_ref().is_err_and(|error| error.contains("append-only")), "{table}: {refused:?}");
                }
            }
        }
        // Nor does anything go in but at the end.
        for position in ["position", "position + 1000"] {
            let refused = conn.touch(&format!("INSERT INTO audit_entries {}", copy_of_first(position)));
            assert!(refused.is_err(), "{refused:?}");
        }
        if world.engine == Engine::Sqlite {
            let refused = conn.touch(&format!("INSERT OR REPLACE INTO audit_entries {}", copy_of_first("position")));
            assert!(refused.as_ref().is_err_and(|error| error.contains("at its end")), "{refused:?}");
        }
        assert!(verify(&world).0);
    }

    async fn whatever_an_intruder_does_is_found_and_its_place_is_told(world) {
        busy(&world).await;
        let last = "(SELECT max(position) FROM audit_entries WHERE vendor_id = 1)";
        let mould = world.into_mould().await;
        for (deed, told) in [
            ("UPDATE audit_entries SET after = '{\"price\":\"1.00\"}' WHERE vendor_id = 1 AND position = 2".to_owned(), "vendor 1, entry 2"),
            ("UPDATE audit_entries SET actor_id = 3 WHERE vendor_id = 1 AND position = 3".to_owned(), "vendor 1, entry 3"),
            ("UPDATE audit_entries SET address = '192.0.2.1' WHERE vendor_id = 1 AND position = 1".to_owned(), "vendor 1, entry 1"),
            (format!("UPDATE audit_entries SET hash = '{}' WHERE vendor_id = 1 AND position = 4", "0".repeat(64)), "vendor 1, entry 4"),
            ("DELETE FROM audit_entries WHERE vendor_id = 1 AND position = 1".to_owned(), "vendor 1, entry 1"),
            ("DELETE FROM audit_entries WHERE vendor_id = 1 AND position = 3".to_owned(), "vendor 1, entry 3"),
            (
                "DELETE FROM audit_entries WHERE vendor_id = 1 AND position = 3; \
                 UPDATE audit_entries SET position = position - 1 WHERE vendor_id = 1 AND position = 4"
                    .to_owned(),
                "vendor 1, entry 3",
            ),
            (format!("DELETE FROM audit_entries WHERE vendor_id = 1 AND position = {last}"), "entry 9 is missing"),
            ("DELETE FROM audit_entries WHERE vendor_id = 1".to_owned(), "vendor 1, entry 1"),
            ("DELETE FROM audit_heads WHERE vendor_id = 1".to_owned(), "vendor 1, entry 1 is there"),
            ("UPDATE audit_heads SET entries = 5 WHERE vendor_id = 1".to_owned(), "vendor 1, entry 5"),
            (format!("INSERT INTO audit_entries {}", copy_of_first("10")) + "; UPDATE audit_heads SET entries = 10 WHERE vendor_id = 1", "entry 10"),
            ("UPDATE platform_audit_entries SET action = 'vendor.updated' WHERE position = 3".to_owned(), "the platform, entry 3"),
            ("UPDATE platform_audit_entries SET vendor_id = 3 WHERE position = 2".to_owned(), "the platform, entry 2"),
            ("UPDATE platform_audit_entries SET vendor_id = NULL WHERE position = 2".to_owned(), "the platform, entry 2"),
            ("DELETE FROM platform_audit_entries WHERE position = 7".to_owned(), "the platform, entry 7 is missing"),
        ] {
            let world = mould.world();
            let mut conn = intruder(&world);
            disarm(&world, &mut conn);
            conn.run(&deed).unwrap_or_else(|error| panic!("{deed}: {error}"));
            let (is_whole, said) = verify(&world);
            assert!(!is_whole && said.contains(told), "{deed}: {said}");
            assert!(said.contains("1 chain(s)"), "{deed}: {said}");
        }
    }

    async fn many_who_write_at_once_make_one_whole_chain(world) {
        let (owner, staff) = (world.owner(1), world.staff(1));
        let writes = (0..40).map(|n| {
            let (owner, staff) = (owner.clone(), staff.clone());
            async move {
                let name = json!({ "first_name": format!("Name {n}") });
                let reply = match n % 4 {
                    0 => owner.patch("/api/auth/me", name).await,
                    1 => staff.patch("/api/auth/me", name).await,
                    2 => owner.post("/api/products/1/stock", json!({"delta": 1})).await,
                    _ => staff.post("/api/products/2/stock", json!({"delta": 1})).await,
                };
                reply.expect(200);
            }
        });
        join_all(writes).await;
        let (is_whole, said) = verify(&world);
        assert!(is_whole, "{said}");
        let count = |table: &str| world.peek(1, &format!("SELECT CAST(COUNT(*) AS TEXT) AS value FROM {table} WHERE vendor_id = 1"))[0].clone();
        assert_eq!((count("platform_audit_entries"), count("audit_entries")), ("21".to_owned(), "29".to_owned()));
    }

    async fn a_chain_longer_than_a_page_is_walked_to_its_end(world) {
        let owner = world.owner(3);
        for _ in 0..16 {
            join_all((0..32).map(|_| async { owner.post("/api/products/11/stock", json!({"delta": 1})).await.expect(200) })).await;
        }
        assert!(verify(&world).0);
        let mut conn = intruder(&world);
        disarm(&world, &mut conn);
        if world.engine == Engine::Postgres {
            conn.run("SET app.vendor_id = '3'").unwrap();
        }
        conn.run("UPDATE audit_entries SET target_id = 12 WHERE vendor_id = 3 AND position = 505").unwrap();
        let (is_whole, said) = verify(&world);
        assert!(!is_whole && said.contains("vendor 3, entry 505"), "{said}");
    }
}

/// The first entry of vendor 1 again, at another position.
fn copy_of_first(position: &str) -> String {
    format!(
        "SELECT vendor_id, {position}, occurred_at, actor_kind, actor_id, impersonator_id, api_key_id, address, request_id, action, \
         target_kind, target_id, before, after, hash FROM audit_entries WHERE vendor_id = 1 AND position = 1"
    )
}
