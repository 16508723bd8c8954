//! The values of custom fields that must be unique, and who has them: a row a value, so that a second one is refused.

use sea_orm::entity::prelude::*;

use crate::ids::{CustomFieldId, RecordId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "custom_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub field_id: CustomFieldId,
    /// The value as text.
    #[sea_orm(primary_key, auto_increment = false)]
    pub value: String,
    pub record_id: RecordId,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
