//! Who is alive, and what the dead have left: announces this server node, keeps its heart beating, takes over the runs and
//! effects of nodes whose heart has stopped, and claims runs that nobody holds.

use std::time::Duration;

use pointsman_entities::{effect, ids::MemberId, member, run, time::Timestamp};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio_util::sync::CancellationToken;

use super::{Engine, Error, waits};
use crate::store::{self, Assign, Delete, Update, Write, WriteSet};

/// How often the heart beats.
const BEAT: Duration = Duration::from_secs(2);

/// A node is dead when its heart has not beaten for so long, in microseconds.
const LEASE: i64 = 10_000_000;

/// Rows taken over at a time.
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

/// Writes down that this server node is gone. What it still holds is taken over at once.
pub async fn leave(engine: &Engine) -> Result<(), Error> {
    waits::release(engine).await?;
    release(engine, engine.member).await?;
    let mut set = WriteSet::new();
    set.push(Write::Delete(delete(engine.member)));
    let _gone_already = engine.store.commit(set).await?;
    Ok(())
}

/// Beats and sweeps until told to stop.
pub async fn run(engine: Engine, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(BEAT) => {}
        }
        for outcome in [beat(&engine).await, sweep(&engine).await] {
            if let Err(error) = outcome {
                tracing::error!(%error, "the sweep failed");
            }
        }
    }
}

/// Takes over from the dead, and claims what nobody holds.
pub async fn sweep(engine: &Engine) -> Result<(), Error> {
    let now = engine.source.now();
    let members = member::Entity::find()
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    // A folder belongs to one process: on SQLite every other node is of an earlier one.
    let dead = |member: &member::Model| {
        member.id != engine.member && (!engine.store.is_shared() || now.micros() - member.heartbeat_at.micros() > LEASE)
    };
    for member in members.into_iter().filter(dead) {
        tracing::info!(member = %member.id.0, "taking over from a server node that is gone");
        release(engine, member.id).await?;
        let mut set = WriteSet::new();
        set.push(Write::Delete(delete(member.id)));
        let _another_was_quicker = engine.store.commit(set).await?;
    }
    claim_runs(engine).await?;
    claim_effects(engine, now).await
}

async fn beat(engine: &Engine) -> Result<(), Error> {
    if !engine.store.is_shared() {
        return Ok(());
    }
    let now = engine.source.now();
    let mut set = WriteSet::new();
    set.push(Write::Update(Update {
        table: member::Entity.table_name(),
        key: vec![("id", engine.member.0.into())],
        set: vec![("heartbeat_at", Assign::Value(now.micros().into()))],
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

/// Frees a node's runs and settles its effects.
async fn release(engine: &Engine, member: MemberId) -> Result<(), Error> {
    loop {
        let runs = run::Entity::find()
            .filter(run::Column::Owner.eq(member))
            .limit(BATCH)
            .all(engine.store.reads())
            .await
            .map_err(store::Error::from)?;
        if runs.is_empty() {
            break;
        }
        futures_util::future::try_join_all(runs.into_iter().map(|row| free(engine, row))).await?;
    }
    let effects = effect::Entity::find()
        .filter(effect::Column::Owner.eq(member))
        .filter(effect::Column::State.is_in(["PENDING", "SENDING"]))
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    for row in effects {
        match row.state.as_str() {
            "SENDING" => engine.orphan(row).await?,
            _ => {
                unhand(engine, &row).await?;
            }
        }
    }
    Ok(())
}

/// Takes a run from its owner; what the owner still decides is fenced off.
async fn free(engine: &Engine, row: run::Model) -> Result<(), Error> {
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

async fn unhand(engine: &Engine, row: &effect::Model) -> Result<(), Error> {
    hand(engine, row, None).await.map(|_| ())
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

/// Wakes runs that have work to do and no owner.
async fn claim_runs(engine: &Engine) -> Result<(), Error> {
    let runs = run::Entity::find()
        .filter(run::Column::Ready.eq(true))
        .filter(run::Column::Owner.is_null())
        .order_by_asc(run::Column::Id)
        .limit(BATCH)
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    runs.into_iter().for_each(|row| engine.wake(row.id));
    Ok(())
}

async fn claim_effects(engine: &Engine, now: Timestamp) -> Result<(), Error> {
    let effects = effect::Entity::find()
        .filter(effect::Column::State.eq("PENDING"))
        .filter(effect::Column::Owner.is_null())
        .filter(effect::Column::NextAt.lte(now))
        .limit(BATCH)
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    for row in effects {
        if hand(engine, &row, Some(engine.member)).await? {
            engine.perform(row.id);
        }
    }
    Ok(())
}

fn delete(member: MemberId) -> Delete {
    Delete {
        table: member::Entity.table_name(),
        key: vec![("id", member.0.into())],
        must_match: true,
    }
}
