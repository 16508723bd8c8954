//! The catalogue of node kinds, for palettes and forms.

use async_graphql::{Enum, SimpleObject};
use pointsman_graph::catalogue::{self, Description, Family, Input};

/// A kind of node.
#[derive(SimpleObject)]
pub struct NodeKind {
    /// As written in a definition, such as `sendEmail`; also its field in `NodeConfigInput`.
    kind: &'static str,
    /// As people see it.
    label: &'static str,
    /// Its place in a palette.
    family: NodeFamily,
    /// What it does, in one sentence.
    description: &'static str,
    /// The ports that every node of the kind has; a main one comes first.
    ports: Vec<String>,
    /// Its config, in the order of a form.
    fields: Vec<NodeKindField>,
}

/// The groups of a palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "Family")]
pub enum NodeFamily {
    /// Starts runs.
    Trigger,
    /// Decides, computes, gathers.
    Logic,
    /// Lets time pass.
    Wait,
    /// Changes something: the only nodes that are retried, timed out and disabled.
    Action,
}

/// One field of a kind's config.
#[derive(SimpleObject)]
pub struct NodeKindField {
    /// As written in a definition.
    name: &'static str,
    /// How it is filled in.
    input: NodeFieldInput,
    /// What can be chosen, where it is a choice.
    options: Option<Vec<&'static str>>,
    /// Whether the node can't do without it.
    required: bool,
    /// What it is, in one sentence.
    description: &'static str,
}

/// How a field of a node's config is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
pub enum NodeFieldInput {
    /// The name of an object.
    Object,
    /// Names of the object's fields.
    FieldNames,
    /// An expression that is true or false.
    Condition,
    /// An expression.
    Expression,
    /// Text with expressions in `{{ }}`.
    Template,
    /// Templates, one a recipient.
    Templates,
    /// Field names with a literal or template each.
    Values,
    /// Names with an expression each.
    Expressions,
    /// JSON whose texts are templates.
    Json,
    /// Named conditions, in order.
    Cases,
    /// An order of records: fields with a direction.
    OrderBy,
    /// Records to find: an object with a condition, an order, a limit.
    Search,
    /// The global id of a workflow.
    Workflow,
    /// Typed values that are handed over.
    Parameters,
    /// Yes or no.
    Boolean,
    /// An ISO 8601 duration.
    Duration,
    /// A whole number.
    Number,
    /// Whole numbers.
    Numbers,
    /// One of the options.
    Choice,
    /// The fields of a form.
    Form,
    /// A time of day with a zone and weekdays.
    UntilTime,
    /// The name of one of the object's fields.
    FieldName,
    /// A cron expression of five fields.
    Cron,
    /// The IANA name of a time zone.
    TimeZone,
    /// A time of the day, such as `08:30`.
    TimeOfDay,
    /// An ISO 8601 duration, with `-` in front for before.
    Offset,
    /// Text as it stands.
    Text,
}

/// All kinds, in the order of a palette.
pub fn all() -> Vec<NodeKind> {
    catalogue::kinds().iter().map(|kind| NodeKind::from(*kind)).collect()
}

impl From<&Description> for NodeKind {
    fn from(kind: &Description) -> Self {
        Self {
            kind: kind.kind,
            label: kind.label,
            family: kind.family.into(),
            description: kind.doc,
            ports: kind.ports.iter().map(ToString::to_string).collect(),
            fields: kind.fields.iter().map(NodeKindField::from).collect(),
        }
    }
}

impl From<&catalogue::Field> for NodeKindField {
    fn from(field: &catalogue::Field) -> Self {
        let options = match field.input {
            Input::Choice(options) => Some(options.to_vec()),
            _ => None,
        };
        Self {
            name: field.name,
            input: field.input.into(),
            options,
            required: field.required,
            description: field.doc,
        }
    }
}

impl From<Input> for NodeFieldInput {
    fn from(input: Input) -> Self {
        match input {
            Input::Object => Self::Object,
            Input::FieldNames => Self::FieldNames,
            Input::Condition => Self::Condition,
            Input::Expression => Self::Expression,
            Input::Template => Self::Template,
            Input::Templates => Self::Templates,
            Input::Values => Self::Values,
            Input::Expressions => Self::Expressions,
            Input::Json => Self::Json,
            Input::Cases => Self::Cases,
            Input::OrderBy => Self::OrderBy,
            Input::Duration => Self::Duration,
            Input::Number => Self::Number,
            Input::Numbers => Self::Numbers,
            Input::Choice(_) => Self::Choice,
            Input::Form => Self::Form,
            Input::Search => Self::Search,
            Input::Workflow => Self::Workflow,
            Input::Parameters => Self::Parameters,
            Input::Boolean => Self::Boolean,
            Input::UntilTime => Self::UntilTime,
            Input::FieldName => Self::FieldName,
            Input::Cron => Self::Cron,
            Input::TimeZone => Self::TimeZone,
            Input::TimeOfDay => Self::TimeOfDay,
            Input::Offset => Self::Offset,
            Input::Text => Self::Text,
        }
    }
}
