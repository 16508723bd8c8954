//! Kinds of records that administrators have defined.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CustomObjectId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_object")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomObjectId,
    /// Its name in the API and in expressions, and the prefix of its records' ids. Never changes.
    pub key: String,
    /// What people see.
    pub label: String,
    pub description: String,
    /// Its place among the custom objects.
    pub position: i64,
    /// Hidden, with all its records; nothing is lost.
    pub retired: bool,
    pub version: i64,
    pub created_at: Timestamp,
    pub created_by: Option<UserId>,
    pub updated_at: Timestamp,
    pub updated_by: Option<UserId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
