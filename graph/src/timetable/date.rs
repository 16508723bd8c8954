//! The moment that a record's date stands for: so long before or after it, at a time of the day.

use std::{str::FromStr, sync::Arc};

use chrono::{DateTime, Days, NaiveDateTime, NaiveTime, Timelike, Utc};
use chrono_tz::Tz;

use super::{Cron, NotACron, TimeOfDay, wall};
use crate::span::Span;

/// Days by which a moment's date may lie beside the one that plain arithmetic gives: ends of months, zones, changing clocks.
const MARGIN: Days = Days::new(5);

/// From a record's date to a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateRule {
    /// The record's field.
    pub field: Arc<str>,
    /// Whether the field holds days rather than instants.
    pub is_day: bool,
    /// How long before or after the date.
    pub offset: Offset,
    /// When on that day; none: at the date's own time, which for days is their beginning.
    pub at: Option<TimeOfDay>,
}

/// A duration with a direction, such as `-P3D`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    span: Span,
    before: bool,
}

/// A text that is no offset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration with a sign, such as `-P3D` or `PT2H`")]
pub struct NotAnOffset(String);

impl Offset {
    /// No offset at all.
    pub const NONE: Offset = Offset {
        span: Span::ZERO,
        before: false,
    };

    /// Whether it counts whole days, by the calendar.
    pub fn is_calendar(&self) -> bool {
        self.span.is_calendar()
    }

    /// The date moved by the offset.
    fn apply(&self, start: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        match self.before {
            false => self.span.after(start, zone),
            true => self.span.before(start, zone),
        }
    }

    fn undone(self) -> Offset {
        Offset {
            before: !self.before,
            ..self
        }
    }
}

impl DateRule {
    /// The moment of a date: an instant, or a day as its midnight in UTC. None beyond the calendar.
    pub fn moment(&self, date: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        let Some(TimeOfDay(time)) = self.daily() else {
            let start = match self.is_day {
                true => wall::instant(date.naive_utc(), zone)?,
                false => date,
            };
            return self.offset.apply(start, zone);
        };
        let day = match self.is_day {
            true => date.naive_utc(),
            false => date.with_timezone(&zone).naive_local(),
        };
        // Days of the calendar are the same everywhere: counted in UTC no clock change comes between.
        let day = self.offset.apply(midnight(day).and_utc(), Tz::UTC)?;
        wall::instant(day.date_naive().and_time(time), zone)
    }

    /// Dates from the first to the last of these have their moment between two instants, or near them: a superset.
    pub fn dates(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let undone = self.offset.undone();
        let (from, to) = (undone.apply(from, Tz::UTC)?, undone.apply(to, Tz::UTC)?);
        let is_exact = !self.is_day && self.at.is_none() && self.offset.span.exact().is_some();
        match is_exact {
            true => Some((from, to)),
            false => Some((from.checked_sub_days(MARGIN)?, to.checked_add_days(MARGIN)?)),
        }
    }

    /// The times at which moments come: once a day where all share a time of the day, else any minute.
    ///
    /// # Errors
    /// None in truth: any time of the day can be written as a cron expression.
    pub fn cron(&self) -> Result<Cron, NotACron> {
        match self.daily() {
            Some(TimeOfDay(time)) => format!("{} {} * * *", time.minute(), time.hour()).parse(),
            None => "* * * * *".parse(),
        }
    }

    fn daily(&self) -> Option<TimeOfDay> {
        let by_day = self.is_day && self.offset.is_calendar();
        self.at.or_else(|| by_day.then_some(TimeOfDay(NaiveTime::MIN)))
    }
}

fn midnight(time: NaiveDateTime) -> NaiveDateTime {
    time.date().and_time(NaiveTime::MIN)
}

impl FromStr for Offset {
    type Err = NotAnOffset;

