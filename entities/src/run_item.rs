//! What the loops of a run go through: written once, when a loop finds its items.

use sea_orm::entity::prelude::*;

use crate::ids::RunId;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run_item")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: RunId,
    /// The loop's step, as `StepId` writes it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub step: String,
    /// From 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// JSON.
    pub value: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
