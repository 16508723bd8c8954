//! Writes CEL: names, texts, and operators with as many brackets as they need.

use crate::expression::{Expression, TypeScope};
use crate::value::Type;

/// Words that CEL keeps for itself; none can be selected by a dot.
const RESERVED: [&str; 22] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "typeof",
    "var",
    "void",
    "while",
];

/// How tightly a piece holds together; brackets go around what holds less than its place asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hold {
    Choice,
    Or,
    And,
    Relation,
    Sum,
    Product,
    Sign,
    Whole,
}

/// What a piece is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Bool,
    Text,
    Number,
    Time,
    List,
    Any,
}

/// A piece of CEL.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    pub text: String,
    pub hold: Hold,
    pub sort: Sort,
}

impl Piece {
    pub(super) fn whole(text: impl Into<String>, sort: Sort) -> Self {
        Self {
            text: text.into(),
            hold: Hold::Whole,
            sort,
        }
    }

    /// Two pieces around an operator.
    pub(super) fn binary(left: &Self, operator: &str, right: &Self, hold: Hold, sort: Sort) -> Self {
        // Comparisons don't chain; of the others the left side may be of the same strength.
        let text = match hold {
            Hold::Relation => format!("{} {operator} {}", left.within(Hold::Sum), right.within(Hold::Sum)),
            _ => format!("{} {operator} {}", left.within(hold), right.above(hold)),
        };
        Self { text, hold, sort }
    }

    /// The piece where it must hold at least so tightly.
    pub(super) fn within(&self, hold: Hold) -> String {
        if self.hold >= hold {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    fn above(&self, hold: Hold) -> String {
        if self.hold > hold {
            self.text.clone()
        } else {
            format!("({})", self.text)
        }
    }

    /// The piece negated.
    pub(super) fn negated(&self) -> Self {
        Self {
            text: format!("!{}", self.within(Hold::Whole)),
            hold: Hold::Sign,
            sort: Sort::Bool,
        }
    }

    /// The piece as a text.
    pub(super) fn as_text(&self) -> Self {
        match self.sort {
            Sort::Text => self.clone(),
            Sort::Bool | Sort::Number | Sort::Time | Sort::List | Sort::Any => {
                Self::whole(format!("string({})", self.text), Sort::Text)
            }
        }
    }
}

/// A field of what stands at a path.
pub(super) fn select(path: &str, name: &str) -> String {
    let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let first = name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    match letters && first && !RESERVED.contains(&name) {
        true => format!("{path}.{name}"),
        false => format!("{path}[{}]", quoted(name)),
    }
}

/// A text as a literal.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("'");
    for letter in text.chars() {
        match letter {
            '\'' => quoted.push_str("\\'"),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// Whether a text is an expression, whatever it reads.
pub(super) fn is_sound(text: &str) -> bool {
    let variables = [
        "record", "previous", "trigger", "steps", "item", "index", "now", "run", "workflow",
    ];
    let scope = |scope: TypeScope, name: &&str| match *name {
        "now" => scope.with(name, Type::Timestamp),
        _ => scope.with(name, Type::Dyn),
    };
    let scope = variables.iter().fold(TypeScope::default(), scope);
    Expression::compile(text, &scope).is_ok()
}
