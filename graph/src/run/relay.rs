//! Moves a run under way onto another track: what is open stays open, and what lies behind it waits for the edges of the
//! new track. Nothing that was passed is gone back to: a node that is new there counts as skipped.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use super::{
    Run,
    frame::{Arrivals, Frame, StepState},
};
use crate::{
    key::Port,
    step::{Scope, StepId},
    track::{NodeIndex, Role, Track, TrackNode},
};

/// What one relaying reads.
struct Relay<'r> {
    track: &'r Track,
    homes: HashMap<NodeIndex, NodeIndex>,
    left: &'r dyn Fn(&StepId) -> Option<Port>,
    lost: Vec<StepId>,
}

impl Run {
    /// The same run on another track; `left` is the port that an ended step left by.
    ///
    /// # Errors
    /// The open steps that have no place there: their node is gone, stands in another loop, or is a loop in one of the
    /// two alone.
    pub fn relaid(&self, track: &Track, left: &dyn Fn(&StepId) -> Option<Port>) -> Result<Run, Vec<StepId>> {
        let mut relay = Relay {
            track,
            homes: track.homes(),
            left,
            lost: Vec::new(),
        };
        let root = relay.frame(&self.root, &Scope::default(), None);
        match relay.lost.is_empty() {
            true => Ok(Run { root, ..self.clone() }),
            false => Err(relay.lost),
        }
    }
}

impl Relay<'_> {
    fn frame(&mut self, old: &Frame, scope: &Scope, home: Option<NodeIndex>) -> Frame {
        let mut frame = Frame::default();
        for (key, state) in &old.steps {
            let place = self.track.find(key).filter(|at| self.homes.get(at).copied() == home);
            let stays = place
                .and_then(|at| self.track.node(at))
                .is_some_and(|node| fits(node, state));
            if stays {
                frame.steps.insert(key.clone(), *state);
            } else if state.is_open() || state.is_failed() {
                self.lost.push(scope.step(key.clone()));
            }
        }
        (frame.open, frame.failed) = (old.open, old.failed);
        self.lay(&mut frame, scope, home);
        for (key, items) in &old.items {
            let inner = self.track.find(key);
            let relaid = items
                .iter()
                .map(|(index, item)| (*index, self.frame(item, &scope.within(key.clone(), *index), inner)));
            let relaid: BTreeMap<_, _> = relaid.collect();
            frame.items.insert(key.clone(), relaid);
        }
        frame
    }

    /// Counts what has arrived at the nodes that can still be reached, and skips those that can't.
    fn lay(&self, frame: &mut Frame, scope: &Scope, home: Option<NodeIndex>) {
        let alive = self.alive(frame);
        let mut arrivals: BTreeMap<_, Arrivals> = BTreeMap::new();
        for (from, source) in self.track.in_order() {
            let around = home == Some(from);
            if !around && self.homes.get(&from).copied() != home {
                continue;
            }
            for exit in self.track.exits(from).filter(|exit| exit.inward == around) {
                let taken = match frame.steps.get(&source.key) {
                    _ if around => true,
                    _ if alive.contains(&from) => continue,
                    Some(state) if state.is_open() || state.is_failed() => continue,
                    Some(state) => self.exit(source, state, scope).as_ref() == Some(exit.port),
                    None => false,
                };
                if let Some(node) = self.track.node(exit.to).filter(|_| alive.contains(&exit.to)) {
                    arrivals.entry(node.key.clone()).or_default().count(taken);
                }
            }
        }
        for (at, node) in self.track.in_order() {
            if self.homes.get(&at).copied() == home && !alive.contains(&at) {
                frame.steps.entry(node.key.clone()).or_insert(StepState::Skipped);
            }
        }
        frame.expect(arrivals);
    }

    /// The undecided nodes that something open, or something that can be tried again, may yet lead to.
    fn alive(&self, frame: &Frame) -> HashSet<NodeIndex> {
        let sources = frame
            .steps
            .iter()
            .filter(|(_, state)| state.is_open() || state.is_failed());
        let mut queue: VecDeque<_> = sources.filter_map(|(key, _)| self.track.find(key)).collect();
        let mut alive = HashSet::new();
        while let Some(from) = queue.pop_front() {
            for exit in self.track.exits(from).filter(|exit| !exit.inward) {
                let undecided = |node: &TrackNode| !frame.steps.contains_key(&node.key);
                if self.track.node(exit.to).is_some_and(undecided) && alive.insert(exit.to) {
                    queue.push_back(exit.to);
                }
            }
        }
        alive
    }

    /// The port that an ended step has left by; none where it was skipped.
    fn exit(&self, node: &TrackNode, state: &StepState, scope: &Scope) -> Option<Port> {
        match (state, node.role) {
            (StepState::Skipped | StepState::Abandoned, _) => None,
            (StepState::Diverted, _) => Some(Port::ERROR),
            (StepState::Succeeded, Role::Loop(_)) => Some(Port::DONE),
            (StepState::Succeeded, Role::Step) => (self.left)(&scope.step(node.key.clone())),
            (StepState::Succeeded, Role::Trigger | Role::Join(_)) | (StepState::Passed, _) => {
                node.ports.first().cloned()
            }
            (StepState::Open { .. } | StepState::Retrying { .. } | StepState::Looping(_), _) => None,
            (StepState::Failed { .. } | StepState::Stalled(_), _) => None,
        }
    }
}

/// Whether a step that stands so can stand at the node.
fn fits(node: &TrackNode, state: &StepState) -> bool {
    let is_loop = matches!(node.role, Role::Loop(_));
    match state {
        StepState::Looping(_) | StepState::Stalled(_) => is_loop,
        StepState::Open { .. } | StepState::Retrying { .. } | StepState::Failed { .. } => {
            node.role == Role::Step || is_loop
        }
        StepState::Succeeded | StepState::Passed | StepState::Skipped => true,
        StepState::Diverted | StepState::Abandoned => true,
    }
}
