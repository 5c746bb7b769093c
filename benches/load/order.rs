//! An order, statement by statement, and which of the values in it are another one each time.

use crate::client::Shop;
use crate::client::requests::order_body;
use crate::record::{self, Request, Statement};
use crate::values::Value;
use crate::{Failure, record::Recorded};
use actix_web::http::Method;

/// What was bound where an order has a value of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    /// The key.
    Key,
    /// The first product, of the first half of the shop.
    First,
    /// The second, of the other half.
    Second,
    /// The vendor's id.
    Vendor,
    /// The customer's id.
    Customer,
    /// The customer's name in the table of keys.
    Caller,
    /// The session's id.
    Session,
    /// The order's id, which the database made.
    Id,
    /// The order's number, which the database made.
    Number,
}

/// The statements of an order.
pub struct Script {
    /// In their order.
    pub statements: Vec<Statement>,
    shop: Shop,
    key: String,
    first: i64,
    second: i64,
    id: i64,
    number: i64,
}

impl Script {
    /// Takes them down: places a few orders, and looks at the last.
    pub fn record(url: &str, shop: &Shop, run: &str) -> Result<Self, Failure> {
        // Numbers that stand for nothing else in these statements; the shop's own are such, too.
        let (first, second) = (shop.first_product + shop.products / 2 - 13, shop.first_product + shop.products - 17);
        let key = |number: usize| format!("recorded-{run}-{number}");
        let request = |number| Request {
            method: Method::POST,
            path: "/api/orders".to_owned(),
            key: Some(key(number)),
            body: order_body(first, second),
        };
        let requests: Vec<_> = (1..=3).map(request).collect();
        let Recorded { statements, answer } = record::last_of(url, shop, &requests)?;
        let number = |name: &str| answer.get(name).and_then(serde_json::Value::as_i64).ok_or_else(|| format!("an order without {name}"));
        let (id, number) = (number("id")?, number("number")?);
        Ok(Self { statements, shop: shop.clone(), key: key(requests.len()), first, second, id, number })
    }

    /// Whether this value is another one each time.
    pub fn own(&self, value: &Value) -> Option<Own> {
        match value {
            Value::Text(text) if *text == self.key => Some(Own::Key),
            Value::Text(text) if *text == caller(self.shop.first_customer) => Some(Own::Caller),
            Value::Int(number) if *number == self.shop.vendor => Some(Own::Vendor),
            Value::Int(number) if *number == self.shop.first_customer => Some(Own::Customer),
            Value::Int(number) if *number == self.shop.session => Some(Own::Session),
            Value::Int(number) if *number == self.first => Some(Own::First),
            Value::Int(number) if *number == self.second => Some(Own::Second),
            Value::Int(number) if *number == self.id => Some(Own::Id),
            Value::Int(number) if *number == self.number => Some(Own::Number),
            _ => None,
        }
    }

    /// What the database makes in this statement.
    pub fn makes(statement: &Statement) -> Option<Own> {
        if statement.says("insert into orders ") {
            Some(Own::Id)
        } else if statement.says("into order_counters") {
            Some(Own::Number)
        } else {
            None
        }
    }
}

/// How a customer is named in the table of keys.
pub fn caller(customer: i64) -> String {
    format!("customer:{customer}")
}
