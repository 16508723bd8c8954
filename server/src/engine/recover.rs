//! Who is alive, and what nobody works on: announces this server node, keeps its heart beating, takes over what belongs to
//! nodes that are gone, and picks up what has work to do and no task, whatever has become of the task it had.

use std::{collections::HashSet, time::Duration};

use pointsman_entities::{
    effect,
    ids::{EffectId, MemberId},
    job, member, run,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use tokio_util::sync::CancellationToken;

use super::{Engine, Error, jobs, waits};
use crate::store::{self, Assign, Delete, Update, Write, WriteSet};

/// How often the heart beats, and how often the node looks for work that has no task.
const BEAT: Duration = Duration::from_secs(2);

/// A node is gone when its heart has not beaten for so long, in microseconds.
const LEASE: i64 = 10_000_000;

/// Rows picked up at a time.
const BATCH: u64 = 500;

/// Writes down that this server node is here.
pub async fn announce(engine: &Engine) -> Result<(), Error> {
    let now = engine.source.now();
    let mut set = WriteSet::new();
    set.insert(member::ActiveModel {
        id: Set(engine.member),
        name: Set(format!("pid-{}", std::process::id())),
        started_at: Set(now),
        heartbeat_at: Set(now),
    });
    let _new_id_is_free = engine.store.commit(set).await?;
    Ok(())
}

/// Writes down that this server node is gone, and frees what it still holds.
pub async fn leave(engine: &Engine) -> Result<(), Error> {
    waits::release(engine).await?;
    let gone = HashSet::from([engine.member]);
    free_runs(engine, &gone).await?;
    free_effects(engine, &gone).await?;
    jobs::free(engine, &[engine.member]).await?;
    forget(engine, engine.member).await
}

/// Beats until told to stop. On its own, so that no sweep, however long, makes others take this node for dead.
pub async fn beat(engine: Engine, stop: CancellationToken) {
    while engine.store.is_shared() {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(BEAT) => {}
        }
        if let Err(error) = beat_once(&engine).await {
            tracing::error!(%error, "the heart could not beat");
        }
        // Whoever writes learns of other definitions at the commit; whoever only reads learns of them here.
        if let Err(error) = engine.crm.catalogues().refresh().await {
            tracing::error!(%error, "the definitions could not be read");
        }
    }
}

/// Sweeps until told to stop.
pub async fn run(engine: Engine, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(BEAT) => {}
        }
        if let Err(error) = sweep(&engine).await {
            tracing::error!(%error, "the sweep failed");
        }
    }
}

/// Takes over from nodes that are gone, and picks up what has no task.
pub async fn sweep(engine: &Engine) -> Result<(), Error> {
    let gone = gone(engine).await?;
    if !gone.is_empty() {
        tracing::info!(nodes = gone.len(), "taking over from server nodes that are gone");
        free_runs(engine, &gone).await?;
        free_effects(engine, &gone).await?;
        jobs::free(engine, &gone.iter().copied().collect::<Vec<_>>()).await?;
        for member in gone {
            forget(engine, member).await?;
        }
    }
    pick_up_runs(engine).await?;
    pick_up_effects(engine).await
}

/// The nodes that hold something and are gone, and those that only left their row behind.
async fn gone(engine: &Engine) -> Result<HashSet<MemberId>, Error> {
    // The owners are read before the members: whoever owns a row has announced itself before.
    let mut owners: HashSet<MemberId> = owners(engine).await?;
    let members = member::Entity::find()
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    let now = engine.source.now().micros();
    // A folder belongs to one process: on SQLite every other node is of an earlier one.
    let alive = |member: &member::Model| {
        member.id == engine.member || engine.store.is_shared() && now - member.heartbeat_at.micros() <= LEASE
    };
    owners.extend(members.iter().map(|member| member.id));
    for member in members.iter().filter(|member| alive(member)) {
        owners.remove(&member.id);
    }
    Ok(owners)
}

async fn owners(engine: &Engine) -> Result<HashSet<MemberId>, Error> {
    let runs = run::Entity::find()
        .select_only()
        .column(run::Column::Owner)
        .filter(run::Column::Owner.is_not_null())
        .distinct();
    let effects = effect::Entity::find()
        .select_only()
        .column(effect::Column::Owner)
        .filter(effect::Column::Owner.is_not_null())
        .filter(effect::Column::State.is_in(["PENDING", "SENDING"]))
        .distinct();
    let jobs = job::Entity::find()
        .select_only()
        .column(job::Column::Owner)
        .filter(job::Column::Owner.is_not_null())
        .distinct();
    let jobs: Vec<MemberId> = jobs
        .into_tuple()
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    let runs: Vec<MemberId> = runs
        .into_tuple()
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    let effects: Vec<MemberId> = effects
        .into_tuple()
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    Ok(runs.into_iter().chain(effects).chain(jobs).collect())
}

async fn beat_once(engine: &Engine) -> Result<(), Error> {
    let mut set = WriteSet::new();
    set.push(Write::Update(Update {
        table: member::Entity.table_name(),
        key: vec![("id", engine.member.0.into())],
        set: vec![("heartbeat_at", Assign::Value(engine.source.now().micros().into()))],
        guard: Vec::new(),
        returning: None,
        must_match: true,
    }));
    if engine.store.commit(set).await?.is_err() {
        tracing::warn!("this server node was taken for dead and announces itself anew");
        announce(engine).await?;
    }
    Ok(())
}

