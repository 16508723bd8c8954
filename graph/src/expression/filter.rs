//! A condition on the fields of one record, in a form that a database can run. Says exactly what the expression it came
//! from says, empty fields included.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::value::{Value, order};

/// A condition on one record's own fields.
///
/// An empty field makes every `Compare` with an order, every `Contains`, `StartsWith` and `EndsWith` false, so in SQL
/// these are `COALESCE(field < ?, FALSE)`. `Equal` and `NotEqual` treat null as a value: `field IS NOT DISTINCT FROM ?`.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// Each record, or none.
    Always(bool),
    /// Every one of the conditions.
    All(Vec<Filter>),
    /// At least one of the conditions.
    Any(Vec<Filter>),
    /// Not the condition.
    Not(Box<Filter>),
    /// The field against a value that is not null.
    Compare {
        /// The field.
        field: Arc<str>,
        /// How.
        op: Comparison,
        /// The value.
        value: Value,
    },
    /// The field equals one of the values, none of which is null.
    In {
        /// The field.
        field: Arc<str>,
        /// The values.
        values: Arc<[Value]>,
    },
    /// The field's list of texts has the text among its items.
    Holds {
        /// The field.
        field: Arc<str>,
        /// The text.
        text: Arc<str>,
    },
    /// The field is empty.
    IsNull {
        /// The field.
        field: Arc<str>,
    },
    /// The field's text contains the text; letters compare exactly.
    Contains {
        /// The field.
        field: Arc<str>,
        /// The text.
        text: Arc<str>,
    },
    /// The field's text starts with the text.
    StartsWith {
        /// The field.
        field: Arc<str>,
        /// The text.
        text: Arc<str>,
    },
    /// The field's text ends with the text.
    EndsWith {
        /// The field.
        field: Arc<str>,
        /// The text.
        text: Arc<str>,
    },
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The operator as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
            Comparison::Less => "<",
            Comparison::LessOrEqual => "<=",
            Comparison::Greater => ">",
            Comparison::GreaterOrEqual => ">=",
        }
    }

    /// The comparison with its sides exchanged.
    #[must_use]
    pub fn flipped(self) -> Comparison {
        match self {
            Comparison::Equal => Comparison::Equal,
            Comparison::NotEqual => Comparison::NotEqual,
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        }
    }

    /// Whether it holds for two values in that order.
    pub(crate) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Comparison::Equal => ordering.is_eq(),
            Comparison::NotEqual => ordering.is_ne(),
            Comparison::Less => ordering.is_lt(),
            Comparison::LessOrEqual => ordering.is_le(),
            Comparison::Greater => ordering.is_gt(),
            Comparison::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Filter {
    /// Whether the filter selects a record, given as a map of its fields; a field that is not in it is empty.
    pub fn matches(&self, record: &Value) -> bool {
        let field = |name: &str| record.get(name).unwrap_or(&Value::Null);
        let text = |name: &str, test: &dyn Fn(&str) -> bool| matches!(field(name), Value::String(text) if test(text));
        match self {
            Filter::Always(selects) => *selects,
            Filter::All(parts) => parts.iter().all(|part| part.matches(record)),
            Filter::Any(parts) => parts.iter().any(|part| part.matches(record)),
            Filter::Not(part) => !part.matches(record),
            Filter::Compare { field: name, op, value } => compare(field(name), *op, value),
            Filter::In { field: name, values } => values.contains(field(name)),
            Filter::Holds { field: name, text } => match field(name) {
                Value::List(items) => items.contains(&Value::String(Arc::clone(text))),
                _ => false,
            },
            Filter::IsNull { field: name } => matches!(field(name), Value::Null),
            Filter::Contains {
                field: name,
                text: part,
            } => text(name, &|text| text.contains(&**part)),
            Filter::StartsWith {
                field: name,
                text: part,
            } => text(name, &|text| text.starts_with(&**part)),
            Filter::EndsWith {
                field: name,
                text: part,
            } => text(name, &|text| text.ends_with(&**part)),
        }
    }
}

fn compare(field: &Value, op: Comparison, value: &Value) -> bool {
    match op {
        Comparison::Equal => field == value,
        Comparison::NotEqual => field != value,
        Comparison::Less | Comparison::LessOrEqual | Comparison::Greater | Comparison::GreaterOrEqual => {
            order(field, value).is_ok_and(|ordering| op.holds(ordering))
        }
    }
}
