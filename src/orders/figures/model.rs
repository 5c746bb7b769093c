//! Spans of time, and what is summed up over them.

use crate::base::id::ProductId;
use crate::base::money::Currency;
use crate::base::text_enum::text_enum;
use crate::base::time::Timestamp;
use chrono::{DateTime, Datelike, NaiveDate};
use std::collections::BTreeMap;

text_enum! {
    /// How long a span of time is. They begin at whole quarters of an hour, hours, days and months of UTC: every time zone of this
    /// century is off by a number of quarters.
    pub enum Span {
        /// 15 minutes.
        Quarter = "quarter",
        /// An hour.
        Hour = "hour",
        /// A day.
        Day = "day",
        /// A month of the calendar.
        Month = "month",
    }
}

impl Span {
    /// When the span began that an instant, in seconds since 1970, is in.
    pub fn floor(self, second: i64) -> i64 {
        match self.seconds() {
            Some(length) => second - second.rem_euclid(length),
            None => month(second, 0),
        }
    }

    /// When it ends.
    pub fn end(self, second: i64) -> i64 {
        match self.seconds() {
            Some(length) => self.floor(second) + length,
            None => month(second, 1),
        }
    }

    /// The first beginning of a span that is not before an instant.
    pub fn ceil(self, second: i64) -> i64 {
        if self.floor(second) == second { second } else { self.end(second) }
    }

    fn seconds(self) -> Option<i64> {
        match self {
            Self::Quarter => Some(900),
            Self::Hour => Some(3600),
            Self::Day => Some(86_400),
            Self::Month => None,
        }
    }
}

/// The beginning of the month that an instant is in, or so many months later.
fn month(second: i64, later: i32) -> i64 {
    let date = DateTime::from_timestamp(second, 0).map(|instant| instant.date_naive()).unwrap_or_default();
    let months = date.year() * 12 + date.month0().cast_signed() + later;
    let first = NaiveDate::from_ymd_opt(months.div_euclid(12), months.rem_euclid(12).cast_unsigned() + 1, 1).unwrap_or(date);
    first.and_hms_opt(0, 0, 0).map_or(second, |midnight| midnight.and_utc().timestamp())
}

/// How much was sold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// How many orders.
    pub orders: i64,
    /// How many pieces.
    pub units: i64,
    /// What the orders come to, in minor units.
    pub revenue: i64,
}

impl std::ops::AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.orders += other.orders;
        self.units += other.units;
        self.revenue += other.revenue;
    }
}

/// How much was sold of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProductSums {
    /// The product.
    pub product: ProductId,
    /// How many pieces.
    pub units: i64,
    /// What the lines come to, in minor units.
    pub revenue: i64,
}

/// What was sold in one currency: in each period, and of each product in all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The currency.
    pub currency: Currency,
    /// The sums of each period.
    pub periods: Vec<Sums>,
    /// The sums of each product that was sold.
    pub products: Vec<ProductSums>,
}

/// An order that counts, with what it counts for.
#[derive(Clone, Debug)]
pub(in crate::orders) struct Counted {
    pub number: i64,
    pub currency: Currency,
    pub total: i64,
    pub placed_at: Timestamp,
    /// Product, quantity and total of each line.
    pub lines: Vec<(ProductId, i64, i64)>,
}

impl Counted {
    /// What it adds to the sums.
    pub(super) fn sums(&self) -> Sums {
        Sums { orders: 1, units: self.lines.iter().map(|(_, quantity, _)| quantity).sum(), revenue: self.total }
    }
}

