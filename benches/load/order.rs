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
    /// The order's id, which the database made.
    Id,
    /// The order's number, which the database made.
    Number,
}

/// The statements of an order.
pub struct Script {
    /// In their order.
    pub statements: Vec<Statement>,
    key: String,
    first: i64,
    second: i64,
    id: i64,
    number: i64,
}

impl Script {
    /// Takes them down: places a few orders, and looks at the last.
    pub fn record(url: &str, shop: &Shop, run: &str) -> Result<Self, Failure> {
        // Numbers that stand for nothing else in these statements.
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
        Ok(Self { statements, key: key(requests.len()), first, second, id: number("id")?, number: number("number")? })
    }

    /// Whether this value is another one each time.
    pub fn own(&self, value: &Value) -> Option<Own> {
        match value {
            Value::Text(text) if *text == self.key => Some(Own::Key),
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
