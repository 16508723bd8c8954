//! Takes up a run that failed: what failed is tried again, all that succeeded stays as it is.

use super::{
    EndCause, IllegalEvent, Run,
    frame::{Frame, Progress, StepState},
    moves::Moves,
};
use crate::{
    decision::Decision,
    event::Outcome,
    step::{Scope, StepId},
};

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

/// Opens every failed step of a scope again, and the items for which its loops have room.
fn reopen(frame: &mut Frame, moves: &mut Moves<'_>, scope: &Scope) {
    let failed: Vec<_> = frame
        .steps
        .iter()
        .filter(|(_, state)| state.is_failed())
        .map(|(key, _)| key.clone())
        .collect();
    frame.failed = 0;
    for key in failed {
        frame.open += 1;
        match frame.steps.get(&key).copied() {
            Some(StepState::Failed { attempt }) => {
                let attempt = attempt.saturating_add(1);
                frame.steps.insert(
                    key.clone(),
                    StepState::Open {
                        attempt,
                        first: attempt,
                    },
                );
                moves.decisions.push(Decision::Execute {
                    step: scope.step(key),
                    attempt,
                });
            }
            Some(StepState::Stalled(progress)) => go_on(frame, moves, &scope.step(key), progress),
            Some(_) | None => {}
        }
    }
}

/// Takes up a loop with the items that failed.
fn go_on(frame: &mut Frame, moves: &mut Moves<'_>, step: &StepId, progress: Progress) {
    let items = frame.items.entry(step.node.clone()).or_default();
    let active = u32::try_from(items.len()).unwrap_or(u32::MAX);
    for (index, item) in items {
        reopen(item, moves, &step.scope.within(step.node.clone(), *index));
    }
    frame.steps.insert(
        step.node.clone(),
        StepState::Looping(Progress {
            active,
            failed: 0,
            ..progress
        }),
    );
    if let Some((_, rule)) = moves.rule(step) {
        moves.go_round(frame, step, rule);
    }
}
