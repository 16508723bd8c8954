//! A time of day on some days of the week, by the clock on the wall.

use chrono::{DateTime, Datelike, Days, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use crate::span::at;

/// Days looked at: a week, the days around it, and a day that a zone skipped.
const HORIZON: u64 = 10;

/// A time of day, such as Mondays at 09:00.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayTime {
    time: NaiveTime,
    /// None: the workflow's.
    zone: Option<Tz>,
    /// Empty: every day.
    weekdays: Vec<Weekday>,
}

impl DayTime {
    pub(crate) fn new(time: NaiveTime, zone: Option<Tz>, weekdays: Vec<Weekday>) -> DayTime {
        DayTime { time, zone, weekdays }
    }

    /// The next such moment strictly after an instant; `zone` is meant where it has none of its own. None beyond the
    /// calendar's end.
    ///
    /// A wall time that a zone skips moves forward by the gap; of two that it repeats, the earlier is meant.
    pub fn next(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let zone = self.zone.unwrap_or(zone);
        let today = after.with_timezone(&zone).date_naive();
        // The day before: its time may have moved over midnight.
        let first = today.checked_sub_days(Days::new(1))?;
        (0..HORIZON)
            .filter_map(|days| first.checked_add_days(Days::new(days)))
            .filter(|day| self.weekdays.is_empty() || self.weekdays.contains(&day.weekday()))
            .filter_map(|day| at(day.and_time(self.time), zone))
            .find(|moment| *moment > after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(time: &str, weekdays: &[Weekday], zone: Tz, after: &str) -> String {
        let time = NaiveTime::parse_from_str(time, "%H:%M").unwrap();
        let after: DateTime<Utc> = after.parse().unwrap();
        let moment = DayTime::new(time, Some(zone), weekdays.to_vec()).next(after, Tz::UTC);
        moment.unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    #[test]
    fn it_is_the_next_such_moment_and_never_this_one() {
        let berlin = |after| next("09:00", &[], Tz::Europe__Berlin, after);

        assert_eq!(berlin("2026-01-05T07:59:59Z"), "2026-01-05T08:00:00Z");
        assert_eq!(berlin("2026-01-05T08:00:00Z"), "2026-01-06T08:00:00Z");
    }

    #[test]
    fn only_the_named_weekdays_count_as_they_are_in_the_zone() {
        let weekdays = [Weekday::Mon, Weekday::Tue];

        // Sunday evening in UTC is Monday morning in Auckland.
        let auckland = next("08:00", &weekdays, Tz::Pacific__Auckland, "2026-01-04T18:00:00Z");
        let friday = next("08:00", &weekdays, Tz::UTC, "2026-01-09T12:00:00Z");

        assert_eq!(auckland, "2026-01-04T19:00:00Z");
        assert_eq!(friday, "2026-01-12T08:00:00Z");
    }

    #[test]
    fn a_time_that_the_spring_skips_moves_by_the_gap_and_one_that_the_autumn_repeats_comes_once() {
        let new_york = |after| next("02:30", &[], Tz::America__New_York, after);

        assert_eq!(new_york("2026-03-08T05:00:00Z"), "2026-03-08T07:30:00Z");
        assert_eq!(new_york("2026-03-08T07:30:00Z"), "2026-03-09T06:30:00Z");
        let autumn = |after| next("01:30", &[], Tz::America__New_York, after);
        assert_eq!(autumn("2026-11-01T04:00:00Z"), "2026-11-01T05:30:00Z");
        assert_eq!(autumn("2026-11-01T05:30:00Z"), "2026-11-02T06:30:00Z");
    }

    #[test]
    fn a_gap_of_half_an_hour_is_one_too() {
        let lord_howe = next("02:15", &[], Tz::Australia__Lord_Howe, "2026-10-03T13:00:00Z");

        assert_eq!(lord_howe, "2026-10-03T15:45:00Z");
    }
}
