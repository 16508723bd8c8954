//! Facts that reach a run from outside of its segment: timers, results, changes of records, people.
//!
//! A delivery counts the run's inbox up and inserts the row under that number in one write set, so the numbers are gapless
//! and a run that parks at the same moment notices.

use pointsman_entities::{
    ids::{ApprovalId, RecordId, RunId, SignalId},
    run, run_inbox,
    time::Timestamp,
};
use pointsman_graph::{
    event::{Failure, Outcome},
    step::StepId,
};
use sea_orm::{ColumnTrait, EntityName, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::store::{self, Assign, Cell, Delete, Insert, Refusal, Slot, Store, Update, Write, WriteSet};

/// The format of the facts' JSON; earlier ones are upcast in [`pending`].
const FORMAT: i64 = 1;

/// Something a run must be told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fact {
    /// A timer went off.
    Due {
        purpose: Purpose,
        step: StepId,
        attempt: u32,
    },
    /// An effect was carried out.
    EffectDone { step: StepId, attempt: u32, output: Json },
    /// An effect was not carried out.
    EffectFailed {
        step: StepId,
        attempt: u32,
        failure: Failure,
    },
    /// Nobody knows whether an effect was carried out, and it must not be repeated.
    EffectUnknown {
        step: StepId,
        attempt: u32,
        failure: Failure,
    },
    /// A record that a step waits for was changed.
    RecordChanged {
        step: StepId,
        attempt: u32,
        record: RecordId,
    },
    /// A run that a step has called is over.
    ChildEnded {
        step: StepId,
        attempt: u32,
        run: RunId,
        outcome: Outcome,
        /// What it gives back.
        outputs: Json,
        error: Option<String>,
    },
    /// A person has decided what a step asks.
    Decided {
        step: StepId,
        attempt: u32,
        approval: ApprovalId,
    },
    /// A signal has come that the run waits for; which of its waits takes it is the run's to say.
    Signalled { signal: SignalId },
    /// A person, or the run that called this one, cancels it.
    CancelRequested,
    /// A person retries the run.
    ResumeRequested,
}

/// What a timer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Purpose {
    /// The end of a delay.
    Delay,
    /// The end of a wait's patience.
    Timeout,
    /// The end of the patience with people.
    Deadline,
    /// The next attempt of a step.
    Retry,
    /// The time that the workflow's rate gave the run.
    Start,
    /// The end of the hours in which nobody is disturbed.
    Quiet,
}

impl Purpose {
    /// The purpose as it is stored.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Delay => "DELAY",
            Self::Timeout => "TIMEOUT",
            Self::Deadline => "DEADLINE",
            Self::Retry => "RETRY",
            Self::Start => "START",
            Self::Quiet => "QUIET",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Delay,
            Self::Timeout,
            Self::Deadline,
            Self::Retry,
            Self::Start,
            Self::Quiet,
        ]
        .into_iter()
        .find(|purpose| purpose.text() == text)
    }
}

impl Fact {
    /// The step and the attempt that must still be open for the fact to matter; none where the reducer judges alone.
    #[must_use]
    pub fn about(&self) -> Option<(&StepId, u32)> {
        match self {
            Self::Due {
                purpose: Purpose::Delay | Purpose::Timeout | Purpose::Deadline | Purpose::Quiet,
                step,
                attempt,
            }
            | Self::EffectDone { step, attempt, .. }
            | Self::EffectFailed { step, attempt, .. }
            | Self::EffectUnknown { step, attempt, .. }
            | Self::RecordChanged { step, attempt, .. }
            | Self::ChildEnded { step, attempt, .. }
            | Self::Decided { step, attempt, .. } => Some((step, *attempt)),
            Self::Due {
                purpose: Purpose::Retry | Purpose::Start,
                ..
            }
            | Self::Signalled { .. }
            | Self::CancelRequested
            | Self::ResumeRequested => None,
        }
    }
}

