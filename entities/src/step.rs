//! Nodes executed by a run.

use sea_orm::entity::prelude::*;

use crate::{ids::RunId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "step")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: RunId,
    /// Counts the run's steps from 1 in the order they began.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Key of the node.
    pub node: String,
    /// The step, as `StepId` writes it: the node, behind the loop items it stands in.
    pub step: String,
    /// `RUNNING`, `WAITING`, `RETRYING`, `LOOPING`, `SUCCEEDED`, `FAILED`, `SKIPPED`, `CANCELLED` or `UNKNOWN`.
    pub status: String,
    /// From 1.
    pub attempt: i64,
    /// The port it left by.
    pub port: Option<String>,
    /// The node's configuration as rendered, JSON.
    pub input: Option<String>,
    /// JSON.
    pub output: Option<String>,
    /// JSON {code, message}.
    pub error: Option<String>,
    pub started_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
