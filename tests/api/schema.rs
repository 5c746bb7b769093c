//! The tables, as the engines' catalogues have them: whatever belongs to a vendor is bound to it by every key.

use crate::catalogue::{Catalogue, Column, Conn, Reference};
use crate::returns::give_back;
use crate::support::{Engine, World};
use std::collections::BTreeSet;
use std::path::Path;
use stoa::db::schema::TENANT_TABLES;
use stoa::db::{self, Synchronous};

/// The tables of the control plane that name a vendor: they tell who is what where, and are asked before a vendor is known.
const CONTROL_TABLES: &[&str] = &[
    "api_keys",
    "impersonations",
    "invitations",
    "mailed_tokens",
    "mails",
    "members",
    "platform_audit_entries",
    "roles",
    "sales_marks",
    "sessions",
    "vendor_days",
    "vendor_domains",
];

/// The table that is of neither plane: it tells how often a vendor's catalogue was changed, is asked for many vendors at once, and no scope
/// reaches it.
const NEITHER: [&str; 1] = ["catalogue_versions"];

/// The keys of the control plane that do not begin with the vendor, and why.
const CONTROL_KEYS: &[(&str, &str, &str)] = &[
    ("mailed_tokens", "id", "the address of the row"),
    ("mailed_tokens", "digest", "whoever comes with a token has nothing else to show"),
    ("mailed_tokens", "user_id", "a user's tokens are good at all vendors"),
    ("mailed_tokens", "expires_at", "housekeeping"),
    ("mails", "id", "the address of the row, which the courier knows it by"),
    ("mails", "due_at", "the courier takes every vendor's letters, and the platform's, in the order of their times"),
    ("mails", "created_at", "housekeeping"),
    ("invitations", "id", "the address of the row"),
    ("invitations", "token_hash", "whoever is invited shows a token before a vendor is known"),
    ("invitations", "expires_at", "housekeeping"),
    ("vendor_domains", "id", "the address of the row"),
    ("vendor_domains", "domain", "which vendor a name means is asked before a vendor is known"),
    ("impersonations", "id", "the address of the row, and how operators name it"),
    ("impersonations", "operator_id,id", "what one operator did at all vendors"),
    ("impersonations", "session_id", "the session is named by a signed token"),
    ("api_keys", "id", "the address of the row"),
    ("api_keys", "digest", "the gate finds a key by it, before the vendor is known"),
    ("members", "user_id", "signing in without a vendor asks where somebody is a member"),
    ("platform_audit_entries", "position", "one chain for the whole platform"),
    ("platform_audit_entries", "occurred_at,position", "operators read the whole platform's"),
    ("platform_audit_entries", "actor_id,occurred_at,position", "operators look for what somebody did anywhere"),
    ("platform_audit_entries", "action,occurred_at,position", "operators look for what was done anywhere"),
    ("roles", "id", "the address of the row; whoever refers to it does so by (vendor_id, id)"),
    ("sales_marks", "read_at", "when the platform's sums were last brought up to date"),
    ("sessions", "id", "the address of the row, named by a signed token"),
    ("sessions", "user_id", "somebody's sessions at all vendors end when they change their password"),
    ("sessions", "expires_at", "housekeeping"),
];

fn names_vendors(found: &Catalogue) -> BTreeSet<String> {
    found.columns.iter().filter(|column| column.name == "vendor_id").map(|column| column.tab.clone()).collect()
}

fn is_tenants(table: &str) -> bool {
    TENANT_TABLES.contains(&table)
}

fn is_excused(table: &str, columns: &str) -> bool {
    CONTROL_KEYS.iter().any(|(excused, key, _)| (*excused, *key) == (table, columns))
}

fn settings(world: &World) -> db::Settings {
    db::Settings { url: world.url.clone(), pool_size: 1, synchronous: Synchronous::Normal }
}

