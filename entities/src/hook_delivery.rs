//! Calls from outside that have started a run, by the ids their senders gave them: one that comes again starts none.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{RunId, WorkflowId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "hook_delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub workflow_id: WorkflowId,
    /// The sender's id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub delivery: String,
    pub run_id: RunId,
    pub at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
