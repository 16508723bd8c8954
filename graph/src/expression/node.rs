//! The checked syntax tree: what is left of a source once names, functions and macros are resolved.

use std::ops::Range;
use std::sync::Arc;

use super::Comparison;
use super::fault::Fault;
use super::function::{Function, Pattern};
use crate::value::{Type, Value};

/// One part of an expression.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its number in the trace: outer parts before inner ones.
    pub(crate) part: usize,
    pub(crate) span: Range<usize>,
    pub(crate) ty: Type,
    pub(crate) kind: Kind,
}

/// What a part does.
#[derive(Debug)]
pub(crate) enum Kind {
    Literal(Value),
    /// A variable of a macro, by its position in the stack of those.
    Local(usize),
    Variable(Arc<str>),
    /// A name or call that does not exist; only in expressions that skip the check.
    Unknown(Fault),
    Select(Box<Select>),
    Has(Box<Select>),
    Index {
        operand: Box<Node>,
        key: Box<Node>,
        optional: bool,
    },
    List(Vec<Element>),
    Map(Vec<(Node, Element)>),
    And(Box<[Node; 2]>),
    Or(Box<[Node; 2]>),
    Not(Box<Node>),
    Negate(Box<Node>),
    Conditional(Box<[Node; 3]>),
    Arithmetic(Operator, Box<[Node; 2]>),
    Compare(Comparison, Box<[Node; 2]>),
    In(Box<[Node; 2]>),
    Call(Box<Call>),
    Fold(Box<Fold>),
    /// `optMap` and, flat, `optFlatMap`: the body with the optional's value as a local.
    OptionalMap {
        target: Box<Node>,
        body: Box<Node>,
        flat: bool,
    },
}

/// A field of a value, or whether it is there.
#[derive(Debug)]
pub(crate) struct Select {
    pub(crate) operand: Node,
    pub(crate) field: Arc<str>,
    /// Whether the operand is a record or another group of declared fields, whose missing fields are empty.
    pub(crate) declared: bool,
}

/// An item of a list or a value of a map; an optional one is left out where it is none.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) node: Node,
    pub(crate) optional: bool,
}

/// A call of one of the functions.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) function: &'static Function,
    pub(crate) arguments: Vec<Node>,
    /// The compiled pattern of `matches`, where it is a literal.
    pub(crate) pattern: Option<Pattern>,
}

/// A macro that goes through a list or map.
#[derive(Debug)]
pub(crate) struct Fold {
    pub(crate) goal: Goal,
    pub(crate) range: Node,
    /// Whether there are two variables: position and item, or key and value.
    pub(crate) pairs: bool,
    /// The condition of the three-part `map` and its like.
    pub(crate) filter: Option<Node>,
    pub(crate) body: Node,
}

/// What a fold is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    All,
    Exists,
    ExistsOne,
    Filter,
    /// `map` and `transformList`.
    List,
    /// `transformMap`.
    Map,
}

/// An arithmetic operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Operator {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Remainder => "%",
        }
    }
}

impl Node {
    /// The parts it is made of, in the order of the source.
    pub(crate) fn children(&self) -> Vec<&Node> {
        match &self.kind {
            Kind::Literal(_) | Kind::Local(_) | Kind::Variable(_) | Kind::Unknown(_) => Vec::new(),
            Kind::Select(select) | Kind::Has(select) => vec![&select.operand],
            Kind::Index { operand, key, .. } => vec![operand, key],
            Kind::List(items) => items.iter().map(|item| &item.node).collect(),
            Kind::Map(entries) => entries.iter().flat_map(|(key, value)| [key, &value.node]).collect(),
            Kind::And(both) | Kind::Or(both) | Kind::In(both) => both.iter().collect(),
            Kind::Arithmetic(_, both) | Kind::Compare(_, both) => both.iter().collect(),
            Kind::Not(operand) | Kind::Negate(operand) => vec![operand],
            Kind::Conditional(three) => three.iter().collect(),
            Kind::Call(call) => call.arguments.iter().collect(),
            Kind::Fold(fold) => [Some(&fold.range), fold.filter.as_ref(), Some(&fold.body)]
                .into_iter()
                .flatten()
                .collect(),
            Kind::OptionalMap { target, body, .. } => vec![target, body],
        }
    }

    /// Whether its value may be null without that being somebody's mistake: an empty field of a record.
    pub(crate) fn may_be_empty(&self) -> bool {
        matches!(self.ty, Type::Nullable(_)) || matches!(&self.kind, Kind::Select(select) if select.declared)
    }

    /// Whether it reads the variable.
    pub(crate) fn mentions(&self, variable: &str) -> bool {
        matches!(&self.kind, Kind::Variable(name) if **name == *variable)
            || self.children().iter().any(|child| child.mentions(variable))
    }
}
