//! What can be done with products.

use super::model::{CatalogError, CorrectStock, EditProduct, NewProduct, Product, Status};
use super::search::{self, Filter, Listing, Sort};
use super::stock::{self, Correction};
use super::store::{self, Changes, ProductRow, Values};
use crate::access::Origin;
use crate::audit::Change;
use crate::base::column::JsonText;
use crate::base::id::ProductId;
use crate::base::money::{Currency, Decimal};
use crate::base::page::{Cursor, CursorError, Page};
use crate::base::patch::Patch;
use crate::base::search::fold;
use crate::db::{Error, Reading, Writing};
use crate::events::{self, EventKind};
use crate::http::IfMatch;
use crate::problem::Problem;
use serde_json::json;

/// One page of the vendor's products.
pub(super) fn list(scope: &mut Reading, listing: &Listing, name: String) -> Result<Page<Product>, Problem> {
    let rows = search::list(scope, listing)?;
    let cursor = |last: &ProductRow| Cursor { list: name, key: listing.sort.key(last), id: last.id.0 };
    Ok(Page::of(rows, listing.limit, cursor, Product::from))
}

/// One product; only members see one that is not on sale.
pub(super) fn get(scope: &mut Reading, id: ProductId, is_member: bool) -> Result<Product, Problem> {
    let row = store::find(scope, id)?;
    if row.status == Status::Active || is_member { Ok(row.into()) } else { Err(Problem::not_found()) }
}

/// Adds a product, priced in the vendor's currency.
pub fn create(scope: &mut Writing, origin: &Origin, currency: Currency, product: NewProduct) -> Result<ProductId, Problem> {
    Ok(add(scope, origin, currency, product)?.id)
}

pub(super) fn add(scope: &mut Writing, origin: &Origin, currency: Currency, product: NewProduct) -> Result<Product, Problem> {
    let stock = product.stock.unwrap_or_default();
    let row = store::insert(scope, values(product, currency)?, currency, stock).map_err(of_conflict)?;
    search::index(scope, &row, true)?;
    let product = Product::from(row);
    record(scope, origin, EventKind::ProductCreated, Change::Made(&product))?;
    Ok(product)
}

/// Puts another product in the place of one, under the same id.
pub(super) fn replace(
    scope: &mut Writing,
    origin: &Origin,
    id: ProductId,
    precondition: &IfMatch,
    product: NewProduct,
) -> Result<Product, Problem> {
    let before = store::hold(scope, id)?;
    precondition.check(before.version)?;
    let stock = product.stock;
    let row = store::replace(scope, id, values(product, before.currency)?, stock).map_err(of_conflict)?;
    search::index(scope, &row, false)?;
    edited(scope, origin, EventKind::ProductUpdated, before, row)
}

/// Changes a product.
pub(super) fn edit(
    scope: &mut Writing,
    origin: &Origin,
    id: ProductId,
    precondition: &IfMatch,
    edit: EditProduct,
) -> Result<Product, Problem> {
    let before = store::hold(scope, id)?;
    precondition.check(before.version)?;
    let changes = changes(edit, before.currency)?;
    if changes == Changes::default() {
        return Ok(before.into());
    }
    let row = store::update(scope, id, changes).map_err(of_conflict)?;
    let searched = |row: &ProductRow| (row.name.clone(), row.sku.clone(), row.brand.clone(), row.gtin.clone(), row.description.clone());
    if searched(&before) != searched(&row) {
        search::index(scope, &row, false)?;
    }
    edited(scope, origin, EventKind::ProductUpdated, before, row)
}

/// Deletes a product, or archives it when orders refer to it.
pub(super) fn delete(scope: &mut Writing, origin: &Origin, id: ProductId, precondition: &IfMatch) -> Result<(), Problem> {
    let row = store::hold(scope, id)?;
    precondition.check(row.version)?;
    if store::delete_unordered(scope, id)? {
        return record(scope, origin, EventKind::ProductDeleted, Change::Gone(&row.into()));
    }
    if row.status == Status::Archived {
        return Ok(());
    }
    let archived = store::update(scope, id, Changes { status: Some(Status::Archived), ..Changes::default() })?;
    edited(scope, origin, EventKind::ProductArchived, row, archived).map(drop)
}

/// Corrects the stock by hand.
pub(super) fn correct_stock(
    scope: &mut Writing,
    origin: &Origin,
    id: ProductId,
    precondition: &IfMatch,
    correction: &CorrectStock,
) -> Result<Product, Problem> {
    let wish = match (correction.delta, correction.set) {
        (Some(delta), None) => Correction::By(delta),
        (None, Some(stock)) => Correction::To(stock),
        _ => return Err(Problem::invalid_at("/delta", "required", "give either delta or set")),
    };
    let before = store::find(scope, id)?;
    precondition.check(before.version)?;
    let row = stock::correct(scope, id, wish, correction.expected)?;
    edited(scope, origin, EventKind::ProductStockChanged, before, row)
}

