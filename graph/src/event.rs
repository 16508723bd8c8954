//! The facts a run is moved by. They are stored, so a variant's meaning never changes: a new meaning is a new format.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    key::{NodeKey, Port},
    retry::Chance,
    step::StepId,
};

/// The format that events are written in. [`RunEvent::read`] upcasts every earlier one.
pub const FORMAT: u16 = 1;

/// One fact about a run. Values stay outside: a fact says which way a step left, not what it found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum RunEvent {
    /// A trigger, or a person, started the run.
    Started { trigger: NodeKey, at: DateTime<Utc> },
    /// A step did its work and leaves by a port.
    StepSucceeded {
        step: StepId,
        attempt: u32,
        port: Port,
        at: DateTime<Utc>,
    },
    /// One attempt of a step failed. `chance` decides the jitter of the next one.
    AttemptFailed {
        step: StepId,
        attempt: u32,
        failure: Failure,
        chance: Chance,
        at: DateTime<Utc>,
    },
    /// The timer of a retry went off; `attempt` is the one to begin.
    RetryDue {
        step: StepId,
        attempt: u32,
        at: DateTime<Utc>,
    },
    /// A loop found its items.
    Opened {
        step: StepId,
        attempt: u32,
        items: u32,
        at: DateTime<Utc>,
    },
    /// A stop node ends the run, whatever else is open.
    Stopped {
        step: StepId,
        attempt: u32,
        outcome: Outcome,
        message: String,
        at: DateTime<Utc>,
    },
    /// A person cancels the run.
    CancelRequested { at: DateTime<Utc> },
    /// A person retries a failed run: every step that failed is tried again, with all its attempts.
    Resumed { at: DateTime<Utc> },
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Stable, `UPPER_SNAKE`.
    pub code: String,
    pub message: String,
    /// Whether another attempt may help. False where the outcome is unknown and must not be repeated.
    pub retryable: bool,
    /// What the other side asked for (Retry-After), in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    Succeeded,
    Failed,
    Cancelled,
}

/// A stored event that this version cannot read.
#[derive(Debug, thiserror::Error)]
pub enum ReadEvent {
    #[error("run event format {0} is unknown; this version writes {FORMAT}")]
    Unknown(u16),
    #[error("run event of format {format} is malformed")]
    Malformed {
        format: u16,
        #[source]
        source: serde_json::Error,
    },
}

impl RunEvent {
    /// Reads an event that was stored in some format. A format is never dropped: each gets its arm here, which turns
    /// the JSON into that of the next one.
    ///
    /// # Errors
    /// [`ReadEvent`] where a later version wrote it, or the JSON is none of ours.
    pub fn read(format: u16, json: serde_json::Value) -> Result<RunEvent, ReadEvent> {
        match format {
            FORMAT => serde_json::from_value(json).map_err(|source| ReadEvent::Malformed { format, source }),
            unknown => Err(ReadEvent::Unknown(unknown)),
        }
    }
}
