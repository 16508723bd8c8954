//! Runs that wait for a signal.

use sea_orm::entity::prelude::*;

use crate::ids::{RunId, SignalWaitId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signal_wait")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignalWaitId,
    pub run_id: RunId,
    /// The step, as `StepId` writes it.
    pub step: String,
    pub attempt: i64,
    pub name: String,
    pub key: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
