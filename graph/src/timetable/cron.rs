//! Times that repeat, as cron writes them: minute, hour, day of the month, month, day of the week.

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use croner::parser::{CronParser, Seconds, Year};

/// The first guess at how far back the last times lie.
const GUESS: TimeDelta = TimeDelta::hours(1);

/// A cron expression of five fields, by the clock on the wall of a zone.
///
/// Where clocks change, one with a fixed hour and minute keeps its once a day: a time that is skipped is the end of the gap,
/// one that comes twice is the first. One with several, with wild cards or steps follows the time that really passes. (As
/// Vixie's cron does, and the OCPS.)
#[derive(Clone, Debug, PartialEq)]
pub struct Cron(croner::Cron);

/// A text that is no cron expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotACron {
    /// It can't be read.
    #[error("`{text}` is no cron expression such as `0 8 * * MON-FRI`: {reason}")]
    Malformed {
        /// What was written.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// It names a day that no calendar has.
    #[error("`{0}` names a time that never comes")]
    Never(String),
}

impl Cron {
    /// The first time behind another; none where it lies beyond the calendar.
    pub fn next(&self, after: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let next = self.0.find_next_occurrence(&after.with_timezone(&zone), false);
        next.ok().map(|time| time.to_utc())
    }

    /// The last times from one to another, both included, the earliest first: at most so many.
    pub fn last(&self, from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz, most: usize) -> Vec<DateTime<Utc>> {
        let mut back = GUESS;
        loop {
            let reaches = to - from <= back;
            let start = if reaches { from } else { to - back };
            let mut times = self.between(start, to, zone);
            if reaches || times.len() >= most {
                return times.split_off(times.len().saturating_sub(most));
            }
            back = back + back;
        }
    }

    fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> Vec<DateTime<Utc>> {
        let first = self.next(from - TimeDelta::seconds(1), zone);
        let behind = |time: &DateTime<Utc>| self.next(*time, zone);
        std::iter::successors(first, behind)
            .skip_while(|time| *time < from)
            .take_while(|time| *time <= to)
            .collect()
    }
}

impl FromStr for Cron {
    type Err = NotACron;

