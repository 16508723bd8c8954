//! How far durable consumers of the change log have read.

use sea_orm::entity::prelude::*;

use crate::{ids::MemberId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "cursor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub tx: i64,
    pub seq: i64,
    pub owner: Option<MemberId>,
    /// When the owner's lease ends.
    pub until: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
