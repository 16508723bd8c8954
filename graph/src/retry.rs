//! How long to wait before the next attempt: exponential backoff with full jitter. Draws nothing: chance comes in.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::event::Failure;

/// When a step is tried again. The n-th retry waits for a random part of `initial × factorⁿ⁻¹`, at most `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    pub max_attempts: u32,
    pub initial: TimeDelta,
    pub factor: u32,
    pub max: TimeDelta,
}

/// A random draw from the whole range, made where the failure is seen and recorded with it, so that replay waits alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Chance(pub u32);

impl Retry {
    /// Logic, joins and waits: an expression that failed once fails again.
    pub const NEVER: Retry = Retry {
        max_attempts: 1,
        initial: TimeDelta::zero(),
        factor: 1,
        max: TimeDelta::zero(),
    };

    /// Actions that say nothing else. Half of the waits together is four and a half hours: a mail server that is down
    /// for an hour costs no message, with a chance of failing below one in a million.
    pub const DEFAULT: Retry = Retry {
        max_attempts: 15,
        initial: TimeDelta::seconds(10),
        factor: 3,
        max: TimeDelta::hours(1),
    };

    /// When to try again after `tried` attempts of this round, the last of which failed at `at`; none if that was all.
    ///
    /// A server's Retry-After is a floor: coming earlier than asked would be refused, and may be punished.
    pub fn due(&self, tried: u32, failure: &Failure, at: DateTime<Utc>, chance: Chance) -> Option<DateTime<Utc>> {
        if !failure.retryable || tried >= self.max_attempts {
            return None;
        }
        let asked = failure.retry_after_ms.map_or(TimeDelta::zero(), milliseconds);
        at.checked_add_signed(self.backoff(tried, chance).max(asked))
    }

    /// AWS Architecture Blog, "Exponential Backoff And Jitter": random between 0 and the cap spreads a herd best.
    fn backoff(&self, tried: u32, chance: Chance) -> TimeDelta {
        let initial = u128::try_from(self.initial.num_milliseconds()).unwrap_or_default();
        let max = u128::try_from(self.max.num_milliseconds()).unwrap_or_default();
        let grown = u128::from(self.factor)
            .saturating_pow(tried.saturating_sub(1))
            .saturating_mul(initial);
        let part = grown.min(max) * u128::from(chance.0) / u128::from(u32::MAX);
        milliseconds(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

fn milliseconds(count: u64) -> TimeDelta {
    i64::try_from(count)
        .ok()
        .and_then(TimeDelta::try_milliseconds)
        .unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure {
            code: "TIMED_OUT".into(),
            message: String::new(),
            retryable: true,
            retry_after_ms: None,
        }
    }

    fn waits(retry: &Retry, tried: u32, failure: &Failure, chance: u32) -> Option<TimeDelta> {
        let at = DateTime::UNIX_EPOCH;
        retry.due(tried, failure, at, Chance(chance)).map(|due| due - at)
    }

    #[test]
    fn the_wait_grows_to_its_maximum() {
        let seconds = |tried| waits(&Retry::DEFAULT, tried, &failure(), u32::MAX).map(|wait| wait.num_seconds());

        assert_eq!(
            [1, 2, 3, 6, 7, 14].map(seconds),
            [10, 30, 90, 2430, 3600, 3600].map(Some)
        );
    }

    #[test]
    fn chance_takes_a_part_of_the_wait() {
        assert_eq!(waits(&Retry::DEFAULT, 1, &failure(), 0), Some(TimeDelta::zero()));
        assert_eq!(
            waits(&Retry::DEFAULT, 1, &failure(), u32::MAX / 2),
            Some(TimeDelta::milliseconds(4_999))
        );
    }

    #[test]
    fn retry_after_is_a_floor() {
        let asked = Failure {
            retry_after_ms: Some(60_000),
            ..failure()
        };

        assert_eq!(
            waits(&Retry::DEFAULT, 1, &asked, u32::MAX),
            Some(TimeDelta::seconds(60))
        );
        assert_eq!(
            waits(&Retry::DEFAULT, 4, &asked, u32::MAX),
            Some(TimeDelta::seconds(270))
        );
    }

    #[test]
    fn absurd_figures_neither_overflow_nor_panic() {
        let retry = Retry {
            max_attempts: u32::MAX,
            initial: TimeDelta::MAX,
            factor: u32::MAX,
            max: TimeDelta::MAX,
        };
        let asked = Failure {
            retry_after_ms: Some(u64::MAX),
            ..failure()
        };

        assert_eq!(waits(&retry, u32::MAX - 1, &asked, u32::MAX), None);
    }
}
