//! Workflows: drawn as drafts, checked, published as versions, started by changes or by hand.
//!
//! Decides what starts; never moves a run.

pub mod browse;
mod callees;
mod demonstration;
pub mod enrol;
pub mod manage;
pub mod publish;
pub mod start;
pub mod versions;

use pointsman_entities::ids::{VersionId, WorkflowId};

use crate::store;

/// Why a workflow could not be read or written. Never shown to clients.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the store failed")]
    Store(#[from] store::Error),
    #[error("there is no workflow {}", workflow.0)]
    MissingWorkflow { workflow: WorkflowId },
    #[error("there is no version {}", version.0)]
    MissingVersion { version: VersionId },
    #[error("the idempotency key was used for another request")]
    KeyReused,
    #[error("version {} is no longer sound: {reason}", version.0)]
    UnsoundVersion { version: VersionId, reason: String },
}
