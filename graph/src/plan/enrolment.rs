//! Who may enter a workflow, and when, once the check has found it sound. Whoever enrols decides by it.

use chrono::TimeDelta;

use crate::{
    definition::{Overflow, Reenrolment},
    expression::Expression,
};

/// The compiled settings of a workflow.
#[derive(Clone, Debug, Default)]
pub struct Enrolment {
    /// Whether a record that has been enrolled can be enrolled again.
    pub reenrolment: Reenrolment,
    /// How many runs there are at a time; none where nothing limits them.
    pub concurrency: Option<Concurrency>,
    /// Which starts are the same start.
    pub deduplication: Option<Deduplication>,
    /// How fast runs start.
    pub rate: Option<Rate>,
}

/// At most `limit` runs of one key at a time.
#[derive(Clone, Debug)]
pub struct Concurrency {
    /// None: all runs of the workflow share one key.
    pub key: Option<Expression>,
    pub limit: u32,
    pub overflow: Overflow,
}

/// One start for each key within the window.
#[derive(Clone, Debug)]
pub struct Deduplication {
    pub key: Expression,
    /// None: for ever.
    pub window: Option<TimeDelta>,
}

/// At most `limit` starts in any stretch of `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub limit: u32,
    pub per: TimeDelta,
}