/// The tables as `src/db/schema.rs` and its parts state them, and the columns of their primary keys.
fn stated() -> (Vec<Column>, Vec<(String, String)>) {
    let read = |file: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db").join(file)).unwrap();
    let text = ["schema.rs", "schema/audit.rs", "schema/platform.rs", "schema/proofs.rs", "schema/trade.rs"].map(read).concat();
    let (mut columns, mut keys, mut renamed) = (Vec::new(), Vec::new(), None);
    for table in text.split("diesel::table! {").skip(1) {
        let mut lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
        let (tab, key) = lines.next().unwrap().trim_end_matches(" {").split_once(' ').unwrap();
        keys.push((tab.to_owned(), key.trim_matches(['(', ')']).replace(' ', "")));
        for line in lines.take_while(|line| *line != "}") {
            if let Some(name) = line.strip_prefix("#[sql_name = \"") {
                renamed = Some(name.trim_end_matches("\"]").to_owned());
                continue;
            }
            let (name, kind) = line.trim_end_matches(',').split_once(" -> ").unwrap();
            let inner = kind.strip_prefix("Nullable<").map(|inner| inner.trim_end_matches('>'));
            columns.push(Column {
                tab: tab.to_owned(),
                name: renamed.take().unwrap_or_else(|| name.to_owned()),
                kind: inner.unwrap_or(kind).to_owned(),
                nullable: inner.is_some(),
            });
        }
    }
    columns.sort();
    (columns, keys)
}

