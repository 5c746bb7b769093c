//! What the databases are filled with: shops with products, customers and an owner, as the program itself would have
//! made them, but by the million.

use crate::Failure;
use crate::client::Shop;
use crate::server::{ISSUER, SECRET};
use chrono::{NaiveDateTime, TimeDelta};
use serde_json::json;
use stoa::access::{Bearer, BuiltinRole, Keys, Role, Subject, TokenType, random_id};
use stoa::base::id::{CustomerId, SessionId, UserId, VendorId};
use stoa::base::search::words;
use stoa::base::time::{Clock, Timestamp};

/// Everybody's password.
pub const PASSWORD: &str = "password of the bench";
/// The ids of orders begin after this one, so that they are mistaken for nothing else.
pub const ORDERS_BEFORE: i64 = 900_000;
/// How many pieces there are of each product: more than can be sold.
const STOCK: i64 = 900_000_000;

/// How much there is.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Shops.
    pub vendors: i64,
    /// Products in each.
    pub products: i64,
    /// Customers of each.
    pub customers: i64,
}

/// A value of a column.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// None.
    Null,
    /// A number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A text, or an instant in the form that both engines read.
    Text(&'a str),
}

/// Where rows go.
pub trait Sink {
    /// What follows are rows of this table.
    fn table(&mut self, name: &'static str, columns: &'static [&'static str]) -> Result<(), Failure>;
    /// A row.
    fn row(&mut self, values: &[Value]) -> Result<(), Failure>;
}

/// The words that products are named with.
const MATERIALS: [&str; 8] = ["Oak", "Steel", "Linen", "Walnut", "Brass", "Wool", "Glass", "Leather"];
const THINGS: [&str; 8] = ["table", "lamp", "chair", "clock", "vase", "blanket", "mirror", "shelf"];
const BRANDS: [&str; 4] = ["Alder", "Birch", "Cedar", "Elm"];

/// A product, but for its number.
struct Pattern {
    name: String,
    name_key: String,
    description: String,
    brand: &'static str,
    brand_key: String,
    terms: Vec<String>,
}

fn patterns() -> Vec<Pattern> {
    let mut patterns = Vec::new();
    for (index, (material, thing)) in MATERIALS.iter().flat_map(|material| THINGS.map(|thing| (*material, thing))).enumerate() {
        let name = format!("{material} {thing}");
        let brand = BRANDS.get(index % BRANDS.len()).copied().unwrap_or_default();
        // Many letters, and few words that are new.
        let description = format!("{material} {thing} by {brand}. {brand} {thing}, {material} {thing}, {thing} by {brand}.");
        let terms = words(&format!("{name} {brand} {description}"), 500);
        patterns.push(Pattern { name_key: name.to_lowercase(), name, description, brand_key: brand.to_lowercase(), brand, terms });
    }
    patterns
}

/// Fills a database whose tables are there and empty; tells which shops it has now.
pub fn fill(sink: &mut impl Sink, scale: Scale, password_hash: &str) -> Result<Vec<Shop>, Failure> {
    let now = Clock::system().now();
    let filling = Filling { scale, password_hash, now: sql(now), later: sql(now.plus(TimeDelta::days(7))) };
    filling.control_plane(sink)?;
    filling.customers(sink)?;
    filling.sessions(sink)?;
    let patterns = patterns();
    filling.products(sink, &patterns)?;
    filling.terms(sink, &patterns)?;
    shops(scale, now)
}

/// An instant as both engines read and keep it.
pub fn sql(instant: Timestamp) -> String {
    format_naive(*instant.as_naive())
}

fn format_naive(naive: NaiveDateTime) -> String {
    naive.format("%F %T%.6f").to_string()
}

struct Filling<'a> {
    scale: Scale,
    password_hash: &'a str,
    now: String,
    later: String,
}

use Value::{Bool, Int, Null, Text};

impl Filling<'_> {
    fn control_plane(&self, sink: &mut impl Sink) -> Result<(), Failure> {
        let (now, one) = (Text(&self.now), Int(1));
        sink.table("vendors", &["id", "name", "domain", "currency", "is_active", "version", "created_at", "updated_at"])?;
        for vendor in 1..=self.scale.vendors {
            let (name, domain) = (format!("Shop {vendor}"), domain(vendor));
            sink.row(&[Int(vendor), Text(&name), Text(&domain), Text("EUR"), Bool(true), one, now, now])?;
        }
        sink.table("roles", &["id", "vendor_id", "name", "is_builtin", "permissions"])?;
        for vendor in 1..=self.scale.vendors {
            for (index, role) in (0..).zip(BuiltinRole::ALL) {
                let permissions = serde_json::to_string(&role.permissions().list())?;
                sink.row(&[Int(role_id(vendor, index)), Int(vendor), Text(role.as_str()), Bool(true), Text(&permissions)])?;
            }
        }
        let columns = &[
            "id",
            "username",
            "username_key",
            "password_hash",
            "first_name",
            "last_name",
            "is_active",
            "is_operator",
            "created_at",
            "updated_at",
        ];
        sink.table("users", columns)?;
        for vendor in 1..=self.scale.vendors {
            let (name, hash) = (format!("owner{vendor}"), Text(self.password_hash));
            sink.row(&[Int(vendor), Text(&name), Text(&name), hash, Text("Ann"), Text("Owner"), Bool(true), Bool(false), now, now])?;
        }
        sink.table("members", &["vendor_id", "user_id", "role_id", "is_active", "created_at"])?;
        let owner = (0..).zip(BuiltinRole::ALL).find(|(_, role)| **role == BuiltinRole::Owner).map_or(0, |(index, _)| index);
        for vendor in 1..=self.scale.vendors {
            sink.row(&[Int(vendor), Int(vendor), Int(role_id(vendor, owner)), Bool(true), now])?;
        }
        Ok(())
    }

