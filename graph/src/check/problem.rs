//! What the check finds: by node and field, with a stable code and words that name what is wrong and where.

use std::ops::Range;

use crate::{
    expression::{self, Diagnostic},
    key::NodeKey,
};

pub use crate::expression::Severity;

/// One thing that is wrong, or probably not meant, in a definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Whether it keeps the definition from being published.
    pub severity: Severity,
    /// What kind of problem, for programs.
    pub code: Code,
    /// For people; names what and where.
    pub message: String,
    /// The node it is about; none where it is about an edge or the whole.
    pub node: Option<NodeKey>,
    /// The edge's id.
    pub edge: Option<String>,
    /// The config's field, such as `cases[1].condition`.
    pub field: Option<String>,
    /// Where in the field's text, in bytes.
    pub span: Option<Range<usize>>,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// The kinds of problem. Their texts are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// More nodes than a workflow may have.
    TooManyNodes,
    /// More edges than a workflow may have.
    TooManyEdges,
    /// Two nodes of one key.
    DuplicateKey,
    /// Two edges from one port to one node.
    DuplicateEdge,
    /// Two edges of one id.
    DuplicateId,
    /// An edge that begins or ends at no node.
    UnknownNode,
    /// An edge at a port that its node does not have, or that names none of several.
    UnknownPort,
    /// An edge that leads to a trigger.
    EdgeIntoTrigger,
    /// An edge that leads into a loop's items from outside.
    EdgeIntoLoop,
    /// Nothing starts the workflow.
    NoTrigger,
    /// No trigger leads to the node.
    Unreachable,
    /// The way leads back to where it came from.
    Cycle,
    /// A join that waits for more branches than can be taken together.
    JoinNeverFires,
    /// A node kind that is not ours.
    UnknownKind,
    /// A config field that the kind does not have.
    UnknownConfigField,
    /// Something is missing.
    Required,
    /// A literal that cannot be what it stands for.
    InvalidValue,
    /// Disabled, and no action.
    CannotBeDisabled,
    /// A setting that only actions have.
    NotAnAction,
    /// No object of that name.
    UnknownObject,
    /// The object has no field of that name.
    UnknownRecordField,
    /// A field that workflows cannot write.
    NotWritable,
    /// A value of a type that does not fit where it goes.
    WrongType,
    /// The output of a step that cannot have run before.
    StepNotUpstream,
    /// Two of one name where names tell them apart.
    DuplicateName,
    /// Two webhooks that listen at one path.
    DuplicatePath,
    /// Two fields that exclude each other.
    Ambiguous,
    /// What is handed over is none of what is asked for.
    UnknownParameter,
    /// A workflow that cannot be called.
    NotCallable,
    /// A wait without a time-out.
    WaitsForever,
    /// What the workflow changes starts it again.
    TriggersItself,
    /// A condition that always holds, or never.
    ConstantCondition,
    /// An output that nobody reads, of a node that is there for nothing else.
    UnusedOutput,
    /// A join that a single way leads to.
    JoinGathersNothing,
    /// The output of a disabled node, which others read.
    DisabledButRead,
    /// An edge at a port that its node never leaves by.
    NeverTaken,
    /// Marketing that doesn't say how to have no more of it.
    NoWayToUnsubscribe,
    /// What the workflow changes starts another one, which starts it again.
    TriggerEachOther,
    /// Re-enrolment waits for a condition to turn true, and there is none.
    NeverTurnsTrue,
    /// A way in that needs no proof.
    Unverified,
    /// Found in an expression or template.
    Language(expression::Code),
}

