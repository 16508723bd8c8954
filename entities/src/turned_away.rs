//! Changes that a trigger matched and that started no run, and why.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{EnrolmentId, RecordId, VersionId, WorkflowId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "turned_away")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EnrolmentId,
    pub workflow_id: WorkflowId,
    pub version_id: VersionId,
    /// Key of the trigger that matched.
    pub node: String,
    pub record_id: RecordId,
    /// The record's version after the change.
    pub record_version: i64,
    /// Stable, in upper case.
    pub reason: String,
    pub at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
