//! Clears away what nobody needs any more, in small batches: old runs with all that belongs to them, used-up idempotency
//! keys, sessions that have ended. Ticked by the cron scheduler; nothing breaks if a tick is late or missed.

mod people;

use pointsman_entities::{
    approval, effect, enrolment_key, hook_delivery, idempotency, run, run_event, run_inbox, run_item, session,
    signal_taken, signal_wait, step, time::Timestamp, timer, turned_away, wait,
};
use sea_orm::{ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use tokio_cron_scheduler::{Job, JobScheduler, JobSchedulerError};

use super::{Engine, Error};
use crate::store::{self, Delete, Require, Write, WriteSet, payload};

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
    clear_deliveries(engine, now).await?;
    clear_runs(engine, now).await?;
    people::clear(engine, now).await
}

async fn clear_keys(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    for _ in 0..BATCHES {
        let old = idempotency::Entity::find()
            .filter(idempotency::Column::CreatedAt.lt(now.plus_micros(-KEYS)))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let rows = old
            .into_iter()
            .map(|row| vec![("principal", row.principal.into()), ("key", row.key.into())]);
        if !delete(engine, idempotency::Entity.table_name(), rows).await? {
            break;
        }
    }
    Ok(())
}

async fn clear_sessions(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    for _ in 0..BATCHES {
        let old = session::Entity::find()
            .filter(session::Column::ExpiresAt.lt(now))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let rows = old.into_iter().map(|row| vec![("token_hash", row.token_hash.into())]);
        if !delete(engine, session::Entity.table_name(), rows).await? {
            break;
        }
    }
    Ok(())
}

/// Keys whose window is over, and why changes started nothing, as long as runs are kept.
async fn clear_enrolment(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    for _ in 0..BATCHES {
        let old = enrolment_key::Entity::find()
            .filter(enrolment_key::Column::Until.lte(now))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        // One that was taken anew meanwhile is another run's.
        let key = |row: enrolment_key::Model| vec![("id", row.id.0.into()), ("run_id", row.run_id.0.into())];
        if !delete(engine, enrolment_key::Entity.table_name(), old.into_iter().map(key)).await? {
            break;
        }
    }
    let age = i64::from(engine.retention.run_days).saturating_mul(DAY);
    for _ in 0..BATCHES {
        let old = turned_away::Entity::find()
            .filter(turned_away::Column::At.lt(now.plus_micros(-age)))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let rows = old.into_iter().map(|row| vec![("id", row.id.0.into())]);
        if !delete(engine, turned_away::Entity.table_name(), rows).await? {
            break;
        }
    }
    Ok(())
}

async fn clear_deliveries(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    for _ in 0..BATCHES {
        let old = hook_delivery::Entity::find()
            .filter(hook_delivery::Column::At.lt(now.plus_micros(-DELIVERIES)))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        let rows = old.into_iter().map(|row| {
            let workflow = ("workflow_id", row.workflow_id.0.into());
            vec![workflow, ("delivery", row.delivery.into())]
        });
        if !delete(engine, hook_delivery::Entity.table_name(), rows).await? {
            break;
        }
    }
    Ok(())
}

async fn clear_runs(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    let age = i64::from(engine.retention.run_days).saturating_mul(DAY);
    for _ in 0..BATCHES {
        let old = run::Entity::find()
            .filter(run::Column::FinishedAt.lt(now.plus_micros(-age)))
            .order_by_asc(run::Column::FinishedAt)
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        if old.is_empty() {
            break;
        }
        for run in old {
            clear_run(engine, &run).await?;
        }
    }
    clear_surplus(engine).await
}

/// Of each workflow, the ended runs beyond the number that is kept, oldest first.
async fn clear_surplus(engine: &Engine) -> Result<(), Error> {
    let workflows = pointsman_entities::workflow::Entity::find()
        .all(engine.store.reads())
        .await;
    for workflow in workflows.map_err(store::Error::from)? {
        let surplus = run::Entity::find()
            .filter(run::Column::WorkflowId.eq(workflow.id))
            .filter(run::Column::FinishedAt.is_not_null())
            .order_by_desc(run::Column::Id)
            .offset(engine.retention.runs_per_workflow)
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        for run in surplus {
            clear_run(engine, &run).await?;
        }
    }
    Ok(())
}

/// Removes a run that is over and all that belongs to it, at once.
async fn clear_run(engine: &Engine, ended: &run::Model) -> Result<(), Error> {
    let (mut set, reads, run) = (WriteSet::new(), engine.store.reads(), ended.id);
    // Whoever retries it at this moment keeps it.
    set.push(Write::Require(Require {
        table: run::Entity.table_name(),
        key: vec![("id", run.0.into())],
        guard: vec![("finished_at", ended.finished_at.map(Timestamp::micros).into())],
    }));
    payload::remove(&engine.store, &mut set, &ended.input).await?;
    let of_run = || vec![("run_id", run.0.into())];
    let steps = step::Entity::find()
        .filter(step::Column::RunId.eq(run))
        .all(reads)
        .await;
    for step in steps.map_err(store::Error::from)? {
        for text in [&step.input, &step.output].into_iter().flatten() {
            payload::remove(&engine.store, &mut set, text).await?;
        }
    }
    let effects = effect::Entity::find()
        .filter(effect::Column::RunId.eq(run))
        .all(reads)
        .await;
    for effect in effects.map_err(store::Error::from)? {
        if effect.state == "SENDING" {
            return Ok(());
        }
        payload::remove(&engine.store, &mut set, &effect.payload).await?;
    }
    let items = run_item::Entity::find()
        .filter(run_item::Column::RunId.eq(run))
        .all(reads)
        .await;
    for item in items.map_err(store::Error::from)? {
        payload::remove(&engine.store, &mut set, &item.value).await?;
    }
    people::clear_assignees(engine, &mut set, run).await?;
    let tables = [
        step::Entity.table_name(),
        run_item::Entity.table_name(),
        effect::Entity.table_name(),
        run_event::Entity.table_name(),
        run_inbox::Entity.table_name(),
        timer::Entity.table_name(),
        wait::Entity.table_name(),
        signal_wait::Entity.table_name(),
        signal_taken::Entity.table_name(),
        approval::Entity.table_name(),
    ];
    for table in tables {
        set.push(Write::Delete(Delete {
            table,
            key: of_run(),
            must_match: false,
        }));
    }
    let key = vec![("id", run.0.into())];
    set.push(Write::Delete(Delete {
        table: run::Entity.table_name(),
        key,
        must_match: false,
    }));
    let _taken_up_again = engine.store.commit(set).await?;
    Ok(())
}

/// Deletes the rows of these keys; false where there were none.
async fn delete(
    engine: &Engine,
    table: &'static str,
    keys: impl Iterator<Item = Vec<(&'static str, sea_orm::Value)>>,
) -> Result<bool, Error> {
    let mut set = WriteSet::new();
    for key in keys {
        set.push(Write::Delete(Delete {
            table,
            key,
            must_match: false,
        }));
    }
    let some = !set.is_empty();
    let _nothing_guards_it = engine.store.commit(set).await?;
    Ok(some)
}