    fn customers(&self, sink: &mut impl Sink) -> Result<(), Failure> {
        let columns = &[
            "vendor_id",
            "id",
            "username",
            "username_key",
            "password_hash",
            "first_name",
            "last_name",
            "is_active",
            "version",
            "created_at",
            "updated_at",
        ];
        sink.table("customers", columns)?;
        let (now, hash) = (Text(&self.now), Text(self.password_hash));
        for customer in 1..=self.scale.vendors * self.scale.customers {
            let (vendor, name) = ((customer - 1) / self.scale.customers + 1, format!("customer{customer}"));
            let (first, last) = (Text("Carol"), Text("Customer"));
            sink.row(&[Int(vendor), Int(customer), Text(&name), Text(&name), hash, first, last, Bool(true), Int(1), now, now])?;
        }
        Ok(())
    }

    /// Of each shop its owner and its first customer are signed in.
    fn sessions(&self, sink: &mut impl Sink) -> Result<(), Failure> {
        sink.table("sessions", &["id", "vendor_id", "user_id", "customer_id", "refresh_id", "created_at", "last_used_at", "expires_at"])?;
        let (now, later) = (Text(&self.now), Text(&self.later));
        for vendor in 1..=self.scale.vendors {
            let [owner, customer] = session_ids(vendor);
            sink.row(&[Int(owner), Int(vendor), Int(vendor), Null, Text(&random_id()), now, now, later])?;
            let first = Int(self.scale.first_customer(vendor));
            sink.row(&[Int(customer), Int(vendor), Null, first, Text(&random_id()), now, now, later])?;
        }
        Ok(())
    }

