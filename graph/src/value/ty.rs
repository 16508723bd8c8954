//! The types that the checker knows. A type says what an expression may do with a value; it never holds one.

use std::fmt;
use std::sync::Arc;

use super::{Fields, ObjectType, Value};

/// The type of an expression, a field or a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// Known only when it is evaluated: a webhook's body, an HTTP response without a schema.
    Dyn,
    /// Only null.
    Null,
    /// True or false.
    Bool,
    /// A signed whole number.
    Int,
    /// An unsigned whole number.
    Uint,
    /// A binary floating point number.
    Double,
    /// An exact decimal number.
    Decimal,
    /// Text.
    String,
    /// Raw bytes.
    Bytes,
    /// An instant.
    Timestamp,
    /// A calendar date. Its value is the timestamp of its midnight in UTC, so it compares with `now`.
    Date,
    /// A span of time.
    Duration,
    /// A list of one type.
    List(Box<Type>),
    /// A map from one type to another.
    Map(Box<Type>, Box<Type>),
    /// Text out of a fixed set.
    Enum {
        /// What the set is called, such as `dealStatus`.
        name: Arc<str>,
        /// The texts.
        options: Arc<[Arc<str>]>,
    },
    /// A whole record of an object.
    Record(Arc<ObjectType>),
    /// Fixed fields that are no record, such as a step's output.
    Struct(Arc<Fields>),
    /// A record elsewhere, by its object's name; its fields are looked up in the schema.
    Reference(Arc<str>),
    /// A value of the type, or null.
    Nullable(Box<Type>),
    /// The type of types.
    Type,
    /// CEL's optional.
    Optional(Box<Type>),
}

impl Type {
    /// This type, or null.
    #[must_use]
    pub fn or_null(self) -> Type {
        match self {
            Type::Dyn | Type::Null | Type::Nullable(_) => self,
            known => Type::Nullable(Box::new(known)),
        }
    }

    /// This type without null.
    pub fn without_null(&self) -> &Type {
        match self {
            Type::Nullable(inner) => inner.without_null(),
            known => known,
        }
    }

    /// A list of the type.
    pub fn list_of(element: Type) -> Type {
        Type::List(Box::new(element))
    }

    /// A map from text to the type.
    pub fn map_of(value: Type) -> Type {
        Type::Map(Box::new(Type::String), Box::new(value))
    }

    /// The type that holds the values of both.
    #[must_use]
    pub fn join(self, other: Type) -> Type {
        match (self, other) {
            (a, b) if a == b => a,
            (Type::Null, b) => b.or_null(),
            (a, Type::Null) => a.or_null(),
            (Type::Nullable(a), b) => a.join(b).or_null(),
            (a, Type::Nullable(b)) => a.join(*b).or_null(),
            (Type::List(a), Type::List(b)) => Type::list_of(a.join(*b)),
            (Type::Map(k, v), Type::Map(l, w)) => Type::Map(Box::new(k.join(*l)), Box::new(v.join(*w))),
            (Type::Enum { .. } | Type::String, Type::Enum { .. } | Type::String) => Type::String,
            (Type::Date | Type::Timestamp, Type::Date | Type::Timestamp) => Type::Timestamp,
            _ => Type::Dyn,
        }
    }

    /// The type of a value, as far as the value shows it.
    pub fn of(value: &Value) -> Type {
        match value {
            Value::Null => Type::Null,
            Value::Bool(_) => Type::Bool,
            Value::Int(_) => Type::Int,
            Value::Uint(_) => Type::Uint,
            Value::Double(_) => Type::Double,
            Value::Decimal(_) => Type::Decimal,
            Value::String(_) => Type::String,
            Value::Bytes(_) => Type::Bytes,
            Value::List(_) => Type::list_of(Type::Dyn),
            Value::Map(_) => Type::Map(Box::new(Type::Dyn), Box::new(Type::Dyn)),
            Value::Timestamp(_) => Type::Timestamp,
            Value::Duration(_) => Type::Duration,
            Value::Reference(reference) => Type::Reference(Arc::clone(&reference.object)),
            Value::Type(_) => Type::Type,
            Value::Optional(_) => Type::Optional(Box::new(Type::Dyn)),
        }
    }

    /// Whether it is one of the number types.
    pub fn is_number(&self) -> bool {
        matches!(self, Type::Int | Type::Uint | Type::Double | Type::Decimal)
    }

    /// Whether its values are texts: plain, or out of a fixed set.
    pub fn is_text(&self) -> bool {
        matches!(self, Type::String | Type::Enum { .. })
    }
}

/// The name that people see in a problem.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Dyn => f.write_str("anything"),
            Type::Null => f.write_str("null"),
            Type::Bool => f.write_str("bool"),
            Type::Int => f.write_str("int"),
            Type::Uint => f.write_str("uint"),
            Type::Double => f.write_str("double"),
            Type::Decimal => f.write_str("decimal"),
            Type::String => f.write_str("string"),
            Type::Bytes => f.write_str("bytes"),
            Type::Timestamp => f.write_str("timestamp"),
            Type::Date => f.write_str("date"),
            Type::Duration => f.write_str("duration"),
            Type::List(element) => write!(f, "list of {element}"),
            Type::Map(key, value) => write!(f, "map from {key} to {value}"),
            Type::Enum { name, .. } => f.write_str(name),
            Type::Record(object) => f.write_str(&object.name),
            Type::Struct(_) => f.write_str("group of fields"),
            Type::Reference(object) => write!(f, "reference to {object}"),
            Type::Nullable(inner) => write!(f, "{inner} or null"),
            Type::Type => f.write_str("type"),
            Type::Optional(inner) => write!(f, "optional {inner}"),
        }
    }
}
