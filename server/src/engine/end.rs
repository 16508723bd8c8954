//! The end of a run: what it gives back, and the ends that no segment reaches, of runs that never began or may not go on.

use pointsman_entities::{ids::RunId, run, time::Timestamp};
use pointsman_graph::definition::Reenrolment;
use sea_orm::ActiveValue::Set;

use super::{
    Engine, Error,
    history::{What, Writer},
    live::Live,
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
    /// Why, as `CODE: words for people`.
    pub error: Option<String>,
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
        error: Set(ending.error),
        owner: Set(None),
        ready: Set(false),
        epoch: Set(live.lease.epoch + 1),
        finished_at: Set(Some(now)),
        updated_at: Set(now),
        ..Default::default()
    };
    let mut set = WriteSet::new();
    let next = give_back(engine, live, now, &mut set).await?;
    let update = Update::of(vec![("id", live.id.0.into())], &row).guarded("epoch", live.lease.epoch);
    set.push(Write::Update(update));
    if let Some(row) = history.row(live.id) {
        set.insert(row);
    }
    if engine.store.commit(set).await?.is_err() {
        return Ok(false);
    }
    engine.hints.moved(live.id);
    next.into_iter().for_each(|run| engine.wake(run));
    Ok(true)
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
