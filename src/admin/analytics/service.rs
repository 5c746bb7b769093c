//! Reading the platform's sums, and keeping them.

use super::model::{CurrencySales, DaySales, PlatformAnalytics, SalesQuery, VendorCounts};
use super::store;
use crate::base::code::{Code, FieldError};
use crate::base::date::Date;
use crate::base::id::VendorId;
use crate::base::money::Money;
use crate::base::time::Timestamp;
use crate::db::{Control, Reading, Writing};
use crate::orders::figures::Day;
use crate::problem::Problem;
use chrono::{DateTime, NaiveTime};
use std::collections::{BTreeMap, HashMap};

/// How many days may be asked for.
const MOST_DAYS: i64 = 366;
/// How many days are told when nobody says.
const DAYS: i64 = 30;

/// How the platform does in these days.
pub(super) fn tell(scope: &mut Reading<Control>, query: SalesQuery) -> Result<PlatformAnalytics, Problem> {
    let to = query.to.unwrap_or_else(|| Date(scope.now().as_naive().date()));
    let from = query.from.unwrap_or_else(|| to.plus(1 - DAYS));
    if from > to || (to.0 - from.0).num_days() >= MOST_DAYS {
        let error = FieldError::new("from", "out_of_range", "must not be after to, nor more than 365 days before it");
        return Err(Problem::new(Code::InvalidParameter, "a query parameter is not valid; see errors").at(vec![error]));
    }
    let [begins, ends] = [from, to.plus(1)].map(|day| Timestamp::from_naive(day.0.and_time(NaiveTime::MIN)));
    let standing = store::vendors_by_standing(scope)?;
    let count = |wanted: bool| standing.iter().filter(|(is_active, _)| *is_active == wanted).map(|(_, count)| count).sum::<i64>();
    let vendors = VendorCounts {
        total: count(true) + count(false),
        active: count(true),
        suspended: count(false),
        opened: store::opened(scope, begins, ends)?,
    };
    let days = store::days(scope, begins.seconds(), ends.seconds())?;
    Ok(PlatformAnalytics { from, to, as_of: store::last_read(scope)?, vendors, sales: by_currency(days) })
}

fn by_currency(days: Vec<Day>) -> Vec<CurrencySales> {
    let mut sales: Vec<CurrencySales> = Vec::new();
    for (since, currency, orders, revenue) in days.into_iter().filter(|(_, _, orders, revenue)| (*orders, *revenue) != (0, 0)) {
        let money = |minor| Money { minor, currency };
        if sales.last().is_none_or(|last| last.currency != currency) {
            sales.push(CurrencySales { currency, orders: 0, revenue: money(0), days: Vec::new() });
        }
        if let Some(last) = sales.last_mut() {
            last.orders += orders;
            last.revenue.minor += revenue;
            last.days.push(DaySales { day: day_of(since), orders, revenue: money(revenue) });
        }
    }
    sales
}

fn day_of(since: i64) -> Date {
    Date(DateTime::from_timestamp(since, 0).map(|instant| instant.date_naive()).unwrap_or_default())
}

/// How far the sums had come of each vendor that were read last.
pub fn marks(scope: &mut Reading<Control>) -> Result<HashMap<VendorId, String>, Problem> {
    Ok(store::marks(scope)?.into_iter().collect())
}

/// Takes over a vendor's sums of all days, at this mark: adds what is different to the platform's.
pub fn note(scope: &mut Writing<Control>, vendor: VendorId, mark: &str, days: &[Day]) -> Result<(), Problem> {
    // Whoever else is at it waits here, and then finds it done.
    store::set_mark(scope, vendor, mark)?;
    let key = |day: &Day| (day.0, day.1.code());
    let old: BTreeMap<_, _> = store::vendor_days(scope, vendor)?.into_iter().map(|day| (key(&day), day)).collect();
    let new: BTreeMap<_, _> = days.iter().map(|day| (key(day), *day)).collect();
    let gone = old.values().filter(|day| !new.contains_key(&key(day))).map(|day| (day.0, day.1, 0, 0));
    for day in new.values().copied().chain(gone) {
        let (_, _, orders, revenue) = old.get(&key(&day)).copied().unwrap_or((day.0, day.1, 0, 0));
        if (orders, revenue) != (day.2, day.3) {
            store::add_to_day(scope, (day.0, day.1, day.2 - orders, day.3 - revenue))?;
            store::set_vendor_day(scope, vendor, day)?;
        }
    }
    Ok(())
}
