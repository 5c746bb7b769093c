//! What a client is to do.

use serde::{Deserialize, Serialize};
use std::net::SocketAddr;

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The first 20 products of a shop.
    List,
    /// One of its products.
    Product,
    /// An order of two lines, with a key of its own.
    Order,
    /// The next status of an order that this client has placed.
    Status,
    /// A customer signs in.
    Login,
}

/// How requests follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Pace {
    /// Each connection sends its next request when it has the answer to the last.
    Closed,
    /// So many begin each second, whatever becomes of those before; how long one takes counts from when it should have begun.
    Open(f64),
    /// The same as `Closed`, until each shop has been asked once.
    Tour,
}

/// A shop, as far as its customers know it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shop {
    /// Its vendor's id.
    pub vendor: i64,
    /// Where it is.
    pub domain: String,
    /// The id of its first product.
    pub first_product: i64,
    /// How many it has; their ids follow each other.
    pub products: i64,
    /// The number of its first customer, whose name is `customer<number>`.
    pub first_customer: i64,
    /// How many it has.
    pub customers: i64,
    /// The session of the first, who is signed in.
    pub session: i64,
    /// Their access token.
    pub customer_token: String,
    /// The access token of its owner.
    pub owner_token: String,
}

/// All a client needs to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    /// The server.
    pub address: SocketAddr,
    /// How many connections.
    pub connections: usize,
    /// How requests follow each other.
    pub pace: Pace,
    /// Which, and how many of each kind in a hundred.
    pub mix: Vec<(Kind, u32)>,
    /// The shops, each as likely as any other.
    pub shops: Vec<Shop>,
    /// The customers' password.
    pub password: String,
    /// How long until it counts.
    pub warm_up_ms: u64,
    /// For how long it counts.
    pub measure_ms: u64,
    /// Where chance, and the keys of the orders, begin: another one for each run on a database.
    pub seed: u64,
}
