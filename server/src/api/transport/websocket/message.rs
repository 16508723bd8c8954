//! The messages of `graphql-transport-ws` and the codes that close a connection.
//! Never lenient: what the protocol does not know is a reason to close.

use async_graphql::ServerError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::payload::Payload;

/// The longest operation id, in bytes: each is kept while its operation runs.
const LONGEST_ID: usize = 256;

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromClient {
    ConnectionInit { payload: Option<Map<String, Value>> },
    Ping { payload: Option<Map<String, Value>> },
    Pong,
    Subscribe { id: String, payload: Map<String, Value> },
    Complete { id: String },
}

impl FromClient {
    /// Reads one message; `None` where it is none of the protocol's.
    pub(super) fn read(text: &str) -> Option<Self> {
        // By way of an object: serde would read a list into a tagged enum as well.
        let object: Map<String, Value> = serde_json::from_str(text).ok()?;
        let message = serde_json::from_value(Value::Object(object)).ok()?;
        match &message {
            Self::Subscribe { id, .. } | Self::Complete { id } if id.len() > LONGEST_ID => None,
            Self::Subscribe { .. }
            | Self::Complete { .. }
            | Self::ConnectionInit { .. }
            | Self::Ping { .. }
            | Self::Pong => Some(message),
        }
    }
}

/// What the server says.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum FromServer<'a> {
    ConnectionAck,
    Pong {
        #[serde(skip_serializing_if = "Option::is_none")]
        payload: Option<Map<String, Value>>,
    },
    Next {
        id: &'a str,
        payload: Payload,
    },
    Error {
        id: &'a str,
        payload: Vec<ServerError>,
    },
    Complete {
        id: &'a str,
    },
}

impl FromServer<'_> {
    /// Whether the operation has no more to say.
    pub(super) fn is_last(&self) -> bool {
        match self {
            Self::Error { .. } | Self::Complete { .. } => true,
            Self::ConnectionAck | Self::Pong { .. } | Self::Next { .. } => false,
        }
    }

    /// The message as it goes over the wire.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|error| {
            tracing::error!(%error, "a message cannot be written as JSON");
            String::new()
        })
    }
}

/// Why the server closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    GoingAway,
    TooBig,
    /// The client does not read what it asked for, or the server cannot tell who it is: later it may go better.
    TryAgainLater,
    Malformed,
    NotAcknowledged,
    Forbidden,
    Protocol,
    NoInit,
    DuplicateOperation,
    SecondInit,
}

impl Close {
    /// The code and the reason, the protocol's own where it has one.
    pub(super) const fn frame(self) -> (u16, &'static str) {
        match self {
            Self::GoingAway => (1001, "Going away"),
            Self::TooBig => (1009, "Message too big"),
            Self::TryAgainLater => (1013, "Try again later"),
            Self::Malformed => (4400, "Invalid message"),
            Self::NotAcknowledged => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::Protocol => (4406, "Subprotocol not acceptable"),
            Self::NoInit => (4408, "Connection initialisation timeout"),
            Self::DuplicateOperation => (4409, "Subscriber already exists"),
            Self::SecondInit => (4429, "Too many initialisation requests"),
        }
    }
}
