//! Placing an order: all of it in one transaction, or nothing.

use super::model::{Order, OrderError, PlaceOrder};
use super::service::{Handling, view};
use super::store::{self, LineRow, NewLine, NewOrder, OrderRow};
use super::workflow::{PaymentStatus, Status};
use crate::access::Principal;
use crate::audit::Change;
use crate::base::code::FieldError;
use crate::base::column::JsonText;
use crate::base::id::{CustomerId, ProductId};
use crate::base::money::{Currency, MAX_TOTAL, Money};
use crate::catalog::{self, Taken};
use crate::db::{Error, Writing};
use crate::events::{self, EventKind};
use crate::identity::customers::{self, CustomerSummary};
use crate::problem::Problem;
use serde_json::json;
use std::collections::BTreeMap;

/// Who places an order, and in what currency the vendor sells.
#[derive(Clone, Debug)]
pub struct Placing {
    /// Who.
    pub handling: Handling,
    /// In what.
    pub currency: Currency,
}

/// Places an order: takes the stock, copies names and prices of this moment, numbers it, and writes it down.
pub fn place(scope: &mut Writing, placing: &Placing, wish: &PlaceOrder) -> Result<Order, Problem> {
    let customer = customer(scope, placing.handling.principal, wish.customer)?;
    if wish.currency.is_some_and(|currency| currency != placing.currency) {
        let message = format!("this vendor sells in {}", placing.currency.code());
        return Err(Problem::invalid_at("/currency", "currency_mismatch", message));
    }
    let mut wanted = BTreeMap::new();
    for item in &wish.items {
        *wanted.entry(item.product).or_insert(0) += item.quantity;
    }
    let taken = catalog::take(scope, &wanted)?;
    let lines = lines(wish, &taken, placing.currency)?;
    let subtotal = sum(&lines)?;
    let number = store::next_number(scope)?;
    let order = NewOrder {
        number,
        customer_id: customer.as_ref().map(|customer| customer.id),
        status: Status::Pending,
        payment_status: PaymentStatus::of(0, 0, subtotal),
        subtotal,
        discount: 0,
        shipping: 0,
        tax: 0,
        total: subtotal,
        currency: placing.currency,
        address: JsonText::of(&wish.address),
        note: wish.note.clone(),
        external_ref: wish.external_ref.clone(),
    };
    let row = store::insert(scope, order).map_err(of_conflict)?;
    let lines = store::insert_lines(scope, row.id, lines)?;
    record(scope, placing, &row, &lines)?;
    Ok(view(row, lines, customer, &placing.handling))
}

/// Whose order it is: a customer's own; for a member of the team, the customer's they name, or nobody's.
fn customer(scope: &mut Writing, principal: Principal, named: Option<CustomerId>) -> Result<Option<CustomerSummary>, Problem> {
    let refuse = |code, message| Err(Problem::invalid_at("/customer", code, message));
    let id = match (principal, named) {
        (Principal::Customer(own), Some(other)) if own != other => return refuse("not_yours", "customers order for themselves"),
        (Principal::Customer(own), _) => own,
        (_, Some(named)) => named,
        (_, None) => return Ok(None),
    };
    match customers::buyer(scope, id)? {
        Some(customer) => Ok(Some(customer)),
        None => refuse("unknown_customer", "there is no such customer"),
    }
}

/// The lines as they will be kept, in the order of the wish.
fn lines(wish: &PlaceOrder, taken: &[Taken], currency: Currency) -> Result<Vec<NewLine>, Problem> {
    let by_id: BTreeMap<ProductId, &Taken> = taken.iter().map(|product| (product.id, product)).collect();
    let mut errors = Vec::new();
    let mut lines = Vec::new();
    for (index, item) in wish.items.iter().enumerate() {
        let place = format!("/items/{index}/product");
        match by_id.get(&item.product) {
            None => errors.push(FieldError::new(place, "unknown_product", "there is no such product on sale")),
            Some(product) if product.currency != currency => {
                let message = format!("is priced in {}, and the order is in {}", product.currency.code(), currency.code());
                errors.push(FieldError::new(place, "currency_mismatch", message));
            }
            Some(product) => lines.push(NewLine {
                product: product.id,
                sku: product.sku.clone(),
                name: product.name.clone(),
                price: product.price,
                quantity: item.quantity,
                // A price is at most 10^12 and a quantity at most 10^5: this always fits.
                total: product.price.saturating_mul(item.quantity),
            }),
        }
    }
    if errors.is_empty() { Ok(lines) } else { Err(Problem::invalid(errors)) }
}

fn sum(lines: &[NewLine]) -> Result<i64, Problem> {
    let total = lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.total)).filter(|total| *total <= MAX_TOTAL);
    total.ok_or_else(|| Problem::invalid_at("/items", "out_of_range", "the order comes to more than 10^15 minor units"))
}

fn record(scope: &mut Writing, placing: &Placing, row: &OrderRow, lines: &[LineRow]) -> Result<(), Problem> {
    let money = |minor| Money { minor, currency: row.currency };
    let items: Vec<_> = lines
        .iter()
        .map(|line| json!({ "id": line.id, "product": line.product_id, "quantity": line.quantity, "price": money(line.unit_price) }))
        .collect();
    let data = json!({
        "id": row.id, "number": row.number, "status": row.status, "customer": row.customer_id,
        "items": items, "total": money(row.total), "currency": row.currency,
    });
    Ok(events::emit(scope, &placing.handling.origin, EventKind::OrderPlaced, row.id.0, &data, Change::Made(&data))?)
}

fn of_conflict(error: Error) -> Problem {
    match error {
        Error::Unique(constraint) if constraint == "orders_vendor_id_external_ref_key" => OrderError::ExternalRefTaken.into(),
        other => other.into(),
    }
}
