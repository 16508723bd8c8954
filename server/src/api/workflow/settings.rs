//! What an admin chose for all runs of a workflow, as clients see and send it.

use async_graphql::{Enum, InputObject, SimpleObject};
use pointsman_graph::definition;

use crate::api::scalar::Duration;

/// Whether a record that has been enrolled can be enrolled again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "definition::Reenrolment")]
pub enum Reenrolment {
    /// Each change that matches starts a run.
    Always,
    /// A record is enrolled once in its life.
    OncePerRecord,
    /// Not while a run for the record is under way.
    NotWhileRunning,
    /// Only where the trigger's condition did not hold before the change.
    WhenTurnsTrue,
}

/// What becomes of a run beyond the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "definition::Overflow")]
pub enum Overflow {
    /// It starts when its turn comes, first come, first served.
    Queue,
    /// It is not enrolled.
    Skip,
    /// It takes the place of the older ones, which are cancelled.
    Restart,
    /// It starts all the same: the limit is not enforced.
    Parallel,
}

/// What holds for all runs of a workflow. What is null is not restricted.
#[derive(SimpleObject, InputObject)]
#[graphql(input_name = "WorkflowSettingsInput")]
pub struct WorkflowSettings {
    /// Whether a record that has been enrolled can be enrolled again; null: always.
    reenrolment: Option<Reenrolment>,
    /// How many runs with the same key there are at a time.
    concurrency: Option<WorkflowConcurrency>,
    /// Which starts are the same start.
    deduplication: Option<WorkflowDeduplication>,
    /// How fast runs start.
    rate: Option<WorkflowRate>,
}

/// How many runs with the same key there are at a time.
#[derive(SimpleObject, InputObject)]
#[graphql(input_name = "WorkflowConcurrencyInput")]
pub struct WorkflowConcurrency {
    /// An expression on what starts the run, such as `record.company`; null: all runs share one key.
    key: Option<String>,
    /// At most so many at a time, 1 to 1,000; null: one.
    limit: Option<i32>,
    /// What becomes of those beyond; null: they queue.
    overflow: Option<Overflow>,
}

/// Which starts are the same start: the first one counts.
#[derive(SimpleObject, InputObject)]
#[graphql(input_name = "WorkflowDeduplicationInput")]
pub struct WorkflowDeduplication {
    /// An expression on what starts the run, such as `record.email`.
    key: Option<String>,
    /// For how long; null: for ever.
    window: Option<Duration>,
}

/// How fast runs start; those beyond start later.
#[derive(SimpleObject, InputObject)]
#[graphql(input_name = "WorkflowRateInput")]
pub struct WorkflowRate {
    /// At most so many starts, 1 to 1,000…
    limit: Option<i32>,
    /// … in any stretch of so long.
    per: Option<Duration>,
}

impl From<&definition::Settings> for WorkflowSettings {
    fn from(settings: &definition::Settings) -> Self {
        let number = |number: Option<u32>| number.map(|number| i32::try_from(number).unwrap_or(i32::MAX));
        let concurrency = settings.concurrency.as_ref().map(|rule| WorkflowConcurrency {
            key: rule.key.clone(),
            limit: number(rule.limit),
            overflow: rule.overflow.map(Overflow::from),
        });
        let deduplication = settings.deduplication.as_ref().map(|rule| WorkflowDeduplication {
            key: rule.key.clone(),
            window: rule.window.clone().map(Duration),
        });
        let rate = settings.rate.as_ref().map(|rule| WorkflowRate {
            limit: number(rule.limit),
            per: rule.per.clone().map(Duration),
        });
        Self {
            reenrolment: settings.reenrolment.map(Reenrolment::from),
            concurrency,
            deduplication,
            rate,
        }
    }
}

impl From<WorkflowSettings> for definition::Settings {
    fn from(settings: WorkflowSettings) -> Self {
        // A number below nothing is out of range as nothing is, and the check says so.
        let number = |number: Option<i32>| number.map(|number| u32::try_from(number).unwrap_or(0));
        let concurrency = settings.concurrency.map(|rule| definition::Concurrency {
            key: rule.key,
            limit: number(rule.limit),
            overflow: rule.overflow.map(definition::Overflow::from),
        });
        let deduplication = settings.deduplication.map(|rule| definition::Deduplication {
            key: rule.key,
            window: rule.window.map(|window| window.0),
        });
        let rate = settings.rate.map(|rule| definition::Rate {
            limit: number(rule.limit),
            per: rule.per.map(|per| per.0),
        });
        Self {
            reenrolment: settings.reenrolment.map(definition::Reenrolment::from),
            concurrency,
            deduplication,
            rate,
        }
    }
}
