//! Clears away what nobody needs any more, in small batches: old runs with all that belongs to them, finished jobs, used-up
//! idempotency keys, sessions that have ended. Ticked by the cron scheduler; nothing breaks if a tick is late or missed.

mod people;
mod runs;

use pointsman_entities::{
    enrolment_key, hook_delivery, idempotency, inbound, job, session, time::Timestamp, turned_away,
};
use sea_orm::{ColumnTrait, EntityName, EntityTrait, QueryFilter, QuerySelect, Select, Value};
use serde::Deserialize;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::{Engine, Error};
use crate::store::{self, Delete, Write, WriteSet, payload};

/// Rows cleared by one write set.
const BATCH: u64 = 100;

/// Write sets of one tick, so that clearing never competes with work for long.
const BATCHES: usize = 50;

/// Second 30 of each minute.
const TICK: &str = "30 * * * * *";

const DAY: i64 = 86_400_000_000;

/// How long a keyed request gives its first answer again.
const KEYS: i64 = DAY;

/// How long a delivery is known again: senders give up after a day or three.
const DELIVERIES: i64 = 7 * DAY;

/// How long a message that came in is known again: mail servers give up after five days.
const MESSAGES: i64 = 30 * DAY;

/// How long things are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Retention {
    /// Days that runs are kept after their end.
    pub run_days: u32,
    /// Ended runs that are kept of each workflow, however young.
    pub runs_per_workflow: u64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            run_days: 90,
            runs_per_workflow: 100_000,
        }
    }
}

impl Retention {
    /// What ended before this is cleared away.
    fn since(&self, now: Timestamp) -> Timestamp {
        now.plus_micros(i64::from(self.run_days).saturating_mul(-DAY))
    }
}

/// Starts the ticks. They end with the scheduler.
///
/// # Errors
/// Where the scheduler can't be started.
pub async fn start(engine: &Engine) -> Result<JobScheduler, JobSchedulerError> {
    let scheduler = JobScheduler::new().await?;
    let engine = engine.clone();
    let job = Job::new_async(TICK, move |_, _| {
        let engine = engine.clone();
        Box::pin(async move {
            if let Err(error) = tick(&engine).await {
                tracing::error!(%error, "the housekeeping failed");
            }
        })
    })?;
    scheduler.add(job).await?;
    scheduler.start().await?;
    Ok(scheduler)
}

/// Clears away what is due.
///
/// # Errors
/// Where the database fails.
pub async fn tick(engine: &Engine) -> Result<(), Error> {
    let now = engine.source.now();
    clear_keys(engine, now).await?;
    clear_sessions(engine, now).await?;
    clear_enrolment(engine, now).await?;
    clear_arrivals(engine, now).await?;
    clear_jobs(engine, now).await?;
    runs::clear(engine, now).await?;
    people::clear(engine, now).await
}

async fn clear_keys(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    let old = idempotency::Entity::find().filter(idempotency::Column::CreatedAt.lt(now.plus_micros(-KEYS)));
    clear(engine, old, |row| {
        vec![("principal", row.principal.into()), ("key", row.key.into())]
    })
    .await
}

async fn clear_sessions(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    let old = session::Entity::find().filter(session::Column::ExpiresAt.lt(now));
    clear(engine, old, |row| vec![("token_hash", row.token_hash.into())]).await
}

/// Keys whose window is over, and why changes started nothing, as long as runs are kept.
async fn clear_enrolment(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    let expired = enrolment_key::Entity::find().filter(enrolment_key::Column::Until.lte(now));
    // One that was taken anew meanwhile is another run's.
    let key = |row: enrolment_key::Model| vec![("id", row.id.0.into()), ("run_id", row.run_id.0.into())];
    clear(engine, expired, key).await?;
    let old = turned_away::Entity::find().filter(turned_away::Column::At.lt(engine.retention.since(now)));
    clear(engine, old, |row| vec![("id", row.id.0.into())]).await
}

/// What is remembered of calls and messages that came in, so that a repetition is known.
async fn clear_arrivals(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    let old = hook_delivery::Entity::find().filter(hook_delivery::Column::At.lt(now.plus_micros(-DELIVERIES)));
    clear(engine, old, |row| {
        let workflow = ("workflow_id", row.workflow_id.0.into());
        vec![workflow, ("delivery", row.delivery.into())]
    })
    .await?;
    let old = inbound::Entity::find().filter(inbound::Column::ReceivedAt.lt(now.plus_micros(-MESSAGES)));
    clear(engine, old, |row| {
        vec![("channel", row.channel.into()), ("external_id", row.external_id.into())]
    })
    .await
}

/// Finished jobs with what they have found, as long as runs are kept.
async fn clear_jobs(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    for _ in 0..BATCHES {
        let old = job::Entity::find()
            .filter(job::Column::FinishedAt.lt(engine.retention.since(now)))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let mut set = WriteSet::new();
        for job in old {
            for text in [Some(&job.input), job.progress.as_ref()].into_iter().flatten() {
                payload::remove(&engine.store, &mut set, text).await?;
            }
            set.push(removal(job::Entity.table_name(), vec![("id", job.id.0.into())]));
        }
        if set.is_empty() {
            break;
        }
        let _nothing_guards_it = engine.store.commit(set).await?;
    }
    Ok(())
}

/// Deletes what is selected, a batch a write set; each row is found by its key.
async fn clear<E: EntityTrait>(
    engine: &Engine,
    old: Select<E>,
    key: impl Fn(E::Model) -> Vec<(&'static str, Value)>,
) -> Result<(), Error> {
    for _ in 0..BATCHES {
        let rows = old.clone().limit(BATCH).all(engine.store.reads()).await;
        let mut set = WriteSet::new();
        for row in rows.map_err(store::Error::from)? {
            set.push(removal(EntityName::table_name(&E::default()), key(row)));
        }
        if set.is_empty() {
            break;
        }
        let _nothing_guards_it = engine.store.commit(set).await?;
    }
    Ok(())
}

/// The deletion of the rows of a key, however many there are.
fn removal(table: &'static str, key: Vec<(&'static str, Value)>) -> Write {
    Write::Delete(Delete {
        table,
        key,
        must_match: false,
    })
}
