//! What is wrong with a text, before anything runs: a stable code, a sentence, a place.

use std::fmt;
use std::ops::Range;

/// One problem of an expression or a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// What kind of problem, for programs.
    pub code: Code,
    /// What is wrong, for people.
    pub message: String,
    /// Where, in bytes of the source.
    pub span: Range<usize>,
    /// What was probably meant.
    pub suggestion: Option<String>,
    /// Whether it keeps the text from being used.
    pub severity: Severity,
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The text can't be used.
    Error,
    /// It can be used, and probably does not do what was meant.
    Warning,
}

/// The kinds of problem. Their texts (`as_str`) are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// The source is longer than allowed.
    TooLong,
    /// The source is nested deeper than allowed, or one chain of operators is too long.
    TooDeep,
    /// It can't be parsed.
    Syntax,
    /// No variable of that name is in scope.
    UnknownVariable,
    /// The object has no field of that name.
    UnknownField,
    /// There is no function of that name.
    UnknownFunction,
    /// The function exists, with another number of arguments.
    WrongArgumentCount,
    /// The operator or function does not take operands of these types.
    WrongOperandType,
    /// The two sides can never be equal, or have no order.
    Incomparable,
    /// A text that is none of the options of the field it is compared with.
    UnknownOption,
    /// A condition that is neither true nor false.
    NotACondition,
    /// A `for` over something that is no list or map.
    NotAList,
    /// A regular expression that can't be compiled.
    InvalidPattern,
    /// A `{{`, `{%` or block of a template that is not closed, or closed without having been opened.
    UnbalancedTemplate,
    /// A template tag that does not exist or is not written correctly.
    InvalidTag,
    /// A line break in a template for a header.
    UnsafeText,
}

impl Code {
    /// The stable text of the code.
    pub fn as_str(self) -> &'static str {
        match self {
            Code::TooLong => "TOO_LONG",
            Code::TooDeep => "TOO_DEEP",
            Code::Syntax => "SYNTAX",
            Code::UnknownVariable => "UNKNOWN_VARIABLE",
            Code::UnknownField => "UNKNOWN_FIELD",
            Code::UnknownFunction => "UNKNOWN_FUNCTION",
            Code::WrongArgumentCount => "WRONG_ARGUMENT_COUNT",
            Code::WrongOperandType => "WRONG_OPERAND_TYPE",
            Code::Incomparable => "INCOMPARABLE",
            Code::UnknownOption => "UNKNOWN_OPTION",
            Code::NotACondition => "NOT_A_CONDITION",
            Code::NotAList => "NOT_A_LIST",
            Code::InvalidPattern => "INVALID_PATTERN",
            Code::UnbalancedTemplate => "UNBALANCED_TEMPLATE",
            Code::InvalidTag => "INVALID_TAG",
            Code::UnsafeText => "UNSAFE_TEXT",
        }
    }
}

impl Diagnostic {
    /// An error without a suggestion.
    pub(crate) fn error(code: Code, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            message: message.into(),
            span,
            suggestion: None,
            severity: Severity::Error,
        }
    }

    /// The same problem with the known name closest to the one that was written, where one is close.
    #[must_use]
    pub(crate) fn suggest<'a>(mut self, written: &str, known: impl IntoIterator<Item = &'a str>) -> Diagnostic {
        if let Some(name) = closest(written, known) {
            self.message = format!("{}, did you mean `{name}`?", self.message);
            self.suggestion = Some(name.to_owned());
        }
        self
    }

    /// The same problem in a text that this source begins `offset` bytes into.
    #[must_use]
    pub(crate) fn shifted(mut self, offset: usize) -> Diagnostic {
        self.span = self.span.start + offset..self.span.end + offset;
        self
    }
}

/// The known name that takes the fewest typing errors to become the written one; at most a third of its letters wrong. Case
/// and what joins words are no errors: `SEND_EMAIL` is `sendEmail`.
pub(crate) fn closest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |name: &str| name.to_lowercase().replace(['_', '-', ' '], "");
    let meant = plain(written);
    let allowed = match meant.chars().count() {
        0 => return None,
        letters => (letters / 3).max(1),
    };
    let ranked = known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&meant, &plain(name)), name));
    let near = ranked.filter(|(errors, _)| *errors <= allowed);
    near.min().map(|(_, name)| name)
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}
