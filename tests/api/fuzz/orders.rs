//! Orders: whatever is ordered, what it comes to is the sum of its lines, and every piece is in the stock or in an order.

use super::holds_there;
use crate::shop::{all, history};
use crate::support::{Client, Reply, World};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use stoa::base::money::{Currency, MAX_PRICE, MAX_TOTAL, Money};

/// Shops of currencies with two, no and three digits.
const CURRENCIES: [&str; 3] = ["EUR", "JPY", "KWD"];

#[derive(Clone, Debug)]
struct Shelf {
    price: i64,
    stock: i64,
    is_active: bool,
}

#[derive(Clone, Debug)]
enum Wish {
    /// Lines: which product of the shelf (one too many is no product at all), and how many pieces.
    Order(Vec<(usize, i64)>),
    /// Call off one of the orders so far.
    Cancel(usize),
}

#[derive(Clone, Debug)]
struct Case {
    shop: usize,
    shelf: Vec<Shelf>,
    wishes: Vec<Wish>,
}

fn cases() -> impl Strategy<Value = Case> {
    let price = prop_oneof![0..100_i64, 0..1_000_000_i64, Just(MAX_PRICE - 1), Just(MAX_PRICE / 2)];
    let stock = prop_oneof![3 => 0..12_i64, 1 => 0..200_000_i64, 1 => Just(1_000_000_000)];
    let product = (price, stock, proptest::bool::weighted(0.9)).prop_map(|(price, stock, is_active)| Shelf { price, stock, is_active });
    let quantity = prop_oneof![8 => 1..6_i64, 1 => -1..2_i64, 1 => 99_998..100_002_i64];
    let order = vec((0..4_usize, quantity), 0..6).prop_map(Wish::Order);
    let wish = prop_oneof![4 => order, 1 => (0..4_usize).prop_map(Wish::Cancel)];
    (0..CURRENCIES.len(), vec(product, 1..4), vec(wish, 1..7)).prop_map(|(shop, shelf, wishes)| Case { shop, shelf, wishes })
}

/// A shop for each currency, as its owner sees it.
async fn shops(world: &World) -> Vec<Client> {
    let mut owners = Vec::new();
    for currency in CURRENCIES {
        let (name, domain) = (format!("owner-{}", currency.to_lowercase()), format!("{}.example.org", currency.to_lowercase()));
        let form = json!({"username": name, "password": "password123", "role": "owner", "vendor_domain": domain});
        world.stranger().post("/api/auth/register", form).await.expect(201);
        let login = json!({"username": name, "password": "password123"});
        let pair = world.stranger().at(&domain).post("/api/auth/login", login).await.expect(200);
        let owner = world.stranger().at(&domain).bearing(pair["access"].as_str().unwrap());
        owner.patch("/api/vendor", json!({ "currency": currency })).await.expect(200);
        owners.push(owner);
    }
    owners
}

/// A shop in the course of a case, and what must be so in it.
struct Shop<'a> {
    owner: &'a Client,
    currency: Currency,
    /// By id: the product, with the stock that there must be.
    products: BTreeMap<i64, Shelf>,
    orders: Vec<Placed>,
    count: usize,
    number: Option<i64>,
}

struct Placed {
    id: i64,
    pieces: BTreeMap<i64, i64>,
    is_cancelled: bool,
}

impl<'a> Shop<'a> {
    async fn open(owner: &'a Client, case: &Case) -> Self {
        let currency = Currency::parse(CURRENCIES[case.shop]).unwrap();
        let mut products = BTreeMap::new();
        for shelf in &case.shelf {
            let price = Money { minor: shelf.price, currency }.to_string();
            let status = if shelf.is_active { "active" } else { "draft" };
            let body = json!({"name": "Thing", "price": price, "stock": shelf.stock, "status": status});
            let id = owner.post("/api/products", body).await.expect(201)["id"].as_i64().unwrap();
            products.insert(id, shelf.clone());
        }
        let count = all(owner, "/api/orders").await.len();
        Self { owner, currency, products, orders: Vec::new(), count, number: None }
    }

    fn amount(&self, minor: i64) -> Value {
        Money { minor, currency: self.currency }.to_string().into()
    }

    /// What an order must be answered with: its lines, or the status and code of the refusal.
    fn outcome(&self, lines: &[(i64, i64)]) -> Result<i64, (u16, &'static str)> {
        const INVALID: (u16, &str) = (422, "validation_failed");
        let on_sale = |id: i64| self.products.get(&id).filter(|product| product.is_active);
        if lines.is_empty() || lines.iter().any(|(_, quantity)| !(1..=100_000).contains(quantity)) {
            return Err(INVALID);
        }
        if lines.iter().any(|(id, _)| on_sale(*id).is_none()) {
            return Err(INVALID);
        }
        if pieces(lines).iter().any(|(id, quantity)| self.products[id].stock < *quantity) {
            return Err((409, "insufficient_stock"));
        }
        let total: i128 = lines.iter().map(|(id, quantity)| i128::from(self.products[id].price) * i128::from(*quantity)).sum();
        if total > i128::from(MAX_TOTAL) { Err(INVALID) } else { Ok(i64::try_from(total).unwrap()) }
    }

