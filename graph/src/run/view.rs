//! What others may ask of a run.

use super::{
    End, Run,
    frame::{Frame, StepState},
};
use crate::{
    event::Outcome,
    step::{Scope, StepId},
};

impl StepState {
    /// Work, a retry or items are still to come.
    pub fn is_open(&self) -> bool {
        match self {
            Self::Open { .. } | Self::Retrying { .. } | Self::Looping(_) => true,
            Self::Succeeded | Self::Passed | Self::Skipped | Self::Diverted => false,
            Self::Failed { .. } | Self::Stalled(_) | Self::Abandoned => false,
        }
    }

    /// Failed with nobody to handle it.
    pub fn is_failed(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Stalled(_))
    }
}

impl Run {
    pub fn is_started(&self) -> bool {
        !self.root.steps.is_empty()
    }

    pub fn is_finished(&self) -> bool {
        self.end.is_some()
    }

    pub fn outcome(&self) -> Option<Outcome> {
        self.end.map(|end| end.outcome)
    }

    /// How and why the run ended; none while it goes on.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// Where one step stands; none where it was not decided, or its item is over.
    pub fn step(&self, step: &StepId) -> Option<&StepState> {
        self.root.at(&step.scope)?.steps.get(&step.node)
    }

    /// Every step the run knows of, by scope. The steps of items that are over are in the history, not here.
    pub fn steps(&self) -> Vec<(StepId, &StepState)> {
        let mut steps = Vec::new();
        collect(&self.root, &Scope::default(), &mut steps);
        steps
    }

    /// The steps that something is still to come from.
    pub fn open_steps(&self) -> Vec<(StepId, &StepState)> {
        self.steps().into_iter().filter(|(_, state)| state.is_open()).collect()
    }
}

fn collect<'r>(frame: &'r Frame, scope: &Scope, steps: &mut Vec<(StepId, &'r StepState)>) {
    steps.extend(frame.steps.iter().map(|(key, state)| (scope.step(key.clone()), state)));
    for (key, items) in &frame.items {
        for (index, item) in items {
            collect(item, &scope.within(key.clone(), *index), steps);
        }
    }
}
