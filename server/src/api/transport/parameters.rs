//! Reads the four parameters of a GraphQL request, the same for every transport. Takes no batches.

use async_graphql::{Request, Variables};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::failure::Failure;

/// Reads the body of a POST.
///
/// # Errors
/// 400 where it is not a JSON object, or a parameter has the wrong type.
pub(super) fn from_body(body: &[u8]) -> Result<Request, Failure> {
    let object = serde_json::from_slice::<Map<String, Value>>(body);
    from_object(object.map_err(|_| Failure::malformed("The body must be one JSON object."))?)
}

/// Reads the query string of a GET, in which `variables` and `extensions` are JSON.
///
/// # Errors
/// As [`from_body`].
pub(super) fn from_query_string(request: &poem::Request) -> Result<Request, Failure> {
    let pairs = request.params::<Vec<(String, String)>>();
    let pairs = pairs.map_err(|_| Failure::malformed("The query string cannot be read."))?;
    let mut object = Map::new();
    for (name, text) in pairs {
        let value = match name.as_str() {
            "variables" | "extensions" => serde_json::from_str(&text).map_err(|_| wrong(&name, "a JSON object"))?,
            _ => Value::String(text),
        };
        object.insert(name, value);
    }
    from_object(object)
}

/// Reads the parameters out of a JSON object; what else stands in it is left alone.
///
/// # Errors
/// As [`from_body`].
pub(super) fn from_object(mut object: Map<String, Value>) -> Result<Request, Failure> {
    let query = match object.remove("query") {
        Some(Value::String(query)) => query,
        Some(_) | None => return Err(wrong("query", "a string")),
    };
    let mut request = Request::new(query);
    request.operation_name = optional(&mut object, "operationName", "a string")?;
    request.variables = map(&mut object, "variables")?.unwrap_or_else(Variables::default);
    request.extensions = map(&mut object, "extensions")?.unwrap_or_default();
    Ok(request)
}

/// Only an object passes: the library would read a string or a list into some of its own types.
fn map<T: DeserializeOwned>(object: &mut Map<String, Value>, name: &str) -> Result<Option<T>, Failure> {
    match object.get(name) {
        None | Some(Value::Null | Value::Object(_)) => optional(object, name, "an object"),
        Some(_) => Err(wrong(name, "an object")),
    }
}

fn optional<T: DeserializeOwned>(
    object: &mut Map<String, Value>,
    name: &str,
    kind: &str,
) -> Result<Option<T>, Failure> {
    let value = object.remove(name).unwrap_or_default();
    serde_json::from_value(value).map_err(|_| wrong(name, kind))
}

fn wrong(name: &str, kind: &str) -> Failure {
    Failure::malformed(format!("`{name}` must be {kind}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_not_a_request() {
        for body in [r#"[{"query":"{a}"}]"#, r#"["{a}"]"#, "[]"] {
            assert!(from_body(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn variables_and_extensions_are_objects_or_null() {
        for value in ["1", "\"{}\"", "[]", "true"] {
            let body = |name| format!(r#"{{"query":"{{a}}","{name}":{value}}}"#);
            assert!(from_body(body("variables").as_bytes()).is_err(), "{value}");
            assert!(from_body(body("extensions").as_bytes()).is_err(), "{value}");
        }
        assert!(from_body(br#"{"query":"{a}","variables":null,"extensions":{"a":1}}"#).is_ok());
    }

    #[test]
    fn a_json_document_of_a_thousand_levels_is_refused() {
        let body = format!(r#"{{"query":"{{a}}","variables":{}}}"#, "[".repeat(1_000));

        assert!(from_body(body.as_bytes()).is_err());
    }
}
