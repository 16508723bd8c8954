//! Runs that wait for a record to change.

use sea_orm::entity::prelude::*;

use crate::ids::{RecordId, RunId, WaitId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "wait")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WaitId,
    pub run_id: RunId,
    /// The step, as `StepId` writes it.
    pub step: String,
    pub object: String,
    /// None where any record of the object will do.
    pub record_id: Option<RecordId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
