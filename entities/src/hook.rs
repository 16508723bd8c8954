//! Paths at which active workflows are called from outside.

use sea_orm::entity::prelude::*;

use crate::ids::{VersionId, WorkflowId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hook")]
pub struct Model {
    /// Behind `/hooks/`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub path: String,
    pub workflow_id: WorkflowId,
    /// The version whose trigger it is.
    pub version_id: VersionId,
    /// Key of the trigger.
    pub node: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
