//! What an admin drew, as clients see it.

use async_graphql::{Enum, ID, Object, SimpleObject};
use pointsman_graph::definition::{self, Definition, Edge, Node};

use super::{settings::WorkflowSettings, summary::summary};
use crate::api::{
    node_config::NodeConfig,
    scalar::{Duration, Json},
};

/// A workflow as drawn, sound or not.
pub struct WorkflowDefinition(pub Definition);

/// A workflow as drawn, sound or not.
#[Object]
impl WorkflowDefinition {
    /// The nodes.
    async fn nodes(&self) -> Vec<WorkflowNode<'_>> {
        self.0.nodes.iter().map(WorkflowNode).collect()
    }

    /// The ways between them.
    async fn edges(&self) -> Vec<WorkflowEdge<'_>> {
        let edge = |edge| WorkflowEdge {
            edge,
            definition: &self.0,
        };
        self.0.edges.iter().map(edge).collect()
    }

    /// What holds for all runs.
    async fn settings(&self) -> WorkflowSettings {
        WorkflowSettings::from(&self.0.settings)
    }

    /// The whole in the form of a file: `{"format": 1, "nodes": […], "edges": […]}`.
    async fn json(&self) -> Json {
        Json(self.0.to_file())
    }
}

/// One node as drawn.
pub struct WorkflowNode<'a>(&'a Node);

/// One node as drawn.
#[Object]
impl WorkflowNode<'_> {
    /// Its name in expressions; never changes.
    async fn key(&self) -> &str {
        self.0.key.as_str()
    }

    /// Its kind, such as `sendEmail`.
    async fn kind(&self) -> &str {
        self.0.config.kind()
    }

    /// What people see.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Where it stands on the canvas.
    async fn position(&self) -> Option<NodePosition> {
        self.0.position.map(|at| NodePosition { x: at.x, y: at.y })
    }

    /// Whether it does nothing and passes on.
    async fn disabled(&self) -> bool {
        self.0.common.disabled
    }

    /// What its kind needs of it.
    async fn config(&self) -> NodeConfig {
        NodeConfig::of(self.0)
    }

    /// The same as JSON, with fields that its kind does not have.
    async fn config_json(&self) -> Json {
        let mut config = self.0.config.to_json();
        config.extend(self.0.unknown.clone());
        Json(config.into())
    }

    /// The ways out; a main one comes first.
    async fn ports(&self) -> Vec<String> {
        self.0.config.ports().iter().map(ToString::to_string).collect()
    }

    /// When it is tried again.
    async fn retry(&self) -> Option<NodeRetry> {
        self.0.common.retry.as_ref().map(NodeRetry::from)
    }

    /// The longest one attempt may take.
    async fn timeout(&self) -> Option<Duration> {
        self.0.common.timeout.clone().map(Duration)
    }

    /// What becomes of an effect whose outcome can't be known; null: as its kind says.
    async fn delivery(&self) -> Option<Delivery> {
        self.0.common.delivery.map(Delivery::from)
    }

    /// What it does, in one line.
    async fn summary(&self) -> String {
        summary(&self.0.config)
    }
}

/// Where a node stands on the canvas.
#[derive(SimpleObject)]
pub struct NodePosition {
    /// From the left.
    x: f64,
    /// From the top.
    y: f64,
}

/// When an action is tried again; what is null is as usual.
#[derive(SimpleObject)]
pub struct NodeRetry {
    /// Attempts in all, the first one too.
    max_attempts: Option<i32>,
    /// The longest first wait.
    initial: Option<Duration>,
    /// What the wait grows by from one retry to the next.
    factor: Option<i32>,
    /// The longest wait.
    max: Option<Duration>,
}

impl From<&definition::RetryConfig> for NodeRetry {
    fn from(retry: &definition::RetryConfig) -> Self {
        let number = |number: Option<u32>| number.map(|number| i32::try_from(number).unwrap_or(i32::MAX));
        Self {
            max_attempts: number(retry.max_attempts),
            initial: retry.initial.clone().map(Duration),
            factor: number(retry.factor),
            max: retry.max.clone().map(Duration),
        }
    }
}

/// What becomes of an effect whose outcome can't be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "definition::Delivery")]
pub enum Delivery {
    /// It is sent again with the same key.
    AtLeastOnce,
    /// It is left for a person to decide.
    AtMostOnce,
}

/// One edge as drawn.
pub struct WorkflowEdge<'a> {
    edge: &'a Edge,
    definition: &'a Definition,
}

/// One edge as drawn.
#[Object]
impl WorkflowEdge<'_> {
    /// The edge's own name; made of its ends where none was given.
    async fn id(&self) -> ID {
        self.edge.id.as_str().into()
    }

    /// The key of the node it leaves.
    async fn from(&self) -> &str {
        self.edge.from.as_str()
    }

    /// The port it leaves by; empty where it names none of several, which the check reports.
    async fn port(&self) -> String {
        let port = self.definition.port(self.edge);
        port.map(|port| port.to_string()).unwrap_or_default()
    }

    /// The key of the node it leads to.
    async fn to(&self) -> &str {
        self.edge.to.as_str()
    }
}
