//! What follows from a fact: orders for whoever owns the database, the timers and the outside world. Only data.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{event::Outcome, step::StepId};

/// One order, to be carried out in the order given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Decision {
    /// Do the step's work, and say how it went by an event that carries the same attempt.
    Execute { step: StepId, attempt: u32 },
    /// Set a timer that brings `RetryDue` for this attempt.
    Retry {
        step: StepId,
        attempt: u32,
        due_at: DateTime<Utc>,
    },
    /// No way led to the step.
    Skip { step: StepId },
    /// The step is disabled: it did nothing, and the run goes on behind it.
    Pass { step: StepId },
    /// A join has what it waited for.
    Fire { step: StepId },
    /// A loop is over; of its items so many failed and were tolerated.
    Close {
        step: StepId,
        #[serde(default)]
        items: u32,
        failed: u32,
    },
    /// The step failed for good and leaves by its error port.
    Divert { step: StepId },
    /// The step failed for good and nobody handles it: what is behind it stays unresolved.
    Fail { step: StepId },
    /// The run is ending with this step open: drop its timer, wait or order.
    Abandon { step: StepId },
    /// The run is over. Always last.
    Finish { outcome: Outcome },
}
