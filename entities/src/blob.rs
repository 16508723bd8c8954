//! Large payloads, out of the rows that refer to them, in parts.

use sea_orm::entity::prelude::*;

use crate::ids::BlobId;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "blob")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: BlobId,
    /// Counts the parts from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub part: i64,
    pub bytes: Vec<u8>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
