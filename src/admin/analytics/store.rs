//! The platform's sums, and what of them is each vendor's.

use crate::base::id::VendorId;
use crate::base::time::Timestamp;
use crate::db::schema::{sales_days, sales_marks, vendor_days, vendors};
use crate::db::{Control, Reading, Result, Writing};
use crate::orders::figures::Day;
use diesel::dsl::count_star;
use diesel::prelude::*;

/// How far the sums of each vendor had come when they were last read.
pub(super) fn marks(scope: &mut Reading<Control>) -> Result<Vec<(VendorId, String)>> {
    scope.rows(sales_marks::table).select((sales_marks::vendor_id, sales_marks::mark)).load(scope)
}

pub(super) fn set_mark(scope: &mut Writing<Control>, vendor: VendorId, mark: &str) -> Result<()> {
    let (now, own) = (scope.now(), scope.rows(sales_marks::table).filter(sales_marks::vendor_id.eq(vendor)));
    if own.set((sales_marks::mark.eq(mark.to_owned()), sales_marks::read_at.eq(now))).execute(scope)? == 0 {
        let row = (sales_marks::vendor_id.eq(vendor), sales_marks::mark.eq(mark.to_owned()), sales_marks::read_at.eq(now));
        scope.insert(sales_marks::table, row).execute(scope)?;
    }
    Ok(())
}

/// When any vendor's sums were last found to be others.
pub(super) fn last_read(scope: &mut Reading<Control>) -> Result<Option<Timestamp>> {
    scope.rows(sales_marks::table).order(sales_marks::read_at.desc()).select(sales_marks::read_at).find_first(scope)
}

/// What the platform's sums have of a vendor.
pub(super) fn vendor_days(scope: &mut Reading<Control>, vendor: VendorId) -> Result<Vec<Day>> {
    let own = scope.rows(vendor_days::table).filter(vendor_days::vendor_id.eq(vendor));
    own.select((vendor_days::since, vendor_days::currency, vendor_days::order_count, vendor_days::revenue)).load(scope)
}

/// Puts a vendor's sums of a day in the place of those it had.
pub(super) fn set_vendor_day(scope: &mut Writing<Control>, vendor: VendorId, (since, currency, orders, revenue): Day) -> Result<()> {
    let own = scope
        .rows(vendor_days::table)
        .filter(vendor_days::vendor_id.eq(vendor))
        .filter(vendor_days::since.eq(since))
        .filter(vendor_days::currency.eq(currency));
    if own.set((vendor_days::order_count.eq(orders), vendor_days::revenue.eq(revenue))).execute(scope)? == 0 {
        let row = (
            vendor_days::vendor_id.eq(vendor),
            vendor_days::since.eq(since),
            vendor_days::currency.eq(currency),
            vendor_days::order_count.eq(orders),
            vendor_days::revenue.eq(revenue),
        );
        scope.insert(vendor_days::table, row).execute(scope)?;
    }
    Ok(())
}

/// Adds to the platform's sums of a day.
pub(super) fn add_to_day(scope: &mut Writing<Control>, (since, currency, orders, revenue): Day) -> Result<()> {
    let day = scope.rows(sales_days::table).filter(sales_days::since.eq(since)).filter(sales_days::currency.eq(currency));
    let sums = (sales_days::order_count.eq(sales_days::order_count + orders), sales_days::revenue.eq(sales_days::revenue + revenue));
    if day.set(sums).execute(scope)? == 0 {
        let row = (
            sales_days::since.eq(since),
            sales_days::currency.eq(currency),
            sales_days::order_count.eq(orders),
            sales_days::revenue.eq(revenue),
        );
        scope.insert(sales_days::table, row).execute(scope)?;
    }
    Ok(())
}

/// The platform's sums of these days, by currency and day.
pub(super) fn days(scope: &mut Reading<Control>, from: i64, to: i64) -> Result<Vec<Day>> {
    scope
        .rows(sales_days::table)
        .filter(sales_days::since.ge(from))
        .filter(sales_days::since.lt(to))
        .order(sales_days::currency.asc())
        .then_order_by(sales_days::since.asc())
        .select((sales_days::since, sales_days::currency, sales_days::order_count, sales_days::revenue))
        .load(scope)
}

/// How many vendors are open, and how many are not.
pub(super) fn vendors_by_standing(scope: &mut Reading<Control>) -> Result<Vec<(bool, i64)>> {
    scope.rows(vendors::table).group_by(vendors::is_active).select((vendors::is_active, count_star())).load(scope)
}

/// How many were opened between two instants.
pub(super) fn opened(scope: &mut Reading<Control>, from: Timestamp, to: Timestamp) -> Result<i64> {
    let between = scope.rows(vendors::table).filter(vendors::created_at.ge(from)).filter(vendors::created_at.lt(to));
    between.select(count_star()).first(scope)
}
