//! Durations as people write them (ISO 8601): days and months are calendar in a time zone, hours are exact.

use std::str::FromStr;

use chrono::{DateTime, Days, Months, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// A duration that is not negative, such as `P1M`, `P2W` or `P1DT12H`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    months: u32,
    days: u32,
    exact: TimeDelta,
}

/// A text that is no duration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration, such as `PT30M`, `P1D` or `P2W`")]
pub struct NotASpan(String);

impl Span {
    /// Nothing at all.
    pub const ZERO: Span = Span {
        months: 0,
        days: 0,
        exact: TimeDelta::zero(),
    };

    /// The time that lies this far after another: first the calendar part, by the clock on the wall there, then the
    /// exact part. None beyond the calendar's end.
    ///
    /// A wall time that a zone skips moves forward by the gap; of two that it repeats, the earlier is meant.
    pub fn after(&self, start: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        if self.months == 0 && self.days == 0 {
            return start.checked_add_signed(self.exact);
        }
        let wall = start.with_timezone(&zone).naive_local();
        let wall = wall
            .checked_add_months(Months::new(self.months))?
            .checked_add_days(Days::new(self.days.into()))?;
        at(wall, zone)?.checked_add_signed(self.exact)
    }

    /// The time that lies this far before another, by the same rules.
    pub fn before(&self, start: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        if self.months == 0 && self.days == 0 {
            return start.checked_sub_signed(self.exact);
        }
        let wall = start.with_timezone(&zone).naive_local();
        let wall = wall
            .checked_sub_months(Months::new(self.months))?
            .checked_sub_days(Days::new(self.days.into()))?;
        at(wall, zone)?.checked_sub_signed(self.exact)
    }

    /// Whether it counts whole days of the calendar only.
    pub fn is_calendar(&self) -> bool {
        self.exact.is_zero()
    }

    /// The length where it does not depend on a calendar: hours, minutes, seconds.
    pub fn exact(&self) -> Option<TimeDelta> {
        (self.months == 0 && self.days == 0).then_some(self.exact)
    }

    /// Nothing at all.
    pub fn is_zero(&self) -> bool {
        self.exact() == Some(TimeDelta::zero())
    }
}

/// The instant of a wall time, as [`Span::after`] understands it. Gaps are at most a day long (Samoa, 2011).
pub(crate) fn at(wall: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let instant = |wall: &NaiveDateTime| zone.from_local_datetime(wall).earliest();
    if let Some(found) = instant(&wall) {
        return Some(found.to_utc());
    }
    let before = zone
        .from_utc_datetime(&wall.checked_sub_days(Days::new(2))?)
        .naive_local();
    let offset = before - wall.checked_sub_days(Days::new(2))?;
    Some(wall.checked_sub_signed(offset)?.and_utc())
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        parse(text).ok_or_else(|| NotASpan(text.into()))
    }
}

fn parse(text: &str) -> Option<Span> {
    let (calendar, clock) = text.strip_prefix('P')?.split_once('T').map_or_else(
        || Some((text.strip_prefix('P')?, None)),
        |(calendar, clock)| Some((calendar, Some(clock))),
    )?;
    let [years, months, weeks, days] = parts(calendar, ['Y', 'M', 'W', 'D'])?;
    let [hours, minutes, seconds] = parts(clock.unwrap_or_default(), ['H', 'M', 'S'])?;
    if clock == Some("") || (calendar.is_empty() && clock.is_none()) {
        return None;
    }
    let exact = u64::from(hours) * 3_600 + u64::from(minutes) * 60 + u64::from(seconds);
    Some(Span {
        months: years.checked_mul(12)?.checked_add(months)?,
        days: weeks.checked_mul(7)?.checked_add(days)?,
        exact: TimeDelta::try_seconds(i64::try_from(exact).ok()?)?,
    })
}

/// Whole numbers before their units, each unit at most once and in this order.
fn parts<const N: usize>(mut text: &str, units: [char; N]) -> Option<[u32; N]> {
    let mut found = [0; N];
    for (unit, amount) in units.into_iter().zip(&mut found) {
        if let Some((number, rest)) = text.split_once(unit) {
            let digits = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            *amount = digits.then_some(number)?.parse().ok()?;
            text = rest;
        }
    }
    text.is_empty().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(span: &str, start: &str, zone: Tz) -> String {
        let span: Span = span.parse().unwrap();
        span.after(start.parse().unwrap(), zone).unwrap().to_rfc3339()
    }

    #[test]
    fn a_day_is_calendar_and_24_hours_are_exact() {
        let before_spring = "2026-03-28T11:00:00Z";

        assert_eq!(
            after("P1D", before_spring, Tz::Europe__Berlin),
            "2026-03-29T10:00:00+00:00"
        );
        assert_eq!(
            after("PT24H", before_spring, Tz::Europe__Berlin),
            "2026-03-29T11:00:00+00:00"
        );
        assert_eq!(
            after("P1DT1H", before_spring, Tz::Europe__Berlin),
            "2026-03-29T11:00:00+00:00"
        );
    }

    #[test]
    fn a_month_ends_where_the_month_does() {
        assert_eq!(
            after("P1M", "2026-01-31T12:00:00Z", Tz::UTC),
            "2026-02-28T12:00:00+00:00"
        );
        assert_eq!(
            after("P1Y1M", "2027-01-31T12:00:00Z", Tz::UTC),
            "2028-02-29T12:00:00+00:00"
        );
        assert_eq!(
            after("P2W", "2026-01-31T12:00:00Z", Tz::UTC),
            "2026-02-14T12:00:00+00:00"
        );
    }

    #[test]
    fn a_wall_time_that_is_skipped_moves_forward_and_one_that_repeats_is_the_earlier() {
        assert_eq!(
            after("P1D", "2026-03-28T01:30:00Z", Tz::Europe__Berlin),
            "2026-03-29T01:30:00+00:00"
        );
        assert_eq!(
            after("P1D", "2026-10-24T00:30:00Z", Tz::Europe__Berlin),
            "2026-10-25T00:30:00+00:00"
        );
        assert_eq!(
            after("P1D", "2011-12-29T20:00:00Z", Tz::Pacific__Apia),
            "2011-12-30T20:00:00+00:00"
        );
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for text in [
            "",
            "P",
            "PT",
            "1D",
            "P1",
            "PD",
            "P-1D",
            "P1.5D",
            "P1DT",
            "P1H",
            "PT1D",
            "P1D1M",
            "P99999999999D",
        ] {
            assert_eq!(text.parse::<Span>(), Err(NotASpan(text.into())), "{text}");
        }
    }
}
