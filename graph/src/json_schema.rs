//! What JSON from outside must look like: a JSON Schema, compiled, and the type that expressions see.
//!
//! Reads nothing from elsewhere: a `$ref` to another document is refused.

use std::sync::Arc;

use jsonschema::{PatternOptions, Validator};
use serde_json::Value as Json;

use crate::value::{FieldType, Type, Value};

/// The largest compiled pattern, in bytes.
const PATTERN: usize = 1 << 20;

/// A compiled JSON Schema (drafts 4 to 2020-12, by `$schema`; the last unless it says).
#[derive(Clone, Debug)]
pub struct JsonSchema {
    validator: Validator,
    ty: Type,
}

/// A document that is no usable JSON Schema.
#[derive(Debug, thiserror::Error)]
#[error("it is no JSON Schema that can be used: {0}")]
pub struct NotASchema(String);

/// Where JSON is not as its schema says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {message}")]
pub struct Mismatch {
    /// A JSON Pointer to what does not fit; empty for the whole.
    pub path: String,
    /// What is expected of it, without its value.
    pub message: String,
}

impl JsonSchema {
    /// Compiles a schema. Patterns are matched in linear time, so none can be made to hang.
    ///
    /// # Errors
    /// Where it is none, refers to another document, or has a pattern that needs backtracking.
    pub fn compile(schema: &Json) -> Result<JsonSchema, NotASchema> {
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex().size_limit(PATTERN).dfa_size_limit(PATTERN))
            .build(schema)
            .map_err(|error| NotASchema(error.to_string()))?;
        Ok(JsonSchema {
            validator,
            ty: type_of(schema),
        })
    }

    /// Whether JSON is as the schema says.
    ///
    /// # Errors
    /// The first place where it is not.
    pub fn check(&self, json: &Json) -> Result<(), Mismatch> {
        self.validator.validate(json).map_err(|error| Mismatch {
            path: error.instance_path().as_str().to_owned(),
            message: error.masked().to_string(),
        })
    }

    /// The type of what fits.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// What fits, as expressions see it.
    pub fn value(&self, json: &Json) -> Value {
        self.ty.decode(json).unwrap_or_else(|_| Value::from_json(json))
    }
}

/// The type that a JSON Schema describes, as far as it says it in the plainest way.
pub(crate) fn type_of(schema: &Json) -> Type {
    match schema.get("type").and_then(Json::as_str) {
        Some("string") => Type::String,
        Some("integer") => Type::Int,
        Some("number") => Type::Double,
        Some("boolean") => Type::Bool,
        Some("null") => Type::Null,
        Some("array") => Type::list_of(schema.get("items").map_or(Type::Dyn, type_of)),
        Some("object") => properties(schema),
        Some(_) | None => Type::Dyn,
    }
}

fn properties(schema: &Json) -> Type {
    let Some(Json::Object(properties)) = schema.get("properties") else {
        return Type::Dyn;
    };
    let required = |name: &str| {
        schema
            .get("required")
            .and_then(Json::as_array)
            .is_some_and(|names| names.iter().any(|one| one == name))
    };
    let field = |(name, schema): (&String, &Json)| {
        let field = FieldType::of(type_of(schema));
        (
            Arc::from(name.as_str()),
            if required(name) { field } else { field.nullable() },
        )
    };
    Type::Struct(Arc::new(properties.iter().map(field).collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_held_against_its_schema_and_the_place_is_named() {
        let schema = json!({ "type": "object", "required": ["email"],
            "properties": { "email": { "type": "string" }, "lines": { "items": { "type": "integer" } } } });
        let schema = JsonSchema::compile(&schema).unwrap();

        assert_eq!(schema.check(&json!({ "email": "a@b.c", "lines": [1, 2] })), Ok(()));
        let mismatch = schema
            .check(&json!({ "email": "a@b.c", "lines": [1, "secret"] }))
            .unwrap_err();

        assert_eq!(mismatch.path, "/lines/1");
        assert!(!mismatch.message.contains("secret"), "{}", mismatch.message);
        assert!(schema.check(&json!({})).unwrap_err().message.contains("email"));
    }

    #[test]
    fn what_is_no_schema_or_reaches_outside_is_refused() {
        for schema in [
            json!({ "type": "objekt" }),
            json!({ "$ref": "https://example.com/schema.json" }),
            json!({ "pattern": "(a)\\1" }),
            json!([]),
        ] {
            assert!(JsonSchema::compile(&schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn a_pattern_takes_linear_time() {
        let schema = JsonSchema::compile(&json!({ "pattern": "^(a+)+$" })).unwrap();

        assert!(schema.check(&json!(format!("{}!", "a".repeat(10_000)))).is_err());
    }
}
