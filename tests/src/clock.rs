//! A clock that stands still until a test moves it.

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use pointsman::source::Clock;
use pointsman_entities::time::Timestamp;
use tokio::sync::watch;

/// Time as a test tells it. Clones show the same time.
#[derive(Clone)]
pub struct ManualClock {
    now: Arc<watch::Sender<Timestamp>>,
}

impl ManualClock {
    /// A clock that stands at a time.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now: Arc::new(watch::Sender::new(now)),
        }
    }

    /// Moves the clock forward to a time written in RFC 3339 and wakes whoever sleeps until then.
    pub fn advance_to(&self, time: &str) -> anyhow::Result<()> {
        let time: pointsman_graph::value::Timestamp = time.parse()?;
        self.now.send_replace(Timestamp(time.micros()));
        Ok(())
    }

    /// Moves the clock forward and wakes whoever sleeps until then.
    pub fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        self.now.send_modify(|now| *now = now.plus_micros(micros));
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, time: Timestamp) -> BoxFuture<'_, ()> {
        let mut now = self.now.subscribe();
        Box::pin(async move {
            let _clock_outlives_its_sleepers = now.wait_for(|now| *now >= time).await;
        })
    }
}
