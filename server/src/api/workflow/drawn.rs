//! Definitions as clients send them: typed, or in the form of a file. Both are read by the one reader of definitions.

use async_graphql::InputObject;
use pointsman_graph::definition::{Definition, ReadDefinition, Settings};
use serde_json::{Map, Value, json};

use super::{definition::Delivery, settings::WorkflowSettings};
use crate::api::{
    error::{Error, Result},
    node_config::NodeConfigInput,
    scalar::{Duration, Json},
};

/// A workflow as drawn, sound or not.
#[derive(InputObject)]
pub struct WorkflowDefinitionInput {
    /// The nodes.
    nodes: Vec<WorkflowNodeInput>,
    /// The ways between them.
    edges: Vec<WorkflowEdgeInput>,
    /// What holds for all runs; absent: nothing is restricted.
    settings: Option<WorkflowSettings>,
}

/// One node as drawn.
#[derive(InputObject)]
pub struct WorkflowNodeInput {
    /// Its name in expressions, `[A-Za-z][A-Za-z0-9_]{0,63}`; never changes.
    key: String,
    /// What people see.
    name: Option<String>,
    /// Where it stands on the canvas.
    position: Option<NodePositionInput>,
    /// Whether it does nothing and passes on. Actions only.
    disabled: Option<bool>,
    /// Its kind, and what the kind needs.
    config: NodeConfigInput,
    /// When it is tried again. Actions only.
    retry: Option<NodeRetryInput>,
    /// The longest one attempt may take. Actions only.
    timeout: Option<Duration>,
    /// What becomes of an effect whose outcome can't be known. Actions only.
    delivery: Option<Delivery>,
}

/// Where a node stands on the canvas.
#[derive(InputObject)]
pub struct NodePositionInput {
    /// From the left.
    x: f64,
    /// From the top.
    y: f64,
}

/// When an action is tried again; what is absent is as usual.
#[derive(InputObject)]
pub struct NodeRetryInput {
    /// Attempts in all, the first one too.
    max_attempts: Option<i32>,
    /// The longest first wait.
    initial: Option<Duration>,
    /// What the wait grows by from one retry to the next.
    factor: Option<i32>,
    /// The longest wait.
    max: Option<Duration>,
}

/// One edge as drawn.
#[derive(InputObject)]
pub struct WorkflowEdgeInput {
    /// Its own name; absent: made of its ends.
    id: Option<String>,
    /// The key of the node it leaves.
    from: String,
    /// The port it leaves by; absent: the main port.
    port: Option<String>,
    /// The key of the node it leads to.
    to: String,
}

/// A definition in either form.
pub struct Drawn {
    pub definition: Option<WorkflowDefinitionInput>,
    pub json: Option<Json>,
}

impl Drawn {
    /// The definition, or why what was sent is none; none where nothing was sent.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` where both forms were sent.
    pub fn read(self) -> Result<Option<std::result::Result<Definition, ReadDefinition>>> {
        let json = match (self.definition, self.json) {
            (None, None) => return Ok(None),
            (Some(_), Some(_)) => return Err(Error::input("Give `definition` or `json`, not both.")),
            (Some(definition), None) => definition.into_json(),
            (None, Some(json)) => json.0,
        };
        Ok(Some(Definition::from_json(json)))
    }
}

impl WorkflowDefinitionInput {
    fn into_json(self) -> Value {
        let nodes = self.nodes.into_iter().map(WorkflowNodeInput::into_json);
        let edges = self.edges.into_iter().map(WorkflowEdgeInput::into_json);
        let settings = self.settings.map_or_else(Settings::default, Settings::from);
        json!({ "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>(), "settings": settings })
    }
}

impl WorkflowNodeInput {
    fn into_json(self) -> Value {
        let retry = self.retry.map(|retry| {
            present(json!({
                "maxAttempts": retry.max_attempts,
                "initial": retry.initial,
                "factor": retry.factor,
                "max": retry.max,
            }))
        });
        let mut node = present(json!({
            "key": self.key,
            "name": self.name,
            "position": self.position.map(|at| json!({ "x": at.x, "y": at.y })),
            "disabled": self.disabled,
            "retry": retry,
            "timeout": self.timeout,
            "delivery": self.delivery.map(pointsman_graph::definition::Delivery::from),
        }));
        self.config.write(&mut node);
        Value::Object(node)
    }
}

impl WorkflowEdgeInput {
    fn into_json(self) -> Value {
        Value::Object(present(
            json!({ "id": self.id, "from": self.from, "port": self.port, "to": self.to }),
        ))
    }
}

fn present(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Map::new(),
    }
}

/// Why a definition can't be read, with all its causes.
pub fn reason(error: &ReadDefinition) -> String {
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |error| error.source());
    chain.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
