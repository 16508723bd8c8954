//! The rails of a workflow: which node leads where, and what it waits for. Knows nothing of configs and values, so the
//! reducer that runs on it cannot evaluate anything.

mod flaw;
mod flow;
mod lay;
mod region;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
};

use petgraph::{
    algo::toposort,
    stable_graph::StableDiGraph,
    visit::{Dfs, EdgeRef},
};

use crate::{
    key::{NodeKey, Port},
    retry::Retry,
};

pub use flaw::{Flaw, Link};
pub use flow::{Flow, Reach};
pub use petgraph::graph::NodeIndex;

/// A sound graph: no cycle, every node reachable from a trigger, every edge at a port that exists.
#[derive(Clone, Debug)]
pub struct Track {
    graph: StableDiGraph<TrackNode, Port>,
    index: HashMap<NodeKey, NodeIndex>,
    triggers: Vec<NodeIndex>,
    /// By node: counted once, because every edge that is resolved asks for it.
    in_degrees: Vec<usize>,
}

/// A node as the reducer sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackNode {
    /// Its name.
    pub key: NodeKey,
    /// What makes it go.
    pub role: Role,
    /// The ways out. Where a node is left without anybody's choice, by the first: joins, nodes that are disabled.
    pub ports: Vec<Port>,
    /// When a failed attempt is followed by another.
    pub retry: Retry,
    /// Does nothing and leaves by its first port.
    pub disabled: bool,
}

/// What makes a node go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Starts runs. Nothing leads to it.
    Trigger,
    /// Runs once all its in-edges are resolved and one was taken.
    Step,
    /// Gathers branches by its policy.
    Join(Policy),
    /// A step that opens a scope for each of its items.
    Loop(Loop),
}

/// When a join fires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Every in-edge is resolved and at least one was taken.
    All,
    /// At the first in-edge taken.
    Any,
    /// As soon as so many were taken.
    Count(NonZeroU32),
}

/// The most items of a loop: what a run's row and its history can bear.
pub const MAX_ITEMS: u32 = 10_000;

/// How a loop goes through its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loop {
    /// Items open at once.
    pub concurrency: NonZeroU32,
    /// What an item's failure means for the others.
    pub on_error: OnError,
}

/// What an item's unhandled failure does to its loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// No further item opens; once the open ones have drained, the loop fails.
    Stop,
    /// It is counted, and the loop goes on.
    Continue,
}

/// An edge as seen from the node it leaves.
#[derive(Clone, Copy, Debug)]
pub struct Exit<'t> {
    /// The way out it leaves by.
    pub port: &'t Port,
    /// Where it leads.
    pub to: NodeIndex,
    /// Leads into a loop's items instead of along its own scope.
    pub inward: bool,
}

impl Track {
    /// Lays the rails, edges in the order in which they are to be resolved.
    ///
    /// # Errors
    /// Every [`Flaw`], not the first only.
    pub fn lay(nodes: Vec<TrackNode>, links: Vec<Link>) -> Result<Track, Vec<Flaw>> {
        match lay::survey(nodes, &links) {
            (track, flaws) if flaws.is_empty() => Ok(track),
            (_, flaws) => Err(flaws),
        }
    }

    /// Lays what can be laid, for looking at: a track with flaws is not to be run on.
    pub(crate) fn survey(nodes: Vec<TrackNode>, links: Vec<Link>) -> (Track, Vec<Flaw>) {
        lay::survey(nodes, &links)
    }

    /// Where the node of that key stands.
    pub fn find(&self, key: &NodeKey) -> Option<NodeIndex> {
        self.index.get(key).copied()
    }

    /// The node that stands there.
    pub fn node(&self, at: NodeIndex) -> Option<&TrackNode> {
        self.graph.node_weight(at)
    }

    /// Every node, as given.
    pub fn nodes(&self) -> impl Iterator<Item = &TrackNode> {
        self.graph.node_weights()
    }

    /// Where runs start.
    pub fn triggers(&self) -> &[NodeIndex] {
        &self.triggers
    }

    /// The same rails with some loops that open all of their items at once.
    #[must_use]
    pub fn widened(&self, wanted: impl Fn(&NodeKey) -> bool) -> Track {
        let mut wide = self.clone();
        for node in wide.graph.node_weights_mut().filter(|node| wanted(&node.key)) {
            if let Role::Loop(rule) = &mut node.role {
                rule.concurrency = NonZeroU32::MAX;
            }
        }
        wide
    }

    /// The edges out of a node, in the order given.
    pub fn exits(&self, from: NodeIndex) -> impl Iterator<Item = Exit<'_>> {
        let loops = self.node(from).is_some_and(|node| matches!(node.role, Role::Loop(_)));
        self.graph.edges(from).map(move |edge| {
            let port = edge.weight();
            Exit {
                port,
                to: edge.target(),
                inward: loops && *port == Port::EACH,
            }
        })
    }

    /// How many edges lead to a node.
    pub fn in_degree(&self, to: NodeIndex) -> usize {
        self.in_degrees.get(to.index()).copied().unwrap_or(0)
    }

    /// Whether an edge leaves the node by this port.
    pub fn is_wired(&self, from: NodeIndex, port: &Port) -> bool {
        self.graph.edges(from).any(|edge| edge.weight() == port)
    }

    /// The innermost loop around each node that stands in one.
    pub fn homes(&self) -> HashMap<NodeIndex, NodeIndex> {
        region::homes(self)
    }

    /// The nodes that can be reached from one, without itself.
    pub fn behind(&self, from: NodeIndex) -> HashSet<NodeIndex> {
        let mut walk = Dfs::new(&self.graph, from);
        let mut behind = HashSet::new();
        while let Some(at) = walk.next(&self.graph) {
            behind.insert(at);
        }
        behind.remove(&from);
        behind
    }

    /// What surely, and what possibly, ran before each node.
    pub fn flow(&self) -> Flow {
        Flow::of(&self.graph, &self.triggers)
    }

    /// The nodes so that every edge leads forward; as they were given where there is a cycle.
    pub fn in_order(&self) -> impl Iterator<Item = (NodeIndex, &TrackNode)> {
        let order = toposort(&self.graph, None).unwrap_or_else(|_| self.graph.node_indices().collect());
        order.into_iter().filter_map(|at| Some((at, self.node(at)?)))
    }

    /// The triggers that lead to each node.
    pub fn origins(&self) -> HashMap<NodeIndex, Vec<NodeIndex>> {
        let mut origins: HashMap<_, Vec<_>> = HashMap::new();
        for trigger in &self.triggers {
            let mut walk = Dfs::new(&self.graph, *trigger);
            while let Some(at) = walk.next(&self.graph) {
                origins.entry(at).or_default().push(*trigger);
            }
        }
        origins
    }
}
