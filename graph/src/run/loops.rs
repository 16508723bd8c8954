//! Opens a loop's items as its concurrency allows, and closes it once they are over.

use super::{
    End, EndCause, Run,
    frame::{Frame, Progress, StepState},
    moves::{Leaving, Moves},
};
use crate::{
    decision::Decision,
    event::Outcome,
    key::Port,
    step::{Scope, StepId},
    track::{Loop, NodeIndex, OnError, Role},
};

impl Progress {
    fn is_halted(&self, rule: Loop) -> bool {
        rule.on_error == OnError::Stop && self.failed > 0
    }

    fn may_open(&self, rule: Loop) -> bool {
        self.next < self.items && self.active < rule.concurrency.get() && !self.is_halted(rule)
    }
}

impl Run {
    /// Follows the end of a scope outwards: an item that is over moves its loop, a loop that is over the scope around.
    pub(super) fn drain(&mut self, moves: &mut Moves<'_>, scope: Scope) {
        let mut scope = scope;
        while self.root.at(&scope).is_some_and(|frame| frame.open == 0) {
            let Some((outer, item)) = scope.split() else {
                let outcome = if self.root.failed > 0 {
                    Outcome::Failed
                } else {
                    Outcome::Succeeded
                };
                return self.finish(
                    moves,
                    End {
                        outcome,
                        cause: EndCause::Drained,
                    },
                );
            };
            let Some(frame) = self.root.at_mut(&outer) else { return };
            let step = outer.step(item.node);
            let Some((_, rule)) = moves.rule(&step) else { return };
            frame.leave_item(&step, item.index, rule);
            moves.go_round(frame, &step, rule);
            scope = outer;
        }
    }
}

impl Frame {
    /// Counts an item that is over. Its steps are kept only where a resumed run needs them.
    fn leave_item(&mut self, step: &StepId, index: u32, rule: Loop) {
        let (Some(StepState::Looping(progress)), Some(items)) =
            (self.steps.get_mut(&step.node), self.items.get_mut(&step.node))
        else {
            return;
        };
        let failed = items.get(&index).is_some_and(|item| item.failed > 0);
        progress.active = progress.active.saturating_sub(1);
        progress.failed += u32::from(failed);
        if !(failed && rule.on_error == OnError::Stop) {
            items.remove(&index);
        }
        if items.is_empty() {
            self.items.remove(&step.node);
        }
    }
}

impl Moves<'_> {
    /// Opens the items that may be open now, and closes the loop where none is left.
    pub fn go_round(&mut self, frame: &mut Frame, step: &StepId, rule: Loop) {
        let Some((at, _)) = self.rule(step) else { return };
        while let Some(StepState::Looping(progress)) = frame.steps.get_mut(&step.node) {
            if !progress.may_open(rule) {
                break;
            }
            let index = progress.next;
            progress.next += 1;
            progress.active += 1;
            let mut item = Frame::default();
            self.leave(
                &mut item,
                &step.scope.within(step.node.clone(), index),
                at,
                Leaving::Inward,
            );
            let over = item.open == 0;
            frame.items.entry(step.node.clone()).or_default().insert(index, item);
            if over {
                frame.leave_item(step, index, rule);
            }
        }
        self.close(frame, step, at, rule);
    }

    fn close(&mut self, frame: &mut Frame, step: &StepId, at: NodeIndex, rule: Loop) {
        let progress = match frame.steps.get(&step.node) {
            Some(StepState::Looping(progress)) if progress.active == 0 => *progress,
            _ => return,
        };
        if progress.is_halted(rule) {
            frame.end(step.node.clone(), StepState::Stalled(progress));
            self.decisions.push(Decision::Fail { step: step.clone() });
        } else {
            frame.end(step.node.clone(), StepState::Succeeded);
            self.decisions.push(Decision::Close {
                step: step.clone(),
                items: progress.items,
                failed: progress.failed,
            });
            self.leave(frame, &step.scope, at, Leaving::By(Port::DONE));
        }
    }

    /// How a step's items are gone through; none where it is no loop.
    pub fn rule(&self, step: &StepId) -> Option<(NodeIndex, Loop)> {
        let at = self.track.find(&step.node)?;
        match self.track.node(at)?.role {
            Role::Loop(rule) => Some((at, rule)),
            Role::Trigger | Role::Step | Role::Join(_) => None,
        }
    }
}
