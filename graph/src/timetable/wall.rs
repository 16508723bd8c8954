//! Times by the clock on a wall.

use std::str::FromStr;

use chrono::{DateTime, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// The longest that clocks were ever put forward (Samoa left out a day in 2011), in minutes.
const LONGEST_GAP: i64 = 24 * 60;

/// A time of the day to the minute, such as `08:30`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeOfDay(pub NaiveTime);

/// A text that is no time of the day.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a time of the day such as `08:30`")]
pub struct NotATimeOfDay(String);

impl FromStr for TimeOfDay {
    type Err = NotATimeOfDay;

    fn from_str(text: &str) -> Result<Self, NotATimeOfDay> {
        let plain = text.len() == 5 && text.bytes().all(|byte| byte == b':' || byte.is_ascii_digit());
        let time = NaiveTime::parse_from_str(text, "%H:%M").ok().filter(|_| plain);
        time.map(TimeOfDay).ok_or_else(|| NotATimeOfDay(text.to_owned()))
    }
}

/// The instant of a wall time, by the rule of cron's fixed times: one that is skipped is the end of the gap, one that comes
/// twice is the first. None beyond the calendar.
pub fn instant(wall: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let later = |minutes| wall.checked_add_signed(TimeDelta::minutes(minutes));
    (0..=LONGEST_GAP)
        .map_while(later)
        .find_map(|wall| zone.from_local_datetime(&wall).earliest())
        .map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skipped_time_is_the_end_of_the_gap_and_a_doubled_one_the_first() {
        let at = |wall: &str, zone| instant(wall.parse().unwrap(), zone).unwrap().to_rfc3339();

        assert_eq!(
            at("2026-03-29T02:30:00", Tz::Europe__Berlin),
            "2026-03-29T01:00:00+00:00"
        );
        assert_eq!(
            at("2026-10-25T02:30:00", Tz::Europe__Berlin),
            "2026-10-25T00:30:00+00:00"
        );
        assert_eq!(
            at("2026-10-04T02:15:00", Tz::Australia__Lord_Howe),
            "2026-10-03T15:30:00+00:00"
        );
        assert_eq!(
            at("2011-12-30T08:00:00", Tz::Pacific__Apia),
            "2011-12-30T10:00:00+00:00"
        );
    }

    #[test]
    fn a_time_of_the_day_has_hours_and_minutes() {
        assert_eq!(
            "08:30".parse::<TimeOfDay>().unwrap().0,
            NaiveTime::from_hms_opt(8, 30, 0).unwrap()
        );
        for text in ["", "8:30", "08:30:00", "24:00", "08.30", "+8:30"] {
            assert_eq!(text.parse::<TimeOfDay>(), Err(NotATimeOfDay(text.into())), "{text}");
        }
    }
}
