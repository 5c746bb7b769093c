//! The books: whether all that was promised is there, once and whole, and nothing else.

use super::load::{Promise, Tally};
use super::shop::{Shop, VENDORS};
use crate::catalogue::Conn;
use crate::support::Engine;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use futures_util::future::join_all;
use std::collections::BTreeMap;

/// For each vendor and product: how much there is and was sold, together.
pub type Books = BTreeMap<(usize, i64), i64>;

#[derive(QueryableByName)]
struct Product {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    there_and_sold: i64,
}

/// An order that was placed under a shopper's key, and what belongs to it.
#[derive(QueryableByName)]
struct Placed {
    #[diesel(sql_type = Text)]
    note: String,
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    number: i64,
    #[diesel(sql_type = BigInt)]
    subtotal: i64,
    #[diesel(sql_type = BigInt)]
    lines: i64,
    #[diesel(sql_type = BigInt)]
    amount: i64,
    #[diesel(sql_type = BigInt)]
    events: i64,
    #[diesel(sql_type = BigInt)]
    keys: i64,
}

const STOCK: &str = "SELECT p.id AS id, p.stock + CAST(coalesce((SELECT sum(l.quantity) FROM order_lines l \
    WHERE l.vendor_id = p.vendor_id AND l.product_id = p.id), 0) AS BIGINT) AS there_and_sold FROM products p WHERE p.vendor_id = ";

const PLACED: &str = "SELECT o.note AS note, o.id AS id, o.number AS number, o.subtotal AS subtotal, \
    (SELECT count(*) FROM order_lines l WHERE l.vendor_id = o.vendor_id AND l.order_id = o.id) AS lines, \
    (SELECT CAST(coalesce(sum(l.total), 0) AS BIGINT) FROM order_lines l WHERE l.vendor_id = o.vendor_id AND l.order_id = o.id) AS amount, \
    (SELECT count(*) FROM events e WHERE e.vendor_id = o.vendor_id AND e.type = 'order.placed' AND e.resource_id = o.id) AS events, \
    (SELECT count(*) FROM idempotency_keys k WHERE k.vendor_id = o.vendor_id AND k.key = o.note AND k.status = 201) AS keys \
    FROM orders o WHERE o.note LIKE 'wish-%' AND o.vendor_id = ";

impl Shop {
    fn conn(&self) -> Conn {
        Conn::open(self.engine, &self.url)
    }

    /// What is in the books now.
    pub fn books(&self) -> Books {
        let (mut conn, mut books) = (self.conn(), Books::new());
        for vendor in 1..=VENDORS {
            as_vendor(&mut conn, vendor);
            let products: Vec<Product> = conn.load(&format!("{STOCK}{vendor}"));
            books.extend(products.into_iter().map(|product| ((vendor, product.id), product.there_and_sold)));
        }
        books
    }

    /// Asks for every acknowledged order once more, and then compares the promises with the tables.
    pub async fn audit(&self, opening: &Books, tally: &Tally) {
        for some in tally.promises.chunks(16) {
            join_all(some.iter().map(ask_again)).await;
        }
        assert_eq!(&self.books(), opening, "what was sold and what is left is not what there was");
        let mut conn = self.conn();
        for vendor in 1..=VENDORS {
            as_vendor(&mut conn, vendor);
            compare(&mut conn, vendor, tally.promises.iter().filter(|promise| promise.customer.vendor == vendor));
        }
        if self.engine == Engine::Sqlite {
            assert_eq!(conn.number("SELECT count(*) AS n FROM pragma_integrity_check WHERE integrity_check <> 'ok'"), 0);
            assert_eq!(conn.number("SELECT count(*) AS n FROM pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
            assert_eq!(conn.number("SELECT count(*) AS n FROM pragma_foreign_key_check"), 0);
        }
    }
}

/// The same key gives the same order.
async fn ask_again(promise: &Promise) {
    let client = promise.customer.client.clone().with("idempotency-key", &promise.key);
    let reply = client.post("/api/orders", promise.wish.clone()).await;
    assert_eq!((reply.status, reply.header("idempotent-replayed")), (201, Some("true")), "{reply:?}");
    assert_eq!(reply.body, promise.answer);
}

fn as_vendor(conn: &mut Conn, vendor: usize) {
    if matches!(conn, Conn::Postgres(_)) {
        conn.run(&format!("SET app.vendor_id = '{vendor}'")).unwrap();
    }
}

fn compare<'a>(conn: &mut Conn, vendor: usize, owed: impl Iterator<Item = &'a Promise>) {
    let promised: BTreeMap<_, _> = owed.map(|promise| (promise.key.as_str(), promise)).collect();
    let placed: Vec<Placed> = conn.load(&format!("{PLACED}{vendor}"));
    let keys: BTreeMap<_, _> = placed.iter().map(|order| (order.note.as_str(), order)).collect();
    assert_eq!(keys.len(), placed.len(), "an order is there twice");
    assert!(keys.keys().eq(promised.keys()), "{} orders are there, {} were promised", keys.len(), promised.len());
    for (key, order) in keys {
        let promise = promised[key];
        assert_eq!((promise.answer["id"].as_i64(), promise.answer["number"].as_i64()), (Some(order.id), Some(order.number)), "{key}");
        assert_eq!(
            Some(order.lines),
            promise.wish["items"].as_array().map(|items| i64::try_from(items.len()).unwrap()),
            "half an order: {key}"
        );
        assert_eq!((order.amount, order.events, order.keys), (order.subtotal, 1, 1), "half an order: {key}");
    }
    // And nothing is left of what was not.
    let mut count = |what: &str| conn.number(&format!("SELECT count(*) AS n FROM {what}"));
    let orders = count(&format!("orders WHERE vendor_id = {vendor}"));
    assert_eq!(count(&format!("orders WHERE vendor_id = {vendor} AND number BETWEEN 1001 AND {}", 1000 + orders)), orders);
    assert_eq!(count(&format!("order_counters WHERE vendor_id = {vendor} AND last_number = {}", 1000 + orders)), 1);
    assert_eq!(count(&format!("events WHERE vendor_id = {vendor} AND type = 'order.placed'")), orders);
    assert_eq!(count(&format!("idempotency_keys WHERE vendor_id = {vendor}")), i64::try_from(promised.len()).unwrap());
    let homeless = "NOT EXISTS (SELECT 1 FROM orders o WHERE o.vendor_id = l.vendor_id AND o.id = l.order_id)";
    assert_eq!(count(&format!("order_lines l WHERE l.vendor_id = {vendor} AND {homeless}")), 0);
}