/// Which products the caller sees: all do what is on sale, members also what they ask for.
pub(super) fn statuses(is_member: bool, asked: Option<Status>) -> Result<Vec<Status>, Problem> {
    match (is_member, asked) {
        (true, Some(status)) => Ok(vec![status]),
        (true, None) => Ok(vec![Status::Draft, Status::Active]),
        (false, None | Some(Status::Active)) => Ok(vec![Status::Active]),
        (false, Some(_)) => Err(Problem::new(crate::base::code::Code::PermissionDenied, "only members of the team see other products")),
    }
}

/// Where a list goes on; a cursor whose value the sort cannot have is nobody's.
pub(super) fn position(sort: Sort, cursor: Option<Cursor>) -> Result<Option<Cursor>, Problem> {
    if cursor.as_ref().is_none_or(|cursor| sort.accepts(&cursor.key)) { Ok(cursor) } else { Err(CursorError.into()) }
}

/// The filter of a query; a price that the currency does not have is the query's mistake.
pub(super) fn filter(query: &search::ProductQuery, currency: Currency, statuses: Vec<Status>) -> Result<Filter, Problem> {
    query.filter(currency, statuses).map_err(|(name, error)| {
        let error = crate::base::code::FieldError::new(name, error.code(), error);
        Problem::new(crate::base::code::Code::InvalidParameter, "a query parameter is not valid; see errors").at(vec![error])
    })
}

fn edited(scope: &mut Writing, origin: &Origin, kind: EventKind, before: ProductRow, after: ProductRow) -> Result<Product, Problem> {
    let (before, after) = (Product::from(before), Product::from(after));
    record(scope, origin, kind, Change::Edited(&before, &after))?;
    Ok(after)
}

fn record(scope: &mut Writing, origin: &Origin, kind: EventKind, change: Change<'_, Product>) -> Result<(), Problem> {
    let (Change::Made(product) | Change::Edited(_, product) | Change::Gone(product)) = change;
    let data = json!({
        "id": product.id, "sku": product.sku, "name": product.name, "price": product.price, "currency": product.currency,
        "stock": product.stock, "status": product.status, "version": product.version,
    });
    Ok(events::emit(scope, origin, kind, product.id.0, &data, change)?)
}

fn of_conflict(error: Error) -> Problem {
    match error {
        Error::Unique(constraint) if constraint == "products_vendor_id_sku_key" => CatalogError::SkuTaken.into(),
        Error::Unique(constraint) if constraint == "products_vendor_id_external_id_key" => CatalogError::ExternalIdTaken.into(),
        other => other.into(),
    }
}

fn minor(price: Decimal, currency: Currency, place: &str) -> Result<i64, Problem> {
    price.minor(currency).map_err(|error| Problem::invalid_at(place, error.code(), error))
}

fn values(product: NewProduct, currency: Currency) -> Result<Values, Problem> {
    Ok(Values {
        sku: product.sku,
        name_key: fold(&product.name),
        name: product.name,
        description: product.description,
        price: minor(product.price, currency, "/price")?,
        compare_at_price: product.compare_at_price.map(|price| minor(price, currency, "/compare_at_price")).transpose()?,
        status: product.status.unwrap_or(Status::Active),
        brand_key: product.brand.as_deref().map(fold),
        brand: product.brand,
        gtin: product.gtin,
        external_id: product.external_id,
        image_urls: JsonText::of(&product.image_urls),
        attributes: JsonText::of(&product.attributes),
    })
}

fn changes(edit: EditProduct, currency: Currency) -> Result<Changes, Problem> {
    let compare_at_price = edit.compare_at_price.try_map(|price| minor(price, currency, "/compare_at_price"))?;
    let brand = edit.brand.into_change();
    Ok(Changes {
        sku: edit.sku.into_change(),
        name_key: edit.name.as_deref().map(fold),
        name: edit.name,
        description: edit.description,
        price: edit.price.map(|price| minor(price, currency, "/price")).transpose()?,
        compare_at_price: Patch::into_change(compare_at_price),
        stock: edit.stock,
        status: edit.status,
        brand_key: brand.as_ref().map(|brand| brand.as_deref().map(fold)),
        brand,
        gtin: edit.gtin.into_change(),
        external_id: edit.external_id.into_change(),
        image_urls: edit.image_urls.map(|urls| JsonText::of(&urls)),
        attributes: edit.attributes.map(|attributes| JsonText::of(&attributes)),
    })
}