both_engines! {
    async fn every_table_that_names_a_vendor_is_a_vendors_or_a_named_exception(world) {
        let found = Conn::open(world.engine, &world.url).catalogue();
        let expected: BTreeSet<_> = TENANT_TABLES.iter().chain(CONTROL_TABLES).chain(&NEITHER).map(|table| (*table).to_owned()).collect();
        assert_eq!(names_vendors(&found), expected);
    }

    async fn no_row_of_a_vendor_is_without_its_vendor(world) {
        let found = Conn::open(world.engine, &world.url).catalogue();
        let loose: Vec<_> =
            found.columns.iter().filter(|column| column.name == "vendor_id" && column.nullable).map(|column| column.tab.as_str()).collect();
        // A session of an operator is at no vendor, some of what operators do is about none, and the platform writes letters.
        assert_eq!(loose, ["mailed_tokens", "mails", "platform_audit_entries", "sessions"]);
    }

    async fn every_key_begins_with_the_vendor(world) {
        let found = Conn::open(world.engine, &world.url).catalogue();
        let bound = names_vendors(&found);
        let begins = |columns: &str| columns.split(',').next() == Some("vendor_id");
        for key in found.keys.iter().filter(|key| bound.contains(&key.tab)) {
            // In SQLite the address of a row is a number of its own: (vendor_id, id) is unique besides.
            let is_address = world.engine == Engine::Sqlite && key.kind == "primary" && key.columns == "id";
            assert!(begins(&key.columns) || is_address || is_excused(&key.tab, &key.columns), "{key:?}");
        }
        for table in bound.iter().filter(|table| !["mailed_tokens", "mails", "sessions"].contains(&table.as_str())) {
            let is_found = found.keys.iter().any(|key| key.tab == *table && key.kind != "index" && begins(&key.columns));
            assert!(is_found, "{table} has no unique key that begins with its vendor");
        }
    }

    async fn every_reference_stays_with_its_vendor_and_on_its_plane(world) {
        let found = Conn::open(world.engine, &world.url).catalogue();
        let bound = names_vendors(&found);
        assert!(found.references.len() >= 9, "{:?}", found.references);
        for reference in &found.references {
            assert_eq!(is_tenants(&reference.tab), is_tenants(&reference.target), "{reference:?} crosses from one plane to the other");
            if bound.contains(&reference.tab) && bound.contains(&reference.target) {
                assert!(reference.columns.starts_with("vendor_id,") && reference.target_columns.starts_with("vendor_id,"), "{reference:?}");
            }
        }
    }

    async fn no_row_can_point_at_another_vendors(world) {
        for n in [1, 2] {
            give_back(&world, n, "too small").await;
        }
        let mut conn = Conn::open(world.engine, &world.url);
        let found = conn.catalogue();
        let mut tried = 0;
        for reference in found.references.iter().filter(|reference| is_tenants(&reference.tab)) {
            let own: Vec<_> = reference.columns.split(',').skip(1).collect();
            let theirs: Vec<_> = reference.target_columns.split(',').skip(1).collect();
            conn.run("BEGIN").unwrap();
            announce(&mut conn, "2");
            let smallest = |column: &str| format!("SELECT min({column}) AS n FROM {} WHERE vendor_id = 2", reference.target);
            let foreign: Vec<_> = theirs.iter().map(|column| conn.number(&smallest(column))).collect();
            announce(&mut conn, "1");
            let set: Vec<_> = own.iter().zip(&foreign).map(|(column, value)| format!("{column} = {value}")).collect();
            let (columns, last) = (set.join(", "), own.last().unwrap());
            let some = format!("SELECT min({last}) FROM {} WHERE vendor_id = 1", reference.tab);
            let refused = conn.touch(&format!("UPDATE {} SET {columns} WHERE vendor_id = 1 AND {last} = ({some})", reference.tab));
            assert!(refused.as_ref().is_err_and(|error| error.to_lowercase().contains("foreign key")), "{reference:?}: {refused:?}");
            conn.run("ROLLBACK").unwrap();
            tried += 1;
        }
        assert!(tried >= 4, "{tried}");
    }

    async fn the_tables_are_those_that_the_code_states(world) {
        let found = Conn::open(world.engine, &world.url).catalogue();
        let (columns, keys) = stated();
        assert_eq!(found.columns, columns);
        for (table, key) in keys {
            let is_unique = found.keys.iter().any(|found| found.tab == table && found.kind != "index" && found.columns == key);
            assert!(is_unique, "{table} is not unique by {key}");
        }
    }

    async fn migrations_taken_back_and_made_again_give_the_same_tables(world) {
        let settings = settings(&world);
        let before = Conn::open(world.engine, &world.url).catalogue();
        assert_eq!(db::migrate(&settings).unwrap(), 0);
        let down = db::unmigrate(&settings).unwrap();
        assert!(down >= 9, "{down}");
        let none = Conn::open(world.engine, &world.url).catalogue();
        assert_eq!(none, Catalogue { columns: Vec::new(), keys: Vec::new(), references: Vec::new() });
        assert_eq!(db::migrate(&settings).unwrap(), down);
        assert_eq!(Conn::open(world.engine, &world.url).catalogue(), before);
    }

    async fn a_server_does_not_start_on_tables_that_are_not_up_to_date(world) {
        let settings = settings(&world);
        db::unmigrate(&settings).unwrap();
        let refused = db::Db::open(&settings, stoa::base::time::Clock::system()).err().unwrap().to_string();
        assert!(refused.contains("stoa migrate"), "{refused}");
    }
}

/// Tells row-level security, for this transaction, whose rows are meant; SQLite has none.
fn announce(conn: &mut Conn, vendor: &str) {
    if matches!(conn, Conn::Postgres(_)) {
        conn.run(&format!("SET LOCAL app.vendor_id = '{vendor}'")).unwrap();
    }
}

/// What both engines must agree on: the references, and by which columns rows are kept apart and found.
async fn agreed(engine: Engine) -> (Vec<Reference>, BTreeSet<(String, String)>) {
    let world = World::start(engine).await;
    let found = Conn::open(engine, &world.url).catalogue();
    let mut keys: BTreeSet<_> = found.keys.into_iter().map(|key| (key.tab, key.columns)).collect();
    // SQLite's addresses of rows.
    keys.retain(|(table, columns)| !(is_tenants(table) && columns == "id"));
    (found.references, keys)
}

#[actix_web::test]
async fn both_engines_have_the_same_keys_and_references() {
    assert_eq!(agreed(Engine::Sqlite).await, agreed(Engine::Postgres).await);
}
