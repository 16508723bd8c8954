//! Holds an answer's body against the JSON Schema of its order. Never fetches a schema that another one refers to.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// A schema that bodies can be held against.
pub(super) struct Schema(Validator);

/// Why a JSON document is no schema to hold anything against.
#[derive(Debug, thiserror::Error)]
#[error("the schema of the answer is not valid: {0}")]
pub(super) struct Unsound(String);

impl Schema {
    /// Reads a schema of the draft that it names, else of the newest.
    ///
    /// # Errors
    /// [`Unsound`] where it breaks the rules of its draft, or refers to what is not in it.
    pub fn read(schema: &Value) -> Result<Self, Unsound> {
        jsonschema::options()
            .offline()
            // Linear in the length of the text: an answer must not be able to make a pattern run for ever.
            .with_pattern_options(PatternOptions::regex())
            .build(schema)
            .map(Self)
            .map_err(|error| Unsound(error.to_string()))
    }

    /// The first place where the body differs, and how; none where it keeps to the schema. It repeats no value, for the
    /// body may be large, and not for everybody's eyes.
    pub fn mismatch(&self, body: &Value) -> Option<String> {
        let error = self.0.validate(body).err()?;
        let path = error.instance_path().to_string();
        let place = if path.is_empty() { "the answer" } else { &path };
        Some(format!("{place}: {}", error.masked()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mismatch(schema: &Value, body: &Value) -> Option<String> {
        Schema::read(schema).unwrap().mismatch(body)
    }

    #[test]
    fn a_body_that_differs_is_told_by_its_path_and_not_by_its_value() {
        let schema =
            json!({ "properties": { "items": { "items": { "properties": { "id": { "type": "integer" } } } } } });

        let told = mismatch(&schema, &json!({ "items": [{ "id": 1 }, { "id": "hush" }] })).unwrap();

        assert_eq!(told, r#"/items/1/id: value is not of type "integer""#);
    }

    #[test]
    fn a_body_that_keeps_to_its_schema_is_fine() {
        let schema = json!({ "type": "object", "required": ["ok"] });

        assert_eq!(mismatch(&schema, &json!({ "ok": true, "more": 1 })), None);
        assert_eq!(
            mismatch(&schema, &json!("text")).as_deref(),
            Some(r#"the answer: value is not of type "object""#)
        );
    }

    #[test]
    fn a_schema_that_leads_elsewhere_is_not_followed() {
        for elsewhere in ["http://127.0.0.1:1/schema.json", "file:///etc/passwd"] {
            assert!(Schema::read(&json!({ "$ref": elsewhere })).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn a_pattern_that_would_backtrack_for_ever_does_not() {
        let schema = json!({ "pattern": "^(a+)+$" });

        assert!(mismatch(&schema, &json!(format!("{}b", "a".repeat(100_000)))).is_some());
    }
}
