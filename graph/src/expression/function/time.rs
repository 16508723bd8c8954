//! The parts of instants and spans: `getHours` and its like, in UTC or in a zone.

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

use super::{Applied, Function, Overload, Shape};
use crate::expression::{Budget, Fault};
use crate::value::{Timestamp, Value};

use Shape::{Int, Span, Text, Time};

const OF_TIME: &[Overload] = &[(&[Time], Int), (&[Time, Text], Int)];
const OF_BOTH: &[Overload] = &[(&[Time], Int), (&[Time, Text], Int), (&[Span], Int)];

pub(super) const FUNCTIONS: &[Function] = &[
    Function::receiver("getFullYear", OF_TIME, |a, _| part(a, |time| i64::from(time.year()))),
    Function::receiver("getMonth", OF_TIME, |a, _| part(a, |time| i64::from(time.month0()))),
    Function::receiver("getDate", OF_TIME, |a, _| part(a, |time| i64::from(time.day()))),
    Function::receiver("getDayOfMonth", OF_TIME, |a, _| part(a, |time| i64::from(time.day0()))),
    Function::receiver("getDayOfWeek", OF_TIME, |a, _| {
        part(a, |time| i64::from(time.weekday().num_days_from_sunday()))
    }),
    Function::receiver("getDayOfYear", OF_TIME, |a, _| {
        part(a, |time| i64::from(time.ordinal0()))
    }),
    Function::receiver("getHours", OF_BOTH, |a, b| {
        either(a, b, |time| i64::from(time.hour()), |span| span.num_hours())
    }),
    Function::receiver("getMinutes", OF_BOTH, |a, b| {
        either(a, b, |time| i64::from(time.minute()), |span| span.num_minutes())
    }),
    Function::receiver("getSeconds", OF_BOTH, |a, b| {
        either(a, b, |time| i64::from(time.second()), |span| span.num_seconds())
    }),
    Function::receiver("getMilliseconds", OF_BOTH, |a, b| {
        either(
            a,
            b,
            |time| i64::from(time.nanosecond() / 1_000_000),
            |span| i64::from(span.subsec_nanos() / 1_000_000),
        )
    }),
];

type Local = DateTime<FixedOffset>;

fn part(arguments: &[Value], read: fn(&Local) -> i64) -> Applied {
    let local = match arguments {
        [Value::Timestamp(time)] => time.to_chrono().fixed_offset(),
        [Value::Timestamp(time), Value::String(zone)] => in_zone(*time, zone)?,
        _ => return Ok(None),
    };
    Ok(Some(Value::Int(read(&local))))
}

fn either(arguments: &[Value], _: &mut Budget, read: fn(&Local) -> i64, length: fn(&TimeDelta) -> i64) -> Applied {
    match arguments {
        [Value::Duration(span)] => Ok(Some(Value::Int(length(&span.to_chrono())))),
        _ => part(arguments, read),
    }
}

/// The instant in a zone, given by its IANA name or as an offset such as `-02:30`.
fn in_zone(time: Timestamp, zone: &str) -> Result<Local, Fault> {
    let instant: DateTime<Utc> = time.to_chrono();
    match (zone.parse::<Tz>(), offset(zone)) {
        (Ok(zone), _) => Ok(instant.with_timezone(&zone).fixed_offset()),
        (Err(_), Some(offset)) => Ok(instant.with_timezone(&offset)),
        (Err(_), None) => Err(Fault::Argument {
            reason: format!("`{zone}` is no time zone such as Europe/Berlin or +02:00"),
        }),
    }
}

fn offset(text: &str) -> Option<FixedOffset> {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.parse().ok()?);
    let sane = (0..24).contains(&hours) && (0..60).contains(&minutes);
    sane.then(|| FixedOffset::east_opt(sign * (hours * 3600 + minutes * 60)))
        .flatten()
}