    fn from_str(text: &str) -> Result<Self, NotACron> {
        let parser = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build();
        let malformed = |error: croner::errors::CronError| NotACron::Malformed {
            text: text.to_owned(),
            reason: error.to_string(),
        };
        let cron = Cron(parser.parse(text).map_err(malformed)?);
        // Every day that there is comes within the calendar's cycle of 28 years.
        match cron.next(DateTime::UNIX_EPOCH, Tz::UTC) {
            Some(_) => Ok(cron),
            None => Err(NotACron::Never(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The times of an expression from midnight UTC of a day on, in UTC.
    fn times(cron: &str, zone: Tz, day: &str, count: usize) -> Vec<String> {
        let cron: Cron = cron.parse().unwrap();
        let start: DateTime<Utc> = format!("{day}T00:00:00Z").parse().unwrap();
        let next = |time: &DateTime<Utc>| cron.next(*time, zone);
        let times = std::iter::successors(cron.next(start, zone), next).take(count);
        times.map(|time| time.format("%dT%R").to_string()).collect()
    }

    #[test]
    fn a_fixed_time_that_clocks_skip_is_the_end_of_the_gap() {
        for (zone, day, hour, expected) in [
            (
                Tz::America__New_York,
                "2026-03-07",
                "30 2",
                ["07T07:30", "08T07:00", "09T06:30"],
            ),
            (
                Tz::Europe__Berlin,
                "2026-03-28",
                "30 2",
                ["28T01:30", "29T01:00", "30T00:30"],
            ),
            // Half an hour: from 2:00 to 2:30.
            (
                Tz::Australia__Lord_Howe,
                "2026-10-02",
                "15 2",
                ["02T15:45", "03T15:30", "04T15:15"],
            ),
        ] {
            let found = times(&format!("{hour} * * *"), zone, day, 3);

            assert_eq!(found, expected, "{zone}");
        }
    }

    #[test]
    fn a_fixed_time_that_comes_twice_is_the_first() {
        for (zone, day, hour, expected) in [
            (
                Tz::America__New_York,
                "2026-10-31",
                "30 1",
                ["31T05:30", "01T05:30", "02T06:30"],
            ),
            (
                Tz::Europe__Berlin,
                "2026-10-24",
                "30 2",
                ["24T00:30", "25T00:30", "26T01:30"],
            ),
            // Half an hour: 1:30 to 2:00 comes twice.
            (
                Tz::Australia__Lord_Howe,
                "2026-04-03",
                "45 1",
                ["03T14:45", "04T14:45", "05T15:15"],
            ),
        ] {
            let found = times(&format!("{hour} * * *"), zone, day, 3);

            assert_eq!(found, expected, "{zone}");
        }
    }

    #[test]
    fn wild_cards_and_steps_follow_the_time_that_passes() {
        for (cron, zone, day, expected) in [
            // Spring: 2:00 is skipped, and so is nothing else.
            (
                "0 * * * *",
                Tz::America__New_York,
                "2026-03-08",
                ["08T01:00", "08T02:00", "08T03:00"],
            ),
            (
                "*/30 1-3 * * *",
                Tz::Europe__Berlin,
                "2026-03-28",
                ["29T00:00", "29T00:30", "29T01:00"],
            ),
            (
                "*/15 2 * * *",
                Tz::Australia__Lord_Howe,
                "2026-10-03",
                ["03T15:30", "03T15:45", "04T15:00"],
            ),
            // Autumn: what comes twice is both times.
            (
                "30 * * * *",
                Tz::Europe__Berlin,
                "2026-10-25",
                ["25T00:30", "25T01:30", "25T02:30"],
            ),
            (
                "*/30 1 * * *",
                Tz::America__New_York,
                "2026-11-01",
                ["01T05:00", "01T05:30", "01T06:00"],
            ),
            (
                "*/15 1 * * *",
                Tz::Australia__Lord_Howe,
                "2026-04-04",
                ["04T14:00", "04T14:15", "04T14:30"],
            ),
        ] {
            let found = times(cron, zone, day, 40);
            let place = found.iter().position(|time| *time == expected[0]).unwrap();

            assert_eq!(found[place..place + 3], expected, "{cron} in {zone}");
        }
    }

    #[test]
    fn an_hour_that_comes_twice_has_its_steps_twice() {
        let found = times("*/30 1 * * *", Tz::America__New_York, "2026-11-01", 5);

        assert_eq!(found, ["01T05:00", "01T05:30", "01T06:00", "01T06:30", "02T06:00"]);
    }

    #[test]
    fn the_last_times_are_found_however_far_back_they_lie() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let last = |cron: &str, from: &str, most: usize| {
            let cron: Cron = cron.parse().unwrap();
            let times = cron.last(at(from), at("2026-06-01T12:00:00Z"), Tz::UTC, most);
            times
                .iter()
                .map(|time| time.format("%FT%R").to_string())
                .collect::<Vec<_>>()
        };

        assert_eq!(last("* * * * *", "2020-01-01T00:00:00Z", 1), ["2026-06-01T12:00"]);
        assert_eq!(
            last("0 0 29 2 *", "2000-02-29T00:00:00Z", 2),
            ["2020-02-29T00:00", "2024-02-29T00:00"]
        );
        assert_eq!(last("0 0 29 2 *", "2024-02-29T00:00:00Z", 2), ["2024-02-29T00:00"]);
        assert!(last("0 0 29 2 *", "2024-02-29T00:00:01Z", 2).is_empty());
    }

    #[test]
    fn what_is_no_cron_expression_or_never_comes_is_refused() {
        for text in ["", "* * * *", "* * * * * *", "60 * * * *", "0 8 * * FOO", "0 8 ? *"] {
            assert!(
                matches!(text.parse::<Cron>(), Err(NotACron::Malformed { .. })),
                "{text}"
            );
        }
        assert_eq!("0 0 30 2 *".parse::<Cron>(), Err(NotACron::Never("0 0 30 2 *".into())));
    }
}
