//! The functions of the language: their names, what they take and give, and where they are carried out.
//!
//! There are no others: nothing registers functions from outside, so what an expression can do stands in this folder.

mod convert;
mod format;
mod math;
mod optional;
mod pattern;
mod text;
mod time;

use std::sync::Arc;

use super::{Budget, Fault};
use crate::value::{Type, Value};

pub(crate) use convert::wrapper;
pub(crate) use format::shortest_debug;
pub(crate) use pattern::Pattern;

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `size(x)`
    Global,
    /// `x.size()`
    Receiver,
}

/// A function, with the receiver as its first argument where it has one.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) style: Style,
    overloads: &'static [Overload],
    /// Its value; `Ok(None)` where it does not take these values.
    pub(crate) apply: fn(&[Value], &mut Budget) -> Applied,
    /// Whether an empty field in its arguments makes it false rather than a fault: the predicates on text.
    pub(crate) false_on_empty: bool,
}

/// What a function comes to: none where it does not take the values.
pub(crate) type Applied = Result<Option<Value>, Fault>;

/// One way to call a function: the types it takes and the type it gives.
type Overload = (&'static [Shape], Shape);

/// A type in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Any,
    Bool,
    Int,
    Uint,
    Double,
    Decimal,
    Text,
    Bytes,
    Time,
    Date,
    Span,
    List,
    Texts,
    Map,
    Reference,
    Optional,
    Type,
    /// In results: the type of the first argument.
    First,
    /// In results: an optional of the first argument's type.
    OptionalOfFirst,
    /// In results: what the first argument is an optional of.
    InnerOfFirst,
}

/// The macros, which are compiled and not called.
pub(crate) const MACROS: [&str; 11] = [
    "has",
    "all",
    "exists",
    "exists_one",
    "existsOne",
    "filter",
    "map",
    "transformList",
    "transformMap",
    "optMap",
    "optFlatMap",
];

const TABLES: [&[Function]; 7] = [
    convert::FUNCTIONS,
    text::FUNCTIONS,
    pattern::FUNCTIONS,
    format::FUNCTIONS,
    math::FUNCTIONS,
    time::FUNCTIONS,
    optional::FUNCTIONS,
];

/// The function of that name.
pub(crate) fn find(name: &str, style: Style) -> Option<&'static Function> {
    TABLES
        .into_iter()
        .flatten()
        .find(|function| function.style == style && function.name == name)
}

/// The names of all functions and macros, for suggestions.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    TABLES.into_iter().flatten().map(|function| function.name).chain(MACROS)
}

impl Function {
    const fn new(
        name: &'static str,
        style: Style,
        overloads: &'static [Overload],
        apply: fn(&[Value], &mut Budget) -> Applied,
    ) -> Function {
        Function {
            name,
            style,
            overloads,
            apply,
            false_on_empty: false,
        }
    }

    const fn global(
        name: &'static str,
        overloads: &'static [Overload],
        apply: fn(&[Value], &mut Budget) -> Applied,
    ) -> Function {
        Function::new(name, Style::Global, overloads, apply)
    }

    const fn receiver(
        name: &'static str,
        overloads: &'static [Overload],
        apply: fn(&[Value], &mut Budget) -> Applied,
    ) -> Function {
        Function::new(name, Style::Receiver, overloads, apply)
    }

    const fn false_on_empty(self) -> Function {
        Function {
            false_on_empty: true,
            ..self
        }
    }

    /// The type it gives for arguments of these types; none where it does not take them.
    pub(crate) fn result(&self, arguments: &[&Type]) -> Option<Type> {
        let fitting = self.overloads.iter().filter(|(shapes, _)| fits(shapes, arguments));
        fitting
            .map(|(_, result)| result.ty(arguments.first().copied()))
            .reduce(|a, b| if a == b { a } else { Type::Dyn })
    }

    /// Whether it takes that many arguments, the receiver included.
    pub(crate) fn takes_count(&self, count: usize) -> bool {
        self.overloads.iter().any(|(shapes, _)| shapes.len() == count)
    }

