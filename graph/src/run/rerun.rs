//! Builds a new run out of what an earlier one came to: what is kept is told once more, what is not is open again.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use super::{IllegalEvent, Run};
use crate::{
    decision::Decision,
    event::{Failure, RunEvent},
    key::{NodeKey, Port},
    retry::Chance,
    step::StepId,
    track::Track,
};

/// What a step of an earlier run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It left by a port.
    Left(Port),
    /// It failed for good.
    Failed(Failure),
    /// It was a loop with so many items.
    Items(u32),
}

/// A new run, with the facts that led to where it stands and what followed from each.
#[derive(Clone, Debug, Default)]
pub struct Rerun {
    /// Where it stands: what was not kept is open, or not reached.
    pub run: Run,
    /// In order.
    pub told: Vec<(RunEvent, Vec<Decision>)>,
}

impl Rerun {
    /// Starts at a trigger and goes as far as `kept` answers.
    ///
    /// # Errors
    /// The first thing kept that cannot follow, such as a port that the step does not have.
    pub fn build(
        track: &Track,
        trigger: &NodeKey,
        at: DateTime<Utc>,
        kept: impl Fn(&StepId) -> Option<Kept>,
    ) -> Result<Rerun, IllegalEvent> {
        let mut rerun = Rerun::default();
        let mut open = VecDeque::new();
        let trigger = trigger.clone();
        rerun.tell(track, RunEvent::Started { trigger, at }, &mut open)?;
        while let Some(step) = open.pop_front() {
            if let Some(kept) = kept(&step) {
                rerun.tell(track, kept.fact(step, at), &mut open)?;
            }
        }
        Ok(rerun)
    }

    fn tell(&mut self, track: &Track, fact: RunEvent, open: &mut VecDeque<StepId>) -> Result<(), IllegalEvent> {
        let decisions = self.run.apply(track, &fact)?;
        open.extend(decisions.iter().filter_map(|decision| match decision {
            Decision::Execute { step, .. } => Some(step.clone()),
            _ => None,
        }));
        self.told.push((fact, decisions));
        Ok(())
    }
}

impl Kept {
    fn fact(self, step: StepId, at: DateTime<Utc>) -> RunEvent {
        let attempt = 1;
        match self {
            Kept::Left(port) => RunEvent::StepSucceeded {
                step,
                attempt,
                port,
                at,
            },
            Kept::Failed(failure) => RunEvent::AttemptFailed {
                step,
                attempt,
                failure: Failure {
                    retryable: false,
                    ..failure
                },
                chance: Chance(0),
                at,
            },
            Kept::Items(items) => RunEvent::Opened {
                step,
                attempt,
                items,
                at,
            },
        }
    }
}
