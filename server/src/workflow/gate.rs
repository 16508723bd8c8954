//! Gates: how many runs of one key are under way at a time. A run takes a slot or a place in the queue as it is enrolled,
//! and gives its slot on as it ends, both in its own write set; so no slot is lost and none is given twice.
//!
//! A gate's row counts the slots and the arrivals. Whoever changes it relies on both counts, so what was decided with an
//! old one is decided again. It is gone while no run is under way.

use std::collections::HashMap;

use pointsman_entities::{
    gate,
    ids::{GateId, RunId, WorkflowId},
    run,
    time::Timestamp,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    Value as Bound,
};

use super::keys::fingerprint;
use crate::store::{self, Assign, Delete, Require, Store, Update, Write, WriteSet};

/// The gate of a workflow's runs with this key.
#[must_use]
pub fn id(workflow: WorkflowId, key: &str) -> GateId {
    GateId(fingerprint(workflow, "GATE", key))
}

/// What a gate has for a run that arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    Slot,
    /// The place in the queue; lower ones come first.
    Place(i64),
}

/// The gates that one decision looks at.
#[derive(Default)]
pub struct Gates(HashMap<GateId, Gate>);

struct Gate {
    workflow: WorkflowId,
    /// As the database has it; none: there is no row.
    read: Option<Counts>,
    now: Counts,
    /// Whether some run queues.
    queue: bool,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Counts {
    running: i64,
    arrivals: i64,
}

impl Gates {
    /// Whether a run that arrives would get a slot. The decision then relies on it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn has_room(
        &mut self,
        store: &Store,
        id: GateId,
        workflow: WorkflowId,
        limit: u32,
    ) -> Result<bool, store::Error> {
        if let Some(gate) = self.0.get(&id) {
            return Ok(gate.has_room(limit));
        }
        let read = gate::Entity::find_by_id(id).one(store.reads()).await?;
        let read = read.map(|row| Counts {
            running: row.running,
            arrivals: row.arrivals,
        });
        let now = read.unwrap_or_default();
        // Where the limit has been raised there is room while others queue: they come first.
        let queue = now.arrivals > 0 && queued(id).count(store.reads()).await? > 0;
        let gate = self.0.entry(id).or_insert(Gate {
            workflow,
            read,
            now,
            queue,
        });
        Ok(gate.has_room(limit))
    }

    /// Lets a run in, or into the queue. The gate must have been asked for room.
    pub fn enter(&mut self, id: GateId, limit: u32) -> Entry {
        let Some(gate) = self.0.get_mut(&id) else {
            return Entry::Slot;
        };
        if gate.has_room(limit) {
            gate.now.running += 1;
            return Entry::Slot;
        }
        gate.now.arrivals += 1;
        gate.queue = true;
        Entry::Place(gate.now.arrivals)
    }

    /// Adds the rows of the gates, guarded by what was read.
    pub fn close(&mut self, set: &mut WriteSet) {
        for (id, gate) in std::mem::take(&mut self.0) {
            gate.write(id, set);
        }
    }
}

impl Gate {
    fn has_room(&self, limit: u32) -> bool {
        !self.queue && self.now.running < i64::from(limit)
    }

    fn write(self, id: GateId, set: &mut WriteSet) {
        match self.read {
            None => set.insert(gate::ActiveModel {
                id: Set(id),
                workflow_id: Set(self.workflow),
                running: Set(self.now.running),
                arrivals: Set(self.now.arrivals),
            }),
            Some(read) if read == self.now => set.push(require(id, read)),
            Some(read) => set.push(change(id, read, self.now)),
        }
    }
}

/// Adds what the end of a run that holds a slot means for its gate: those who are next get in, as many as there is room
/// for. Returns them.
///
/// # Errors
/// Where the database fails.
pub async fn leave(
    store: &Store,
    id: GateId,
    limit: u32,
    now: Timestamp,
    set: &mut WriteSet,
) -> Result<Vec<RunId>, store::Error> {
    // The gate is read before its queue: who queues later has changed it, and the guard will tell.
    let Some(row) = gate::Entity::find_by_id(id).one(store.reads()).await? else {
        return Ok(Vec::new());
    };
    let read = Counts {
        running: row.running,
        arrivals: row.arrivals,
    };
    let room = u64::try_from(i64::from(limit) - (read.running - 1)).unwrap_or(0);
    let next = queued(id).order_by_asc(run::Column::Place).limit(room);
    let next = next.all(store.reads()).await?;
    let running = read.running - 1 + i64::try_from(next.len()).unwrap_or(0);
    if running == 0 {
        set.push(Write::Delete(Delete {
            table: gate::Entity.table_name(),
            key: [vec![("id", id.0.into())], counts(read)].concat(),
            must_match: true,
        }));
    } else if running != read.running {
        set.push(change(id, read, Counts { running, ..read }));
    }
    for run in &next {
        set.push(let_in(run, now));
    }
    Ok(next.into_iter().map(|run| run.id).collect())
}

/// The runs that queue at a gate.
fn queued(id: GateId) -> sea_orm::Select<run::Entity> {
    run::Entity::find()
        .filter(run::Column::GateId.eq(id))
        .filter(run::Column::Place.is_not_null())
        .filter(run::Column::FinishedAt.is_null())
}

/// The run has a slot from now on. Any server node may move it; where its time has not come, its timer will wake it, if
/// it has been looked at and has one.
fn let_in(run: &run::Model, now: Timestamp) -> Write {
    let due = run.seq == 0 || run.start_at.is_none_or(|start| start <= now);
    Write::Update(Update {
        table: run::Entity.table_name(),
        key: vec![("id", run.id.0.into())],
        set: vec![
            ("place", Assign::Value(Bound::BigInt(None))),
            ("owner", Assign::Value(Bound::Uuid(None))),
            ("ready", Assign::Value(due.into())),
            ("epoch", Assign::Increment),
        ],
        guard: vec![("place", run.place.into()), ("finished_at", Bound::BigInt(None))],
        returning: None,
        must_match: true,
    })
}

fn change(id: GateId, read: Counts, now: Counts) -> Write {
    let assign = |(name, value)| (name, Assign::Value(value));
    Write::Update(Update {
        table: gate::Entity.table_name(),
        key: vec![("id", id.0.into())],
        set: counts(now).into_iter().map(assign).collect(),
        guard: counts(read),
        returning: None,
        must_match: true,
    })
}

fn require(id: GateId, read: Counts) -> Write {
    Write::Require(Require {
        table: gate::Entity.table_name(),
        key: vec![("id", id.0.into())],
        guard: counts(read),
    })
}

fn counts(counts: Counts) -> Vec<(&'static str, Bound)> {
    vec![("running", counts.running.into()), ("arrivals", counts.arrivals.into())]
}
