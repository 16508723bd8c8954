//! Signals, kept for the runs that were open when they were sent.

use sea_orm::entity::prelude::*;

use crate::{ids::SignalId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SignalId,
    pub name: String,
    /// Tells signals of one name apart; may be empty.
    pub key: String,
    /// JSON.
    pub payload: String,
    /// Who sent it: an actor, or a run and its step.
    pub sender: String,
    pub sent_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
