//! Looks behind the server's back: what is in the tables, and what comes back for bytes that no client would send.

use super::database::Engine;
use super::watch;
use super::world::World;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::io::{Read, Write};
use std::net::TcpStream;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

impl World {
    /// The text column `value` of a query over the tables of the demo's vendor `n`.
    pub fn peek(&self, n: usize, query: &str) -> Vec<String> {
        let query = diesel::sql_query(format!("{} {query}", watch::ON_PURPOSE));
        #[expect(clippy::disallowed_methods, reason = "a test may look behind the scenes")]
        let rows: Vec<Row> = match self.engine {
            Engine::Sqlite => query.load(&mut SqliteConnection::establish(self.url.trim_start_matches("sqlite://")).unwrap()),
            Engine::Postgres => {
                let mut conn = PgConnection::establish(&self.url).unwrap();
                conn.batch_execute(&format!("SET app.vendor_id = '{n}'")).unwrap();
                query.load(&mut conn)
            }
        }
        .unwrap();
        rows.into_iter().map(|row| row.value).collect()
    }

    /// What happened at the demo's vendor `n` since its event number `after`: `type resource/id by actor/id`.
    pub fn events_after(&self, n: usize, after: i64) -> Vec<String> {
        self.peek(
            n,
            &format!(
                "SELECT type || ' ' || resource || '/' || resource_id || ' by ' || actor_kind || '/' || actor_id AS value \
                 FROM events WHERE vendor_id = {n} AND id > {after} ORDER BY id"
            ),
        )
    }

    /// The number of the last event at the demo's vendor `n`.
    pub fn last_event(&self, n: usize) -> i64 {
        let last = self.peek(n, &format!("SELECT CAST(MAX(id) AS TEXT) AS value FROM events WHERE vendor_id = {n}"));
        last[0].parse().unwrap()
    }

    /// Sends these bytes as they are; tells the status and all that came back.
    pub async fn send_bytes(&self, bytes: Vec<u8>) -> (u16, String) {
        let address = self.base.trim_start_matches("http://").to_owned();
        let answer = actix_web::web::block(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(&bytes).unwrap();
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            String::from_utf8_lossy(&answer).into_owned()
        })
        .await
        .unwrap();
        let status = answer.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {answer:?}"));
        (status.parse().unwrap(), answer)
    }
}
