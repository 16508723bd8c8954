//! Published definitions, immutable.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{UserId, VersionId, WorkflowId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workflow_version")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VersionId,
    pub workflow_id: WorkflowId,
    /// Counts from 1 within the workflow.
    pub number: i64,
    /// JSON with `format`.
    pub definition: String,
    /// The workflow's name at the time.
    pub name: String,
    /// IANA name, the workflow's at the time; calendar durations count in it.
    pub time_zone: String,
    pub published_at: Timestamp,
    pub published_by: Option<UserId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
