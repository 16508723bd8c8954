//! What can be drawn: every node kind with its ports and config fields, for palettes, forms and the check.

use crate::{key::Port, node};

/// What a node kind is and takes.
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// As written in a definition, such as `sendEmail`.
    pub kind: &'static str,
    /// As people see it.
    pub label: &'static str,
    /// Its place in a palette.
    pub family: Family,
    /// One sentence for people.
    pub doc: &'static str,
    /// The version of its config; earlier ones are upgraded on reading.
    pub version: u32,
    /// The ports that every node of the kind has; a main one, `out` or `done`, comes first.
    pub ports: &'static [Port],
    /// Its config, in the order of a form.
    pub fields: &'static [Field],
}

/// The groups of a palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
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
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// As written in a definition.
    pub name: &'static str,
    /// How it is filled in.
    pub input: Input,
    /// Whether the node cannot do without it.
    pub required: bool,
    /// One sentence for people.
    pub doc: &'static str,
}

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
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
    /// One of these.
    Choice(&'static [&'static str]),
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

impl Field {
    pub(crate) const fn required(name: &'static str, input: Input, doc: &'static str) -> Field {
        Field {
            name,
            input,
            required: true,
            doc,
        }
    }

    pub(crate) const fn optional(name: &'static str, input: Input, doc: &'static str) -> Field {
        Field {
            name,
            input,
            required: false,
            doc,
        }
    }
}

/// Every kind of node, in the order of a palette.
pub fn kinds() -> &'static [&'static Description] {
    node::DESCRIPTIONS
}

/// The kind of that name.
pub fn find(kind: &str) -> Option<&'static Description> {
    kinds().iter().copied().find(|description| description.kind == kind)
}
