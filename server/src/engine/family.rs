//! Runs that call runs: the end of one is told to the run that called it, and ends those that it has called itself. Part
//! of the write set that ends the run, so that neither is told of what did not happen.

use pointsman_entities::{ids::RunId, run, time::Timestamp};
use pointsman_graph::{
    event::Outcome,
    run::{End, EndCause},
    step::StepId,
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::Value as Json;

use super::{
    Engine, Error,
    inbox::{self, Fact},
    segment::Segment,
};
use crate::store::{self, WriteSet};

/// How a run ended, for the run that called it.
pub struct Ended {
    pub outcome: Outcome,
    /// What it gives back.
    pub outputs: Json,
    pub error: Option<String>,
}

/// Which of the runs that a run has called end with it.
#[derive(Clone, Copy, Debug)]
pub enum Callees<'s> {
    /// All that are open: somebody cancels the run.
    All,
    /// Those that these steps wait for.
    AwaitedBy(&'s [StepId]),
}

impl Segment<'_> {
    /// Adds what the end of this run means for others.
    pub(super) async fn tell_family(&mut self, end: End) -> Result<(), Error> {
        let (id, now) = (self.live.id, self.now);
        if self.live.called().is_some() {
            let ended = Ended {
                outcome: end.outcome,
                outputs: std::mem::take(&mut self.returned),
                error: self.error.clone(),
            };
            let caller = tell_caller(self.engine, &mut self.decision.set, id, ended, now).await?;
            self.told.extend(caller);
        }
        let calls = self.live.version.plan.calls();
        if calls && !(self.abandoned.is_empty() && end.cause != EndCause::Cancelled) {
            let which = match end.cause {
                EndCause::Cancelled => Callees::All,
                EndCause::Drained | EndCause::Stopped => Callees::AwaitedBy(&self.abandoned),
            };
            let ended = cancel_callees(self.engine, &mut self.decision.set, id, which, now).await?;
            self.told.extend(ended);
        }
        Ok(())
    }
}

/// Tells the run that called another one how that has ended. The caller; none where it is over or did not wait.
pub async fn tell_caller(
    engine: &Engine,
    set: &mut WriteSet,
    run: RunId,
    ended: Ended,
    now: Timestamp,
) -> Result<Option<RunId>, Error> {
    let Some(row) = engine.run(run).await? else {
        return Ok(None);
    };
    let (Some(caller), Some(step), Some(attempt)) = (row.parent_run, row.parent_step, row.parent_attempt) else {
        return Ok(None);
    };
    let waits = engine
        .run(caller)
        .await?
        .is_some_and(|caller| caller.finished_at.is_none());
    if !waits {
        return Ok(None);
    }
    let unreadable = || Error::Unreadable {
        table: "run",
        id: run.0.to_string(),
    };
    let fact = Fact::ChildEnded {
        step: step.parse().map_err(|_| unreadable())?,
        attempt: u32::try_from(attempt).map_err(|_| unreadable())?,
        run,
        outcome: ended.outcome,
        outputs: ended.outputs,
        error: ended.error,
    };
    inbox::deliver(set, caller, &fact, now);
    Ok(Some(caller))
}

/// Cancels runs that a run has called. Which.
pub async fn cancel_callees(
    engine: &Engine,
    set: &mut WriteSet,
    run: RunId,
    which: Callees<'_>,
    now: Timestamp,
) -> Result<Vec<RunId>, Error> {
    let open = run::Entity::find()
        .filter(run::Column::ParentRun.eq(run))
        .filter(run::Column::FinishedAt.is_null())
        .all(engine.store.reads())
        .await
        .map_err(store::Error::from)?;
    let ends = |row: &run::Model| match which {
        Callees::All => true,
        Callees::AwaitedBy(steps) => {
            let step = row.parent_step.as_deref();
            row.parent_attempt.is_some() && steps.iter().any(|one| step == Some(one.to_string().as_str()))
        }
    };
    let ended: Vec<RunId> = open.into_iter().filter(ends).map(|row| row.id).collect();
    for callee in &ended {
        inbox::deliver(set, *callee, &Fact::CancelRequested, now);
    }
    Ok(ended)
}
