//! Brings what is due to its run. The index on `due_at` is the queue; any server node may fire a timer, and the deletion
//! of its row in the delivery's write set lets one of them do it.

use std::time::Duration;

use pointsman_entities::{time::Timestamp, timer};
use pointsman_graph::step::StepId;
use sea_orm::{ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{
    Engine, Error,
    inbox::{self, Fact, Purpose},
};
use crate::store::{self, Delete, Write, WriteSet};

/// Timers fired at a time.
const BATCH: u64 = 256;

/// How long the loop sleeps at most: another node's timers are seen after that at the latest.
const POLL: Duration = Duration::from_secs(5);

/// Wakes the loop when a sooner timer was set.
#[derive(Default)]
pub struct Alarm(Notify);

impl Alarm {
    pub fn ring(&self) {
        self.0.notify_one();
    }
}

/// Fires timers until told to stop.
pub async fn run(engine: Engine, stop: CancellationToken) {
    loop {
        let next = match fire_due(&engine).await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "timers could not be fired");
                None
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = engine.alarm.0.notified() => {}
            () = tokio::time::sleep(POLL) => {}
            () = sleep_until(&engine, next) => {}
        }
    }
}

async fn sleep_until(engine: &Engine, due: Option<Timestamp>) {
    match due {
        Some(due) => engine.source.sleep_until(due).await,
        None => std::future::pending().await,
    }
}

/// Fires all that is due. Returns when the next timer is.
async fn fire_due(engine: &Engine) -> Result<Option<Timestamp>, Error> {
    loop {
        let now = engine.source.now();
        let timers = timer::Entity::find()
            .order_by_asc(timer::Column::DueAt)
            .order_by_asc(timer::Column::Id)
            .limit(BATCH)
            .filter(timer::Column::DueAt.lte(now))
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        if timers.is_empty() {
            return next_due(engine).await;
        }
        let fired = timers.into_iter().map(|timer| fire(engine, timer, now));
        let fired = futures_util::future::try_join_all(fired).await?;
        if !fired.contains(&true) {
            // Another server node fires them just now.
            return Ok(None);
        }
    }
}

async fn next_due(engine: &Engine) -> Result<Option<Timestamp>, Error> {
    let next = timer::Entity::find()
        .order_by_asc(timer::Column::DueAt)
        .one(engine.store.reads())
        .await;
    Ok(next.map_err(store::Error::from)?.map(|timer| timer.due_at))
}

/// Whether the timer is gone.
async fn fire(engine: &Engine, timer: timer::Model, now: Timestamp) -> Result<bool, Error> {
    let mut set = WriteSet::new();
    set.push(removal(&timer));
    match fact(&timer) {
        Some(fact) => inbox::deliver(&mut set, timer.run_id, &fact, now),
        None => tracing::error!(timer = %timer.id.0, "a timer that can't be read was dropped"),
    }
    match engine.store.commit(set).await? {
        Ok(()) => {
            engine.wake(timer.run_id);
            Ok(true)
        }
        Err(refusal) if inbox::is_over(&refusal) => {
            let mut set = WriteSet::new();
            set.push(removal(&timer));
            Ok(engine.store.commit(set).await?.is_ok())
        }
        Err(_) => Ok(false),
    }
}

fn removal(timer: &timer::Model) -> Write {
    Write::Delete(Delete {
        table: timer::Entity.table_name(),
        key: vec![("id", timer.id.0.into())],
        must_match: true,
    })
}

fn fact(timer: &timer::Model) -> Option<Fact> {
    let step: StepId = timer.step.parse().ok()?;
    let attempt = u32::try_from(timer.attempt).ok()?;
    Some(Fact::Due {
        purpose: Purpose::parse(&timer.purpose)?,
        step,
        attempt,
    })
}
