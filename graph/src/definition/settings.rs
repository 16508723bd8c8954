//! What an admin chose for the whole workflow: how often a record may enter it, how many of its runs there are at a time,
//! how fast they start. As written, sound or not.

use serde::{Deserialize, Serialize};

/// What holds for all runs of a workflow. What is absent is not restricted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Settings {
    /// Whether a record that has been enrolled can be enrolled again; absent: always.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reenrolment: Option<Reenrolment>,
    /// How many runs with the same key there are at a time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<Concurrency>,
    /// Which starts are the same start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduplication: Option<Deduplication>,
    /// How fast runs start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
}

/// Whether a record that has been enrolled can be enrolled again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reenrolment {
    /// Each change that matches starts a run.
    #[default]
    Always,
    /// A record is enrolled once in its life.
    OncePerRecord,
    /// Not while a run for the record is under way.
    NotWhileRunning,
    /// Only where the trigger's condition did not hold before the change.
    WhenTurnsTrue,
}

/// How many runs with the same key there are at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Concurrency {
    /// An expression on what starts the run; absent: all runs of the workflow share one key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// At most so many at a time; absent: one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// What becomes of those beyond; absent: they queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overflow: Option<Overflow>,
}

/// What becomes of a run beyond the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Overflow {
    /// It starts when its turn comes, first come, first served.
    #[default]
    Queue,
    /// It is not enrolled.
    Skip,
    /// It takes the place of the older ones, which are cancelled.
    Restart,
    /// It starts all the same: the limit is not enforced.
    Parallel,
}

/// Which starts are the same start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Deduplication {
    /// An expression on what starts the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// For how long, as an exact ISO 8601 duration; absent: for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
}

/// How fast runs start; those beyond start later.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Rate {
    /// At most so many starts…
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// … in any stretch of so long, as an exact ISO 8601 duration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per: Option<String>,
}

impl Settings {
    /// Nothing is chosen.
    pub fn is_empty(&self) -> bool {
        *self == Settings::default()
    }
}
