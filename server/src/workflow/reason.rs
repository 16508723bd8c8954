//! Why a change that matched started nothing.

/// Why a start was turned away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The record was enrolled before.
    EnrolledBefore,
    /// A run for the record is under way.
    StillRunning,
    /// The same start was let in before.
    Duplicate,
    /// As many runs with the key are under way as there may be.
    LimitReached,
    /// A key has no value.
    KeyFailed,
}

impl Reason {
    /// The reason as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::EnrolledBefore => "ENROLLED_BEFORE",
            Self::StillRunning => "STILL_RUNNING",
            Self::Duplicate => "DUPLICATE",
            Self::LimitReached => "LIMIT_REACHED",
            Self::KeyFailed => "KEY_FAILED",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::EnrolledBefore,
            Self::StillRunning,
            Self::Duplicate,
            Self::LimitReached,
            Self::KeyFailed,
        ]
        .into_iter()
        .find(|reason| reason.text() == text)
    }

    /// For people.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::EnrolledBefore => "the record was enrolled before, and the workflow takes each record once",
            Self::StillRunning => "a run for the record is under way",
            Self::Duplicate => "the same start was let in before",
            Self::LimitReached => "as many runs are under way as the workflow allows",
            Self::KeyFailed => "a key of the workflow's settings has no value",
        }
    }
}
