//! Who may decide an approval.

use sea_orm::entity::prelude::*;

use crate::ids::{ApprovalId, UserId};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "approval_assignee")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub approval_id: ApprovalId,
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
