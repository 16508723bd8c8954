//! The records of all objects that administrators have defined.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CustomObjectId, RecordId, TeamId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecordId,
    pub owner_id: Option<UserId>,
    pub team_id: Option<TeamId>,
    pub version: i64,
    pub created_at: Timestamp,
    pub created_by: Option<UserId>,
    pub updated_at: Timestamp,
    pub updated_by: Option<UserId>,
    pub deleted_at: Option<Timestamp>,
    pub custom: String,
    pub cause: String,
    pub depth: i64,
    /// The object that it is of.
    pub object_id: CustomObjectId,
    pub name: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
