//! Decides on a start whose trigger has matched: whether the workflow's settings let it in, when, and through which gate.
//! All starts pass here, whatever starts them. What it decides holds at the commit, by keys that must be absent and counts
//! that must be as they were read.

use std::sync::Arc;

use pointsman_entities::{
    enrolment_key,
    ids::{GateId, MemberId, RecordId},
    run,
    time::Timestamp,
};
use pointsman_graph::{
    definition::{Overflow, Reenrolment},
    expression::{Budget, Expression, Fault},
    plan::{Enrolment, Plan},
    value::Value,
};
use sea_orm::ActiveValue::Set;
use serde_json::json;

use super::{
    gate::{self, Entry, Gates},
    keys::{self, Found, Key, Kind, Taken},
    pace::Paces,
    reason::Reason,
    versions::Version,
};
use crate::{
    crm::{Catalogue, snapshot::Snapshot, write::Enrolled},
    facts::{self, StartFacts},
    source::Source,
    store::{self, Store, WriteSet, payload},
};

/// Changes this many workflow-made changes away from somebody's request start no more runs.
pub const MAX_DEPTH: i64 = 16;

/// Where starts are decided on.
pub struct Desk<'a> {
    pub store: &'a Store,
    pub catalogue: Arc<Catalogue>,
    pub source: &'a Source,
    /// The server node that the runs are leased to.
    pub member: MemberId,
}

/// The starts of one decision, which see each other.
#[derive(Default)]
pub struct Admission {
    taken: Taken,
    gates: Gates,
    paces: Paces,
}

/// What lets a start in: the keys that it takes, with the expired rows in their places, and its gate.
#[derive(Default)]
struct Ticket {
    keys: Vec<(Key, Option<enrolment_key::Model>)>,
    gate: Option<(GateId, u32)>,
}

impl Admission {
    /// Adds the run of a start, or the guards of the reason why there is none.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn admit(
        &mut self,
        desk: &Desk<'_>,
        version: &Version,
        start: Enrolled,
        snapshot: &mut Snapshot<'_>,
        set: &mut WriteSet,
    ) -> Result<Result<Enrolled, Reason>, store::Error> {
        if start.depth >= MAX_DEPTH {
            // The engine refuses it, for all to see. It must not stand in anybody's way.
            return Ok(Ok(insert(desk, start, None, None, set)));
        }
        let rules = version.plan.enrolment();
        let ticket = match self.ticket(desk, &version.plan, &start, snapshot, set).await? {
            Ok(ticket) => ticket,
            Err(reason) => return Ok(Err(reason)),
        };
        let start_at = match rules.rate {
            Some(rate) => Some(self.paces.next(desk.store, start.workflow, rate, start.at).await?),
            None => None,
        };
        for (key, expired) in &ticket.keys {
            self.taken.insert(key.id);
            key.take(expired.as_ref(), start.run, set);
        }
        let entry = ticket.gate.map(|(id, limit)| (id, self.gates.enter(id, limit)));
        let start_at = start_at.filter(|start_at| *start_at > start.at);
        Ok(Ok(insert(desk, start, entry, start_at, set)))
    }

    /// Adds the rows that several starts share. Doing so twice does nothing more.
    pub fn close(&mut self, set: &mut WriteSet) {
        self.gates.close(set);
        self.paces.close(set);
    }

    async fn ticket(
        &mut self,
        desk: &Desk<'_>,
        plan: &Plan,
        start: &Enrolled,
        snapshot: &mut Snapshot<'_>,
        set: &mut WriteSet,
    ) -> Result<Result<Ticket, Reason>, store::Error> {
        let (rules, mut ticket) = (plan.enrolment(), Ticket::default());
        if let Some((key, record)) = of_record(rules, start) {
            match self.free(desk, &key, Some(record), start.at, set).await? {
                Some(expired) => ticket.keys.push((key, expired)),
                None => return Ok(Err(reason(key.kind))),
            }
        }
        if let Some(rule) = &rules.deduplication {
            let value = match text(desk, plan, &rule.key, start, snapshot).await? {
                Ok(value) => value,
                Err(reason) => return Ok(Err(reason)),
            };
            let window = rule.window.and_then(|window| window.num_microseconds());
            let until = window.map(|window| start.at.plus_micros(window));
            if let Some(key) = value.map(|value| Key::of_start(start.workflow, &value, until)) {
                match self.free(desk, &key, None, start.at, set).await? {
                    Some(expired) => ticket.keys.push((key, expired)),
                    None => return Ok(Err(Reason::Duplicate)),
                }
            }
        }
        self.at_gate(desk, plan, start, snapshot, ticket).await
    }

    async fn at_gate(
        &mut self,
        desk: &Desk<'_>,
        plan: &Plan,
        start: &Enrolled,
        snapshot: &mut Snapshot<'_>,
        mut ticket: Ticket,
    ) -> Result<Result<Ticket, Reason>, store::Error> {
        let Some(rule) = &plan.enrolment().concurrency else {
            return Ok(Ok(ticket));
        };
        let key = match &rule.key {
            None => Some(String::new()),
            Some(key) => match text(desk, plan, key, start, snapshot).await? {
                Ok(key) => key,
                Err(reason) => return Ok(Err(reason)),
            },
        };
        let Some(id) = key.map(|key| gate::id(start.workflow, &key)) else {
            return Ok(Ok(ticket));
        };
        let has_room = self.gates.has_room(desk.store, id, start.workflow, rule.limit).await?;
        if !has_room && rule.overflow == Overflow::Skip {
            return Ok(Err(Reason::LimitReached));
        }
        ticket.gate = Some((id, rule.limit));
        Ok(Ok(ticket))
    }

    /// Whether the key can be taken, with the expired row in its place; none where it can't, which the set then relies on.
    async fn free(
        &self,
        desk: &Desk<'_>,
        key: &Key,
        record: Option<RecordId>,
        now: Timestamp,
        set: &mut WriteSet,
    ) -> Result<Option<Option<enrolment_key::Model>>, store::Error> {
        if self.taken.contains(&key.id) {
            return Ok(None);
        }
        match key.find(desk.store, now).await? {
            Found::Taken(row) => {
                keys::require(&row, set);
                Ok(None)
            }
            Found::Expired(row) => Ok(Some(Some(row))),
            Found::Free => match record {
                Some(record) if keys::has_earlier_runs(desk.store, key, record).await? => Ok(None),
                Some(_) | None => Ok(Some(None)),
            },
        }
    }
}

