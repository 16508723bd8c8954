//! Where time, ids and chance come from. Everything that needs one of them is given a [`Source`], so that tests own time.

use std::{
    sync::Mutex,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures_util::future::BoxFuture;
use pointsman_entities::time::Timestamp;
use uuid::{ContextV7, Uuid};

/// A clock.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> Timestamp;

    /// Returns once the clock shows the time or later.
    fn sleep_until(&self, time: Timestamp) -> BoxFuture<'_, ()>;
}

/// Time, ids and chance.
pub struct Source {
    clock: Box<dyn Clock>,
    context: Mutex<ContextV7>,
}

impl Source {
    /// A source on the machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::on(Box::new(SystemClock))
    }

    /// A source on any clock.
    #[must_use]
    pub fn on(clock: Box<dyn Clock>) -> Self {
        Self {
            clock,
            context: Mutex::new(ContextV7::new()),
        }
    }

    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns once the clock shows the time or later.
    pub async fn sleep_until(&self, time: Timestamp) {
        self.clock.sleep_until(time).await;
    }

    /// Returns after the span, by the clock.
    pub async fn sleep(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        self.sleep_until(self.now().plus_micros(micros)).await;
    }

    /// A new id, later than all that this source gave before.
    pub fn id<T: From<Uuid>>(&self) -> T {
        let micros = u64::try_from(self.now().micros()).unwrap_or_default();
        let nanos = u32::try_from(micros % 1_000_000).unwrap_or_default() * 1_000;
        let context = self.context.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        T::from(Uuid::new_v7(uuid::Timestamp::from_unix(
            &*context,
            micros / 1_000_000,
            nanos,
        )))
    }

    /// Bytes that nobody can guess.
    #[must_use]
    pub fn secret<const N: usize>(&self) -> [u8; N]
    where
        rand::distr::StandardUniform: rand::distr::Distribution<[u8; N]>,
    {
        rand::random()
    }

    /// A number from 0 to 1, for jitter.
    #[must_use]
    pub fn chance(&self) -> f64 {
        rand::random()
    }
}

/// The machine's clock.
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }

    fn sleep_until(&self, time: Timestamp) -> BoxFuture<'_, ()> {
        let span = u64::try_from(time.micros() - self.now().micros()).unwrap_or_default();
        Box::pin(tokio::time::sleep(Duration::from_micros(span)))
    }
}
