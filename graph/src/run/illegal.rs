//! The facts that a run refuses.

use crate::{
    key::{NodeKey, Port},
    step::StepId,
};

/// Why a fact cannot follow a run's state: it came late, twice, out of order, or is about another plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IllegalEvent {
    #[error("the run has not started")]
    NotStarted,
    #[error("the run has already started")]
    AlreadyStarted,
    #[error("the run is over")]
    Over,
    #[error("`{0}` is not a trigger")]
    NotATrigger(NodeKey),
    #[error("step `{0}` is not open")]
    NotOpen(StepId),
    #[error("step `{0}` waits for no retry")]
    NotRetrying(StepId),
    #[error("step `{step}` is not at attempt {attempt}")]
    OtherAttempt { step: StepId, attempt: u32 },
    #[error("step `{step}` has no port `{port}`")]
    NoSuchPort { step: StepId, port: Port },
    #[error("step `{0}` is not a loop, so it has no items")]
    NotALoop(StepId),
    #[error("step `{0}` is a loop: it ends with its items")]
    IsALoop(StepId),
    #[error("only a run that failed because a step did can be resumed")]
    NotResumable,
}

impl IllegalEvent {
    /// Stable, `UPPER_SNAKE`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotStarted => "RUN_NOT_STARTED",
            Self::AlreadyStarted => "RUN_ALREADY_STARTED",
            Self::Over => "RUN_OVER",
            Self::NotATrigger(_) => "NOT_A_TRIGGER",
            Self::NotOpen(_) => "STEP_NOT_OPEN",
            Self::NotRetrying(_) => "STEP_NOT_RETRYING",
            Self::OtherAttempt { .. } => "OTHER_ATTEMPT",
            Self::NoSuchPort { .. } => "UNKNOWN_PORT",
            Self::NotALoop(_) => "NOT_A_LOOP",
            Self::IsALoop(_) => "IS_A_LOOP",
            Self::NotResumable => "RUN_NOT_RESUMABLE",
        }
    }
}
