//! The load: shoppers who order, each with a key, and send an order again until they know what became of it; and
//! visitors who look around.

use super::shop::{Customer, NEVER, Shop, pause};
use crate::support::{Client, Reply};
use actix_web::rt::task::JoinHandle;
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// What may happen to those who call while something is wrong. Whatever else does is a failure.
#[derive(Clone, Copy, Default)]
pub struct Trouble {
    /// Connections may break.
    pub cuts: bool,
    /// What those who order may be told.
    pub orders: &'static [(u16, &'static str)],
    /// What those who look around may be told.
    pub visits: &'static [(u16, &'static str)],
}

/// An order that was acknowledged.
pub struct Promise {
    pub customer: Customer,
    pub key: String,
    pub wish: Value,
    pub answer: Value,
}

/// What the shoppers and visitors found.
#[derive(Default)]
pub struct Tally {
    pub promises: Vec<Promise>,
    pub sold_out: usize,
    /// Answers that never came, because the connection broke.
    pub cut: usize,
    /// Orders that were put off.
    pub put_off: usize,
    pub visits: usize,
    pub visits_put_off: usize,
    /// How long the slowest answer took.
    pub slowest: Duration,
}

impl Tally {
    fn note_visit(&mut self, reply: Option<Reply>, took: Duration, trouble: Trouble) {
        self.slowest = self.slowest.max(took);
        match reply {
            None => assert!(trouble.cuts, "a connection broke"),
            Some(reply) if puts_off(&reply, trouble.visits) => self.visits_put_off += 1,
            Some(reply) => {
                reply.expect(200);
                self.visits += 1;
            }
        }
    }

    /// Prints the figures.
    pub fn tell(&self, what: &str) {
        println!(
            "{what}: {} orders acknowledged, {} sold out, {} put off, {} answers cut off; {} visits, {} put off; slowest answer {} ms",
            self.promises.len(),
            self.sold_out,
            self.put_off,
            self.cut,
            self.visits,
            self.visits_put_off,
            self.slowest.as_millis(),
        );
    }
}

type Shared<T> = Rc<RefCell<T>>;

pub struct Load {
    tally: Shared<Tally>,
    closing: Rc<Cell<bool>>,
    tasks: Vec<JoinHandle<()>>,
}

impl Load {
    /// Each customer comes with so many shoppers, and one visitor.
    pub fn start(shop: &Shop, shoppers: usize, trouble: Trouble) -> Self {
        let (tally, closing) = (Shared::<Tally>::default(), Rc::new(Cell::new(false)));
        let mut tasks = Vec::new();
        for customer in &shop.customers {
            for number in 0..shoppers {
                let shopper =
                    Shopper { customer: customer.clone(), number, trouble, tally: Rc::clone(&tally), closing: Rc::clone(&closing) };
                tasks.push(actix_web::rt::spawn(shopper.shop()));
            }
            tasks.push(actix_web::rt::spawn(look_around(customer.clone(), trouble, Rc::clone(&tally), Rc::clone(&closing))));
        }
        Self { tally, closing, tasks }
    }

    /// Waits until so many orders were acknowledged.
    pub async fn until_promised(&self, count: usize) {
        self.until("acknowledged", |tally| tally.promises.len() >= count).await;
    }

    /// Waits until that many more were.
    pub async fn until_promised_more(&self, count: usize) {
        let now = self.tally.borrow().promises.len();
        self.until_promised(now + count).await;
    }

    /// Waits until so many orders were put off.
    pub async fn until_put_off(&self, count: usize) {
        self.until("put off", |tally| tally.put_off >= count).await;
    }

    /// Waits until that many more were.
    pub async fn until_put_off_more(&self, count: usize) {
        let now = self.tally.borrow().put_off;
        self.until_put_off(now + count).await;
    }

    async fn until(&self, what: &str, is_so: impl Fn(&Tally) -> bool) {
        let began = Instant::now();
        while !is_so(&self.tally.borrow()) && !self.tasks.iter().any(JoinHandle::is_finished) {
            assert!(began.elapsed() < NEVER, "never {what}: {} acknowledged", self.tally.borrow().promises.len());
            pause(10).await;
        }
    }

