//! Tells runs of changes to the records they wait for. Follows the change log from a durable cursor: the deliveries and
//! the cursor's step move in one write set, so a change is told once, whatever crashes.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use pointsman_entities::{cursor, ids::RunId, run, wait};
use pointsman_graph::step::StepId;
use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityName, EntityTrait, QueryFilter};
use tokio_util::sync::CancellationToken;

use super::{
    Engine, Error,
    changes::Changed,
    inbox::{self, Fact},
    tail::{Log, Position},
};
use crate::store::{self, Assign, Delete, Update, Write, WriteSet};

/// The cursor's name.
const NAME: &str = "waits";

/// How long the loop sleeps after a failure, and while another server node holds the cursor.
const PAUSE: Duration = Duration::from_millis(500);

/// How long one server node may hold the cursor without renewing it, in microseconds.
const LEASE: i64 = 10_000_000;

/// Follows the log until told to stop.
pub async fn run(engine: Engine, stop: CancellationToken) {
    let mut hints = engine.hints.watch_changes();
    loop {
        hints.mark_unchanged();
        let pause = follow(&engine).await.unwrap_or_else(|error| {
            tracing::error!(%error, "waiting runs could not be told of changes");
            PAUSE
        });
        tokio::select! {
            () = stop.cancelled() => return,
            changed = hints.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(pause), if engine.store.is_shared() || pause == PAUSE => {}
        }
    }
}

/// Tells of all that is new. How long there is nothing to do.
async fn follow(engine: &Engine) -> Result<Duration, Error> {
    loop {
        let Some(cursor) = lease(engine).await? else {
            return Ok(PAUSE);
        };
        let from = Position {
            tx: cursor.tx,
            seq: cursor.seq,
        };
        let horizon = engine.tail.horizon().await?;
        let items = engine.changes.read(&engine.store, from, horizon.before).await?;
        let Some((to, _)) = items.last().cloned() else {
            return Ok(horizon.pause(&engine.hints));
        };
        tell(engine, &cursor, &items, to).await?;
    }
}

/// The cursor, ours for a while; none where another server node holds it.
async fn lease(engine: &Engine) -> Result<Option<cursor::Model>, Error> {
    let now = engine.source.now();
    let row = cursor::Entity::find_by_id(NAME.to_owned())
        .one(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    let Some(row) = row else {
        return begin(engine).await.map(|()| None);
    };
    let ours = row.owner == Some(engine.member);
    if !ours && row.owner.is_some() && row.until > now && engine.store.is_shared() {
        return Ok(None);
    }
    if ours && row.until.micros() - now.micros() > LEASE / 2 {
        return Ok(Some(row));
    }
    let until = now.plus_micros(LEASE);
    let mut set = WriteSet::new();
    set.push(step(
        &row,
        vec![("owner", engine.member.0.into()), ("until", until.micros().into())],
    ));
    let taken = engine.store.commit(set).await?.is_ok();
    Ok(taken.then(|| cursor::Model {
        owner: Some(engine.member),
        until,
        ..row
    }))
}

/// Gives the cursor up, so that another server node need not wait for the lease to end.
pub async fn release(engine: &Engine) -> Result<(), Error> {
    let row = cursor::Entity::find_by_id(NAME.to_owned())
        .one(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    if let Some(row) = row.filter(|row| row.owner == Some(engine.member)) {
        let mut set = WriteSet::new();
        set.push(step(&row, vec![("owner", sea_orm::Value::Uuid(None))]));
        let _another_has_it = engine.store.commit(set).await?;
    }
    Ok(())
}

/// The first server node of an installation puts the cursor before the log's beginning: nothing waits yet.
async fn begin(engine: &Engine) -> Result<(), Error> {
    let mut set = WriteSet::new();
    set.insert_unless_present(cursor::ActiveModel {
        name: Set(NAME.into()),
        tx: Set(0),
        seq: Set(0),
        owner: Set(None),
        until: Set(engine.source.now()),
    });
    let _refused_only_by_another_beginner = engine.store.commit(set).await?;
    engine.hints.changed();
    Ok(())
}

async fn tell(
    engine: &Engine,
    cursor: &cursor::Model,
    items: &[(Position, Arc<Changed>)],
    to: Position,
) -> Result<(), Error> {
    let now = engine.source.now();
    let mut set = WriteSet::new();
    set.push(step(cursor, vec![("tx", to.tx.into()), ("seq", to.seq.into())]));
    let mut told = Vec::new();
    for wait in waiting(engine, items).await? {
        let (Ok(step), Ok(attempt)) = (wait.step.parse::<StepId>(), u32::try_from(wait.attempt)) else {
            tracing::error!(wait = %wait.id.0, "a wait can't be read");
            continue;
        };
        let concerns = |change: &Changed| match wait.record_id {
            Some(record) => change.record == record && change.version > wait.version,
            None => change.object == wait.object && change.at > wait.since,
        };
        let changed = items.iter().filter(|(_, change)| concerns(change));
        let records: BTreeSet<_> = changed.map(|(_, change)| change.record).collect();
        for record in records {
            let step = step.clone();
            inbox::deliver(
                &mut set,
                wait.run_id,
                &Fact::RecordChanged { step, attempt, record },
                now,
            );
        }
        told.push(wait.run_id);
    }
    match engine.store.commit(set).await? {
        Ok(()) => told.into_iter().for_each(|run| engine.wake(run)),
        Err(refusal) if inbox::is_over(&refusal) => clear(engine, &told).await?,
        Err(_) => {}
    }
    Ok(())
}

/// Drops the waits of runs that have ended meanwhile.
async fn clear(engine: &Engine, runs: &[RunId]) -> Result<(), Error> {
    let over = run::Entity::find()
        .filter(run::Column::Id.is_in(runs.iter().copied()))
        .filter(run::Column::FinishedAt.is_not_null())
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    let mut set = WriteSet::new();
    for run in over {
        let (table, key) = (wait::Entity.table_name(), vec![("run_id", run.id.0.into())]);
        set.push(Write::Delete(Delete {
            table,
            key,
            must_match: false,
        }));
    }
    let _nothing_guards_it = engine.store.commit(set).await?;
    Ok(())
}

async fn waiting(engine: &Engine, items: &[(Position, Arc<Changed>)]) -> Result<Vec<wait::Model>, Error> {
    let records = items.iter().map(|(_, change)| change.record);
    let objects = items.iter().map(|(_, change)| change.object.as_str());
    let condition = Condition::any()
        .add(wait::Column::RecordId.is_null())
        .add(wait::Column::RecordId.is_in(records));
    let rows = wait::Entity::find()
        .filter(wait::Column::Object.is_in(objects))
        .filter(condition)
        .all(engine.store.reads())
        .await;
    Ok(rows.map_err(store::Error::from)?)
}

/// A step of the cursor, refused where another server node has moved it.
fn step(from: &cursor::Model, set: Vec<(&'static str, sea_orm::Value)>) -> Write {
    Write::Update(Update {
        table: cursor::Entity.table_name(),
        key: vec![("name", NAME.into())],
        set: set
            .into_iter()
            .map(|(column, value)| (column, Assign::Value(value)))
            .collect(),
        guard: vec![
            ("tx", from.tx.into()),
            ("seq", from.seq.into()),
            ("owner", from.owner.map(|owner| owner.0).into()),
            ("until", from.until.micros().into()),
        ],
        returning: None,
        must_match: true,
    })
}
