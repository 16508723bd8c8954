//! How many runs of a workflow with one key are under way. Absent while there are none.

use sea_orm::entity::prelude::*;

use crate::ids::{GateId, WorkflowId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "gate")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// Made of the workflow and the key's value.
    pub id: GateId,
    pub workflow_id: WorkflowId,
    /// Runs that hold a slot.
    pub running: i64,
    /// How many have ever queued here: the place of the last.
    pub arrivals: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
