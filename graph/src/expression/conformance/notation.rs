//! The suite's notation of values: each says its type, so that `1`, `1u` and `1.0` stay apart.

use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::expression::function::shortest_debug;
use crate::value::{Key, Map, Reference, Value};

/// The notation of a value, with the entries of maps in a fixed order.
pub(super) fn write(value: &Value) -> Json {
    match value {
        Value::Null => json!({"null": null}),
        Value::Bool(value) => json!({ "bool": value }),
        Value::Int(value) => json!({"int": value.to_string()}),
        Value::Uint(value) => json!({"uint": value.to_string()}),
        Value::Double(value) => json!({"double": shortest_debug(*value)}),
        Value::Decimal(value) => json!({"decimal": value.to_string()}),
        Value::String(value) => json!({ "string": **value }),
        Value::Bytes(value) => json!({"bytes_hex": value.iter().map(|byte| format!("{byte:02x}")).collect::<String>()}),
        Value::List(items) => json!({"list": items.iter().map(write).collect::<Vec<_>>()}),
        Value::Map(map) => json!({"map": entries(map)}),
        Value::Timestamp(value) => json!({"timestamp": value.to_string()}),
        Value::Duration(value) => json!({"duration": value.to_string()}),
        Value::Reference(value) => json!({ "reference": *value.id }),
        Value::Type(name) => json!({ "type": name }),
        Value::Optional(value) => json!({"optional": value.as_deref().map(write)}),
    }
}

fn entries(map: &Map) -> Vec<[Json; 2]> {
    let mut entries: Vec<[Json; 2]> = map
        .iter()
        .map(|(key, value)| [write(&key.to_value()), write(value)])
        .collect();
    entries.sort_by_key(|[key, _]| key.to_string());
    entries
}

/// The value that a notation stands for.
pub(super) fn read(json: &Json) -> Option<Value> {
    let (kind, content) = json.as_object()?.iter().next()?;
    let text = content.as_str();
    match &**kind {
        "null" => Some(Value::Null),
        "bool" => content.as_bool().map(Value::Bool),
        "int" => text?.parse().ok().map(Value::Int),
        "uint" => text?.parse().ok().map(Value::Uint),
        "double" => text?.parse().ok().map(Value::Double),
        "decimal" => text?.parse().ok().map(Value::Decimal),
        "string" => text.map(Value::text),
        "bytes_hex" => bytes(text?).map(|bytes| Value::Bytes(bytes.into())),
        "list" => content
            .as_array()?
            .iter()
            .map(read)
            .collect::<Option<_>>()
            .map(Value::List),
        "map" => content
            .as_array()?
            .iter()
            .map(entry)
            .collect::<Option<Map>>()
            .map(|map| Value::Map(Arc::new(map))),
        "timestamp" => text?.parse().ok().map(Value::Timestamp),
        "duration" => text?.parse().ok().map(Value::Duration),
        "reference" => text.map(|id| {
            Value::Reference(Reference {
                object: Arc::from(""),
                id: id.into(),
            })
        }),
        _ => None,
    }
}

fn entry(json: &Json) -> Option<(Key, Value)> {
    match json.as_array()?.as_slice() {
        [key, value] => Some((Key::from_value(&read(key)?)?, read(value)?)),
        _ => None,
    }
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map(digits).collect()
}

/// The notation as `write` would write it; types have no value to read, so they stay as they are.
pub(super) fn canonical(json: &Json) -> Option<Json> {
    if json.get("type").is_some() {
        Some(json.clone())
    } else {
        read(json).map(|value| write(&value))
    }
}
