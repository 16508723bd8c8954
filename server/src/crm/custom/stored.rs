//! How the values of custom fields stand in the `custom` column, so that both databases order and compare them alike: whole
//! numbers for numbers and times, text for text, 32 hexadecimal digits for ids.

use std::sync::Arc;

use pointsman_entities::{ids::RecordId, time::Timestamp};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::crm::{
    object::Kind,
    value::{Scaled, Value},
};

/// Stands around each option of a multi-select; no option's key has it.
const FENCE: char = '|';

/// The value as it is stored; none where it is empty, which is stored as nothing.
#[must_use]
pub fn write(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => json!(value),
        Value::Integer(value) => json!(value),
        Value::Text(text) => json!(&**text),
        Value::Time(time) => json!(time.micros()),
        Value::Id(id) => json!(id.0.simple().to_string()),
        Value::Decimal(scaled) => json!(scaled.units),
        Value::Choices(options) => json!(joined(options)),
        // No custom field holds money.
        Value::Money(_) => return None,
    })
}

/// Reads what [`write()`] wrote; none where it did not write it.
#[must_use]
pub fn read(json: &Json, kind: &Kind) -> Option<Value> {
    if json.is_null() {
        return Some(Value::Null);
    }
    Some(match kind {
        Kind::Boolean => Value::Bool(json.as_bool()?),
        Kind::Integer { .. } => Value::Integer(json.as_i64()?),
        Kind::Decimal { scale } => Value::Decimal(Scaled {
            units: json.as_i64()?,
            scale: *scale,
        }),
        Kind::Date | Kind::DateTime => Value::Time(Timestamp(json.as_i64()?)),
        Kind::Reference { .. } => Value::Id(RecordId(Uuid::parse_str(json.as_str()?).ok()?)),
        Kind::MultiSelect { .. } => Value::choices(choices(json.as_str()?)),
        Kind::Money => return None,
        Kind::Text { .. }
        | Kind::Email
        | Kind::Phone
        | Kind::Url
        | Kind::Domain
        | Kind::TimeZone
        | Kind::Country
        | Kind::Select { .. } => Value::text(json.as_str()?),
    })
}

/// The value as the text by which it is unique; none where it is empty.
#[must_use]
pub fn key(value: &Value) -> Option<String> {
    Some(match write(value)? {
        Json::String(text) => text,
        other => other.to_string(),
    })
}

/// A multi-select's options as one text, each between fences, so that one of them can be looked for.
#[must_use]
pub fn joined(options: &[Arc<str>]) -> String {
    let mut text = String::from(FENCE);
    for option in options {
        text.push_str(option);
        text.push(FENCE);
    }
    text
}

/// The part of a multi-select's text that says that the option is among those chosen.
#[must_use]
pub fn among(option: &str) -> String {
    format!("{FENCE}{option}{FENCE}")
}

/// The options of a multi-select's text.
pub fn choices(text: &str) -> impl Iterator<Item = &str> {
    text.split(FENCE).filter(|option| !option.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_reads_back_as_it_was_written() {
        let values = [
            (Value::Bool(false), Kind::Boolean),
            (Value::Integer(i64::MIN), Kind::Integer { min: 0, max: 0 }),
            (Value::text("|ä\\"), Kind::Text { max: 1 }),
            (Value::Time(Timestamp(-1)), Kind::DateTime),
            (Value::Id(RecordId(Uuid::now_v7())), Kind::Reference { object: "deal" }),
            (
                Value::Decimal(Scaled {
                    units: -1_250,
                    scale: 3,
                }),
                Kind::Decimal { scale: 3 },
            ),
            (
                Value::choices(["B", "A", "B"]),
                Kind::MultiSelect {
                    options: [].as_slice().into(),
                },
            ),
        ];
        for (value, kind) in values {
            let stored = write(&value).unwrap();

            assert_eq!(read(&stored, &kind), Some(value));
        }
    }

    #[test]
    fn the_options_of_a_choice_are_a_set() {
        assert_eq!(Value::choices(["B", "A"]), Value::choices(["A", "B", "A"]));
        assert_eq!(Value::choices([]), Value::Null);
    }
}
