//! Runs that wait for a record to change.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{RecordId, RunId, WaitId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wait")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WaitId,
    pub run_id: RunId,
    /// The step, as `StepId` writes it.
    pub step: String,
    pub attempt: i64,
    pub object: String,
    /// The version of the record that the run has seen; 0 where any record will do.
    pub version: i64,
    /// When the wait began.
    pub since: Timestamp,
    /// None where any record of the object will do.
    pub record_id: Option<RecordId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
