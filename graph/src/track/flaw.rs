//! What can be wrong with a graph's shape. Wording for people is the check's.

use crate::key::{NodeKey, Port};

/// An edge by the names of its ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    pub from: NodeKey,
    pub port: Port,
    pub to: NodeKey,
}

/// One thing that keeps a graph from being laid. A number is the edge's place among those given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    DuplicateKey(NodeKey),
    UnknownSource(usize),
    UnknownTarget(usize),
    UnknownPort(usize),
    DuplicateEdge(usize),
    /// Nothing may lead to a trigger.
    IntoTrigger(usize),
    NoTrigger,
    /// No trigger leads to the node.
    Unreachable(NodeKey),
    /// The whole cycle, each node leading to the next and the last to the first.
    Cycle(Vec<NodeKey>),
    /// The join wants more branches than can ever be taken together.
    NeverFires {
        join: NodeKey,
        wanted: u32,
        possible: u32,
    },
    /// The edge leads from outside into a loop's items.
    EntersLoop {
        edge: usize,
        of: NodeKey,
    },
}