/// Whether a refusal says that the run that a fact was to be delivered to is over.
#[must_use]
pub fn is_over(refusal: &Refusal) -> bool {
    *refusal
        == Refusal::Row {
            table: run::Entity.table_name(),
        }
}

/// Adds the delivery of a fact to a write set, which is refused where the run is over, see [`is_over`].
pub fn deliver(set: &mut WriteSet, run: RunId, fact: &Fact, now: Timestamp) {
    let number = set.slot();
    set.push(Write::Update(Update {
        table: run::Entity.table_name(),
        key: vec![("id", run.0.into())],
        set: vec![("inbox", Assign::Increment), ("ready", Assign::Value(true.into()))],
        guard: vec![("finished_at", sea_orm::Value::BigInt(None))],
        returning: Some(("inbox", number)),
        must_match: true,
    }));
    insert(set, run, number, fact, now);
}

/// As [`deliver`], to a run that is over and has work to do again from now on; refused where it was changed since `ended`
/// was read.
pub fn reopen(set: &mut WriteSet, ended: &run::Model, fact: &Fact, now: Timestamp) {
    let number = set.slot();
    set.push(Write::Update(Update {
        returning: Some(("inbox", number)),
        ..reopening(ended, vec![("inbox", Assign::Increment)], now)
    }));
    insert(set, ended.id, number, fact, now);
}

/// Makes a run that is over one that is not, and that queues nowhere.
#[must_use]
pub fn reopening(ended: &run::Model, mut set: Vec<(&'static str, Assign)>, now: Timestamp) -> Update {
    let begun = ended.started_at.is_some();
    set.extend([
        ("status", Assign::Value(if begun { "RUNNING" } else { "QUEUED" }.into())),
        ("ready", Assign::Value(true.into())),
        ("place", Assign::Value(sea_orm::Value::BigInt(None))),
        ("finished_at", Assign::Value(sea_orm::Value::BigInt(None))),
        ("updated_at", Assign::Value(now.micros().into())),
    ]);
    Update {
        table: run::Entity.table_name(),
        key: vec![("id", ended.id.0.into())],
        set,
        guard: vec![("status", "FAILED".into()), ("epoch", ended.epoch.into())],
        returning: None,
        must_match: true,
    }
}

fn insert(set: &mut WriteSet, run: RunId, number: Slot, fact: &Fact, now: Timestamp) {
    let json = serde_json::to_string(fact).unwrap_or_default();
    set.push(Write::Insert(Insert {
        table: run_inbox::Entity.table_name(),
        columns: vec!["run_id", "number", "format", "fact", "at"],
        cells: vec![
            Cell::Value(run.0.into()),
            Cell::Slot(number),
            Cell::Value(FORMAT.into()),
            Cell::Value(json.into()),
            Cell::Value(now.micros().into()),
        ],
        unless_present: false,
    }));
}

/// Adds the removal of facts that a run has taken.
pub fn remove(set: &mut WriteSet, run: RunId, numbers: impl IntoIterator<Item = i64>) {
    for number in numbers {
        let key = vec![("run_id", run.0.into()), ("number", number.into())];
        set.push(Write::Delete(Delete {
            table: run_inbox::Entity.table_name(),
            key,
            must_match: true,
        }));
    }
}

/// The facts that wait for a run, in their order.
///
/// # Errors
/// Where the database fails, or a fact can't be read.
pub async fn pending(store: &Store, run: RunId) -> Result<Vec<(i64, Fact)>, super::Error> {
    let rows = run_inbox::Entity::find()
        .filter(run_inbox::Column::RunId.eq(run))
        .order_by_asc(run_inbox::Column::Number)
        .all(store.reads())
        .await
        .map_err(store::Error::from)?;
    let fact = |row: run_inbox::Model| {
        let corrupt = |source| super::Error::Corrupt {
            table: "run_inbox",
            id: format!("{}/{}", run.0, row.number),
            source,
        };
        serde_json::from_str(&row.fact)
            .map(|fact| (row.number, fact))
            .map_err(corrupt)
    };
    rows.into_iter().map(fact).collect()
}
