//! What tests of orders do all the time at the first vendor's shop.

use crate::support::{Client, World};
use serde_json::{Value, json};

/// An order to be: so many pieces of each of these products.
pub fn basket(lines: &[(i64, i64)]) -> Value {
    let items: Vec<_> = lines.iter().map(|(product, quantity)| json!({ "product": product, "quantity": quantity })).collect();
    json!({ "items": items, "address": "123 Main Street" })
}

/// [`basket`] with further members.
pub fn basket_with(lines: &[(i64, i64)], members: Value) -> Value {
    let mut body = basket(lines);
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    body
}

/// Places an order.
pub async fn order(client: &Client, lines: &[(i64, i64)]) -> Value {
    client.post("/api/orders", basket(lines)).await.expect(201)
}

/// Adds a product; tells its id.
pub async fn product(world: &World, name: &str, price: &str, stock: i64) -> i64 {
    let body = json!({ "name": name, "price": price, "stock": stock });
    world.owner(1).post("/api/products", body).await.expect(201)["id"].as_i64().unwrap()
}

/// How many pieces there are.
pub async fn stock(world: &World, product: i64) -> i64 {
    world.owner(1).get(&format!("/api/products/{product}")).await.expect(200)["stock"].as_i64().unwrap()
}

/// An order as somebody sees it.
pub async fn see(client: &Client, order: i64) -> Value {
    client.get(&format!("/api/orders/{order}")).await.expect(200)
}

/// An order's history as somebody sees it.
pub async fn history(client: &Client, order: i64) -> Vec<Value> {
    client.get(&format!("/api/orders/{order}/history")).await.expect(200)["items"].as_array().unwrap().clone()
}

/// Takes an action on an order, which must succeed.
pub async fn act(client: &Client, order: i64, action: &str) -> Value {
    client.post(&format!("/api/orders/{order}/{action}"), json!({})).await.expect(200)
}

/// Gives an order to somebody.
pub async fn assign(world: &World, order: i64, user: i64) -> Value {
    world.owner(1).patch(&format!("/api/orders/{order}/assign-staff"), json!({ "staff_id": user })).await.expect(200)
}

/// All items of a list, page by page.
pub async fn all(client: &Client, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let separator = if path.contains('?') { '&' } else { '?' };
        let page = client.get(&format!("{path}{separator}limit=100{cursor}")).await.expect(200);
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

/// A member of each item, as a number.
pub fn numbers(items: &[Value], member: &str) -> Vec<i64> {
    items.iter().map(|item| item[member].as_i64().unwrap()).collect()
}

/// How many orders the first vendor has.
pub async fn count(world: &World) -> usize {
    all(&world.owner(1), "/api/orders").await.len()
}

pub fn id(thing: &Value) -> i64 {
    thing["id"].as_i64().unwrap()
}
