//! Clears away what runs asked of people and of each other. Never an approval by itself: it goes with its run.

use pointsman_entities::{
    approval, approval_assignee,
    ids::{RunId, SignalId},
    notification, run, signal,
    time::Timestamp,
    turnstile,
};
use sea_orm::{ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{BATCH, BATCHES, DAY, removal};
use crate::{
    engine::{Engine, Error},
    store::{self, WriteSet, payload},
};

/// A run that is just being enrolled has its id, and is not to be seen yet: signals as young as this are kept.
const SETTLED: i64 = DAY / 24;

/// Clears what runs have left behind.
///
/// # Errors
/// Where the database fails.
pub async fn clear(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    clear_signals(engine, now).await?;
    clear_turnstiles(engine, now).await?;
    clear_notifications(engine, now).await
}

/// Adds to the write set that the run's approvals are nobody's to decide.
///
/// # Errors
/// Where the database fails.
pub async fn clear_assignees(engine: &Engine, set: &mut WriteSet, run: RunId) -> Result<(), Error> {
    let approvals = approval::Entity::find()
        .filter(approval::Column::RunId.eq(run))
        .all(engine.store.reads())
        .await;
    for approval in approvals.map_err(store::Error::from)? {
        let key = vec![("approval_id", approval.id.0.into())];
        set.push(removal(approval_assignee::Entity.table_name(), key));
    }
    Ok(())
}

/// Signals that no open run is old enough to take.
async fn clear_signals(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    for _ in 0..BATCHES {
        let mut set = WriteSet::new();
        for signal in untakeable(engine, now).await? {
            payload::remove(&engine.store, &mut set, &signal.payload).await?;
            set.push(removal(signal::Entity.table_name(), vec![("id", signal.id.0.into())]));
        }
        if set.is_empty() {
            break;
        }
        let _nothing_guards_it = engine.store.commit(set).await?;
    }
    Ok(())
}

/// A batch of signals that were sent before every open run.
async fn untakeable(engine: &Engine, now: Timestamp) -> Result<Vec<signal::Model>, Error> {
    let reads = engine.store.reads();
    let settled = signal::Entity::find().filter(signal::Column::SentAt.lt(now.plus_micros(-SETTLED)));
    let some = settled.clone().limit(1).one(reads).await;
    if some.map_err(store::Error::from)?.is_none() {
        return Ok(Vec::new());
    }
    let oldest = run::Entity::find()
        .filter(run::Column::FinishedAt.is_null())
        .order_by_asc(run::Column::Id)
        .one(reads)
        .await
        .map_err(store::Error::from)?;
    let old = match oldest {
        Some(run) => settled.filter(signal::Column::Id.lt(SignalId(run.id.0))),
        None => settled,
    };
    Ok(old.limit(BATCH).all(reads).await.map_err(store::Error::from)?)
}

/// Turnstiles that nobody can be passing any more. One that remembers a choice is kept: the next choice begins there.
async fn clear_turnstiles(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    let idle = turnstile::Entity::find()
        .filter(turnstile::Column::Last.is_null())
        .filter(turnstile::Column::UpdatedAt.lt(now.plus_micros(-DAY)));
    super::clear(engine, idle, |row| vec![("id", row.id.0.into())]).await
}

/// Notifications are kept as long as runs.
async fn clear_notifications(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    let old = notification::Entity::find().filter(notification::Column::CreatedAt.lt(engine.retention.since(now)));
    super::clear(engine, old, |row| vec![("id", row.id.0.into())]).await
}
