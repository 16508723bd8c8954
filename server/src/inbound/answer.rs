//! What whoever brings something is told: JSON with a stable code where it was not taken.

use poem::{IntoResponse, Response, http::StatusCode, web::Json};
use serde_json::json;

use crate::messaging;

/// Seconds after which something is to be brought again.
const AGAIN: &str = "5";

/// Why something was not taken.
#[derive(Debug)]
pub struct Refused {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl Refused {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
        }
    }

    /// It does not say which part of the proof was wrong.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "the token or the signature is wrong",
        )
    }

    /// Nobody has configured this way in.
    pub fn not_configured(setting: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "NOT_CONFIGURED",
            format!("`{setting}` is not set"),
        )
    }

    pub fn too_large() -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "TOO_LARGE",
            "the body is too large, or broke off",
        )
    }

    pub fn unreadable(error: &impl std::error::Error) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "UNREADABLE", error.to_string())
    }

    /// A fault of ours: it is to be brought again.
    pub fn fault(error: &dyn std::error::Error) -> Self {
        let causes = std::iter::successors(Some(error), |error| error.source());
        let causes: Vec<String> = causes.map(ToString::to_string).collect();
        tracing::error!(error = causes.join(": "), "what came in could not be taken");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "try again later")
    }
}

impl From<messaging::Error> for Refused {
    fn from(error: messaging::Error) -> Self {
        match &error {
            messaging::Error::Refused { .. } => Self::unreadable(&error),
            messaging::Error::Store(_) | messaging::Error::NoObject(_) | messaging::Error::Contended => {
                Self::fault(&error)
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code, "message": self.message } });
        let response = Json(body).with_status(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.with_header("Retry-After", AGAIN).into_response()
        } else {
            response.into_response()
        }
    }
}
