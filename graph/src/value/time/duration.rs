//! The span of time, in Go's notation (`1h30m`, cel-spec) and in ISO 8601 (`PT1H30M`).

use std::fmt;
use std::str::FromStr;

use chrono::TimeDelta;

use super::{TimeError, fraction};

/// The longest span, either way: about 10,000 years (cel-spec, google.protobuf.Duration).
const MAX_SECONDS: i64 = 315_576_000_000;

/// A span of time of exact length, up to about 10,000 years either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(TimeDelta);

impl Duration {
    /// A span of whole seconds.
    ///
    /// # Errors
    /// `Range` beyond about 10,000 years.
    pub fn from_seconds(seconds: i64) -> Result<Duration, TimeError> {
        TimeDelta::try_seconds(seconds).ok_or(TimeError::Range)?.try_into()
    }

    /// The same span for calendar arithmetic.
    pub fn to_chrono(&self) -> TimeDelta {
        self.0
    }

    /// Whole seconds, the fraction dropped.
    pub fn seconds(&self) -> i64 {
        self.0.num_seconds()
    }

    /// Both spans together; none out of range.
    pub fn checked_add(self, other: Duration) -> Option<Duration> {
        self.0.checked_add(&other.0)?.try_into().ok()
    }

    /// This span without the other; none out of range.
    pub fn checked_sub(self, other: Duration) -> Option<Duration> {
        self.0.checked_sub(&other.0)?.try_into().ok()
    }
}

impl TryFrom<TimeDelta> for Duration {
    type Error = TimeError;
    fn try_from(span: TimeDelta) -> Result<Self, TimeError> {
        let limit = TimeDelta::seconds(MAX_SECONDS);
        if (-limit..=limit).contains(&span) {
            Ok(Duration(span))
        } else {
            Err(TimeError::Range)
        }
    }
}

impl FromStr for Duration {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let nanos = match rest.strip_prefix('P') {
            Some(iso) => parse_iso(iso),
            None if rest == "0" => Some(0),
            None => parse_units(
                rest,
                &[
                    ("h", 3_600_000_000_000),
                    ("ms", 1_000_000),
                    ("m", 60_000_000_000),
                    ("s", NANOS),
                    ("us", 1_000),
                    ("µs", 1_000),
                    ("μs", 1_000),
                    ("ns", 1),
                ],
            ),
        };
        let nanos = nanos.ok_or_else(|| TimeError::Duration(text.to_owned()))?;
        from_nanos(if negative { -nanos } else { nanos })
    }
}

const NANOS: i128 = 1_000_000_000;

fn from_nanos(nanos: i128) -> Result<Duration, TimeError> {
    let seconds = i64::try_from(nanos.div_euclid(NANOS)).map_err(|_| TimeError::Range)?;
    let rest = u32::try_from(nanos.rem_euclid(NANOS)).map_err(|_| TimeError::Range)?;
    TimeDelta::new(seconds, rest).ok_or(TimeError::Range)?.try_into()
}

/// ISO 8601 with weeks, days (of 24 hours), hours, minutes and seconds. Months and years have no exact length.
fn parse_iso(text: &str) -> Option<i128> {
    const DAY: i128 = 86_400 * NANOS;
    let (days, clock) = text
        .split_once('T')
        .map_or((text, None), |(days, clock)| (days, Some(clock)));
    let days = if days.is_empty() {
        clock.map(|_| 0)
    } else {
        parse_units(days, &[("W", 7 * DAY), ("D", DAY)])
    };
    let clock = clock.map_or(Some(0), |clock| {
        parse_units(clock, &[("H", 3_600 * NANOS), ("M", 60 * NANOS), ("S", NANOS)])
    });
    days?.checked_add(clock?)
}

/// A sequence of numbers, each with one of the units; a unit that begins like another must stand before it.
fn parse_units(mut text: &str, units: &[(&str, i128)]) -> Option<i128> {
    let mut total = 0_i128;
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, rest) = text.split_at(end);
        let (unit, size) = units.iter().find(|(unit, _)| rest.starts_with(unit))?;
        total = total.checked_add(scaled(number, *size)?)?;
        text = rest.get(unit.len()..)?;
    }
    Some(total)
}

fn scaled(number: &str, size: i128) -> Option<i128> {
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && decimals.is_empty()) || decimals.len() > 15 {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part: i128 = if decimals.is_empty() { 0 } else { decimals.parse().ok()? };
    let power = 10_i128.checked_pow(u32::try_from(decimals.len()).ok()?)?;
    whole.checked_mul(size)?.checked_add(part.checked_mul(size)? / power)
}

/// Seconds with as many digits as there are, such as `1.5s` (cel-spec).
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < TimeDelta::zero() { "-" } else { "" };
        let span = self.0.abs();
        match span.subsec_nanos().unsigned_abs() {
            0 => write!(f, "{sign}{}s", span.num_seconds()),
            nanos => write!(f, "{sign}{}.{}s", span.num_seconds(), fraction(nanos)),
        }
    }
}
