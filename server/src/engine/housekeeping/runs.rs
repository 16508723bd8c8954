//! Clears away old runs with all that belongs to them. Never one that is under way, nor one of which an effect is being sent.

use pointsman_entities::{
    approval, effect, receipt, run, run_event, run_inbox, run_item, signal_taken, signal_wait, step, time::Timestamp,
    timer, wait, workflow,
};
use sea_orm::{ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{BATCH, BATCHES, people, removal};
use crate::{
    engine::{Engine, Error},
    store::{self, Require, Write, WriteSet, payload},
};

/// Clears the runs that ended too long ago, and those that are too many.
///
/// # Errors
/// Where the database fails.
pub async fn clear(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    for _ in 0..BATCHES {
        let old = run::Entity::find()
            .filter(run::Column::FinishedAt.lt(engine.retention.since(now)))
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
    let workflows = workflow::Entity::find().all(engine.store.reads()).await;
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
        set.push(removal(
            receipt::Entity.table_name(),
            vec![("effect_id", effect.id.0.into())],
        ));
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
        set.push(removal(table, of_run()));
    }
    set.push(removal(run::Entity.table_name(), vec![("id", run.0.into())]));
    let _taken_up_again = engine.store.commit(set).await?;
    Ok(())
}
