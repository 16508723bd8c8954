//! Instants and spans of time, within the ranges of cel-spec. Never asks what time it is.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};

/// The longest span, either way: about 10,000 years (cel-spec, google.protobuf.Duration).
const MAX_DURATION_SECONDS: i64 = 315_576_000_000;
const MIN_TIMESTAMP_SECONDS: i64 = -62_135_596_800;
const MAX_TIMESTAMP_SECONDS: i64 = 253_402_300_799;

/// Why a text or a number is no timestamp or duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeError {
    /// Not RFC 3339.
    #[error("`{0}` is not an RFC 3339 timestamp such as 2026-01-31T12:00:00Z")]
    Timestamp(String),
    /// Not a date.
    #[error("`{0}` is not a date such as 2026-01-31")]
    Date(String),
    /// Neither `1.5s` nor ISO 8601.
    #[error("`{0}` is not a duration such as 1h30m or PT1H30M")]
    Duration(String),
    /// Outside of the years 1 to 9999, or longer than that.
    #[error("the time is out of range")]
    Range,
}

/// An instant between the years 1 and 9999, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The beginning of 1970 in UTC.
    pub const EPOCH: Timestamp = Timestamp(DateTime::UNIX_EPOCH);

    /// The instant that many whole seconds after 1970 began in UTC.
    ///
    /// # Errors
    /// `Range` outside of the years 1 to 9999.
    pub fn from_seconds(seconds: i64) -> Result<Timestamp, TimeError> {
        DateTime::from_timestamp(seconds, 0)
            .ok_or(TimeError::Range)
            .and_then(Timestamp::try_from)
    }

    /// The instant that many microseconds after 1970 began in UTC: how records store time.
    ///
    /// # Errors
    /// `Range` outside of the years 1 to 9999.
    pub fn from_micros(micros: i64) -> Result<Timestamp, TimeError> {
        DateTime::from_timestamp_micros(micros)
            .ok_or(TimeError::Range)
            .and_then(Timestamp::try_from)
    }

    /// Midnight in UTC of a date written `2026-01-31`.
    ///
    /// # Errors
    /// `Date` where the text is no such date.
    pub fn parse_date(text: &str) -> Result<Timestamp, TimeError> {
        let date = NaiveDate::parse_from_str(text, "%Y-%m-%d")
            .ok()
            .filter(|_| text.len() == 10);
        let midnight = date.and_then(|date| date.and_hms_opt(0, 0, 0));
        midnight
            .ok_or_else(|| TimeError::Date(text.to_owned()))
            .and_then(|midnight| midnight.and_utc().try_into())
    }

    /// The date in UTC, written `2026-01-31`.
    pub fn format_date(&self) -> String {
        self.0.format("%Y-%m-%d").to_string()
    }

    /// Whole seconds since 1970 began in UTC.
    pub fn seconds(&self) -> i64 {
        self.0.timestamp()
    }

    /// Microseconds since 1970 began in UTC.
    pub fn micros(&self) -> i64 {
        self.0.timestamp_micros()
    }

    /// The same instant for calendar arithmetic.
    pub fn to_chrono(&self) -> DateTime<Utc> {
        self.0
    }

    /// The instant that much later; none out of range.
    pub fn checked_add(self, span: Duration) -> Option<Timestamp> {
        self.0.checked_add_signed(span.0)?.try_into().ok()
    }

    /// The instant that much earlier; none out of range.
    pub fn checked_sub(self, span: Duration) -> Option<Timestamp> {
        self.0.checked_sub_signed(span.0)?.try_into().ok()
    }

    /// The span from the other instant to this one; none where nanoseconds overflow 64 bits (cel-spec).
    pub fn since(self, earlier: Timestamp) -> Option<Duration> {
        let span = self.0.signed_duration_since(earlier.0);
        span.num_nanoseconds().map(|_| Duration(span))
    }
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = TimeError;
    fn try_from(time: DateTime<Utc>) -> Result<Self, TimeError> {
        let in_range = (MIN_TIMESTAMP_SECONDS..=MAX_TIMESTAMP_SECONDS).contains(&time.timestamp());
        if in_range {
            Ok(Timestamp(time))
        } else {
            Err(TimeError::Range)
        }
    }
}

impl FromStr for Timestamp {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| TimeError::Timestamp(text.to_owned()))?;
        parsed.with_timezone(&Utc).try_into()
    }
}

/// RFC 3339 in UTC, with as many digits of the second as there are.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = self.0.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self.0.timestamp_subsec_nanos() {
            0 => f.write_str(&whole),
            nanos => write!(f, "{}.{}Z", whole.trim_end_matches('Z'), fraction(nanos)),
        }
    }
}

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
        let limit = TimeDelta::seconds(MAX_DURATION_SECONDS);
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

fn fraction(nanos: u32) -> String {
    format!("{nanos:09}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn seconds(text: &str) -> i64 {
        text.parse::<Duration>().unwrap().seconds()
    }

    #[test]
    fn durations_are_read_in_both_notations() {
        assert_eq!(seconds("1h30m"), 5400);
        assert_eq!(seconds("-1.5h"), -5400);
        assert_eq!(seconds("PT1H30M"), 5400);
        assert_eq!(seconds("P1DT1S"), 86_401);
        assert_eq!(seconds("-P1W"), -604_800);
        assert_eq!(seconds("0"), 0);
        assert_eq!("100ms".parse::<Duration>().unwrap().to_string(), "0.1s");
    }

    #[test]
    fn a_text_that_is_no_duration_is_refused() {
        for text in [
            "",
            "1",
            "s",
            "1x",
            "P",
            "PT",
            "P1M",
            "P1Y",
            "1.s1",
            "--1s",
            "1 s",
            "400000000000s",
        ] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_date_is_exactly_a_date() {
        assert_eq!(
            Timestamp::parse_date("2026-01-31").unwrap().to_string(),
            "2026-01-31T00:00:00Z"
        );
        for text in [
            "2026-1-31",
            "2026-02-30",
            "2026-01-31T00:00:00Z",
            "+2026-01-31",
            "0000-01-01",
        ] {
            assert!(Timestamp::parse_date(text).is_err(), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: prop::test_runner::RngSeed::Fixed(7), ..ProptestConfig::with_cases(256) })]

        #[test]
        fn what_is_written_is_read_again(seconds in -60_000_000_000_i64..250_000_000_000, nanos in 0..1_000_000_000_u32) {
            let time = Timestamp::try_from(DateTime::from_timestamp(seconds, nanos).unwrap()).unwrap();
            let span = Duration::try_from(TimeDelta::new(seconds, nanos).unwrap()).unwrap();

            prop_assert_eq!(time.to_string().parse(), Ok(time));
            prop_assert_eq!(span.to_string().parse(), Ok(span));
        }
    }
}
