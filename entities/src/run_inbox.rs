//! Facts that wait for a run: timers, results, signals.

use sea_orm::entity::prelude::*;

use crate::{ids::RunId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run_inbox")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub run_id: RunId,
    /// From 1, gapless within the run.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    /// Format of `fact`.
    pub format: i64,
    /// JSON.
    pub fact: String,
    pub at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
