//! The one shape of every error that a client sees: a stable code and the request's id.
//! Never lets the text of an internal fault out: that goes to the log, under the same id.

use std::panic::AssertUnwindSafe;

use async_graphql::{ErrorExtensionValues, Response, ServerError, Value};
use futures_util::FutureExt;
use poem::http::{HeaderName, HeaderValue, StatusCode, header};

use super::{Refusal, RequestId};

const MOST_FAULTS: usize = 100;

/// What a client may branch on: `errors[].extensions.code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// No credentials, or credentials that are not known.
    Unauthenticated,
    /// The caller is known, and may not.
    Forbidden,
    /// There is no such thing, or the caller may not know of it.
    NotFound,
    /// The request cannot be understood, or does not fit the schema.
    BadUserInput,
    /// The request contradicts what is stored.
    Conflict,
    /// The cursor stems from before a backup was restored: what follows it can't be known.
    CursorExpired,
    /// Too much, too fast. Try again later.
    RateLimited,
    /// The document asks for more than one request may.
    ComplexityExceeded,
    /// The answer was not ready in time. Whether a mutation took effect is not known.
    Timeout,
    /// A part that the server needs is away. Try again later.
    Unavailable,
    /// A fault of the server. The log has it under the request's id.
    Internal,
}

impl Code {
    /// The code as it stands in the error.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::BadUserInput => "BAD_USER_INPUT",
            Self::Conflict => "CONFLICT",
            Self::CursorExpired => "CURSOR_EXPIRED",
            Self::RateLimited => "RATE_LIMITED",
            Self::ComplexityExceeded => "COMPLEXITY_EXCEEDED",
            Self::Timeout => "TIMEOUT",
            Self::Unavailable => "UNAVAILABLE",
            Self::Internal => "INTERNAL",
        }
    }

    /// An error with this code.
    pub fn error(self, message: impl Into<String>) -> ServerError {
        let mut extensions = ErrorExtensionValues::default();
        extensions.set("code", self.as_str());
        ServerError {
            extensions: Some(extensions),
            ..ServerError::new(message, None)
        }
    }
}

/// A request that ends before GraphQL begins, with the status and headers that say so.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: StatusCode,
    pub(super) header: Option<(HeaderName, HeaderValue)>,
    code: Code,
    message: String,
}

impl Failure {
    pub(super) fn new(status: StatusCode, code: Code, message: impl Into<String>) -> Self {
        Self {
            status,
            header: None,
            code,
            message: message.into(),
        }
    }

    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Code::BadUserInput, message)
    }

    pub(super) fn late() -> Self {
        Self::new(
            StatusCode::GATEWAY_TIMEOUT,
            Code::Timeout,
            "The request took longer than 10 s.",
        )
    }

    pub(super) fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            Code::Internal,
            "the execution panicked",
        )
    }

    pub(super) fn error(&self) -> ServerError {
        self.code.error(self.message.as_str())
    }

    pub(super) fn with(self, name: HeaderName, value: HeaderValue) -> Self {
        Self {
            header: Some((name, value)),
            ..self
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Unauthenticated => Self::new(
                StatusCode::UNAUTHORIZED,
                Code::Unauthenticated,
                "These credentials are not valid.",
            )
            .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
            Refusal::Forbidden => Self::new(StatusCode::FORBIDDEN, Code::Forbidden, "This caller may not call here."),
            Refusal::RateLimited { retry_after } => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, Code::RateLimited, "Too many requests.")
                    .with(header::RETRY_AFTER, HeaderValue::from(retry_after.as_secs().max(1)))
            }
            Refusal::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Code::Unavailable,
                "The server cannot answer now.",
            )
            .with(header::RETRY_AFTER, HeaderValue::from_static("1")),
        }
    }
}

/// Turns a panic of `work` into a failure of this request alone; the panic itself is in the log by the process's hook.
///
/// # Errors
/// 500 where it panicked.
pub(super) async fn contained<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    // Unwind safe in that nobody looks again at what the work held: it is dropped with it.
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|_| Failure::internal())
}

/// Whether nothing was executed: such a response has no `data` at all, not even null.
pub(super) fn is_request_error(response: &Response) -> bool {
    !response.errors.is_empty()
        && response.data == Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// Gives every error its code and the request's id, and hides what is internal. Of a document's own faults the first
/// hundred do: sixteen kilobytes can have ten thousand of them.
pub(super) fn seal(errors: &mut Vec<ServerError>, id: &RequestId) {
    if errors.iter().all(|error| error.path.is_empty()) {
        errors.truncate(MOST_FAULTS);
    }
    for error in errors {
        let code = stated(error).unwrap_or_else(|| inferred(error).as_str().to_owned());
        if code == Code::Internal.as_str() {
            tracing::error!(request = %id, path = ?error.path, cause = %error.message, "a request failed inside");
            *error = ServerError {
                message: "Internal error.".to_owned(),
                source: None,
                extensions: None,
                ..error.clone()
            };
        }
        let extensions = error.extensions.get_or_insert_default();
        extensions.set("code", code);
        extensions.set("requestId", id.as_str());
    }
}

fn stated(error: &ServerError) -> Option<String> {
    match error.extensions.as_ref()?.get("code")? {
        Value::String(code) => Some(code.clone()),
        Value::Null
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_)
        | Value::List(_)
        | Value::Object(_) => None,
    }
}

/// The library gives its own errors no code. Those before execution have no path, and those of a scalar that could not
/// be read begin alike; whatever else comes without a code came from a resolver that did not mean it for the client.
fn inferred(error: &ServerError) -> Code {
    let of_the_document = error.path.is_empty() || error.message.starts_with("Failed to parse \"");
    if of_the_document && error.source.is_none() {
        Code::BadUserInput
    } else {
        Code::Internal
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::PathSegment;

    use super::*;

    fn sealed(error: ServerError) -> ServerError {
        let mut errors = vec![error];
        seal(&mut errors, &RequestId::fresh());
        errors.remove(0)
    }

    fn told(error: ServerError) -> (String, String) {
        let error = sealed(error);
        (stated(&error).unwrap(), error.message)
    }

    fn at_a_field(message: &str) -> ServerError {
        ServerError::new(message, None).with_path(vec![PathSegment::Field("contact".into())])
    }

    #[test]
    fn a_resolver_error_without_a_code_is_internal_and_keeps_its_text_to_itself() {
        let (code, message) = told(at_a_field("UNIQUE constraint failed: contact.email"));

        assert_eq!((code.as_str(), message.as_str()), ("INTERNAL", "Internal error."));
    }

    #[test]
    fn an_internal_error_loses_its_text_and_its_extensions() {
        let mut error = Code::Internal.error("disk full at /var/lib");
        error.extensions.get_or_insert_default().set("table", "contact");

        let error = sealed(error);

        assert_eq!(error.message, "Internal error.");
        assert!(error.extensions.unwrap().get("table").is_none());
    }

    #[test]
    fn a_code_that_a_resolver_states_is_kept_with_its_text() {
        let (code, message) = told(Code::Conflict.error("The contact was changed meanwhile."));

        assert_eq!(
            (code.as_str(), message.as_str()),
            ("CONFLICT", "The contact was changed meanwhile.")
        );
    }

    #[test]
    fn a_scalar_that_cannot_be_read_is_the_clients_fault() {
        assert_eq!(
            told(at_a_field("Failed to parse \"DateTime\": input is out of range")).0,
            "BAD_USER_INPUT"
        );
    }
}
