//! Turnstiles: rows that those who decide on a count or an absence pass one at a time.

use sea_orm::entity::prelude::*;

use crate::{ids::TurnstileId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "turnstile")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: TurnstileId,
    /// Counts those who passed.
    pub turn: i64,
    /// Whom the last one chose, where it is a choice.
    pub last: Option<Uuid>,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
