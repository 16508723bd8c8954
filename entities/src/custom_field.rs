//! Fields that administrators have defined. Their values stand in the records' own `custom` column.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{CustomFieldId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_field")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CustomFieldId,
    /// The name of the object that has it.
    pub object: String,
    /// Its name in the API, in expressions and in `custom`. Never changes.
    pub key: String,
    /// What it holds. Never changes.
    pub kind: String,
    /// Decimal places of a decimal. Never changes.
    pub scale: Option<i64>,
    /// The object that a reference refers to. Never changes.
    pub target: Option<String>,
    /// What people see.
    pub label: String,
    pub description: String,
    /// A choice's options as JSON: `[{key, label, retired}]`, in their order.
    pub options: String,
    /// What a new record has where it is given nothing, as text.
    pub initial: Option<String>,
    pub required: bool,
    /// Whether no two records that aren't deleted have the same value.
    pub distinct: bool,
    /// Whether there is to be an index.
    pub indexed: bool,
    /// `NONE`, `BUILDING`, `READY` or `DROPPING`.
    pub index_state: String,
    /// Its place among the object's custom fields.
    pub position: i64,
    /// Hidden; its values are kept.
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
