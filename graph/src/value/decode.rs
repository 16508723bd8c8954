//! JSON read and written by a type: how a stored record, a form or a webhook with a schema becomes a value.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::{Fields, Key, Reference, Timestamp, Type, Value};

/// Why JSON does not fit a type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The JSON is of another kind.
    #[error("expected {expected}, found {found}")]
    Kind {
        /// The type, as people see it.
        expected: String,
        /// The JSON, cut to a short text.
        found: String,
    },
    /// The text is none of the type's options.
    #[error("`{found}` is not one of {options}")]
    Option {
        /// The text.
        found: String,
        /// The options, separated by commas.
        options: String,
    },
    /// A part of the JSON does not fit.
    #[error("{path}: {source}")]
    At {
        /// The field's name or the position in the list.
        path: String,
        /// What is wrong there.
        #[source]
        source: Box<DecodeError>,
    },
}

impl Type {
    /// Reads JSON as a value of the type: decimals from text or whole numbers, timestamps from RFC 3339, dates from
    /// `2026-01-31`, references from ids. A field that is missing is null; a field that is unknown is dropped.
    ///
    /// # Errors
    /// `DecodeError`, naming the place, where the JSON does not fit.
    pub fn decode(&self, json: &Json) -> Result<Value, DecodeError> {
        match (self, json) {
            (Type::Dyn, _) => Ok(Value::from_json(json)),
            (Type::Null | Type::Nullable(_), Json::Null) => Ok(Value::Null),
            (Type::Nullable(inner), _) => inner.decode(json),
            (Type::Bool, Json::Bool(value)) => Ok(Value::Bool(*value)),
            (Type::List(element), Json::Array(items)) => decode_list(element, items),
            (Type::Map(key, value), Json::Object(entries)) => decode_map(key, value, entries),
            (Type::Record(object), Json::Object(entries)) => decode_fields(&object.fields, entries),
            (Type::Struct(fields), Json::Object(entries)) => decode_fields(fields, entries),
            (Type::Enum { options, .. }, Json::String(text)) => decode_option(options, text),
            (_, Json::Number(number)) => self.decode_number(number).ok_or_else(|| self.mismatch(json)),
            (_, Json::String(text)) => self.decode_text(text).ok_or_else(|| self.mismatch(json)),
            _ => Err(self.mismatch(json)),
        }
    }

    /// Writes a value of the type as JSON that `decode` reads back: as `Value::to_json`, but a date as `2026-01-31`.
    pub fn encode(&self, value: &Value) -> Json {
        match (self, value) {
            (Type::Date, Value::Timestamp(midnight)) => midnight.format_date().into(),
            (Type::Nullable(inner), _) => inner.encode(value),
            (Type::List(element), Value::List(items)) => items.iter().map(|item| element.encode(item)).collect(),
            (Type::Map(_, element), Value::Map(map)) => map
                .iter()
                .map(|(key, value)| (key.to_string(), element.encode(value)))
                .collect(),
            (Type::Record(object), Value::Map(_)) => encode_fields(&object.fields, value),
            (Type::Struct(fields), Value::Map(_)) => encode_fields(fields, value),
            _ => value.to_json(),
        }
    }

    fn decode_number(&self, number: &serde_json::Number) -> Option<Value> {
        match self {
            Type::Int => number.as_i64().map(Value::Int),
            Type::Uint => number.as_u64().map(Value::Uint),
            Type::Double => number.as_f64().map(Value::Double),
            Type::Decimal => number.to_string().parse().ok().map(Value::Decimal),
            _ => None,
        }
    }

    fn decode_text(&self, text: &str) -> Option<Value> {
        match self {
            Type::String => Some(Value::text(text)),
            Type::Decimal => Decimal::from_str_exact(text).ok().map(Value::Decimal),
            Type::Int => text.parse().ok().map(Value::Int),
            Type::Uint => text.parse().ok().map(Value::Uint),
            Type::Bytes => STANDARD.decode(text).ok().map(|bytes| Value::Bytes(bytes.into())),
            Type::Timestamp => text.parse().ok().map(Value::Timestamp),
            Type::Date => Timestamp::parse_date(text).ok().map(Value::Timestamp),
            Type::Duration => text.parse().ok().map(Value::Duration),
            Type::Reference(object) => Some(Value::Reference(Reference {
                object: Arc::clone(object),
                id: text.into(),
            })),
            _ => None,
        }
    }

    fn mismatch(&self, json: &Json) -> DecodeError {
        let found: String = json.to_string().chars().take(60).collect();
        DecodeError::Kind {
            expected: self.to_string(),
            found,
        }
    }
}

