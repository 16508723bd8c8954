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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value as Json;

    use super::*;

    fn any_json() -> impl Strategy<Value = Json> {
        let number = prop_oneof![
            any::<i64>().prop_map(Json::from),
            any::<u64>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from)
        ];
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            number,
            ".{0,8}".prop_map(Json::from)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, rng_seed: prop::test_runner::RngSeed::Fixed(7), ..ProptestConfig::with_cases(256) })]

        #[test]
        fn json_becomes_a_value_and_json_again(json in any_json()) {
            prop_assert_eq!(Value::from_json(&json).to_json(), json);
        }
    }
}
