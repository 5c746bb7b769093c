//! The bytes of requests: all that is the same each time is made once.

use super::plan::{Kind, Pace, Plan, Shop};
use crate::Failure;
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use std::collections::VecDeque;
use std::io::Write;

/// How wide a product's id is written: blanks before a number mean nothing in JSON, and all bodies have one length.
const ID_WIDTH: usize = 12;

/// An order that was placed, and how far it has come.
pub struct Placed {
    shop: usize,
    id: i64,
    stage: usize,
}

/// Where an order goes from here, step by step.
const STAGES: [&str; 4] = ["confirmed", "processing", "shipped", "delivered"];

/// A request, and what has to be known when its answer comes.
pub enum Sent {
    /// Anything that leaves nothing to be done.
    Plain,
    /// An order, at this shop.
    Order(usize),
    /// A change of this order.
    Status(Placed),
}

impl Sent {
    /// The status that its answer must have.
    pub fn expected(&self) -> u16 {
        if matches!(self, Self::Order(_)) { 201 } else { 200 }
    }
}

struct Templates {
    list: Vec<u8>,
    product: (String, String),
    order: String,
    login: String,
    patch: String,
}

impl Templates {
    fn of(shop: &Shop, address: &str) -> Self {
        let at = format!("Host: {address}\r\nX-Tenant-Domain: {}\r\n", shop.domain);
        let json = "Content-Type: application/json\r\n";
        let bearer = |token: &str| format!("Authorization: Bearer {token}\r\n");
        Self {
            list: format!("GET /api/products?limit=20 HTTP/1.1\r\n{at}\r\n").into_bytes(),
            product: ("GET /api/products/".to_owned(), format!(" HTTP/1.1\r\n{at}\r\n")),
            order: format!("POST /api/orders HTTP/1.1\r\n{at}{json}{}", bearer(&shop.customer_token)),
            login: format!("POST /api/auth/login HTTP/1.1\r\n{at}{json}"),
            patch: format!("/status HTTP/1.1\r\n{at}{json}{}", bearer(&shop.owner_token)),
        }
    }
}

/// Makes up one request after the other.
pub struct Requests<'a> {
    plan: &'a Plan,
    templates: Vec<Templates>,
    chance: SmallRng,
    next_key: u64,
    /// On a tour: the next shop.
    next_shop: usize,
    /// Orders that can be moved on.
    placed: VecDeque<Placed>,
}

impl<'a> Requests<'a> {
    pub fn new(plan: &'a Plan) -> Result<Self, Failure> {
        if plan.shops.is_empty() || plan.mix.iter().map(|(_, share)| share).sum::<u32>() != 100 {
            return Err("a plan needs shops, and a mix that makes a hundred".into());
        }
        let address = plan.address.to_string();
        Ok(Self {
            plan,
            templates: plan.shops.iter().map(|shop| Templates::of(shop, &address)).collect(),
            chance: SmallRng::seed_from_u64(plan.seed),
            next_key: 0,
            next_shop: 0,
            placed: VecDeque::new(),
        })
    }

    /// Writes the next request into `out`.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<Sent, Failure> {
        out.clear();
        let mut draw = self.chance.random_range(0..100);
        let mut kind = Kind::List;
        for (candidate, share) in &self.plan.mix {
            kind = *candidate;
            if draw < *share {
                break;
            }
            draw -= share;
        }
        if kind == Kind::Status {
            // Until the first orders are there, more of them are placed instead.
            match self.placed.pop_front() {
                Some(placed) => return self.status(placed, out),
                None => kind = Kind::Order,
            }
        }
        let index = if self.plan.pace == Pace::Tour { self.next_shop } else { self.chance.random_range(0..self.plan.shops.len()) };
        self.next_shop += 1;
        self.at_shop(kind, index, out)
    }

    /// Whether a tour has come to its end.
    pub fn is_over(&self) -> bool {
        self.plan.pace == Pace::Tour && self.next_shop >= self.plan.shops.len()
    }

    fn at_shop(&mut self, kind: Kind, index: usize, out: &mut Vec<u8>) -> Result<Sent, Failure> {
        let (Some(shop), Some(templates)) = (self.plan.shops.get(index), self.templates.get(index)) else {
            return Err("there is no such shop".into());
        };
        match kind {
            Kind::List => out.extend_from_slice(&templates.list),
            Kind::Product => {
                let id = shop.first_product + self.chance.random_range(0..shop.products);
                write!(out, "{}{id}{}", templates.product.0, templates.product.1)?;
            }
            Kind::Login => {
                let number = shop.first_customer + self.chance.random_range(0..shop.customers);
                let body = format!("{{\"username\":\"customer{number}\",\"password\":\"{}\"}}", self.plan.password);
                write!(out, "{}Content-Length: {}\r\n\r\n{body}", templates.login, body.len())?;
            }
            Kind::Order | Kind::Status => {
                let half = shop.products / 2;
                let first = shop.first_product + self.chance.random_range(0..half);
                let second = shop.first_product + half + self.chance.random_range(0..shop.products - half);
                self.next_key += 1;
                let body = order_body(first, second);
                let key = format!("{:016x}-{:010}", self.plan.seed, self.next_key);
                write!(out, "{}Idempotency-Key: {key}\r\nContent-Length: {}\r\n\r\n{body}", templates.order, body.len())?;
                return Ok(Sent::Order(index));
            }
        }
        Ok(Sent::Plain)
    }

    fn status(&self, placed: Placed, out: &mut Vec<u8>) -> Result<Sent, Failure> {
        let (Some(templates), Some(stage)) = (self.templates.get(placed.shop), STAGES.get(placed.stage)) else {
            return Err("there is no such stage".into());
        };
        let body = format!("{{\"status\":\"{stage}\"}}");
        write!(out, "PATCH /api/orders/{}{}Content-Length: {}\r\n\r\n{body}", placed.id, templates.patch, body.len())?;
        Ok(Sent::Status(placed))
    }

    /// The request was answered as expected; an order is at `location`.
    pub fn done(&mut self, sent: Sent, location: Option<i64>) -> Result<(), Failure> {
        let moves_on = self.plan.mix.iter().any(|(kind, _)| *kind == Kind::Status);
        let placed = match sent {
            Sent::Order(shop) => Placed { shop, id: location.ok_or("an order without a Location")?, stage: 0 },
            Sent::Status(placed) => Placed { stage: placed.stage + 1, ..placed },
            Sent::Plain => return Ok(()),
        };
        if moves_on && placed.stage < STAGES.len() {
            self.placed.push_back(placed);
        }
        Ok(())
    }
}

/// An order of two lines.
pub fn order_body(first: i64, second: i64) -> String {
    format!(
        "{{\"items\":[{{\"product\":{first:ID_WIDTH$},\"quantity\":2}},{{\"product\":{second:ID_WIDTH$},\"quantity\":1}}],\
         \"address\":\"123 Main Street, Springfield\"}}"
    )
}
