//! The demo data: three vendors with their teams, customers, products and orders, made through the same doors as any.

use crate::access::{Actor, ActorKind, BuiltinRole, Itself, Origin, Passwords, Permission, Permissions, Principal};
use crate::api_keys::{self, NewApiKey};
use crate::base::id::{CustomerId, OrderId, ProductId, UserId, VendorId};
use crate::base::money::{Currency, Decimal};
use crate::catalog::{self, NewProduct};
use crate::customers::{NewAddress, add_address};
use crate::db::{Control, Db, Writing};
use crate::http::IfMatch;
use crate::identity::customers::{self, NewCustomer};
use crate::identity::{self, NewUser};
use crate::orders::payments::{self, PaymentMethod, RecordPayment};
use crate::orders::{self, Address, AddressText, Handling, OrderItem, PlaceOrder, Placing, Status};
use crate::problem::Problem;
use crate::tenancy::{self, Opening};
use chrono::TimeDelta;
use serde_json::Map;

/// The password of everybody in the demo.
const PASSWORD: &str = "password123";

/// One vendor of the demo.
struct Shop {
    number: usize,
    name: &'static str,
    owner: (&'static str, &'static str),
    products: [(&'static str, &'static str, &'static str, i64); 5],
}

const SHOPS: [Shop; 3] = [
    Shop {
        number: 1,
        name: "Alice's Watches",
        owner: ("Alice", "Owner"),
        products: [
            ("Watch", "Waterproof watch", "19.99", 100),
            ("Strap", "Leather strap for any watch", "9.50", 250),
            ("Chronograph", "Steel chronograph, water resistant to 100 m", "59.99", 40),
            ("Wall clock", "Quiet clock for kitchen and office", "24.00", 60),
            ("Winder", "Keeps two automatic watches going", "149.00", 5),
        ],
    },
    Shop {
        number: 2,
        name: "Bruno's Books",
        owner: ("Bruno", "Owner"),
        products: [
            ("Atlas", "Every country on 200 maps", "49.90", 30),
            ("Cookbook", "Soups and stews", "22.00", 80),
            ("Notebook", "Dotted, 192 pages", "7.95", 400),
            ("Dictionary", "English and French", "31.50", 25),
            ("Bookmark", "Brass", "3.20", 1000),
        ],
    },
    Shop {
        number: 3,
        name: "Chiara's Café",
        owner: ("Chiara", "Owner"),
        products: [
            ("Espresso beans", "Dark roast, 1 kg", "18.90", 200),
            ("Filter beans", "Light roast, 500 g", "11.40", 150),
            ("Moka pot", "For three cups", "34.00", 45),
            ("Crème brûlée set", "Four dishes and a burner", "42.75", 20),
            ("Cup", "Stoneware, 180 ml", "8.60", 300),
        ],
    },
];

/// Fills an empty database with the demo data; says whether it did. One that has users is left alone.
pub async fn fill(db: &Db, passwords: &Passwords) -> Result<bool, Problem> {
    if db.read_control(|scope| Ok(identity::has_users(scope)?)).await? {
        return Ok(false);
    }
    let hash = passwords.hash(PASSWORD.into()).await?;
    for shop in &SHOPS {
        let made = hash.clone();
        let (vendor, owner, staff) = db.write_control(move |scope| open(scope, shop, &made)).await?;
        let made = hash.clone();
        let products_and_customers = move |scope: &mut Writing| stock_up(scope, shop, owner, &made);
        let (products, buyers) = db.write(&Itself::at(vendor), products_and_customers).await?;
        db.write(&Itself::at(vendor), move |scope| trade(scope, owner, staff, &products, &buyers)).await?;
        orders::figures::fold(db, vendor).await?;
    }
    Ok(true)
}

fn user(username: String, domain: &str, hash: &str, (first_name, last_name): (&str, &str)) -> NewUser {
    let email = format!("{username}@{domain}");
    NewUser {
        username_key: username.clone(),
        username,
        email_key: Some(email.clone()),
        email: Some(email),
        password_hash: hash.to_owned(),
        first_name: first_name.to_owned(),
        last_name: last_name.to_owned(),
        is_operator: false,
    }
}

/// The vendor, its owner and two of staff, a role of its own, and an invitation whose token everybody knows; tells vendor, owner
/// and the first of staff.
fn open(scope: &mut Writing<Control>, shop: &Shop, hash: &str) -> Result<(VendorId, UserId, UserId), Problem> {
    let number = shop.number;
    let domain = format!("vendor{number}.example.com");
    let owner = user(format!("owner{number}"), &domain, hash, shop.owner);
    let opening = Opening { domain: domain.clone(), name: shop.name.to_owned(), contact_email: owner.email.clone() };
    let vendor = tenancy::open(scope, opening, None)?;
    for own in [&domain, &format!("shop{number}.example.com")] {
        tenancy::vouch(scope, vendor, own)?;
    }
    identity::found_team(scope, vendor)?;
    let packing = [Permission::ProductsView, Permission::OrdersView, Permission::ShipmentsEdit];
    identity::roles::insert(scope, vendor, "Packer", &packing)?;
    let owner = identity::join_team(scope, vendor, owner, BuiltinRole::Owner)?;
    // Its secret is not kept: a demo has no back door.
    let key =
        NewApiKey { name: "Warehouse".to_owned(), permissions: vec![Permission::ProductsView, Permission::OrdersView], expires_at: None };
    let origin = Origin::of(Actor { kind: ActorKind::Member, id: Some(owner.0) });
    api_keys::issue(scope, &origin, vendor, owner, &key)?;
    let mut staff = Vec::new();
    for (index, first_name) in ["Sam", "Robin"].into_iter().enumerate() {
        let member = user(format!("vendor{number}_staff{}", index + 1), &domain, hash, (first_name, "Staff"));
        staff.push(identity::join_team(scope, vendor, member, BuiltinRole::Staff)?);
    }
    let token = format!("demo-invitation-to-the-team-of-vendor-{number}-xyz");
    let nora = format!("nora@{domain}");
    identity::invite(scope, vendor, owner, (&nora, BuiltinRole::Staff), &token, TimeDelta::days(3650))?;
    Ok((vendor, owner, staff.first().copied().unwrap_or(owner)))
}

type Made = (Vec<ProductId>, Vec<CustomerId>);

fn stock_up(scope: &mut Writing, shop: &Shop, owner: UserId, hash: &str) -> Result<Made, Problem> {
    let origin = Origin::of(Actor { kind: ActorKind::Member, id: Some(owner.0) });
    let mut made = Made::default();
    for (index, (name, description, price, stock)) in shop.products.into_iter().enumerate() {
        let product = NewProduct {
            sku: Some(format!("V{}-{:03}", shop.number, index + 1)),
            name: name.to_owned(),
            description: description.to_owned(),
            price: self::price(price)?,
            compare_at_price: None,
            stock: Some(stock),
            status: None,
            brand: Some(shop.owner.0.to_owned()),
            gtin: None,
            external_id: None,
            image_urls: Vec::new(),
            attributes: Map::new(),
        };
        made.0.push(catalog::create(scope, &origin, Currency::EUR, product)?);
    }
    for (index, first_name) in ["Carol", "Dan", "Erin"].into_iter().enumerate() {
        let NewUser { username, username_key, email, email_key, password_hash, first_name, last_name, .. } = user(
            format!("vendor{}_customer{}", shop.number, index + 1),
            &format!("vendor{}.example.com", shop.number),
            hash,
            (first_name, "Customer"),
        );
        let customer = NewCustomer { username, username_key, email, email_key, password_hash, first_name, last_name };
        made.1.push(customers::insert(scope, customer)?);
    }
    for (buyer, label) in made.1.iter().zip(["Home", "Work"]) {
        let address = Address::Text(AddressText("123 Main Street".to_owned()));
        add_address(scope, *buyer, &NewAddress { label: Some(label.to_owned()), address, is_default: true })?;
    }
    Ok(made)
}

/// Three orders: one being packed by the first of staff (2 × the first and 1 × the third product) and paid in part, one new, one
/// called off.
fn trade(scope: &mut Writing, owner: UserId, staff: UserId, products: &[ProductId], buyers: &[CustomerId]) -> Result<(), Problem> {
    let team = &handling(Principal::Member(owner, Permissions::all()));
    let [first, second, third, ..] = *products else { return Ok(()) };
    let [carol, dan, ..] = *buyers else { return Ok(()) };
    let packed = buy(scope, carol, &[(first, 2), (third, 1)])?;
    orders::assign(scope, team, packed, &IfMatch::Any, Some(staff))?;
    orders::act(scope, team, packed, &IfMatch::Any, Status::Processing, None)?;
    let deposit = RecordPayment { method: PaymentMethod::Card, amount: price("20.00")?, reference: Some("4711".to_owned()) };
    payments::record(scope, team, packed, &deposit)?;
    buy(scope, dan, &[(second, 3)])?;
    let called_off = buy(scope, carol, &[(second, 1)])?;
    orders::act(scope, team, called_off, &IfMatch::Any, Status::Cancelled, Some("ordered twice"))?;
    Ok(())
}

fn price(text: &str) -> Result<Decimal, Problem> {
    Decimal::parse(text).ok_or_else(|| Problem::internal("a demo price"))
}

fn handling(principal: Principal) -> Handling {
    Handling { principal, origin: Origin::of(principal.actor()) }
}

fn buy(scope: &mut Writing, customer: CustomerId, lines: &[(ProductId, i64)]) -> Result<OrderId, Problem> {
    let placing = Placing { handling: handling(Principal::Customer(customer)), currency: Currency::EUR };
    let wish = PlaceOrder {
        items: lines.iter().map(|(product, quantity)| OrderItem { product: *product, quantity: *quantity }).collect(),
        address: Address::Text(AddressText("123 Main Street".to_owned())),
        currency: None,
        note: None,
        external_ref: None,
        customer: None,
    };
    Ok(orders::place(scope, &placing, &wish)?.id)
}
