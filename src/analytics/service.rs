//! From what was asked to the stretches of time that it means, and from sums to figures.

use super::calendar;
use super::model::{Analytics, AnalyticsQuery, By, CurrencyFigures, PeriodFigures, ProductFigures};
use crate::base::code::{Code, FieldError};
use crate::base::date::Date;
use crate::base::money::{Currency, Money};
use crate::base::time::Timestamp;
use crate::catalog;
use crate::db::Reading;
use crate::orders::figures::{self, Figures, ProductSums, Sums};
use crate::problem::Problem;
use chrono::NaiveDate;
use chrono_tz::Tz;

/// How many periods there may be.
const MOST: usize = 400;
/// The years that can be asked for: in others, clocks were not off by whole quarters of an hour, or nobody knows by how much they will be.
const FIRST: (i32, u32, u32) = (2000, 1, 1);
/// The last day.
const LAST: (i32, u32, u32) = (2199, 12, 31);

/// What is asked for, understood.
#[derive(Clone, Debug)]
pub(super) struct Question {
    from: Date,
    to: Date,
    by: By,
    zone: Tz,
    /// The first day of each period.
    firsts: Vec<Date>,
    currency: Option<Currency>,
    /// The vendor's own.
    home: Currency,
    top: usize,
}

fn refuse(name: &str, code: &str, message: &str) -> Problem {
    let problem = Problem::new(Code::InvalidParameter, "a query parameter is not valid; see errors");
    problem.at(vec![FieldError::new(name, code, message)])
}

impl Question {
    /// What the query means to a vendor that sells in `home`, at this moment.
    pub(super) fn of(query: &AnalyticsQuery, home: Currency, now: Timestamp) -> Result<Self, Problem> {
        let named = query.time_zone.as_deref().unwrap_or("UTC");
        let unknown =
            || refuse("time_zone", "unknown_time_zone", "must be a name of the IANA time zone database, such as Europe/Luxembourg");
        let zone: Tz = named.parse().map_err(|_| unknown())?;
        let by = query.by.unwrap_or(By::Day);
        let to = query.to.unwrap_or_else(|| calendar::day(zone, now.seconds()));
        let from = query.from.unwrap_or_else(|| before(by, to));
        for (name, day) in [("from", from), ("to", to)] {
            if !(year(FIRST)..=year(LAST)).contains(&Some(day.0)) {
                return Err(refuse(name, "out_of_range", "must be a day of the years 2000 to 2199"));
            }
        }
        if from > to {
            return Err(refuse("from", "out_of_range", "must not be after to"));
        }
        let firsts: Vec<_> = calendar::periods(by, from, to).take(MOST + 1).collect();
        if firsts.len() > MOST {
            return Err(refuse("from", "too_many", "there may be at most 400 periods; ask for fewer, or for longer ones"));
        }
        let top = usize::try_from(query.top.unwrap_or(10)).unwrap_or_default();
        Ok(Self { from, to, by, zone, firsts, currency: query.currency, home, top })
    }

    /// Where periods begin, and where the last one ends.
    fn edges(&self) -> Vec<i64> {
        let ends = std::iter::once(self.to.plus(1));
        self.firsts.iter().copied().chain(ends).map(|day| calendar::start(self.zone, day)).collect()
    }
}

fn year((year, month, day): (i32, u32, u32)) -> Option<NaiveDate> {
    NaiveDate::from_ymd_opt(year, month, day)
}

/// The first day when none is named.
fn before(by: By, to: Date) -> Date {
    match by {
        By::Day => to.plus(-29),
        By::Week => to.monday().plus(-77),
        By::Month => (0..11).fold(to.first_of_month(), |first, _| first.plus(-1).first_of_month()),
    }
}

/// The answer, and how many orders are not summed up yet.
pub(super) fn answer(scope: &mut Reading, question: &Question) -> Result<(Analytics, i64), Problem> {
    let edges = question.edges();
    let (mut found, waiting) = figures::read(scope, &edges)?;
    found.retain(|one| one.periods.iter().any(|sums| sums.orders != 0) && question.currency.is_none_or(|wanted| wanted == one.currency));
    let wanted = question.currency.unwrap_or(question.home);
    if found.iter().all(|one| one.currency != wanted) {
        found.push(Figures { currency: wanted, periods: vec![Sums::default(); question.firsts.len()], products: Vec::new() });
    }
    // The vendor's own first.
    found.sort_by_key(|one| (one.currency != question.home, one.currency.code()));
    let mut currencies = Vec::with_capacity(found.len());
    for one in found {
        currencies.push(figures_of(scope, question, &edges, one)?);
    }
    let (from, to, by, time_zone) = (question.from, question.to, question.by, question.zone.name().to_owned());
    Ok((Analytics { from, to, by, time_zone, currencies }, waiting))
}

fn figures_of(scope: &mut Reading, question: &Question, edges: &[i64], one: Figures) -> Result<CurrencyFigures, Problem> {
    let currency = one.currency;
    let mut all = Sums::default();
    one.periods.iter().for_each(|sums| all += *sums);
    Ok(CurrencyFigures {
        currency,
        orders: all.orders,
        units: all.units,
        revenue: Money { minor: all.revenue, currency },
        average_order: average(all, currency),
        periods: periods(question, edges, &one.periods, currency),
        top_products: top(scope, question.top, one.products, currency)?,
    })
}

/// What one order comes to; half a minor unit is rounded up.
fn average(sums: Sums, currency: Currency) -> Option<Money> {
    let minor = (2 * i128::from(sums.revenue) + i128::from(sums.orders)).checked_div(2 * i128::from(sums.orders))?;
    Some(Money { minor: i64::try_from(minor).ok()?, currency })
}

fn periods(question: &Question, edges: &[i64], sums: &[Sums], currency: Currency) -> Vec<PeriodFigures> {
    let instant = |second: i64| Timestamp::from_micros(second * 1_000_000);
    let lasts = question.firsts.iter().skip(1).map(|next| next.plus(-1)).chain(std::iter::once(question.to));
    let bounds = edges.iter().zip(edges.iter().skip(1));
    let all = question.firsts.iter().zip(lasts).zip(bounds).zip(sums);
    all.filter_map(|(((from, to), (start, end)), sums)| {
        Some(PeriodFigures {
            from: *from,
            to,
            starts_at: instant(*start)?,
            ends_at: instant(*end)?,
            orders: sums.orders,
            units: sums.units,
            revenue: Money { minor: sums.revenue, currency },
            average_order: average(*sums, currency),
        })
    })
    .collect()
}

fn top(scope: &mut Reading, top: usize, mut sold: Vec<ProductSums>, currency: Currency) -> Result<Vec<ProductFigures>, Problem> {
    sold.sort_by_key(|one| (-one.revenue, -one.units, one.product));
    sold.truncate(top);
    let mut labels = catalog::labels(scope, sold.iter().map(|one| one.product).collect())?;
    let figures = |one: ProductSums| {
        let (name, sku) = labels.remove(&one.product).unwrap_or_default();
        ProductFigures { product: one.product, name, sku, units: one.units, revenue: Money { minor: one.revenue, currency } }
    };
    Ok(sold.into_iter().map(figures).collect())
}