fn decode_list(element: &Type, items: &[Json]) -> Result<Value, DecodeError> {
    let decode = |(index, item): (usize, &Json)| element.decode(item).map_err(|error| at(&index.to_string(), error));
    items
        .iter()
        .enumerate()
        .map(decode)
        .collect::<Result<_, _>>()
        .map(Value::List)
}

fn decode_map(key: &Type, value: &Type, entries: &serde_json::Map<String, Json>) -> Result<Value, DecodeError> {
    let decode = |(name, json): (&String, &Json)| {
        let key = key
            .decode_text(name)
            .or_else(|| (*key == Type::Dyn).then(|| Value::text(name.as_str())));
        let key = key
            .as_ref()
            .and_then(Key::from_value)
            .unwrap_or_else(|| Key::from(name.as_str()));
        value
            .decode(json)
            .map(|value| (key, value))
            .map_err(|error| at(name, error))
    };
    entries
        .iter()
        .map(decode)
        .collect::<Result<_, _>>()
        .map(|map| Value::Map(Arc::new(map)))
}

fn decode_fields(fields: &Fields, entries: &serde_json::Map<String, Json>) -> Result<Value, DecodeError> {
    let decode = |(name, field): (&Arc<str>, &super::FieldType)| {
        let json = entries.get(&**name).unwrap_or(&Json::Null);
        let value = if json.is_null() && field.nullable {
            Ok(Value::Null)
        } else {
            field.ty.decode(json)
        };
        value
            .map(|value| (Key::String(Arc::clone(name)), value))
            .map_err(|error| at(name, error))
    };
    fields
        .iter()
        .map(decode)
        .collect::<Result<_, _>>()
        .map(|map| Value::Map(Arc::new(map)))
}

fn encode_fields(fields: &Fields, value: &Value) -> Json {
    let present = |(name, field): (&Arc<str>, &super::FieldType)| {
        value.get(name).map(|value| (name.to_string(), field.ty.encode(value)))
    };
    fields.iter().filter_map(present).collect()
}

fn decode_option(options: &[Arc<str>], text: &str) -> Result<Value, DecodeError> {
    match options.iter().find(|option| ***option == *text) {
        Some(option) => Ok(Value::String(Arc::clone(option))),
        None => Err(DecodeError::Option {
            found: text.to_owned(),
            options: options.join(", "),
        }),
    }
}

fn at(path: &str, source: DecodeError) -> DecodeError {
    DecodeError::At {
        path: path.to_owned(),
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::value::FieldType;

    fn deal() -> Type {
        let fields = [
            ("amount", FieldType::of(Type::Decimal).nullable()),
            ("closeDate", FieldType::of(Type::Date).nullable()),
            ("owner", FieldType::of(Type::Reference("user".into()))),
            ("tags", FieldType::of(Type::list_of(Type::String))),
        ];
        Type::Struct(Arc::new(
            fields
                .into_iter()
                .map(|(name, field)| (Arc::from(name), field))
                .collect(),
        ))
    }

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let json = json!({"amount": "1.10", "closeDate": "2026-01-31", "owner": "user_1", "tags": ["a"]});

        let value = deal().decode(&json).unwrap();

        assert_eq!(value.get("amount"), Some(&Value::Decimal("1.10".parse().unwrap())));
        assert!(matches!(value.get("owner"), Some(Value::Reference(owner)) if &*owner.object == "user"));
        assert_eq!(deal().encode(&value), json);
    }

    #[test]
    fn a_missing_field_is_null_where_it_may_be() {
        let value = deal().decode(&json!({"owner": "user_1", "tags": []})).unwrap();

        assert_eq!(value.get("amount"), Some(&Value::Null));
    }

    #[test]
    fn what_does_not_fit_is_named_with_its_place() {
        let error = deal()
            .decode(&json!({"owner": "user_1", "tags": ["a", 5]}))
            .unwrap_err();

        let inner = std::error::Error::source(&error)
            .and_then(std::error::Error::source)
            .map(ToString::to_string);
        assert_eq!(inner.as_deref(), Some("expected string, found 5"));
        assert!(error.to_string().starts_with("tags: 1: "));
    }

    #[test]
    fn a_decimal_passes_through_no_float() {
        let digits = "12345678901234.567890123";

        assert_eq!(Type::Decimal.decode(&json!(digits)).unwrap().to_json(), json!(digits));
        assert!(Type::Decimal.decode(&json!("1e999")).is_err());
    }
}
