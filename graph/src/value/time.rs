//! Instants and spans of time, within the ranges of cel-spec. Never asks what time it is.

mod duration;
mod timestamp;

pub use duration::Duration;
pub use timestamp::Timestamp;

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

/// The digits of a second's fraction, without the zeros at its end.
fn fraction(nanos: u32) -> String {
    format!("{nanos:09}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use chrono::{DateTime, TimeDelta};

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
