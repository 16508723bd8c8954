//! Workflows: drawn as drafts, checked, published as versions, started by changes or by hand.
//!
//! Decides what starts; never moves a run.

pub mod admission;
pub mod browse;
mod callees;
pub mod candidate;
mod demonstration;
pub mod dependants;
pub mod enrol;
mod enter;
pub mod gate;
pub mod hook;
pub mod keys;
mod listen;
pub mod manage;
pub mod matching;
mod pace;
pub mod publish;
pub mod readmission;
pub mod reason;
pub mod schedule;
pub mod start;
mod sweep;
pub mod versions;
pub mod why;

use pointsman_entities::ids::{ScheduleId, VersionId};

use crate::store;

/// Why a workflow could not be read or written. Never shown to clients.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the store failed")]
    Store(#[from] store::Error),
    #[error("there is no version {}", version.0)]
    MissingVersion { version: VersionId },
    #[error("the idempotency key was used for another request")]
    KeyReused,
    #[error("schedule {} is about node `{node}`, which is no trigger of time", schedule.0)]
    NotATime { schedule: ScheduleId, node: String },
    #[error("there is no time zone `{zone}`")]
    UnknownZone { zone: String },
    #[error("version {} is no longer sound: {reason}", version.0)]
    UnsoundVersion { version: VersionId, reason: String },
}
