//! What a dry run found: the way it went, and everything that a run would have done on that way.

use std::collections::BTreeMap;

use pointsman_entities::{
    ids::{RecordId, UserId, VersionId, WorkflowId},
    time::Timestamp,
};
use pointsman_graph::{event::Outcome, step::StepId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::verdict::Verdict;
use crate::{crm::change::Operation, engine::live::Status};

/// A run that was played through.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Whether such a change would start a run at all, and why. The rest tells what a run would do if it were started.
    pub verdict: Verdict,
    /// How the run would end; none where the dry run came to a halt before.
    pub outcome: Option<Outcome>,
    /// Why it did not go on to the end.
    pub halt: Option<Halt>,
    /// The time at which it began, and the virtual time at which it was over.
    pub began: Timestamp,
    pub ended: Timestamp,
    /// By number: in the order in which they began.
    pub steps: BTreeMap<i64, Step>,
    /// In the order in which they would happen.
    pub effects: Vec<Effect>,
    /// How much there is to show, in bytes of text.
    #[serde(skip)]
    pub(super) bytes: usize,
}

/// Why a dry run did not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Halt {
    pub code: Code,
    /// For people.
    pub message: String,
}

/// The kinds of halt. Their texts are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Code {
    /// What is waited for has no time-out and no answer was given.
    WaitsForever,
    /// More steps than a dry run may have.
    StepLimit,
    /// More virtual time than a dry run may take.
    TimeLimit,
    /// More text in inputs and outputs than a dry run may show.
    SizeLimit,
}

impl Code {
    /// Stable, `UPPER_SNAKE`.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::WaitsForever => "WAITS_FOREVER",
            Self::StepLimit => "STEP_LIMIT",
            Self::TimeLimit => "TIME_LIMIT",
            Self::SizeLimit => "SIZE_LIMIT",
        }
    }
}

/// A step as its row would be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub node: String,
    pub step: String,
    pub status: Option<Status>,
    pub attempt: i64,
    pub port: Option<String>,
    /// The rendered config, or the traces of the conditions.
    pub input: Option<Json>,
    pub output: Option<Json>,
    /// `{code, message}` of the last failed attempt.
    pub error: Option<Json>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
    /// Until when it waits, or has waited.
    pub waits_until: Option<Timestamp>,
    /// Whether its outcome was made up, because nothing was sent and nobody gave an answer.
    pub simulated: bool,
}

/// Something that a run would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// The step that does it.
    pub step: String,
    pub at: Timestamp,
    pub act: Act,
}

/// What a run would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Act {
    /// A change of a record, as the log would tell it.
    Change(Diff),
    /// An e-mail, rendered.
    Email(Mail),
    /// An SMS, rendered.
    Sms {
        to: String,
        text: String,
        /// Whether it is marketing, which needs consent.
        marketing: bool,
    },
    /// A request. Headers may hold secrets: their names are enough.
    Http {
        /// Such as `POST`.
        method: String,
        url: String,
        headers: Vec<String>,
        body: Option<String>,
    },
    /// What a user would find among the notifications, also for an approval.
    Notice {
        user: UserId,
        title: String,
        body: Option<String>,
        link: Option<String>,
    },
    /// A signal, to whoever waits for it.
    Signal { name: String, key: String, payload: Json },
    /// Another run, of this or another workflow.
    Start {
        workflow: WorkflowId,
        version: VersionId,
        trigger: String,
        /// Whether the chain would be cut, so that it never begins.
        refused: bool,
    },
}

/// An e-mail as it would be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mail {
    pub to: Vec<String>,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    pub reply_to: Option<String>,
    pub subject: String,
    pub text: String,
    pub html: Option<String>,
    pub marketing: bool,
}

/// A change of a record, field by field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Diff {
    pub object: String,
    pub record: RecordId,
    /// The record's version once it is changed.
    pub version: i64,
    pub operation: Operation,
    /// `{field: [before, after]}`.
    pub fields: serde_json::Map<String, Json>,
}

impl Report {
    pub(super) fn begun(verdict: Verdict, at: Timestamp) -> Self {
        Self {
            verdict,
            outcome: None,
            halt: None,
            began: at,
            ended: at,
            steps: BTreeMap::new(),
            effects: Vec::new(),
            bytes: 0,
        }
    }

    /// How the run would end, as a run's status is called; none where the dry run came to a halt before.
    #[must_use]
    pub fn status(&self) -> Option<&'static str> {
        self.outcome.map(|outcome| match outcome {
            Outcome::Succeeded => "SUCCEEDED",
            Outcome::Failed => "FAILED",
            Outcome::Cancelled => "CANCELLED",
        })
    }

    /// The steps of a node that is waiting, or has an effect under way.
    pub(super) fn step_mut(&mut self, step: &StepId) -> Option<&mut Step> {
        let name = step.to_string();
        self.steps.values_mut().find(|known| known.step == name)
    }
}
