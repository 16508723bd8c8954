//! `delay`: goes on later.

use chrono::{NaiveTime, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::kind::{Compiled, Kind, Resolve};
use crate::{
    catalogue::{Description, Family, Field, Input},
    check::{Code, Problem, Site},
    day_time::DayTime,
    expression::Expression,
    key::Port,
    resolve::{Moment, Order, Resolution, Unresolved},
    span::Span,
    value::Type,
};

/// Waits for a while, until a time, or until a time of day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Delay {
    /// An ISO 8601 duration; days and months are those of the calendar in the workflow's zone.
    #[serde(rename = "for")]
    pub span: Option<String>,
    /// An expression whose value is a time. One that is past goes on at once.
    pub until: Option<String>,
    /// The next such moment, strictly after now.
    pub until_time: Option<UntilTime>,
}

/// A time of day, by the clock on the wall.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct UntilTime {
    /// Such as `09:00`.
    pub time: String,
    /// An IANA name; absent: the workflow's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// Empty: every day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub weekdays: Vec<DayOfWeek>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DayOfWeek {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl UntilTime {
    fn compile(&self, site: &mut Site<'_>) -> Option<DayTime> {
        let time = NaiveTime::parse_from_str(&self.time, "%H:%M").ok();
        if time.is_none() {
            let message = format!("`{}` is no time of day, such as `09:00`", self.time);
            site.report(Problem::error(Code::InvalidValue, message).field("untilTime.time"));
        }
        let zone = self.zone.as_deref().map(str::parse::<Tz>);
        if let Some(Err(_)) = zone {
            let message = "it is no IANA time zone, such as `Europe/Berlin`";
            site.report(Problem::error(Code::InvalidValue, message).field("untilTime.zone"));
        }
        let weekdays = self.weekdays.iter().copied().map(Weekday::from).collect();
        Some(DayTime::new(time?, zone.transpose().ok()?, weekdays))
    }
}

impl From<DayOfWeek> for Weekday {
    fn from(day: DayOfWeek) -> Self {
        match day {
            DayOfWeek::Monday => Self::Mon,
            DayOfWeek::Tuesday => Self::Tue,
            DayOfWeek::Wednesday => Self::Wed,
            DayOfWeek::Thursday => Self::Thu,
            DayOfWeek::Friday => Self::Fri,
            DayOfWeek::Saturday => Self::Sat,
            DayOfWeek::Sunday => Self::Sun,
        }
    }
}

impl Kind for Delay {
    const DESCRIPTION: Description = Description {
        kind: "delay",
        label: "Delay",
        family: Family::Wait,
        doc: "Goes on after a while, or at a time.",
        version: 1,
        ports: &[Port::OUT],
        fields: &[
            Field::optional("for", Input::Duration, "how long, such as `PT2H` or `P3D`"),
            Field::optional("until", Input::Expression, "a time, such as `record.closeDate`"),
            Field::optional(
                "untilTime",
                Input::UntilTime,
                "the next such time of day, on some weekdays",
            ),
        ],
    };

    fn compile(&self, site: &mut Site<'_>) -> Compiled {
        let span = site.span("for", self.span.as_deref());
        let until = site.expression_of("until", self.until.as_deref(), &[Type::Timestamp, Type::Date]);
        let day_time = self.until_time.as_ref().and_then(|until| until.compile(site));
        let given = [self.span.is_some(), self.until.is_some(), self.until_time.is_some()];
        match given.into_iter().filter(|given| *given).count() {
            0 => {
                let message = "a delay needs `for`, `until` or `untilTime`";
                site.report(Problem::error(Code::Required, message).field("for"));
            }
            1 => {}
            _ => {
                let message = "a delay has one of `for`, `until` and `untilTime`";
                site.report(Problem::error(Code::Ambiguous, message).field("until"));
            }
        }
        let end = span.map(End::After).or(until.map(End::At)).or(day_time.map(End::Daily));
        Compiled::of(Type::Null, end.and_then(|end| site.unless_wrong(end)))
    }
}

#[derive(Debug)]
enum End {
    After(Span),
    At(Expression),
    Daily(DayTime),
}

impl Resolve for End {
    fn resolve(&self, moment: &mut Moment<'_>) -> Result<Resolution, Unresolved> {
        let until = match self {
            End::After(span) => moment.later("for", span)?,
            End::At(expression) => moment.time("until", expression)?,
            End::Daily(day_time) => moment.next("untilTime", day_time)?,
        };
        Ok(Resolution::Order(Order::Delay { until }))
    }
}
