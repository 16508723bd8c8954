//! The roles that an installation has made itself.

use sea_orm::entity::prelude::*;

use crate::{ids::RoleId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "role")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RoleId,
    #[sea_orm(unique)]
    pub name: String,
    pub description: String,
    /// What the role allows: `crm::access::Rights` as JSON.
    pub rights: String,
    /// Counts the changes from 1; the optimistic lock.
    pub version: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
