//! The end of a run: what it gives back, and the ends that no segment reaches, of runs that never began or may not go on.

use pointsman_entities::{ids::RunId, run, time::Timestamp};
use pointsman_graph::{definition::Reenrolment, event::Outcome, plan::PlanNode, run::StepState};
use sea_orm::ActiveValue::Set;
use serde_json::Value as Json;

use super::{
    Engine, Error,
    failures::Fault,
    family::{self, Callees, Ended},
    history::{What, Writer},
    live::Live,
    pending,
    segment::Segment,
};
use crate::{
    store::{Update, Write, WriteSet},
    workflow::{gate, keys},
};

/// How a run ends without a segment.
pub struct Ending {
    /// As it is stored.
    pub status: &'static str,
    /// As the run that called it is told.
    pub outcome: Outcome,
    /// Why, as `CODE: words for people`.
    pub error: Option<String>,
    /// What makes it one of a group of failures, where it is one.
    pub fault: Option<Fault>,
    /// What those who watch are told.
    pub told: What,
}

impl Segment<'_> {
    /// Where this segment is the run's last, adds what the run gives back. Returns the runs that may start instead.
    pub(super) async fn give_back(&mut self) -> Result<Vec<RunId>, Error> {
        match self.live.run.outcome() {
            Some(_) => give_back(self.engine, &self.live, self.now, &mut self.decision.set).await,
            None => Ok(Vec::new()),
        }
    }
}

/// Ends a run that has no segment. False where that must be decided again.
pub async fn end(engine: &Engine, live: &Live, ending: Ending) -> Result<bool, Error> {
    let now = engine.source.now();
    let mut history = Writer::after(live.seq, now);
    history.note(ending.told);
    let row = run::ActiveModel {
        status: Set(ending.status.into()),
        seq: Set(history.last()),
        error: Set(ending.error.clone()),
        fingerprint: Set(ending.fault.map(|fault| fault.fingerprint())),
        owner: Set(None),
        ready: Set(false),
        epoch: Set(live.lease.epoch + 1),
        finished_at: Set(Some(now)),
        updated_at: Set(now),
        ..Default::default()
    };
    let mut set = WriteSet::new();
    let next = give_back(engine, live, now, &mut set).await?;
    let ended = Ended {
        outcome: ending.outcome,
        outputs: Json::Null,
        error: ending.error,
    };
    let caller = family::tell_caller(engine, &mut set, live.id, ended, now).await?;
    withdraw(live, now, &mut set);
    let callees = family::cancel_callees(engine, &mut set, live.id, Callees::All, now).await?;
    let update = Update::of(vec![("id", live.id.0.into())], &row).guarded("epoch", live.lease.epoch);
    set.push(Write::Update(update));
    if let Some(row) = history.row(live.id) {
        set.insert(row);
    }
    if engine.store.commit(set).await?.is_err() {
        return Ok(false);
    }
    engine.hints.moved(live.id);
    let told = caller.into_iter().chain(callees).chain(next);
    told.for_each(|run| engine.wake(run));
    Ok(true)
}

/// Takes back what the run's steps still wait for and ask. It is not taken up again, only replayed.
fn withdraw(live: &Live, now: Timestamp, set: &mut WriteSet) {
    let open = live
        .steps
        .keys()
        .filter(|step| live.run.step(step).is_some_and(StepState::is_open));
    for step in open {
        pending::drop(set, live.id, step);
        if live.version.plan.node(&step.node).is_some_and(PlanNode::asks) {
            pending::unask(set, live.id, step, now);
        }
    }
}

/// Gives back the slot of the run's gate and the key of its record. A run that still queues has no slot.
async fn give_back(engine: &Engine, live: &Live, now: Timestamp, set: &mut WriteSet) -> Result<Vec<RunId>, Error> {
    let rules = live.version.plan.enrolment();
    if let (Reenrolment::NotWhileRunning, Some((_, record))) = (rules.reenrolment, &live.subject) {
        keys::give_back(live.version.workflow, *record, live.id, set);
    }
    let Some(gate) = live.hold.gate.filter(|_| live.hold.place.is_none()) else {
        return Ok(Vec::new());
    };
    let limit = rules.concurrency.as_ref().map_or(1, |rule| rule.limit);
    Ok(gate::leave(&engine.store, gate, limit, now, set).await?)
}