    fn products(&self, sink: &mut impl Sink, patterns: &[Pattern]) -> Result<(), Failure> {
        let columns = &[
            "vendor_id",
            "id",
            "sku",
            "name",
            "name_key",
            "description",
            "price",
            "currency",
            "stock",
            "is_ordered",
            "status",
            "brand",
            "brand_key",
            "image_urls",
            "attributes",
            "version",
            "created_at",
            "updated_at",
        ];
        sink.table("products", columns)?;
        let began = Clock::system().now().minus(TimeDelta::days(30));
        for index in 0..self.scale.vendors * self.scale.products {
            let (vendor, number) = (index / self.scale.products + 1, index % self.scale.products);
            let pattern = pattern(patterns, number)?;
            let made = sql(began.plus(TimeDelta::seconds(number)));
            let (sku, price) = (sku(number), 500 + number * 7919 % 20_000);
            let image = format!("[\"https://images.example.com/{vendor}/{sku}.jpg\"]");
            let attributes = json!({"weight_g": 100 + number}).to_string();
            sink.row(&[
                Int(vendor),
                Int(index + 1),
                Text(&sku),
                Text(&pattern.name),
                Text(&pattern.name_key),
                Text(&pattern.description),
                Int(price),
                Text("EUR"),
                Int(STOCK),
                Bool(false),
                Text("active"),
                Text(pattern.brand),
                Text(&pattern.brand_key),
                Text(&image),
                Text(&attributes),
                Int(1),
                Text(&made),
                Text(&made),
            ])?;
        }
        Ok(())
    }

    /// The search index: the same words that the program would find, in the order of the table's key.
    fn terms(&self, sink: &mut impl Sink, patterns: &[Pattern]) -> Result<(), Failure> {
        sink.table("product_terms", &["vendor_id", "term", "product_id"])?;
        let mut shop = Vec::new();
        for number in 0..self.scale.products {
            shop.extend(pattern(patterns, number)?.terms.iter().map(|term| (term.clone(), number)));
            shop.extend(words(&sku(number), 500).into_iter().map(|term| (term, number)));
        }
        shop.sort_unstable();
        for vendor in 1..=self.scale.vendors {
            for (term, number) in &shop {
                sink.row(&[Int(vendor), Text(term), Int(self.scale.first_product(vendor) + number)])?;
            }
        }
        Ok(())
    }
}

fn pattern(patterns: &[Pattern], number: i64) -> Result<&Pattern, Failure> {
    let count = i64::try_from(patterns.len())?;
    Ok(patterns.get(usize::try_from(number % count)?).ok_or("there are no patterns")?)
}

fn sku(number: i64) -> String {
    format!("P{number:06}")
}

fn domain(vendor: i64) -> String {
    format!("shop{vendor}.example.com")
}

fn role_id(vendor: i64, index: i64) -> i64 {
    vendor * 10 + index
}

fn session_ids(vendor: i64) -> [i64; 2] {
    [vendor * 2, vendor * 2 + 1]
}

impl Scale {
    fn first_product(self, vendor: i64) -> i64 {
        (vendor - 1) * self.products + 1
    }

    fn first_customer(self, vendor: i64) -> i64 {
        (vendor - 1) * self.customers + 1
    }
}

/// The shops, with tokens for the sessions above.
fn shops(scale: Scale, now: Timestamp) -> Result<Vec<Shop>, Failure> {
    let day = TimeDelta::days(1);
    let keys = Keys::new(&[SECRET.into()], ISSUER.to_owned(), day, day);
    let token = |vendor: i64, subject: Subject, role: Role, session: i64| {
        let tenant = Some((VendorId(vendor), domain(vendor)));
        keys.sign(&Bearer { subject, role, tenant, session: SessionId(session) }, TokenType::Access, random_id(), now)
    };
    (1..=scale.vendors)
        .map(|vendor| {
            let ([owner, customer], first_customer) = (session_ids(vendor), scale.first_customer(vendor));
            Ok(Shop {
                vendor,
                domain: domain(vendor),
                first_product: scale.first_product(vendor),
                products: scale.products,
                first_customer,
                customers: scale.customers,
                session: customer,
                customer_token: token(vendor, Subject::Customer(CustomerId(first_customer)), Role::Customer, customer)?,
                owner_token: token(vendor, Subject::User(UserId(vendor)), Role::Owner, owner)?,
            })
        })
        .collect()
}
