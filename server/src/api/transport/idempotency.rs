//! The client's promise that two requests are one. Never decides what is done about a second one: the write set does.

use async_graphql::Request;
use poem::http::{HeaderMap, HeaderName};
use sha2::{Digest, Sha256};

use super::failure::Failure;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const LONGEST: usize = 255;

/// The `Idempotency-Key` of a mutation, with what tells a repetition from another request under the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// 1 to 255 visible ASCII characters, as the client sent them.
    pub key: String,
    /// SHA-256 of the operation's name, document and variables.
    pub fingerprint: [u8; 32],
}

impl IdempotencyKey {
    /// Reads the header, if there is one.
    ///
    /// # Errors
    /// 400 where it is empty, too long, or more than visible ASCII.
    pub(super) fn of(headers: &HeaderMap, request: &Request) -> Result<Option<Self>, Failure> {
        let Some(value) = headers.get(IDEMPOTENCY_KEY) else {
            return Ok(None);
        };
        let bytes = value.as_bytes();
        if !(1..=LONGEST).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
            return Err(Failure::malformed(
                "`Idempotency-Key` takes 1 to 255 visible ASCII characters.",
            ));
        }
        let key = String::from_utf8_lossy(bytes).into_owned();
        Ok(Some(Self {
            key,
            fingerprint: fingerprint(request),
        }))
    }
}

/// Variables are a sorted map, so that their order in the body does not matter.
fn fingerprint(request: &Request) -> [u8; 32] {
    let name = request.operation_name.as_deref().unwrap_or_default();
    let variables = request.variables.to_string();
    let mut hash = Sha256::new();
    for part in [name, &request.query, &variables] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use async_graphql::Variables;
    use serde_json::json;

    use super::*;

    fn keyed(variables: serde_json::Value) -> IdempotencyKey {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, "k-1".parse().unwrap());
        let request = Request::new("mutation M { a }").variables(Variables::from_json(variables));
        IdempotencyKey::of(&headers, &request).ok().flatten().unwrap()
    }

    #[test]
    fn the_order_of_variables_does_not_make_another_request() {
        assert_eq!(keyed(json!({"a": 1, "b": 2})), keyed(json!({"b": 2, "a": 1})));
    }

    #[test]
    fn another_value_makes_another_request() {
        assert_ne!(keyed(json!({"a": 1})).fingerprint, keyed(json!({"a": 2})).fingerprint);
    }

    #[test]
    fn a_key_with_a_space_is_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(IDEMPOTENCY_KEY, "a b".parse().unwrap());

        assert!(IdempotencyKey::of(&headers, &Request::new("{ a }")).is_err());
    }
}
