//! What became of a foreign workflow: every node and every edge of its file is named once, with what is left to do by hand.

use serde::Serialize;

use crate::key::NodeKey;

/// The account of one foreign workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every node of the file, in its order.
    pub nodes: Vec<NodeLine>,
    /// Every edge of the file, in its order.
    pub edges: Vec<EdgeLine>,
    /// How many of each fate; they add up to what the file has.
    pub counts: Counts,
}

/// What became of one node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeLine {
    /// Its name in the file.
    pub name: String,
    /// Its type in the file.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it became.
    pub fate: NodeFate,
    /// The node of ours that it became, or is kept in; none for a note.
    pub key: Option<NodeKey>,
    /// What a person should look at.
    pub remarks: Vec<Remark>,
}

/// What a node can become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeFate {
    /// A node of one of our kinds.
    Mapped,
    /// A disabled node of an unknown kind that keeps the original.
    Placeholder,
    /// A part of another node, such as an agent's language model: kept in that node's placeholder.
    Part,
    /// A note on the canvas: it does nothing, and its text stands in the remarks.
    Note,
}

/// What became of one edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeLine {
    /// The name of the node that it leaves.
    pub from: String,
    /// The type of the connection: `main` moves data, any other supplies a part.
    #[serde(rename = "type")]
    pub kind: String,
    /// Which output it leaves by, from 0.
    pub output: usize,
    /// The name of the node that it enters.
    pub to: String,
    /// Which input it enters by, from 0.
    pub input: usize,
    /// What it became.
    pub fate: EdgeFate,
    /// The id of the edge of ours; none unless it was drawn.
    pub edge: Option<String>,
}

/// What an edge can become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum EdgeFate {
    /// An edge of ours.
    Drawn,
    /// The way back into a loop: the end of an item in `forEach`, which needs no edge.
    ClosesLoop,
    /// It leads back, and not into a loop that is known: left out, to be solved by hand.
    LeadsBack,
    /// Another edge leads from the same way out to the same node already.
    Repeated,
    /// It supplies a part, which is kept in the placeholder of the node that it enters.
    Supplies,
    /// Our node has no such way out: left out.
    NoWayOut,
    /// One of its ends is not in the file, or is a note: left out.
    Dangling,
}

/// Something about a node that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What kind of remark, for programs.
    pub code: RemarkCode,
    /// The field of our config, where it is about one.
    pub field: Option<String>,
    /// For people.
    pub message: String,
}

/// The kinds of remark. Their texts are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RemarkCode {
    /// An expression without an exact counterpart; it stands in the field as it was written, marked by `=`.
    NotTranslated,
    /// An expression reads what a placeholder will give.
    ReadsPlaceholder,
    /// A setting that our node does not have, or has otherwise.
    SettingLeftOut,
    /// The node used stored credentials, which no file carries.
    NeedsCredentials,
    /// The original ran once for each of its inputs, ours runs once.
    SeveralInputs,
    /// The data of its branches was combined; ours only waits for them.
    DataNotMerged,
    /// A loop whose list has to be looked at.
    LoopItems,
    /// A disabled node that could not be kept as one of its kind.
    WasDisabled,
    /// A text for people that stood with it.
    Note,
}

/// How many nodes and edges there are of each fate.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub nodes: usize,
    pub mapped: usize,
    pub placeholders: usize,
    pub parts: usize,
    pub notes: usize,
    pub edges: usize,
    pub drawn: usize,
    pub closing_loops: usize,
    pub leading_back: usize,
    pub repeated: usize,
    pub supplying: usize,
    pub without_way_out: usize,
    pub dangling: usize,
    /// Edges of ours that the file does not have: the ways of failures that the original went on after.
    pub added: usize,
}

impl Report {
    pub(super) fn new(nodes: Vec<NodeLine>, edges: Vec<EdgeLine>, drawn_in_all: usize) -> Self {
        let node = |fate| nodes.iter().filter(|line| line.fate == fate).count();
        let edge = |fate| edges.iter().filter(|line| line.fate == fate).count();
        let drawn = edge(EdgeFate::Drawn);
        let counts = Counts {
            nodes: nodes.len(),
            mapped: node(NodeFate::Mapped),
            placeholders: node(NodeFate::Placeholder),
            parts: node(NodeFate::Part),
            notes: node(NodeFate::Note),
            edges: edges.len(),
            drawn,
            closing_loops: edge(EdgeFate::ClosesLoop),
            leading_back: edge(EdgeFate::LeadsBack),
            repeated: edge(EdgeFate::Repeated),
            supplying: edge(EdgeFate::Supplies),
            without_way_out: edge(EdgeFate::NoWayOut),
            dangling: edge(EdgeFate::Dangling),
            added: drawn_in_all.saturating_sub(drawn),
        };
        Self { nodes, edges, counts }
    }
}
