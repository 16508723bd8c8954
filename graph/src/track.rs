//! The rails of a workflow: which node leads where, and what it waits for. Knows nothing of configs and values, so the
//! reducer that runs on it cannot evaluate anything.

mod flaw;
mod flow;
mod lay;
mod region;

use std::{collections::HashMap, num::NonZeroU32};

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
    pub key: NodeKey,
    pub role: Role,
    /// The ways out; the first is the main one, which an edge that names no port leaves by.
    pub ports: Vec<Port>,
    pub retry: Retry,
    /// Does nothing and leaves by its main port.
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

/// How a loop goes through its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loop {
    /// Items open at once.
    pub concurrency: NonZeroU32,
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
    pub port: &'t Port,
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

    pub fn find(&self, key: &NodeKey) -> Option<NodeIndex> {
        self.index.get(key).copied()
    }

    pub fn node(&self, at: NodeIndex) -> Option<&TrackNode> {
        self.graph.node_weight(at)
    }

    pub fn nodes(&self) -> impl Iterator<Item = &TrackNode> {
        self.graph.node_weights()
    }

    pub fn triggers(&self) -> &[NodeIndex] {
        &self.triggers
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

    pub fn in_degree(&self, to: NodeIndex) -> usize {
        self.in_degrees.get(to.index()).copied().unwrap_or(0)
    }

    /// Whether an edge leaves the node by this port.
    pub fn is_wired(&self, from: NodeIndex, port: &Port) -> bool {
        self.graph.edges(from).any(|edge| edge.weight() == port)
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
