//! What became of an attempt: for the ledger, the run and the message.

use std::time::Duration;

use pointsman_entities::ids::RecordId;
use pointsman_graph::{event::Failure, step::StepId};
use serde_json::Value as Json;

use super::Delivery;
use crate::{
    actions::{self, Outcome},
    crm::id,
    engine::inbox::Fact,
};

/// What became of an attempt, as the ledger and the run are told.
#[derive(Clone)]
pub struct Verdict {
    /// The effect's state from now on.
    pub state: &'static str,
    /// The output, or the failure.
    pub result: Json,
    /// None where it went well.
    pub failure: Option<Failure>,
}

impl Verdict {
    pub fn of(delivery: Delivery, outcome: Outcome) -> Self {
        let repeats = delivery == Delivery::AtLeastOnce;
        match outcome {
            Outcome::Done { output } => Self {
                state: "DONE",
                result: output,
                failure: None,
            },
            Outcome::NotSent { failure, retry_after } => Self::failed(&failure, true, retry_after),
            Outcome::Rejected { failure, retryable } => Self::failed(&failure, retryable && repeats, None),
            Outcome::Unknown { failure } if repeats => Self::failed(&failure, true, None),
            Outcome::Unknown { failure } => Self {
                state: "UNKNOWN",
                ..Self::failed(&failure, false, None)
            },
        }
    }

    /// The same, whose output names the record of the message.
    #[must_use]
    pub fn naming(mut self, message: Option<RecordId>) -> Self {
        if let (None, Some(message), Json::Object(output)) = (&self.failure, message, &mut self.result) {
            output.insert("message".into(), id::format("message", message).into());
        }
        self
    }

    /// The effect must not be carried out.
    pub fn refused(code: &str, message: &str) -> Self {
        let failure = Failure {
            code: code.into(),
            message: message.into(),
            retryable: false,
            retry_after_ms: None,
        };
        Self {
            state: "FAILED",
            result: serde_json::json!(failure),
            failure: Some(failure),
        }
    }

    fn failed(failure: &actions::Failure, retryable: bool, retry_after: Option<Duration>) -> Self {
        let code = serde_json::to_value(failure.code)
            .ok()
            .and_then(|code| code.as_str().map(str::to_owned));
        let failure = Failure {
            code: code.unwrap_or_default(),
            message: failure.message.clone(),
            retryable,
            retry_after_ms: retry_after.and_then(|after| u64::try_from(after.as_millis()).ok()),
        };
        Self {
            state: "FAILED",
            result: serde_json::json!(failure),
            failure: Some(failure),
        }
    }

    /// What the run is told.
    pub fn fact(&self, step: StepId, attempt: u32) -> Fact {
        match &self.failure {
            None => Fact::EffectDone {
                step,
                attempt,
                output: self.result.clone(),
            },
            Some(failure) if self.state == "UNKNOWN" => Fact::EffectUnknown {
                step,
                attempt,
                failure: failure.clone(),
            },
            Some(failure) => Fact::EffectFailed {
                step,
                attempt,
                failure: failure.clone(),
            },
        }
    }

    /// The state of the message that was sent.
    pub fn message_state(&self) -> &'static str {
        match self.state {
            "DONE" => "SENT",
            "UNKNOWN" => "UNKNOWN",
            _ if self.failure.as_ref().is_some_and(|failure| failure.retryable) => "QUEUED",
            _ => "FAILED",
        }
    }
}
