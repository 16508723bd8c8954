//! What is to be delivered to a run at a time.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{RunId, TimerId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "timer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TimerId,
    pub run_id: RunId,
    /// The step, as `StepId` writes it.
    pub step: String,
    /// `DELAY`, `TIMEOUT` or `RETRY`.
    pub purpose: String,
    pub attempt: i64,
    pub due_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
