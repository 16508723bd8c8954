//! Takes up a run that failed: what failed is tried again, all that succeeded stays as it is.

use super::{
    EndCause, IllegalEvent, Run,
    frame::{Frame, Progress, StepState},
    moves::Moves,
};
use crate::{decision::Decision, event::Outcome, step::Scope};

impl Run {
    pub(super) fn resume(&mut self, moves: &mut Moves<'_>) -> Result<Scope, IllegalEvent> {
        match self.end {
            Some(end) if end.cause == EndCause::Drained && end.outcome == Outcome::Failed => {
                self.end = None;
                reopen(&mut self.root, moves, &Scope::default());
                Ok(Scope::default())
            }
            Some(_) | None => Err(IllegalEvent::NotResumable),
        }
    }
}

/// Opens every failed step of a scope again. Further items of its loops open once one of the resumed is over.
fn reopen(frame: &mut Frame, moves: &mut Moves<'_>, scope: &Scope) {
    frame.failed = 0;
    for (key, state) in &mut frame.steps {
        match *state {
            StepState::Failed { attempt } => {
                let attempt = attempt.saturating_add(1);
                *state = StepState::Open { attempt, first: attempt };
                moves.decisions.push(Decision::Execute { step: scope.step(key.clone()), attempt });
            }
            StepState::Stalled(progress) => {
                let items = frame.items.entry(key.clone()).or_default();
                let active = u32::try_from(items.len()).unwrap_or(u32::MAX);
                *state = StepState::Looping(Progress { active, failed: 0, ..progress });
                for (index, item) in items {
                    reopen(item, moves, &scope.within(key.clone(), *index));
                }
            }
            StepState::Open { .. } | StepState::Retrying { .. } | StepState::Looping(_) => continue,
            StepState::Succeeded | StepState::Passed | StepState::Skipped => continue,
            StepState::Diverted | StepState::Abandoned => continue,
        }
        frame.open += 1;
    }
}
