//! What an admin drew: nodes and edges as written, sound or not. Reads and writes them without losing anything; whether
//! they make sense is the check's to say.

mod part;
mod read;
mod settings;
mod write;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::{
    key::{NodeKey, Port},
    node::Config,
};

pub use read::ReadDefinition;
pub use settings::{Concurrency, Deduplication, Overflow, Rate, Reenrolment, Settings};

/// The format of the file form. Earlier ones are upgraded where they are read.
pub const FORMAT: u32 = 1;

/// The most nodes of a definition.
pub const MAX_NODES: usize = 1_000;

/// The most edges of a definition.
pub const MAX_EDGES: usize = 4_000;

/// The most bytes of a definition's JSON.
pub const MAX_BYTES: usize = 1 << 20;

/// A workflow as drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Definition {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// What holds for all runs.
    pub settings: Settings,
}

/// One node as drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Never changes: expressions, edges and runs refer to it.
    pub key: NodeKey,
    /// Its kind, and what the kind needs.
    pub config: Config,
    /// Fields of the config that its kind does not have: kept, and reported by the check.
    pub unknown: Map<String, Json>,
    /// What people see.
    pub name: Option<String>,
    /// Where it stands on the canvas.
    pub position: Option<Position>,
    /// What all actions share.
    pub common: Common,
}

/// Where a node stands on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    pub x: f64,
    pub y: f64,
}

/// What all actions share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Common {
    /// Does nothing and passes on by its main port.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<RetryConfig>,
    /// The longest one attempt may take, as an ISO 8601 duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<String>,
    /// What becomes of an effect whose outcome cannot be known; absent: as its kind says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
}

/// When an action is tried again; what is absent is as in [`crate::retry::Retry::DEFAULT`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct RetryConfig {
    /// Attempts in all, the first one too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// The longest first wait, as an ISO 8601 duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub initial: Option<String>,
    /// What the wait grows by from one retry to the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub factor: Option<u32>,
    /// The longest wait, as an ISO 8601 duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<String>,
}

/// What becomes of an effect whose outcome cannot be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Delivery {
    /// It is sent again with the same key.
    AtLeastOnce,
    /// It is left for a person to decide.
    AtMostOnce,
}

/// One edge as drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Unique in a sound definition; made of the ends where none was given.
    pub id: String,
    pub from: NodeKey,
    /// Absent: the main port of the node it leaves.
    pub port: Option<Port>,
    pub to: NodeKey,
}

impl Definition {
    /// The node of that key.
    pub fn node(&self, key: &NodeKey) -> Option<&Node> {
        self.nodes.iter().find(|node| node.key == *key)
    }

    /// The port that an edge leaves by, once its absence is filled in; none where its node has no main port.
    pub fn port(&self, edge: &Edge) -> Option<Port> {
        edge.port.clone().or_else(|| self.node(&edge.from)?.config.main_port())
    }
}
