//! The instant.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};

use super::{Duration, TimeError, fraction};

const MIN_SECONDS: i64 = -62_135_596_800;
const MAX_SECONDS: i64 = 253_402_300_799;

/// An instant between the years 1 and 9999, to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
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
        self.0.checked_add_signed(span.to_chrono())?.try_into().ok()
    }

    /// The instant that much earlier; none out of range.
    pub fn checked_sub(self, span: Duration) -> Option<Timestamp> {
        self.0.checked_sub_signed(span.to_chrono())?.try_into().ok()
    }

    /// The span from the other instant to this one; none where nanoseconds overflow 64 bits (cel-spec).
    pub fn since(self, earlier: Timestamp) -> Option<Duration> {
        let span = self.0.signed_duration_since(earlier.0);
        span.num_nanoseconds().and_then(|_| span.try_into().ok())
    }
}

impl TryFrom<DateTime<Utc>> for Timestamp {
    type Error = TimeError;
    fn try_from(time: DateTime<Utc>) -> Result<Self, TimeError> {
        let in_range = (MIN_SECONDS..=MAX_SECONDS).contains(&time.timestamp());
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