async fn forget(engine: &Engine, member: MemberId) -> Result<(), Error> {
    let mut set = WriteSet::new();
    set.push(Write::Delete(Delete {
        table: member::Entity.table_name(),
        key: vec![("id", member.0.into())],
        must_match: false,
    }));
    let _nothing_guards_it = engine.store.commit(set).await?;
    Ok(())
}

/// Takes runs from their owners; what those still decide is fenced off.
async fn free_runs(engine: &Engine, owners: &HashSet<MemberId>) -> Result<(), Error> {
    loop {
        let runs = run::Entity::find()
            .filter(run::Column::Owner.is_in(owners.iter().copied()))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        if runs.is_empty() {
            return Ok(());
        }
        futures_util::future::try_join_all(runs.into_iter().map(|row| free_run(engine, row))).await?;
    }
}

async fn free_run(engine: &Engine, row: run::Model) -> Result<(), Error> {
    let mut set = WriteSet::new();
    set.push(Write::Update(Update {
        table: run::Entity.table_name(),
        key: vec![("id", row.id.0.into())],
        set: vec![
            ("owner", Assign::Value(sea_orm::Value::Uuid(None))),
            ("epoch", Assign::Increment),
            ("ready", Assign::Value(true.into())),
        ],
        guard: vec![("epoch", row.epoch.into())],
        returning: None,
        must_match: false,
    }));
    let _another_was_quicker = engine.store.commit(set).await?;
    Ok(())
}

/// Frees effects that wait to be sent; of those that were being sent nobody knows what became.
async fn free_effects(engine: &Engine, owners: &HashSet<MemberId>) -> Result<(), Error> {
    loop {
        let effects = effect::Entity::find()
            .filter(effect::Column::Owner.is_in(owners.iter().copied()))
            .filter(effect::Column::State.is_in(["PENDING", "SENDING"]))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        if effects.is_empty() {
            return Ok(());
        }
        for row in effects {
            let id = row.id;
            let freed = match row.state.as_str() {
                "SENDING" => engine.orphan(row).await,
                _ => hand(engine, &row, None).await.map(|_| ()),
            };
            if let Err(error) = freed {
                tracing::error!(effect = %id.0, %error, "an effect could not be taken over");
                return Ok(());
            }
        }
    }
}

/// Gives a pending effect to a server node, or to none. False where another was quicker.
async fn hand(engine: &Engine, row: &effect::Model, to: Option<MemberId>) -> Result<bool, Error> {
    let mut set = WriteSet::new();
    set.push(Write::Update(Update {
        table: effect::Entity.table_name(),
        key: vec![("id", row.id.0.into())],
        set: vec![
            ("owner", Assign::Value(to.map(|member| member.0).into())),
            ("fence", Assign::Increment),
        ],
        guard: vec![("state", "PENDING".into()), ("fence", row.fence.into())],
        returning: None,
        must_match: true,
    }));
    Ok(engine.store.commit(set).await?.is_ok())
}

/// Looks at runs that have work to do and no task: those that nobody holds, and those that this node holds and has lost
/// sight of.
async fn pick_up_runs(engine: &Engine) -> Result<(), Error> {
    let mine = Condition::any()
        .add(run::Column::Owner.is_null())
        .add(run::Column::Owner.eq(engine.member));
    let runs = run::Entity::find()
        .filter(run::Column::Ready.eq(true))
        .filter(run::Column::FinishedAt.is_null())
        .filter(mine)
        .order_by_asc(run::Column::Id)
        .limit(BATCH)
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    let lost = runs.into_iter().filter(|row| !engine.queue.holds(row.id));
    lost.for_each(|row| engine.wake(row.id));
    Ok(())
}

/// The same for effects.
async fn pick_up_effects(engine: &Engine) -> Result<(), Error> {
    let mine = Condition::any()
        .add(effect::Column::Owner.is_null())
        .add(effect::Column::Owner.eq(engine.member));
    let effects = effect::Entity::find()
        .filter(effect::Column::State.is_in(["PENDING", "SENDING"]))
        .filter(mine)
        .order_by_asc(effect::Column::Id)
        .limit(BATCH)
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    for row in effects.into_iter().filter(|row| !engine.performs(row.id)) {
        let id: EffectId = row.id;
        let ours = row.owner == Some(engine.member);
        let picked = match (row.state.as_str(), ours) {
            ("SENDING", true) => engine.orphan(row).await,
            ("PENDING", true) => {
                engine.perform(id);
                Ok(())
            }
            ("PENDING", false) => match hand(engine, &row, Some(engine.member)).await {
                Ok(true) => {
                    engine.perform(id);
                    Ok(())
                }
                outcome => outcome.map(|_| ()),
            },
            _ => Ok(()),
        };
        if let Err(error) = picked {
            tracing::error!(effect = %id.0, %error, "an effect could not be picked up");
        }
    }
    Ok(())
}
