//! Values as JSON and back, where no type is known. What JSON cannot say becomes text.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Key, Value};

impl Value {
    /// The value as JSON. Decimals, timestamps, durations and references become text, bytes Base64, and numbers that
    /// JSON lacks (NaN, infinities) null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Value::Null | Value::Optional(None) => serde_json::Value::Null,
            Value::Bool(value) => (*value).into(),
            Value::Int(value) => (*value).into(),
            Value::Uint(value) => (*value).into(),
            Value::Double(value) => (*value).into(),
            Value::Decimal(value) => value.to_string().into(),
            Value::String(value) => (**value).into(),
            Value::Bytes(value) => STANDARD.encode(value).into(),
            Value::List(items) => items.iter().map(Value::to_json).collect(),
            Value::Map(map) => map
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_json()))
                .collect(),
            Value::Timestamp(value) => value.to_string().into(),
            Value::Duration(value) => value.to_string().into(),
            Value::Reference(value) => (*value.id).into(),
            Value::Type(name) => (*name).into(),
            Value::Optional(Some(value)) => value.to_json(),
        }
    }

    /// JSON as a value, without a type: whole numbers become `Int` (or `Uint` beyond it), all others `Double`.
    pub fn from_json(json: &serde_json::Value) -> Value {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => from_number(number),
            serde_json::Value::String(text) => Value::text(text.as_str()),
            serde_json::Value::Array(items) => Value::list(items.iter().map(Value::from_json)),
            serde_json::Value::Object(entries) => Value::Map(Arc::new(
                entries
                    .iter()
                    .map(|(key, value)| (Key::from(key.as_str()), Value::from_json(value)))
                    .collect(),
            )),
        }
    }
}

fn from_number(number: &serde_json::Number) -> Value {
    match (number.as_i64(), number.as_u64()) {
        (Some(int), _) => Value::Int(int),
        (None, Some(uint)) => Value::Uint(uint),
        (None, None) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
    }
}
