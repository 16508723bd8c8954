//! Why an evaluation has no value. A fault is about this evaluation's values; what is wrong with the text itself is a
//! `Diagnostic`.

use std::sync::Arc;

use crate::value::Reference;

/// What ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The number of steps.
    Steps,
    /// The memory allocated.
    Bytes,
}

/// Why an evaluation has no value. `code` is stable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The evaluation did too much.
    #[error("the expression takes too {}", match .0 { Limit::Steps => "many steps", Limit::Bytes => "much memory" })]
    Budget(Limit),
    /// A record that must be loaded first.
    #[error("the record {} is not loaded", .0.id)]
    Unloaded(Reference),
    /// A variable without a value.
    #[error("`{name}` has no value")]
    NoSuchVariable {
        /// The variable.
        name: Arc<str>,
    },
    /// A field or key that is not there.
    #[error("there is no `{field}` in the {holder}")]
    NoSuchField {
        /// The field or key.
        field: Arc<str>,
        /// The type of what was asked for it.
        holder: &'static str,
    },
    /// An operator or function that does not take these values.
    #[error("`{operation}` does not take {operands}")]
    NoSuchOverload {
        /// The operator or function.
        operation: Arc<str>,
        /// The types of the operands.
        operands: String,
    },
    /// Arithmetic, or a function, on an empty field.
    #[error("`{operation}` was given an empty value: test it with `!= null` first")]
    NullOperand {
        /// The operator or function.
        operation: Arc<str>,
    },
    /// A position outside of a list or text.
    #[error("the position {index} is out of range")]
    IndexOutOfRange {
        /// The position.
        index: i64,
    },
    /// A division or remainder by zero.
    #[error("division by zero")]
    DivideByZero,
    /// A number, time or shift out of range.
    #[error("the result is out of range")]
    Overflow,
    /// A value that can't become one of another type.
    #[error("`{value}` is no {target}")]
    Conversion {
        /// The value, cut to a short text.
        value: String,
        /// The type it should become.
        target: &'static str,
    },
    /// A regular expression that is invalid or too large.
    #[error("the pattern is not usable: {reason}")]
    Pattern {
        /// Why.
        reason: String,
    },
    /// An argument that makes no sense.
    #[error("{reason}")]
    Argument {
        /// Why.
        reason: String,
    },
    /// The value of an optional that has none.
    #[error("the optional has no value")]
    EmptyOptional,
    /// A key that was given twice.
    #[error("the key `{key}` is given twice")]
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// A condition whose value is neither true nor false.
    #[error("a condition is true or false, this is {found}")]
    NotACondition {
        /// The type of its value.
        found: &'static str,
    },
    /// A line break or NUL in a value that goes into a header.
    #[error("a value for a header contains a line break")]
    UnsafeHeader,
}

impl Fault {
    /// The stable text of the kind of fault.
    pub fn code(&self) -> &'static str {
        match self {
            Fault::Budget(Limit::Steps) => "TOO_MANY_STEPS",
            Fault::Budget(Limit::Bytes) => "TOO_MUCH_MEMORY",
            Fault::Unloaded(_) => "UNLOADED",
            Fault::NoSuchVariable { .. } => "NO_SUCH_VARIABLE",
            Fault::NoSuchField { .. } => "NO_SUCH_FIELD",
            Fault::NoSuchOverload { .. } => "NO_SUCH_OVERLOAD",
            Fault::NullOperand { .. } => "NULL_OPERAND",
            Fault::IndexOutOfRange { .. } => "INDEX_OUT_OF_RANGE",
            Fault::DivideByZero => "DIVIDE_BY_ZERO",
            Fault::Overflow => "OVERFLOW",
            Fault::Conversion { .. } => "CONVERSION",
            Fault::Pattern { .. } => "PATTERN",
            Fault::Argument { .. } => "ARGUMENT",
            Fault::EmptyOptional => "EMPTY_OPTIONAL",
            Fault::DuplicateKey { .. } => "DUPLICATE_KEY",
            Fault::NotACondition { .. } => "NOT_A_CONDITION",
            Fault::UnsafeHeader => "UNSAFE_HEADER",
        }
    }

    /// Of the faults of both sides of `&&` or `||`, the one to report: a record to load may still decide the matter.
    pub(crate) fn or(self, other: Fault) -> Fault {
        match (&self, &other) {
            (Fault::Unloaded(_), _) => self,
            (_, Fault::Unloaded(_)) => other,
            _ => self,
        }
    }

    /// Whether no other operand can make up for it.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self, Fault::Budget(_))
    }
}
