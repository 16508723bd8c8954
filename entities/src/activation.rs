//! Which version of a workflow was active from which epoch of the triggers on.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{VersionId, WorkflowId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workflow_id: WorkflowId,
    /// The first epoch of the triggers that it holds in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub epoch: i64,
    /// Null: none.
    pub version_id: Option<VersionId>,
    pub at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