/// The key of the record that re-enrolment asks for.
fn of_record(rules: &Enrolment, start: &Enrolled) -> Option<(Key, RecordId)> {
    let kind = match rules.reenrolment {
        Reenrolment::Always | Reenrolment::WhenTurnsTrue => return None,
        Reenrolment::OncePerRecord => Kind::Once,
        Reenrolment::NotWhileRunning => Kind::Running,
    };
    let record = start.record.as_ref()?.id;
    Some((Key::of_record(start.workflow, kind, record), record))
}

fn reason(kind: Kind) -> Reason {
    match kind {
        Kind::Once => Reason::EnrolledBefore,
        Kind::Running => Reason::StillRunning,
        Kind::Same => Reason::Duplicate,
    }
}

/// The value of a key as text; none where it is null, and the rule does not apply.
async fn text(
    desk: &Desk<'_>,
    plan: &Plan,
    key: &Expression,
    start: &Enrolled,
    snapshot: &mut Snapshot<'_>,
) -> Result<Result<Option<String>, Reason>, store::Error> {
    loop {
        let facts = StartFacts {
            start,
            plan,
            snapshot,
            catalogue: &desk.catalogue,
        };
        match key.evaluate(&facts, &mut Budget::default()) {
            Ok(Value::Null) => return Ok(Ok(None)),
            Ok(value) => return Ok(Ok(Some(value.to_json().to_string()))),
            Err(Fault::Unloaded(reference)) => facts::load(&desk.catalogue, snapshot, &reference).await?,
            Err(fault) => {
                tracing::warn!(workflow = %start.workflow.0, key = key.source(), %fault, "a key has no value");
                return Ok(Err(Reason::KeyFailed));
            }
        }
    }
}

/// Adds the run's row, leased to the server node that enrols it.
fn insert(
    desk: &Desk<'_>,
    start: Enrolled,
    entry: Option<(GateId, Entry)>,
    start_at: Option<Timestamp>,
    set: &mut WriteSet,
) -> Enrolled {
    let (record, caller) = (start.record.as_ref(), start.caller.as_ref());
    let place = entry.and_then(|(_, entry)| match entry {
        Entry::Slot => None,
        Entry::Place(place) => Some(place),
    });
    let gate = entry.map(|(gate, _)| gate);
    let input = payload::put(set, || desk.source.id(), input(&start).to_string());
    set.insert(run::ActiveModel {
        id: Set(start.run),
        workflow_id: Set(start.workflow),
        version_id: Set(start.version),
        status: Set("QUEUED".into()),
        trigger_node: Set(start.trigger.clone()),
        object: Set(record.map(|record| record.object.name.into())),
        record_id: Set(record.map(|record| record.id)),
        record_version: Set(start.change),
        input: Set(input),
        dedup_key: Set(start.key.clone()),
        owner: Set(Some(desk.member)),
        epoch: Set(1),
        seq: Set(0),
        inbox: Set(0),
        drained: Set(0),
        ready: Set(true),
        gate_id: Set(gate),
        place: Set(place),
        start_at: Set(start_at),
        cause: Set(start.cause.clone()),
        cause_run: Set(start.cause_run),
        depth: Set(start.depth),
        parent_run: Set(caller.map(|caller| caller.run)),
        parent_step: Set(caller.map(|caller| caller.step.clone())),
        parent_attempt: Set(caller.and_then(|caller| caller.attempt).map(i64::from)),
        created_at: Set(start.at),
        updated_at: Set(start.at),
        ..Default::default()
    });
    Enrolled {
        gate,
        held: place.is_some() || start_at.is_some(),
        ..start
    }
}

fn input(start: &Enrolled) -> serde_json::Value {
    let json = |record: &Option<Arc<crate::crm::Record>>| record.as_ref().map(|record| record.to_json());
    json!({
        "record": json(&start.record),
        "previous": json(&start.previous),
        "form": start.form,
        "payload": start.payload,
        "due": start.due,
    })
}
