//! What an expression computes with: values, their types, and how both are read from and written to JSON.
//!
//! Owns equality and order across number types. Never loads anything: a `Reference` is an id until somebody asks the
//! bindings for the record.

mod blank;
mod compare;
mod decode;
mod json;
mod map;
mod object;
mod time;
mod ty;

use std::sync::Arc;

use rust_decimal::Decimal;

pub(crate) use compare::{Tick, Unordered, equal, order};
pub use decode::DecodeError;
pub use map::{Key, Map};
pub use object::{FieldType, Fields, ObjectType, Schema};
pub use time::{Duration, TimeError, Timestamp};
pub use ty::Type;

/// A value of an expression. Cloning copies a word or bumps a count, whatever the size.
#[derive(Clone, Debug)]
pub enum Value {
    /// The absence of a value: an empty field of a record, a JSON null.
    Null,
    /// True or false.
    Bool(bool),
    /// A signed whole number of 64 bits.
    Int(i64),
    /// An unsigned whole number of 64 bits.
    Uint(u64),
    /// A binary floating point number (IEEE 754).
    Double(f64),
    /// A decimal number of up to 28 digits: money, percentages; never passes through a `Double`.
    Decimal(Decimal),
    /// Text.
    String(Arc<str>),
    /// Raw bytes.
    Bytes(Arc<[u8]>),
    /// Values in order.
    List(Arc<[Value]>),
    /// Values by key, in the order in which they were written.
    Map(Arc<Map>),
    /// An instant; a date is the instant of its midnight in UTC.
    Timestamp(Timestamp),
    /// A span of time of exact length.
    Duration(Duration),
    /// A record elsewhere.
    Reference(Reference),
    /// The type of a value, by its CEL name.
    Type(&'static str),
    /// CEL's optional: a value or none.
    Optional(Option<Arc<Value>>),
}

/// A record elsewhere, by its object's name and its global id.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The object, such as `user`.
    pub object: Arc<str>,
    /// The record's global id, such as `user_01h455vb4pex5vsknk084sn02q`.
    pub id: Arc<str>,
}

impl Value {
    /// Text as a value.
    pub fn text(text: impl Into<Arc<str>>) -> Value {
        Value::String(text.into())
    }

    /// A list of values.
    pub fn list(items: impl IntoIterator<Item = Value>) -> Value {
        Value::List(items.into_iter().collect())
    }

    /// A map with text keys, in the given order; a later duplicate replaces an earlier one.
    pub fn map<K: Into<Arc<str>>>(entries: impl IntoIterator<Item = (K, Value)>) -> Value {
        Value::Map(Arc::new(
            entries
                .into_iter()
                .map(|(key, value)| (Key::String(key.into()), value))
                .collect(),
        ))
    }

    /// The value under a text key; none where this is no map or the key is not in it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        match self {
            Value::Map(map) => map.get(key),
            _ => None,
        }
    }

    /// The CEL name of the value's type, as `type(value)` gives it.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null_type",
            Value::Bool(_) => "bool",
            Value::Int(_) => "int",
            Value::Uint(_) => "uint",
            Value::Double(_) => "double",
            Value::Decimal(_) => "decimal",
            Value::String(_) => "string",
            Value::Bytes(_) => "bytes",
            Value::List(_) => "list",
            Value::Map(_) => "map",
            Value::Timestamp(_) => "google.protobuf.Timestamp",
            Value::Duration(_) => "google.protobuf.Duration",
            Value::Reference(_) => "reference",
            Value::Type(_) => "type",
            Value::Optional(_) => "optional_type",
        }
    }
}

/// CEL's equality: numbers by what they denote, whatever their type; a reference equals the text of its id; NaN equals
/// nothing.
impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        equal(self, other, &mut compare::Unmetered) == Ok(true)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Value::Double(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Value::text(value)
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Value::text(value)
    }
}

impl From<Decimal> for Value {
    fn from(value: Decimal) -> Self {
        Value::Decimal(value)
    }
}

impl From<Timestamp> for Value {
    fn from(value: Timestamp) -> Self {
        Value::Timestamp(value)
    }
}

impl From<Duration> for Value {
    fn from(value: Duration) -> Self {
        Value::Duration(value)
    }
}

impl From<Reference> for Value {
    fn from(value: Reference) -> Self {
        Value::Reference(value)
    }
}
