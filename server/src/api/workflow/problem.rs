//! What is wrong with a definition, by node and field.

use async_graphql::{Enum, ID, SimpleObject};
use pointsman_graph::{
    check::{self, Problem},
    definition::ReadDefinition,
};

use super::drawn::reason;

/// One thing that is wrong, or probably not meant.
#[derive(SimpleObject)]
pub struct WorkflowProblem {
    /// The key of the node it is about.
    node: Option<String>,
    /// The id of the edge it is about.
    edge: Option<ID>,
    /// The config's field, such as `cases[1].condition`.
    field: Option<String>,
    /// What is wrong, for programs: stable, in upper case.
    code: String,
    /// What is wrong, for people.
    message: String,
    /// Whether it keeps the workflow from being published.
    severity: Severity,
    /// What was probably meant.
    suggestion: Option<String>,
    /// Where it begins in the field's text, in bytes.
    start: Option<i32>,
    /// Where it ends in the field's text, in bytes.
    end: Option<i32>,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "check::Severity")]
pub enum Severity {
    /// Keeps the workflow from being published.
    Error,
    /// Probably not meant.
    Warning,
}

impl From<Problem> for WorkflowProblem {
    fn from(problem: Problem) -> Self {
        let place = |place: usize| i32::try_from(place).unwrap_or(i32::MAX);
        Self {
            node: problem.node.map(|node| node.to_string()),
            edge: problem.edge.map(ID::from),
            field: problem.field,
            code: problem.code.as_str().to_owned(),
            message: problem.message,
            severity: problem.severity.into(),
            suggestion: problem.suggestion,
            start: problem.span.as_ref().map(|span| place(span.start)),
            end: problem.span.map(|span| place(span.end)),
        }
    }
}

impl From<&ReadDefinition> for WorkflowProblem {
    /// A definition that can't even be read has this one problem.
    fn from(error: &ReadDefinition) -> Self {
        let node = match error {
            ReadDefinition::Config { node, .. } => Some(node.to_string()),
            ReadDefinition::TooLarge | ReadDefinition::Malformed(_) | ReadDefinition::UnknownFormat(_) => None,
        };
        Self {
            node,
            edge: None,
            field: None,
            code: error.code().to_owned(),
            message: reason(error),
            severity: Severity::Error,
            suggestion: None,
            start: None,
            end: None,
        }
    }
}
