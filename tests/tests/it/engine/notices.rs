//! Server nodes tell each other of their commits, by PostgreSQL or by NATS. What they can't tell is found later.

use std::{
    pin::pin,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use futures_util::StreamExt;
use pointsman_tests::{
    servers::nats::Nats,
    world::{Backend, Outside, World},
};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::json;

/// A node that is told looks at once; one that is not looks every five seconds.
const AT_ONCE: Duration = Duration::from_millis(1_500);

const CHANGES: usize = 5;

async fn hears(world: &World) -> Result<()> {
    let mut hears = world.engine.hints().hears();
    tokio::time::timeout(Duration::from_secs(20), hears.wait_for(|hears| *hears)).await??;
    Ok(())
}

/// How long a change on one node takes, at most, until a watcher on the other sees it.
async fn slowest(one: &World, other: &World) -> Result<Duration> {
    let from = other.engine.tail().end().await?;
    let mut seen = pin!(other.engine.tail().watch(Some(from)));
    let mut slowest = Duration::ZERO;
    for number in 0..=CHANGES {
        let started = Instant::now();
        one.create("contact", json!({ "name": "Ann" })).await?;
        tokio::time::timeout(Duration::from_secs(20), seen.next())
            .await?
            .context("a change")??;
        // The first one waits for the reader to begin.
        if number > 0 {
            slowest = slowest.max(started.elapsed());
        }
    }
    Ok(slowest)
}

async fn two(outside: Outside) -> Result<(World, World)> {
    let one = World::start_with(Backend::Postgres, outside).await?;
    let other = one.neighbour().await?.context("another server node")?;
    hears(&one).await?;
    hears(&other).await?;
    Ok((one, other))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_on_one_node_is_seen_at_once_on_the_other() -> Result<()> {
    let (one, other) = two(Outside::default()).await?;

    let there = slowest(&one, &other).await?;
    let back = slowest(&other, &one).await?;

    assert!(there < AT_ONCE && back < AT_ONCE, "{there:?} {back:?}");
    other.stop().await;
    one.stop().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nats_carries_the_notices_where_one_is_named() -> Result<()> {
    let nats = Nats::start()?;
    let outside = Outside {
        nats: Some(nats.url()),
        ..Outside::default()
    };
    let (one, other) = two(outside).await?;

    let there = slowest(&one, &other).await?;

    assert!(there < AT_ONCE, "{there:?}");
    let listening =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'";
    let row = one
        .reads()
        .query_one_raw(Statement::from_string(DbBackend::Postgres, listening))
        .await?;
    assert_eq!(row.context("a row")?.try_get_by_index::<i64>(0)?, 0);
    other.stop().await;
    one.stop().await;
    drop(nats);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_loses_its_line_looks_by_itself_and_listens_again() -> Result<()> {
    let (one, other) = two(Outside::default()).await?;
    let from = other.engine.tail().end().await?;
    let mut seen = pin!(other.engine.tail().watch(Some(from)));

    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query ILIKE 'LISTEN%'";
    one.reads()
        .execute_raw(Statement::from_string(DbBackend::Postgres, cut))
        .await?;
    for _ in 0..CHANGES {
        one.create("contact", json!({ "name": "Bob" })).await?;
        tokio::time::timeout(Duration::from_secs(20), seen.next())
            .await?
            .context("a change")??;
    }

    hears(&other).await?;
    let there = slowest(&one, &other).await?;
    assert!(there < AT_ONCE, "{there:?}");
    other.stop().await;
    one.stop().await;
    Ok(())
}
