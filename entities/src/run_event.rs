//! Batches of facts about a run, one row a segment, in a gapless sequence of the run's own.

use sea_orm::entity::prelude::*;

use crate::{ids::RunId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run_event")]
pub struct Model {
    /// Position among all runs' batches.
    #[sea_orm(primary_key)]
    pub log_seq: i64,
    /// The transaction's id on PostgreSQL, 0 on SQLite.
    pub tx: i64,
    pub run_id: RunId,
    pub first_seq: i64,
    pub last_seq: i64,
    /// Format of `events`, upcast on read.
    pub format: i64,
    pub at: Timestamp,
    /// JSON array.
    pub events: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