    fn from_str(text: &str) -> Result<Self, NotAnOffset> {
        let (before, span) = match text.strip_prefix('-') {
            Some(span) => (true, span),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let span = span.parse().map_err(|_| NotAnOffset(text.to_owned()))?;
        Ok(Offset { span, before })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(is_day: bool, offset: &str, at: Option<&str>) -> DateRule {
        DateRule {
            field: "date".into(),
            is_day,
            offset: offset.parse().unwrap(),
            at: at.map(|at| at.parse().unwrap()),
        }
    }

    fn moment(rule: &DateRule, date: &str, zone: Tz) -> String {
        let moment = rule.moment(date.parse().unwrap(), zone).unwrap();
        moment.format("%FT%R").to_string()
    }

    #[test]
    fn a_day_has_its_moment_at_a_time_of_the_wall() {
        let before = rule(true, "-P3D", Some("08:00"));

        assert_eq!(
            moment(&before, "2026-03-10T00:00:00Z", Tz::America__New_York),
            "2026-03-07T13:00"
        );
        assert_eq!(
            moment(&before, "2026-03-11T00:00:00Z", Tz::America__New_York),
            "2026-03-08T12:00"
        );
        assert_eq!(
            moment(&rule(true, "P0D", None), "2026-03-10T00:00:00Z", Tz::Asia__Tokyo),
            "2026-03-09T15:00"
        );
    }

    #[test]
    fn a_day_and_some_hours_count_from_its_midnight() {
        let rule = rule(true, "-PT2H", None);

        assert_eq!(
            moment(&rule, "2026-03-10T00:00:00Z", Tz::Europe__Berlin),
            "2026-03-09T21:00"
        );
    }

    #[test]
    fn an_instant_keeps_its_time_unless_one_is_given() {
        let zone = Tz::Europe__Berlin;

        assert_eq!(
            moment(&rule(false, "P1D", None), "2026-03-28T11:00:00Z", zone),
            "2026-03-29T10:00"
        );
        assert_eq!(
            moment(&rule(false, "PT24H", None), "2026-03-28T11:00:00Z", zone),
            "2026-03-29T11:00"
        );
        assert_eq!(
            moment(&rule(false, "P1D", Some("09:00")), "2026-03-28T23:30:00Z", zone),
            "2026-03-30T07:00"
        );
    }

    #[test]
    fn months_before_end_where_the_month_does() {
        assert_eq!(
            moment(&rule(true, "-P1M", Some("00:00")), "2026-03-31T00:00:00Z", Tz::UTC),
            "2026-02-28T00:00"
        );
    }

    #[test]
    fn the_dates_between_two_instants_are_all_among_those_looked_through() {
        let zones = [
            Tz::UTC,
            Tz::Pacific__Kiritimati,
            Tz::Pacific__Pago_Pago,
            Tz::America__New_York,
        ];
        let rules = ["-P1M", "P1M", "P1Y", "-P2W", "P0D", "PT36H", "-PT1S"]
            .into_iter()
            .flat_map(|offset| [rule(true, offset, None), rule(false, offset, None)]);
        let first: DateTime<Utc> = "2026-01-20T00:00:00Z".parse().unwrap();
        for (rule, zone) in rules.flat_map(|rule| zones.map(|zone| (rule.clone(), zone))) {
            for day in 0..60 {
                let date = first + Days::new(day);
                let moment = rule.moment(date, zone).unwrap();

                let (from, to) = rule.dates(moment, moment).unwrap();

                assert!((from..=to).contains(&date), "{rule:?} in {zone}: {date}");
            }
        }
    }

    #[test]
    fn moments_come_at_the_rules_own_times() {
        let cron = |rule: DateRule| rule.cron().unwrap();

        assert_eq!(cron(rule(true, "-P3D", Some("08:30"))), "30 8 * * *".parse().unwrap());
        assert_eq!(cron(rule(true, "P1M", None)), "0 0 * * *".parse().unwrap());
        assert_eq!(cron(rule(true, "-PT2H", None)), "* * * * *".parse().unwrap());
        assert_eq!(cron(rule(false, "P1D", None)), "* * * * *".parse().unwrap());
    }

    #[test]
    fn an_offset_has_one_sign_at_most() {
        assert_eq!("+P3D".parse::<Offset>(), "P3D".parse());
        for text in ["", "-", "--P3D", "P-3D", "3D", "+-P3D"] {
            assert_eq!(text.parse::<Offset>(), Err(NotAnOffset(text.into())), "{text}");
        }
    }
}