    /// Lets everybody finish what they have begun.
    pub async fn finish(self) -> Tally {
        self.closing.set(true);
        for task in self.tasks {
            task.await.unwrap();
        }
        self.tally.take()
    }
}

/// Whether this is a refusal that trouble allows: which also says when to come again.
fn puts_off(reply: &Reply, allowed: &[(u16, &str)]) -> bool {
    let is_allowed = allowed.contains(&(reply.status, reply.body["code"].as_str().unwrap_or_default()));
    if is_allowed {
        let seconds = reply.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds >= 1), "no Retry-After: {reply:?}");
        assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{reply:?}");
    }
    is_allowed
}

struct Shopper {
    customer: Customer,
    number: usize,
    trouble: Trouble,
    tally: Shared<Tally>,
    closing: Rc<Cell<bool>>,
}

impl Shopper {
    async fn shop(self) {
        for wish in 0.. {
            if self.closing.get() {
                break;
            }
            self.insist(format!("wish-{}-{}-{wish}", self.customer.name, self.number)).await;
        }
    }

    /// Sends one order until it is placed or refused for good.
    async fn insist(&self, key: String) {
        let wish = self.wish(&key);
        let client = self.customer.client.clone().with("idempotency-key", &key);
        loop {
            let began = Instant::now();
            let reply = client.attempt("/api/orders", Some(wish.clone())).await;
            if self.is_final(&key, &wish, reply, began.elapsed()) {
                break;
            }
            pause(25).await;
        }
    }

    /// Notes an answer; says whether there is nothing more to wait for.
    fn is_final(&self, key: &str, wish: &Value, reply: Option<Reply>, took: Duration) -> bool {
        let mut tally = self.tally.borrow_mut();
        tally.slowest = tally.slowest.max(took);
        match reply {
            None => {
                assert!(self.trouble.cuts, "a connection broke");
                tally.cut += 1;
                false
            }
            Some(reply) if puts_off(&reply, self.trouble.orders) => {
                tally.put_off += 1;
                false
            }
            Some(reply) if reply.status == 201 => {
                let (customer, key) = (self.customer.clone(), key.to_owned());
                tally.promises.push(Promise { customer, key, wish: wish.clone(), answer: reply.body });
                true
            }
            Some(reply) => {
                reply.problem(409, "insufficient_stock");
                tally.sold_out += 1;
                true
            }
        }
    }

    /// Two lines: one of what there is plenty of, one of anything. The note tells the order from all others.
    fn wish(&self, key: &str) -> Value {
        let products = &self.customer.products;
        let last = products.len() - 1;
        let first = rand::random_range(0..last);
        let second = (first + rand::random_range(1..=last)) % products.len();
        let line = |index: usize| json!({ "product": products[index], "quantity": rand::random_range(1..=3) });
        json!({ "items": [line(first), line(second)], "address": "123 Main Street", "note": key })
    }
}

async fn look_around(customer: Customer, trouble: Trouble, tally: Shared<Tally>, closing: Rc<Cell<bool>>) {
    let product = format!("/api/products/{}", customer.products[0]);
    let places = ["/api/products", &product, "/api/products?q=a&sort=-price", "/api/orders/my", "/api/auth/me", "/healthz"];
    for place in places.iter().cycle() {
        if closing.get() {
            break;
        }
        let began = Instant::now();
        let reply = customer.client.attempt(place, None).await;
        // The process itself is well, whatever else is not.
        let allowed = if *place == "/healthz" { &[] } else { trouble.visits };
        tally.borrow_mut().note_visit(reply, began.elapsed(), Trouble { visits: allowed, ..trouble });
        pause(20).await;
    }
}

impl Client {
    /// Sends a `GET`, or a `POST` of this; nothing comes back when the connection breaks. Whoever waits too long has
    /// found a hang.
    pub async fn attempt(&self, path: &str, body: Option<Value>) -> Option<Reply> {
        let method = if body.is_some() { reqwest::Method::POST } else { reqwest::Method::GET };
        match self.try_send(method, path, body).await {
            Ok(reply) => Some(reply),
            Err(error) => {
                assert!(!error.is_timeout(), "{path}: a hang: {error}");
                None
            }
        }
    }
}
