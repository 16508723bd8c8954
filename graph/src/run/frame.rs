//! The steps of one scope: the run's own, or one item of a loop. Counts what has arrived at each node, so that an edge
//! costs the same however large the graph is.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    key::NodeKey,
    step::Scope,
    track::{NodeIndex, Policy, Role, Track, TrackNode},
};

/// One scope's steps. Ordered maps: the same facts give the same bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Frame {
    /// Every step that was decided, open ones too.
    pub steps: BTreeMap<NodeKey, StepState>,
    /// What reached the nodes that have in-edges resolved and others not.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    arrivals: BTreeMap<NodeKey, Arrivals>,
    /// The items of each loop that are open, or that failed and can be resumed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub items: BTreeMap<NodeKey, BTreeMap<u32, Frame>>,
    pub open: u32,
    /// Items that failed.
    pub failed: u32,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StepState {
    /// Being done. `first` is the attempt its present round of attempts began with.
    Open { attempt: u32, first: u32 },
    /// Waits for its next attempt.
    Retrying {
        attempt: u32,
        first: u32,
        due_at: DateTime<Utc>,
    },
    /// A loop with items open.
    Looping(Progress),
    /// Left by one of its ports.
    Succeeded,
    /// Disabled, passed through.
    Passed,
    /// No way led to it.
    Skipped,
    /// Failed and left by its error port.
    Diverted,
    /// Failed for good, and nobody handles it.
    Failed { attempt: u32 },
    /// A loop that an item's failure stopped.
    Stalled(Progress),
    /// The run ended while the step was open.
    Abandoned,
}

/// How far a loop is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Items in all.
    pub items: u32,
    /// The next item to open.
    pub next: u32,
    /// Items that are open.
    pub active: u32,
    /// Items that failed.
    pub failed: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Arrivals {
    taken: usize,
    skipped: usize,
}

/// What the arrival of an edge means for its node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Wait,
    Go,
    Skip,
}

impl Frame {
    pub fn at(&self, scope: &Scope) -> Option<&Frame> {
        scope
            .items()
            .iter()
            .try_fold(self, |frame, item| frame.items.get(&item.node)?.get(&item.index))
    }

    pub fn at_mut(&mut self, scope: &Scope) -> Option<&mut Frame> {
        scope.items().iter().try_fold(self, |frame, item| {
            frame.items.get_mut(&item.node)?.get_mut(&item.index)
        })
    }

    /// Begins a step's first attempt.
    pub fn open(&mut self, key: NodeKey) {
        self.steps.insert(key, StepState::Open { attempt: 1, first: 1 });
        self.open += 1;
    }

    /// Ends an open step.
    pub fn end(&mut self, key: NodeKey, state: StepState) {
        self.failed += u32::from(matches!(state, StepState::Failed { .. } | StepState::Stalled(_)));
        self.steps.insert(key, state);
        self.open = self.open.saturating_sub(1);
    }

    /// Replaces what is known to have arrived at the nodes that are still undecided.
    pub fn expect(&mut self, arrivals: BTreeMap<NodeKey, Arrivals>) {
        self.arrivals = arrivals;
    }

    /// Resolves one edge into a node, and says whether that decides the node. A node is decided once.
    pub fn arrive(&mut self, track: &Track, to: NodeIndex, node: &TrackNode, taken: bool) -> Verdict {
        let total = track.in_degree(to);
        let mut arrivals = self.arrivals.remove(&node.key).unwrap_or_default();
        arrivals.count(taken);
        if arrivals.taken + arrivals.skipped < total {
            self.arrivals.insert(node.key.clone(), arrivals);
        }
        if self.steps.contains_key(&node.key) {
            Verdict::Wait
        } else {
            arrivals.verdict(node.role, total)
        }
    }
}

impl Arrivals {
    pub fn count(&mut self, taken: bool) {
        *(if taken { &mut self.taken } else { &mut self.skipped }) += 1;
    }

    fn verdict(self, role: Role, total: usize) -> Verdict {
        let open = total.saturating_sub(self.taken + self.skipped);
        let wanted = match role {
            Role::Trigger | Role::Step | Role::Loop(_) | Role::Join(Policy::All) if open > 0 => return Verdict::Wait,
            Role::Trigger | Role::Step | Role::Loop(_) | Role::Join(Policy::All | Policy::Any) => 1,
            Role::Join(Policy::Count(wanted)) => usize::try_from(wanted.get()).unwrap_or(usize::MAX),
        };
        if self.taken >= wanted {
            Verdict::Go
        } else if self.taken + open < wanted {
            Verdict::Skip
        } else {
            Verdict::Wait
        }
    }
}
