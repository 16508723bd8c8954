//! An open loop: an event every tenth of a second, whatever became of the last, and how long until a subscriber of runs sees
//! what it led to.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use pointsman_tests::socket::Subscription;
use serde_json::json;
use tokio::time::{MissedTickBehavior, interval};

use crate::{load::Done, server::Server, workload::Creator};

const PERIOD: Duration = Duration::from_millis(100);

const DONE: &str = "subscription {
    runChanged(filter: { status: { eq: SUCCEEDED } }) { run { record { id } } } }";

/// From before each call to after the message that its run has succeeded.
pub async fn measure(server: &Server, creator: &mut Creator, span: Duration) -> Result<Done> {
    let mut runs = Subscription::open(server.address(), &server.key, DONE, json!({})).await?;
    let start = Instant::now();
    let mut called = HashMap::new();
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let calls = span.as_millis() / PERIOD.as_millis();
    let seen = tokio::spawn(async move {
        let mut seen = HashMap::new();
        for _ in 0..calls {
            let change = runs.event("runChanged").await?;
            let contact = change["run"]["record"]["id"].as_str().context("a run about nothing")?;
            seen.insert(contact.to_owned(), Instant::now());
        }
        anyhow::Ok(seen)
    });
    for _ in 0..calls {
        ticks.tick().await;
        let before = Instant::now();
        called.insert(creator.create().await?, before);
    }
    let seen = seen.await??;
    let latency = |(contact, before): (String, Instant)| {
        let after = seen
            .get(&contact)
            .with_context(|| format!("nobody saw {contact} done"))?;
        Ok(after.duration_since(before))
    };
    let mut latencies: Vec<_> = called.into_iter().map(latency).collect::<Result<_>>()?;
    latencies.sort_unstable();
    Ok(Done {
        latencies,
        span: start.elapsed(),
    })
}
