//! A closed loop: each client calls, checks the answer, and calls again, for a given time.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

/// What was done in a span of time.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// How long each call took, shortest first.
    pub latencies: Vec<Duration>,
    pub span: Duration,
}

impl Done {
    pub fn count(&self) -> usize {
        self.latencies.len()
    }

    /// Calls a second.
    pub fn rate(&self) -> f64 {
        self.count() as f64 / self.span.as_secs_f64()
    }

    /// The latency that so many of 100 calls did not exceed.
    pub fn percentile(&self, percent: usize) -> Duration {
        let rank = self.count().saturating_sub(1) * percent / 100;
        self.latencies.get(rank).copied().unwrap_or_default()
    }
}

/// Lets all callers loop until the time is over.
pub async fn closed<C>(callers: Vec<C>, span: Duration) -> Result<Done>
where
    C: Caller + Send + 'static,
{
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut caller in callers {
        tasks.spawn(async move {
            let mut latencies = Vec::new();
            while start.elapsed() < span {
                let before = Instant::now();
                caller.call().await?;
                latencies.push(before.elapsed());
            }
            anyhow::Ok(latencies)
        });
    }
    let mut done = Done::default();
    while let Some(latencies) = tasks.join_next().await {
        done.latencies.extend(latencies??);
    }
    done.span = start.elapsed();
    done.latencies.sort_unstable();
    Ok(done)
}

/// Who calls, again and again.
pub trait Caller {
    /// One call, its answer checked.
    fn call(&mut self) -> impl Future<Output = Result<()>> + Send;
}
