//! What lets a start into a workflow once: the row is there, so the next one is turned away.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{EnrolmentId, RunId, WorkflowId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "enrolment_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// Made of the workflow, the kind and the key's value.
    pub id: EnrolmentId,
    pub workflow_id: WorkflowId,
    /// `ONCE`, `RUNNING` or `SAME`.
    pub kind: String,
    /// The run that it let in.
    pub run_id: RunId,
    /// Until when it holds; null: for ever, or until the run ends.
    pub until: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
