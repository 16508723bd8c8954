//! When the last runs of a workflow were started, or will be, for its rate.

use sea_orm::entity::prelude::*;

use crate::ids::WorkflowId;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "pace")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    /// The workflow's.
    pub id: WorkflowId,
    /// JSON: microseconds since 1970, ascending, as many as the rate's limit.
    pub starts: String,
    /// Optimistic lock.
    pub version: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
