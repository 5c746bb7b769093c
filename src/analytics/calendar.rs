//! Days, weeks and months of a time zone, as stretches of instants.

use super::model::By;
use crate::base::date::Date;
use chrono::{DateTime, NaiveTime, Offset, TimeDelta, TimeZone};
use chrono_tz::Tz;

/// How long a calendar is searched for the beginning of a day that has no midnight: no zone ever left out more than a day.
const QUARTERS_OF_A_DAY: i32 = 4 * 26;

/// When a day begins, in seconds since 1970: at its first midnight, or where the clocks leave midnight out, at the first
/// instant that they do not.
pub(super) fn start(zone: Tz, day: Date) -> i64 {
    let midnight = day.0.and_time(NaiveTime::MIN);
    let instants = (0..QUARTERS_OF_A_DAY).filter_map(|quarters| {
        let local = midnight.checked_add_signed(TimeDelta::minutes(15) * quarters)?;
        zone.from_local_datetime(&local).earliest()
    });
    let found = instants.map(|instant| instant.timestamp()).next();
    found.unwrap_or_else(|| midnight.and_utc().timestamp()) / 900 * 900
}

/// The day that an instant, in seconds since 1970, is on.
pub(super) fn day(zone: Tz, second: i64) -> Date {
    let instant = DateTime::from_timestamp(second, 0).unwrap_or_default().naive_utc();
    let offset = zone.offset_from_utc_datetime(&instant).fix();
    Date((instant + offset).date())
}

/// The periods from one day to another, both included: the first day of each.
pub(super) fn periods(by: By, from: Date, to: Date) -> impl Iterator<Item = Date> {
    std::iter::successors(Some(from), move |first| Some(next(by, *first))).take_while(move |first| *first <= to)
}

/// The first day of the next period.
fn next(by: By, first: Date) -> Date {
    match by {
        By::Day => first.plus(1),
        By::Week => first.monday().plus(7),
        By::Month => first.first_of_month().plus(31).first_of_month(),
    }
}

#[cfg(test)]
mod tests {
    use super::{By, Date, day, periods, start};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        Date(text.parse().unwrap())
    }

    #[test]
    fn days_have_as_many_hours_as_the_clocks_make_them() {
        for (zone, first, quarters) in [
            ("UTC", "2026-03-29", 96),
            ("Europe/Luxembourg", "2026-03-28", 96),
            ("Europe/Luxembourg", "2026-03-29", 92),
            ("Europe/Luxembourg", "2026-10-25", 100),
            ("America/New_York", "2026-03-08", 92),
            ("Australia/Lord_Howe", "2026-04-05", 98),
            ("Asia/Kathmandu", "2026-03-29", 96),
            ("Africa/Cairo", "2026-04-24", 92),
            // The Samoans went over the date line and left a day out.
            ("Pacific/Apia", "2011-12-29", 96),
            ("Pacific/Apia", "2011-12-30", 0),
        ] {
            let tz: Tz = zone.parse().unwrap();
            let length = start(tz, date(first).plus(1)) - start(tz, date(first));
            assert_eq!(length, quarters * 900, "{zone} {first}");
        }
        // Where clocks go on at midnight, the day begins at one.
        let cairo: Tz = "Africa/Cairo".parse().unwrap();
        assert_eq!(start(cairo, date("2026-04-24")), 1_776_981_600, "2026-04-23T22:00:00Z");
    }

    #[test]
    fn weeks_begin_on_mondays_and_months_on_the_first() {
        let list = |by, from, to| periods(by, date(from), date(to)).map(|first| first.to_string()).collect::<Vec<_>>();
        assert_eq!(list(By::Week, "2026-01-01", "2026-01-12"), ["2026-01-01", "2026-01-05", "2026-01-12"]);
        assert_eq!(list(By::Month, "2026-01-31", "2026-03-01"), ["2026-01-31", "2026-02-01", "2026-03-01"]);
        assert_eq!(list(By::Day, "2026-02-28", "2026-02-28"), ["2026-02-28"]);
    }

    proptest! {
        #[test]
        fn every_instant_is_on_the_day_that_has_begun_last(zone in 0..chrono_tz::TZ_VARIANTS.len(), second in 946_684_800_i64..4_102_444_800) {
            let zone = chrono_tz::TZ_VARIANTS[zone];
            let today = day(zone, second);
            prop_assert_eq!(start(zone, today) % 900, 0);
            prop_assert!(start(zone, today) <= second, "{} {} {}", zone, today, second);
            prop_assert!(second < start(zone, today.plus(1)) || start(zone, today.plus(1)) == start(zone, today), "{} {} {}", zone, today, second);
        }
    }
}