    async fn order(&mut self, lines: &[(i64, i64)]) -> TestCaseResult {
        let items: Vec<_> = lines.iter().map(|(product, quantity)| json!({"product": product, "quantity": quantity})).collect();
        let reply = self.owner.post("/api/orders", json!({"items": items, "address": "123 Main Street"})).await;
        match self.outcome(lines) {
            Err((status, code)) => prop_assert_eq!((reply.status, reply.body["code"].as_str()), (status, Some(code)), "{}", reply.text),
            Ok(total) => {
                prop_assert_eq!(reply.status, 201, "{}", reply.text);
                self.check(&reply, lines, total)?;
                self.take(&reply.body, pieces(lines))?;
            }
        }
        Ok(())
    }

    /// The order says what was ordered, at the prices that there were, and sums it up.
    fn check(&self, reply: &Reply, lines: &[(i64, i64)], total: i64) -> TestCaseResult {
        let order = &reply.body;
        let items = order["items"].as_array().unwrap();
        prop_assert_eq!(items.len(), lines.len(), "{}", reply.text);
        for (item, (product, quantity)) in items.iter().zip(lines) {
            let price = self.products[product].price;
            prop_assert_eq!((item["product"].as_i64(), item["quantity"].as_i64()), (Some(*product), Some(*quantity)), "{}", reply.text);
            prop_assert_eq!((&item["price"], &item["total"]), (&self.amount(price), &self.amount(price * quantity)), "{}", reply.text);
        }
        let nothing = self.amount(0);
        prop_assert_eq!((&order["subtotal"], &order["total"]), (&self.amount(total), &self.amount(total)), "{}", reply.text);
        prop_assert_eq!(
            [&order["discount"], &order["shipping"], &order["tax"], &order["paid"], &order["refunded"]],
            [&nothing; 5],
            "{}",
            reply.text
        );
        prop_assert_eq!(order["payment_status"].as_str(), Some(if total == 0 { "paid" } else { "unpaid" }), "{}", reply.text);
        Ok(())
    }

    fn take(&mut self, order: &Value, pieces: BTreeMap<i64, i64>) -> TestCaseResult {
        for (id, quantity) in &pieces {
            self.products.get_mut(id).unwrap().stock -= quantity;
        }
        // A refusal uses up no number.
        let number = order["number"].as_i64().unwrap();
        prop_assert!(self.number.is_none_or(|last| number == last + 1), "{} after {:?}", number, self.number);
        self.number = Some(number);
        self.count += 1;
        self.orders.push(Placed { id: order["id"].as_i64().unwrap(), pieces, is_cancelled: false });
        Ok(())
    }

    async fn cancel(&mut self, which: usize) -> TestCaseResult {
        let length = self.orders.len().max(1);
        let Some(order) = self.orders.get_mut(which % length) else { return Ok(()) };
        let reply = self.owner.post(&format!("/api/orders/{}/cancel", order.id), json!({})).await;
        if order.is_cancelled {
            prop_assert_eq!((reply.status, reply.body["code"].as_str()), (409, Some("illegal_transition")), "{}", reply.text);
            return Ok(());
        }
        prop_assert_eq!(reply.status, 200, "{}", reply.text);
        order.is_cancelled = true;
        for (id, quantity) in &order.pieces {
            self.products.get_mut(id).unwrap().stock += quantity;
        }
        Ok(())
    }

    /// All that there is is what must be there, and each order has its event.
    async fn agrees(&self) -> TestCaseResult {
        for (id, product) in &self.products {
            let seen = self.owner.get(&format!("/api/products/{id}")).await.expect(200);
            prop_assert_eq!((seen["stock"].as_i64(), &seen["price"]), (Some(product.stock), &self.amount(product.price)), "product {}", id);
        }
        prop_assert_eq!(all(self.owner, "/api/orders").await.len(), self.count);
        for order in &self.orders {
            let kinds: Vec<_> =
                history(self.owner, order.id).await.iter().map(|entry| entry["type"].as_str().unwrap().to_owned()).collect();
            let expected = ["order.placed", "order.status_changed"];
            prop_assert_eq!(kinds, &expected[..=usize::from(order.is_cancelled)]);
        }
        Ok(())
    }
}

/// How many pieces of each product: lines of the same product count together.
fn pieces(lines: &[(i64, i64)]) -> BTreeMap<i64, i64> {
    lines.iter().fold(BTreeMap::new(), |mut pieces, (id, quantity)| {
        *pieces.entry(*id).or_insert(0) += quantity;
        pieces
    })
}

async fn play(owner: &Client, case: Case) -> TestCaseResult {
    let mut shop = Shop::open(owner, &case).await;
    let ids: Vec<_> = shop.products.keys().copied().collect();
    for wish in case.wishes {
        match wish {
            Wish::Cancel(which) => shop.cancel(which).await?,
            Wish::Order(lines) => {
                let lines: Vec<_> =
                    lines.iter().map(|(which, quantity)| (ids.get(*which).copied().unwrap_or(999_999), *quantity)).collect();
                shop.order(&lines).await?;
            }
        }
        shop.agrees().await?;
    }
    Ok(())
}

both_engines! {
    async fn whatever_is_ordered_the_sums_are_right_and_no_piece_is_lost(world) {
        let owners = shops(&world).await;
        let shared = Arc::new((world, owners));
        holds_there(12, cases, move |case| {
            let shared = Arc::clone(&shared);
            async move { play(&shared.1[case.shop], case).await }
        })
        .await;
    }
}
