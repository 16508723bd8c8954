//! Wakes when a time comes at which active workflows look. What follows is theirs to say.

use std::time::Duration;

use pointsman_entities::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::Engine;
use crate::workflow::schedule::Next;

/// How long the loop sleeps at most: what other nodes publish is seen after that at the latest.
const POLL: Duration = Duration::from_secs(5);

/// How long the loop lets others work where runs are queued faster than they move.
const BREATH: Duration = Duration::from_millis(50);

/// Acts on times until told to stop.
pub async fn run(engine: Engine, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if engine.queue.is_long() {
            tokio::time::sleep(BREATH).await;
            continue;
        }
        let next = match engine.schedules.act().await {
            Ok(Next::Now) => continue,
            Ok(Next::At(next)) => next,
            Err(error) => {
                tracing::error!(%error, "times could not be acted on");
                None
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.schedules.changed() => {}
            () = tokio::time::sleep(POLL) => {}
            () = until(&engine, next) => {}
        }
    }
}

async fn until(engine: &Engine, next: Option<Timestamp>) {
    match next {
        Some(next) => engine.source.sleep_until(next).await,
        None => std::future::pending().await,
    }
}