    /// How it is called, for people.
    pub(crate) fn usage(&self) -> String {
        let mut ways: Vec<String> = self.overloads.iter().map(|(shapes, _)| self.way(shapes)).collect();
        ways.dedup();
        ways.truncate(3);
        format!("call it as {}", ways.join(" or "))
    }

    fn way(&self, shapes: &[Shape]) -> String {
        let names: Vec<&str> = shapes.iter().map(|shape| shape.name()).collect();
        match (self.style, names.split_first()) {
            (Style::Receiver, Some((receiver, rest))) => format!("{receiver}.{}({})", self.name, rest.join(", ")),
            _ => format!("{}({})", self.name, names.join(", ")),
        }
    }
}

fn fits(shapes: &[Shape], arguments: &[&Type]) -> bool {
    shapes.len() == arguments.len() && shapes.iter().zip(arguments).all(|(shape, ty)| shape.takes(ty))
}

impl Shape {
    fn takes(self, ty: &Type) -> bool {
        match (self, ty) {
            (_, Type::Dyn) | (Shape::Any, _) => true,
            (Shape::Bool, Type::Bool) | (Shape::Int, Type::Int) | (Shape::Uint, Type::Uint) => true,
            (Shape::Double, Type::Double) | (Shape::Decimal, Type::Decimal) | (Shape::Bytes, Type::Bytes) => true,
            (Shape::Text, Type::String | Type::Enum { .. }) | (Shape::Time, Type::Timestamp | Type::Date) => true,
            (Shape::Span, Type::Duration) | (Shape::List, Type::List(_)) | (Shape::Type, Type::Type) => true,
            (Shape::Texts, Type::List(item)) => item.is_text() || **item == Type::Dyn,
            (Shape::Map, Type::Map(..) | Type::Struct(_) | Type::Record(_)) => true,
            (Shape::Reference, Type::Reference(_)) | (Shape::Optional, Type::Optional(_)) => true,
            _ => false,
        }
    }

    fn ty(self, first: Option<&Type>) -> Type {
        let first = || first.cloned().unwrap_or(Type::Dyn);
        match self {
            Shape::Any | Shape::Map | Shape::Reference => Type::Dyn,
            Shape::Bool => Type::Bool,
            Shape::Int => Type::Int,
            Shape::Uint => Type::Uint,
            Shape::Double => Type::Double,
            Shape::Decimal => Type::Decimal,
            Shape::Text => Type::String,
            Shape::Bytes => Type::Bytes,
            Shape::Time => Type::Timestamp,
            Shape::Date => Type::Date,
            Shape::Span => Type::Duration,
            Shape::List => Type::list_of(Type::Dyn),
            Shape::Texts => Type::list_of(Type::String),
            Shape::Optional => Type::Optional(Box::new(Type::Dyn)),
            Shape::Type => Type::Type,
            Shape::First => first(),
            Shape::OptionalOfFirst => Type::Optional(Box::new(first())),
            Shape::InnerOfFirst => match first() {
                Type::Optional(inner) => *inner,
                _ => Type::Dyn,
            },
        }
    }

    fn name(self) -> &'static str {
        match self {
            Shape::Any | Shape::First | Shape::InnerOfFirst => "value",
            Shape::Bool => "bool",
            Shape::Int => "int",
            Shape::Uint => "uint",
            Shape::Double => "double",
            Shape::Decimal => "decimal",
            Shape::Text => "text",
            Shape::Bytes => "bytes",
            Shape::Time => "timestamp",
            Shape::Date => "date",
            Shape::Span => "duration",
            Shape::List => "list",
            Shape::Texts => "texts",
            Shape::Map => "map",
            Shape::Reference => "reference",
            Shape::Optional | Shape::OptionalOfFirst => "optional",
            Shape::Type => "type",
        }
    }
}

/// New text, paid for.
fn text(text: impl Into<Arc<str>>, budget: &mut Budget) -> Applied {
    let text: Arc<str> = text.into();
    budget.allocate(text.len())?;
    Ok(Some(Value::String(text)))
}