/// Sums of spans, ready to be added to those that are kept: by span, beginning and currency, and by product, too.
#[derive(Clone, Debug, Default)]
pub(super) struct Additions {
    pub orders: BTreeMap<(Span, i64, &'static str), Sums>,
    pub products: BTreeMap<(Span, i64, ProductId, &'static str), (i64, i64)>,
}

/// Of what spans the sums of orders, and those of products, are kept: the coarsest first.
pub(super) const ORDER_SPANS: [Span; 3] = [Span::Day, Span::Hour, Span::Quarter];
/// Of products, for which there are many more sums.
pub(super) const PRODUCT_SPANS: [Span; 2] = [Span::Month, Span::Day];

impl Additions {
    /// Counts an order once, or with `times` of -1 takes it out again.
    pub(super) fn count(&mut self, order: &Counted, times: i64) {
        let (second, currency, sums) = (order.placed_at.seconds(), order.currency.code(), order.sums());
        let sums = Sums { orders: times * sums.orders, units: times * sums.units, revenue: times * sums.revenue };
        for span in ORDER_SPANS {
            *self.orders.entry((span, span.floor(second), currency)).or_default() += sums;
        }
        for (span, (product, quantity, total)) in
            PRODUCT_SPANS.into_iter().flat_map(|span| order.lines.iter().map(move |line| (span, line)))
        {
            let (units, revenue) = self.products.entry((span, span.floor(second), *product, currency)).or_default();
            *units += times * quantity;
            *revenue += times * total;
        }
    }
}

/// A piece of a stretch of time: of whole spans, whose sums are kept, or of less than the shortest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// Of these spans; none is less than the shortest.
    pub span: Option<Span>,
    /// From this second on.
    pub from: i64,
    /// To the one before this.
    pub to: i64,
    /// 1 when it is a part, -1 when it is too much in another piece.
    pub times: i64,
}

/// The pieces of a stretch of time, as few and as long as they can be: what is left of a span at an end is the whole span
/// less the rest of it, when that is shorter.
pub(super) fn pieces(from: i64, to: i64, spans: &[Span], times: i64, found: &mut Vec<Piece>) {
    if from >= to {
        return;
    }
    let Some((span, finer)) = spans.split_first() else {
        found.push(Piece { span: None, from, to, times });
        return;
    };
    let (first, last) = (span.ceil(from), span.floor(to));
    if first > last {
        return part(*span, finer, from, to, times, found);
    }
    if first < last {
        found.push(Piece { span: Some(*span), from: first, to: last, times });
    }
    part(*span, finer, from, first, times, found);
    part(*span, finer, last, to, times, found);
}

/// The pieces of a part of one span.
fn part(span: Span, finer: &[Span], from: i64, to: i64, times: i64, found: &mut Vec<Piece>) {
    let (start, end) = (span.floor(from), span.end(from));
    if from < to && (to - from) * 2 > end - start {
        found.push(Piece { span: Some(span), from: start, to: end, times });
        pieces(start, from, finer, -times, found);
        pieces(to, end, finer, -times, found);
    } else {
        pieces(from, to, finer, times, found);
    }
}

#[cfg(test)]
mod tests {
    use super::{PRODUCT_SPANS, Span, pieces};
    use proptest::prelude::*;

    #[test]
    fn months_begin_at_their_first_midnight() {
        let (january, march) = (1_767_225_600, 1_772_323_200);
        assert_eq!((Span::Month.floor(january), Span::Month.floor(january - 1)), (january, 1_764_547_200));
        assert_eq!((Span::Month.end(march - 1), Span::Month.ceil(march), Span::Month.ceil(march + 1)), (march, march, 1_775_001_600));
        assert_eq!((Span::Day.floor(-1), Span::Quarter.end(0)), (-86_400, 900));
    }

    proptest! {
        #[test]
        fn the_pieces_together_are_the_stretch(from in 0_i64..20_000, length in 0_i64..30_000, probe in -3000_i64..60_000) {
            // Quarters since 2026.
            let second = |quarter: i64| 1_767_225_600 + quarter * 900;
            let mut found = Vec::new();
            pieces(second(from), second(from + length), &PRODUCT_SPANS, 1, &mut found);
            let times: i64 = found.iter().filter(|piece| (piece.from..piece.to).contains(&second(probe))).map(|piece| piece.times).sum();
            prop_assert_eq!(times, i64::from((from..from + length).contains(&probe)));
            let live: i64 = found.iter().filter(|piece| piece.span.is_none()).map(|piece| piece.to - piece.from).sum();
            prop_assert!(live <= 86_400, "at both ends at most half a day is read order by order: {:?}", found);
        }
    }
}