impl Code {
    /// Stable, `UPPER_SNAKE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::TooManyNodes => "TOO_MANY_NODES",
            Code::TooManyEdges => "TOO_MANY_EDGES",
            Code::DuplicateKey => "DUPLICATE_KEY",
            Code::DuplicateEdge => "DUPLICATE_EDGE",
            Code::DuplicateId => "DUPLICATE_ID",
            Code::UnknownNode => "UNKNOWN_NODE",
            Code::UnknownPort => "UNKNOWN_PORT",
            Code::EdgeIntoTrigger => "EDGE_INTO_TRIGGER",
            Code::EdgeIntoLoop => "EDGE_INTO_LOOP",
            Code::NoTrigger => "NO_TRIGGER",
            Code::Unreachable => "UNREACHABLE",
            Code::Cycle => "CYCLE",
            Code::JoinNeverFires => "JOIN_NEVER_FIRES",
            Code::UnknownKind => "UNKNOWN_KIND",
            Code::UnknownConfigField => "UNKNOWN_CONFIG_FIELD",
            Code::Required => "REQUIRED",
            Code::InvalidValue => "INVALID_VALUE",
            Code::CannotBeDisabled => "CANNOT_BE_DISABLED",
            Code::NotAnAction => "NOT_AN_ACTION",
            Code::UnknownObject => "UNKNOWN_OBJECT",
            Code::UnknownRecordField => "UNKNOWN_FIELD",
            Code::NotWritable => "NOT_WRITABLE",
            Code::WrongType => "WRONG_TYPE",
            Code::StepNotUpstream => "STEP_NOT_UPSTREAM",
            Code::DuplicateName => "DUPLICATE_NAME",
            Code::DuplicatePath => "DUPLICATE_PATH",
            Code::Ambiguous => "AMBIGUOUS",
            Code::UnknownParameter => "UNKNOWN_PARAMETER",
            Code::NotCallable => "NOT_CALLABLE",
            Code::WaitsForever => "WAITS_FOREVER",
            Code::TriggersItself => "TRIGGERS_ITSELF",
            Code::ConstantCondition => "CONSTANT_CONDITION",
            Code::UnusedOutput => "UNUSED_OUTPUT",
            Code::JoinGathersNothing => "JOIN_GATHERS_NOTHING",
            Code::DisabledButRead => "DISABLED_BUT_READ",
            Code::NeverTaken => "NEVER_TAKEN",
            Code::NoWayToUnsubscribe => "NO_WAY_TO_UNSUBSCRIBE",
            Code::TriggerEachOther => "TRIGGER_EACH_OTHER",
            Code::NeverTurnsTrue => "NEVER_TURNS_TRUE",
            Code::Unverified => "UNVERIFIED",
            Code::Language(code) => code.as_str(),
        }
    }
}

impl From<Diagnostic> for Problem {
    fn from(diagnostic: Diagnostic) -> Problem {
        Problem {
            severity: diagnostic.severity,
            span: Some(diagnostic.span),
            suggestion: diagnostic.suggestion,
            ..Problem::error(Code::Language(diagnostic.code), diagnostic.message)
        }
    }
}

impl Problem {
    pub(crate) fn error(code: Code, message: impl Into<String>) -> Problem {
        Problem {
            severity: Severity::Error,
            code,
            message: message.into(),
            node: None,
            edge: None,
            field: None,
            span: None,
            suggestion: None,
        }
    }

    pub(crate) fn warning(code: Code, message: impl Into<String>) -> Problem {
        Problem {
            severity: Severity::Warning,
            ..Problem::error(code, message)
        }
    }

    #[must_use]
    pub(crate) fn at(self, node: &NodeKey) -> Problem {
        Problem {
            node: Some(node.clone()),
            ..self
        }
    }

    #[must_use]
    pub(crate) fn on(self, edge: impl Into<String>) -> Problem {
        Problem {
            edge: Some(edge.into()),
            ..self
        }
    }

    #[must_use]
    pub(crate) fn field(self, field: impl Into<String>) -> Problem {
        Problem {
            field: Some(field.into()),
            ..self
        }
    }

    /// With the known name that is nearest to the one written, where one is near.
    #[must_use]
    pub(crate) fn meant<'a>(mut self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Problem {
        if let Some(name) = expression::closest(written, known) {
            self.message = format!("{}, did you mean `{name}`?", self.message);
            self.suggestion = Some(name.to_owned());
        }
        self
    }

    /// Whether it keeps the definition from being published.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}
