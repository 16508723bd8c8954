//! What happened in a run, for those who watch: facts and decisions in the run's own gapless sequence.
//!
//! History only: the run's row and its steps are the truth. The facts among the entries replay to the same state.

use pointsman_entities::{ids::RunId, run_event, time::Timestamp};
use pointsman_graph::{decision::Decision, event::RunEvent, step::StepId};
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};

/// The format of the entries' JSON.
pub const FORMAT: i64 = 1;

/// One entry of a run's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    pub seq: i64,
    /// When, in microseconds since 1970.
    pub at: Timestamp,
    #[serde(flatten)]
    pub what: What,
}

/// What an entry tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum What {
    /// What the run was told.
    Fact(RunEvent),
    /// What followed from it.
    Decision(Decision),
    /// The run may not start yet, before a time if that is known.
    Queued { until: Option<Timestamp> },
    /// The run never begins.
    Refused { reason: String },
    /// A step waits, until a time if it has one.
    Waiting { step: StepId, until: Option<Timestamp> },
    /// Nobody knows whether the step's effect was carried out; a person must say.
    Unknown { step: StepId, message: String },
}

/// The history that a segment adds.
#[derive(Debug)]
pub struct Writer {
    entries: Vec<Entry>,
    last: i64,
    at: Timestamp,
}

impl Writer {
    /// Continues after a sequence number.
    #[must_use]
    pub fn after(last: i64, at: Timestamp) -> Self {
        Self {
            entries: Vec::new(),
            last,
            at,
        }
    }

    pub fn note(&mut self, what: What) {
        self.last += 1;
        self.entries.push(Entry {
            seq: self.last,
            at: self.at,
            what,
        });
    }

    /// The sequence number of the newest entry.
    #[must_use]
    pub fn last(&self) -> i64 {
        self.last
    }

    /// The row that holds the entries; none where there are none.
    #[must_use]
    pub fn row(&self, run: RunId) -> Option<run_event::ActiveModel> {
        let (first, last) = (self.entries.first()?, self.entries.last()?);
        Some(run_event::ActiveModel {
            run_id: Set(run),
            first_seq: Set(first.seq),
            last_seq: Set(last.seq),
            format: Set(FORMAT),
            at: Set(self.at),
            events: Set(serde_json::to_string(&self.entries).unwrap_or_default()),
            ..Default::default()
        })
    }
}
