//! What Pointsman does to the outside world, and what it knows of the result. Never opens a transaction and never
//! decides whether to try again: it says what is certain, and the engine decides.

pub mod egress;
pub mod email;
pub mod http;
mod key;
pub mod sms;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use key::{IdempotencyKey, InvalidKey};

/// What became of one attempt at an effect.
///
/// | | did the effect happen? | sent again with the same key |
/// |---|---|---|
/// | `Done` | yes | never |
/// | `NotSent` | certainly not | always |
/// | `Rejected`, not retryable | no, and it never will; or its answer will not do | never |
/// | `Rejected`, retryable | the other side says no, but may have done some of it | where delivery is at least once |
/// | `Unknown` | nobody can tell | where delivery is at least once |
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The other side has accepted it; `output` is what later steps see.
    Done {
        /// The step's output.
        output: Value,
    },
    /// Nothing was accepted, for certain.
    NotSent {
        /// Why.
        failure: Failure,
        /// How long the other side asked to be left alone, at most a day.
        retry_after: Option<Duration>,
    },
    /// A definite refusal: by us before anything was sent, or by the answer of the other side.
    Rejected {
        /// Why.
        failure: Failure,
        /// Whether the same order may fare better later.
        retryable: bool,
    },
    /// The effect may have happened.
    Unknown {
        /// How the answer was lost.
        failure: Failure,
    },
}

impl Outcome {
    fn not_sent(code: Code, message: impl Into<String>) -> Self {
        Self::NotSent {
            failure: Failure::new(code, message),
            retry_after: None,
        }
    }

    fn rejected(code: Code, message: impl Into<String>) -> Self {
        Self::Rejected {
            failure: Failure::new(code, message),
            retryable: false,
        }
    }

    fn unknown(code: Code, message: impl Into<String>) -> Self {
        Self::Unknown {
            failure: Failure::new(code, message),
        }
    }
}

/// Why an attempt was no success, for people and for programs. It carries no secret and no part of a URL's query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What programs compare.
    pub code: Code,
    /// What people read; its wording may change.
    pub message: String,
}

impl Failure {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// The stable codes of failures, written as `EGRESS_REFUSED`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// The address, scheme or redirect is one that Pointsman does not call.
    EgressRefused,
    /// The order itself is malformed.
    InvalidOrder,
    /// No connection came about: name, network, TLS or greeting.
    ConnectFailed,
    /// The mail server does not take our name and password.
    AuthenticationFailed,
    /// The other side asked us to slow down.
    RateLimited,
    /// The other side is not ready, and says that nothing was done.
    Unavailable,
    /// The other side refused it.
    Refused,
    /// An HTTP answer whose status is none of the expected.
    UnexpectedStatus,
    /// An HTTP answer that does not keep to the order's JSON Schema.
    SchemaMismatch,
    /// A gateway answered because the server behind it did not.
    GatewayFailed,
    /// The connection broke, or time ran out, when all or part of the order had been sent.
    AnswerLost,
}
