//! Moves tokens along the edges of one scope until every one of them rests at a step that has to be done.

use std::collections::VecDeque;

use super::frame::{Frame, StepState, Verdict};
use crate::{
    decision::Decision,
    key::Port,
    step::Scope,
    track::{Exit, NodeIndex, Role, Track, TrackNode},
};

/// One fact's consequences: the decisions so far, on one track.
pub(super) struct Moves<'t> {
    pub track: &'t Track,
    pub decisions: Vec<Decision>,
}

/// How a node is left.
#[derive(Clone, Debug)]
pub(super) enum Leaving {
    /// By one port; the others are skipped.
    By(Port),
    /// It was skipped, and so is what is behind it.
    Nowhere,
    /// Into one of a loop's items.
    Inward,
}

impl Leaving {
    /// Whether an edge is taken; none where this way of leaving does not concern it.
    fn takes(&self, exit: &Exit<'_>) -> Option<bool> {
        match self {
            Self::Inward => exit.inward.then_some(true),
            Self::By(_) | Self::Nowhere if exit.inward => None,
            Self::By(port) => Some(port == exit.port),
            Self::Nowhere => Some(false),
        }
    }
}

impl<'t> Moves<'t> {
    pub fn on(track: &'t Track) -> Self {
        Moves {
            track,
            decisions: Vec::new(),
        }
    }

    /// Leaves a node and follows what that resolves. A queue, not recursion: a chain may be a thousand nodes long.
    pub fn leave(&mut self, frame: &mut Frame, scope: &Scope, from: NodeIndex, leaving: Leaving) {
        let mut queue = VecDeque::from([(from, leaving)]);
        while let Some((from, leaving)) = queue.pop_front() {
            for exit in self.track.exits(from) {
                let (Some(taken), Some(node)) = (leaving.takes(&exit), self.track.node(exit.to)) else {
                    continue;
                };
                let next = match frame.arrive(self.track, exit.to, node, taken) {
                    Verdict::Wait => None,
                    Verdict::Go => self.enter(frame, scope, node),
                    Verdict::Skip => Some(self.skip(frame, scope, node)),
                };
                queue.extend(next.map(|leaving| (exit.to, leaving)));
            }
        }
    }

    /// Decides a node that no way leads to.
    pub fn skip(&mut self, frame: &mut Frame, scope: &Scope, node: &TrackNode) -> Leaving {
        frame.steps.insert(node.key.clone(), StepState::Skipped);
        self.decisions.push(Decision::Skip {
            step: scope.step(node.key.clone()),
        });
        Leaving::Nowhere
    }

    /// Decides a node whose turn it is; how it is left, where that needs nobody's work.
    fn enter(&mut self, frame: &mut Frame, scope: &Scope, node: &TrackNode) -> Option<Leaving> {
        let step = scope.step(node.key.clone());
        let (state, decision) = match node.role {
            Role::Join(_) => (StepState::Succeeded, Decision::Fire { step }),
            Role::Trigger | Role::Step | Role::Loop(_) if node.disabled => (StepState::Passed, Decision::Pass { step }),
            Role::Trigger | Role::Step | Role::Loop(_) => {
                frame.open(node.key.clone());
                self.decisions.push(Decision::Execute { step, attempt: 1 });
                return None;
            }
        };
        frame.steps.insert(node.key.clone(), state);
        self.decisions.push(decision);
        Some(
            node.ports
                .first()
                .map_or(Leaving::Nowhere, |port| Leaving::By(port.clone())),
        )
    }
}
