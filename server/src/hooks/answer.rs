//! What callers are told: a status, and a code for programs.

use poem::{
    IntoResponse, Response,
    http::{HeaderValue, StatusCode, header},
    web::Json,
};
use serde_json::json;

use crate::workflow::reason::Reason;

/// Why a call has started nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Only POST calls.
    Method,
    /// Nobody listens there.
    Unknown,
    /// It took too long to send.
    Slow,
    /// More than may be sent.
    Large,
    /// It does not show that it may.
    Unproven,
    /// Too many calls; how many seconds to wait.
    Often(u64),
    /// What was sent is not what the workflow takes.
    Payload {
        code: &'static str,
        message: String,
        /// A JSON Pointer, or the header that is wrong.
        field: String,
    },
    /// The workflow's settings let it start nothing.
    TurnedAway(Reason),
    /// We failed.
    Failed,
}

impl Refused {
    fn parts(&self) -> (StatusCode, &'static str, &str) {
        match self {
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "only POST calls"),
            Self::Unknown => (StatusCode::NOT_FOUND, "NOT_FOUND", "nobody listens here"),
            Self::Slow => (
                StatusCode::REQUEST_TIMEOUT,
                "TIMEOUT",
                "the call took too long to arrive",
            ),
            Self::Large => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "PAYLOAD_TOO_LARGE",
                "at most 1 MB may be sent",
            ),
            Self::Unproven => (
                StatusCode::UNAUTHORIZED,
                "UNAUTHENTICATED",
                "the call does not prove that its sender may call",
            ),
            Self::Often(_) => (StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "too many calls"),
            Self::Payload { code, message, .. } => (StatusCode::UNPROCESSABLE_ENTITY, code, message),
            Self::TurnedAway(reason) => (StatusCode::CONFLICT, reason.text(), reason.message()),
            Self::Failed => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "INTERNAL",
                "the server failed; call again later",
            ),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let mut body = json!({ "code": code, "message": message });
        if let (Self::Payload { field, .. }, Some(body)) = (&self, body.as_object_mut()) {
            body.insert("field".into(), field.as_str().into());
        }
        let mut response = Json(body).with_status(status).into_response();
        let hint = match self {
            Self::Method => Some((header::ALLOW, HeaderValue::from_static("POST"))),
            Self::Often(seconds) => Some((header::RETRY_AFTER, seconds.into())),
            Self::Unproven => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Webhook"))),
            Self::Unknown | Self::Slow | Self::Large | Self::Payload { .. } | Self::TurnedAway(_) | Self::Failed => {
                None
            }
        };
        response.headers_mut().extend(hint);
        response
    }
}
