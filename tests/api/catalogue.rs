//! What the engines' own catalogues say of the tables, in one form for both.

use crate::support::Engine;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};

/// Statements of tests that go around the scopes on purpose say so, or the tripwire stops them.
pub const ON_PURPOSE: &str = "/* unscoped on purpose */";

/// A connection of the tests' own, as the role that the server uses.
pub enum Conn {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
pub struct Column {
    #[diesel(sql_type = Text)]
    pub tab: String,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Text)]
    pub kind: String,
    #[diesel(sql_type = Bool)]
    pub nullable: bool,
}

/// A primary key, a unique constraint or an index.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
pub struct Key {
    #[diesel(sql_type = Text)]
    pub tab: String,
    /// `primary`, `unique` or `index`.
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Its columns, separated by commas.
    #[diesel(sql_type = Text)]
    pub columns: String,
}

/// A foreign key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, QueryableByName)]
pub struct Reference {
    #[diesel(sql_type = Text)]
    pub tab: String,
    #[diesel(sql_type = Text)]
    pub columns: String,
    #[diesel(sql_type = Text)]
    pub target: String,
    #[diesel(sql_type = Text)]
    pub target_columns: String,
}

/// All of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    pub columns: Vec<Column>,
    pub keys: Vec<Key>,
    pub references: Vec<Reference>,
}

const NOT_OURS: &str = "('__diesel_schema_migrations', 'sqlite_sequence')";

impl Conn {
    pub fn open(engine: Engine, url: &str) -> Self {
        #[expect(clippy::disallowed_methods, reason = "the catalogue is read as it is, not through a scope")]
        match engine {
            Engine::Sqlite => {
                let mut conn = SqliteConnection::establish(url.trim_start_matches("sqlite://")).unwrap();
                conn.batch_execute("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000").unwrap();
                Self::Sqlite(conn)
            }
            Engine::Postgres => Self::Postgres(PgConnection::establish(url).unwrap()),
        }
    }

    /// Runs statements; an error says what the engine said.
    pub fn run(&mut self, statements: &str) -> Result<(), String> {
        let text = format!("{ON_PURPOSE} {statements}");
        match self {
            Self::Sqlite(conn) => conn.batch_execute(&text),
            Self::Postgres(conn) => conn.batch_execute(&text),
        }
        .map_err(|error| error.to_string())
    }

    /// Runs one statement; tells how many rows it touched, or what the engine said.
    pub fn touch(&mut self, statement: &str) -> Result<usize, String> {
        let text = format!("{ON_PURPOSE} {statement}");
        match self {
            Self::Sqlite(conn) => diesel::sql_query(text).execute(conn),
            Self::Postgres(conn) => diesel::sql_query(text).execute(conn),
        }
        .map_err(|error| error.to_string())
    }

    /// The one number that a query asks for as `n`.
    pub fn number(&mut self, query: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Number {
            #[diesel(sql_type = BigInt)]
            n: i64,
        }
        let rows: Vec<Number> = self.load(query);
        rows.into_iter().next().unwrap_or_else(|| panic!("no row: {query}")).n
    }

    pub fn load<R>(&mut self, query: &str) -> Vec<R>
    where
        R: QueryableByName<diesel::sqlite::Sqlite> + QueryableByName<diesel::pg::Pg> + 'static,
    {
        let text = format!("{ON_PURPOSE} {query}");
        match self {
            Self::Sqlite(conn) => diesel::sql_query(text).load(conn),
            Self::Postgres(conn) => diesel::sql_query(text).load(conn),
        }
        .unwrap_or_else(|error| panic!("{query}: {error}"))
    }

    /// What this database's catalogue says.
    pub fn catalogue(&mut self) -> Catalogue {
        let (columns, keys, references) = match self {
            Self::Sqlite(_) => SQLITE,
            Self::Postgres(_) => POSTGRES,
        };
        let ours = |query: &str| query.replace("NOT_OURS", NOT_OURS);
        let mut found =
            Catalogue { columns: self.load(&ours(columns)), keys: self.load(&ours(keys)), references: self.load(&ours(references)) };
        found.columns.sort();
        found.keys.sort();
        found.references.sort();
        for column in &mut found.columns {
            column.kind = word(&column.kind, &column.name).to_owned();
        }
        found
    }
}

/// An engine's word for a type, as `src/db/schema.rs` has it. SQLite numbers rows only in columns that it calls INTEGER.
fn word(kind: &str, column: &str) -> &'static str {
    match (kind.to_lowercase().as_str(), column) {
        ("bigint", _) | ("integer", "id") => "BigInt",
        ("integer", _) => "Integer",
        ("text", _) => "Text",
        ("boolean", _) => "Bool",
        ("timestamp" | "timestamp without time zone", _) => "Timestamp",
        (other, _) => panic!("{column} is of a type that the tables do not use: {other}"),
    }
}

/// Columns, keys, references.
const SQLITE: (&str, &str, &str) = (
    "SELECT t.name AS tab, c.name AS name, c.type AS kind, NOT c.\"notnull\" AS nullable
     FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT IN NOT_OURS",
    // A primary key of one INTEGER column is the address of the row, and no index.
    "SELECT t.name AS tab, CASE WHEN i.origin = 'pk' THEN 'primary' WHEN i.\"unique\" THEN 'unique' ELSE 'index' END AS kind,
        (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) AS columns
     FROM sqlite_master t, pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT IN NOT_OURS
     UNION ALL
     SELECT t.name, 'primary', c.name FROM sqlite_master t, pragma_table_info(t.name) c
     WHERE t.type = 'table' AND t.name NOT IN NOT_OURS AND c.pk = 1 AND c.type = 'INTEGER'",
    "SELECT t.name AS tab, group_concat(f.\"from\", ',') AS columns, f.\"table\" AS target, group_concat(f.\"to\", ',') AS target_columns
     FROM sqlite_master t,
        (SELECT m.name AS tab, l.* FROM sqlite_master m, pragma_foreign_key_list(m.name) l ORDER BY m.name, l.id, l.seq) f
     WHERE t.type = 'table' AND t.name = f.tab GROUP BY t.name, f.id",
);

const POSTGRES: (&str, &str, &str) = (
    "SELECT table_name::TEXT AS tab, column_name::TEXT AS name, data_type::TEXT AS kind, is_nullable = 'YES' AS nullable
     FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT IN NOT_OURS",
    "SELECT t.relname::TEXT AS tab, CASE WHEN x.indisprimary THEN 'primary' WHEN x.indisunique THEN 'unique' ELSE 'index' END AS kind,
        (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(x.indkey) WITH ORDINALITY k (number, place)
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) AS columns
     FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid
     WHERE t.relnamespace = 'public'::regnamespace AND t.relname NOT IN NOT_OURS",
    "SELECT t.relname::TEXT AS tab, f.relname::TEXT AS target,
        (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number) AS columns,
        (SELECT string_agg(a.attname, ',' ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
         JOIN pg_attribute a ON a.attrelid = f.oid AND a.attnum = k.number) AS target_columns
     FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class f ON f.oid = c.confrelid
     WHERE c.contype = 'f' AND t.relnamespace = 'public'::regnamespace",
);
