//! The name of one request, in its answer, in its errors and in the log. Never trusted further than as a label.

use std::fmt;

use poem::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries a request's id in both directions.
pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 64;

/// What ties an answer to its lines in the log. Found in the data of every operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// A new id, ordered by time.
    pub(super) fn fresh() -> Self {
        Self(Uuid::now_v7().to_string())
    }

    /// The client's own id where it is a plain token, so that a trace can begin at the client; else a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.get(X_REQUEST_ID).and_then(|value| value.to_str().ok()) {
            Some(token) if is_plain(token) => Self(token.to_owned()),
            Some(_) | None => Self::fresh(),
        }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Letters, digits, `-`, `_` and `.` alone: what goes to the log must not be able to forge a line of it.
fn is_plain(token: &str) -> bool {
    (1..=LONGEST).contains(&token.len())
        && token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(token: &str) -> RequestId {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_str(token).unwrap());
        RequestId::of(&headers)
    }

    #[test]
    fn a_plain_token_of_the_client_is_kept() {
        assert_eq!(given("trace-1_a.B").as_str(), "trace-1_a.B");
    }

    #[test]
    fn anything_else_is_replaced() {
        for odd in ["", "a b", "a;b", "\"a\"", &"a".repeat(65)] {
            assert_ne!(given(odd).as_str(), odd);
        }
    }
}
