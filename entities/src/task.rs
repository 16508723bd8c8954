//! Things to do.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{RecordId, TeamId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "task")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecordId,
    pub title: String,
    pub body: Option<String>,
    /// `OPEN` or `DONE`.
    pub status: String,
    /// `LOW`, `NORMAL` or `HIGH`.
    pub priority: String,
    pub due_at: Option<Timestamp>,
    pub completed_at: Option<Timestamp>,
    /// The user who is to do it.
    pub assignee_id: Option<RecordId>,
    pub company_id: Option<RecordId>,
    pub contact_id: Option<RecordId>,
    pub deal_id: Option<RecordId>,
    /// The user who is responsible for the record.
    pub owner_id: Option<UserId>,
    /// The team that the record belongs to.
    pub team_id: Option<TeamId>,
    /// Counts the record's changes from 1; the optimistic lock.
    pub version: i64,
    pub created_at: Timestamp,
    pub created_by: Option<UserId>,
    pub updated_at: Timestamp,
    pub updated_by: Option<UserId>,
    /// Set while the record is in the bin.
    pub deleted_at: Option<Timestamp>,
    /// Custom fields by key, a JSON object.
    pub custom: String,
    /// What made the last change: see `crm::cause`.
    pub cause: String,
    /// How many workflow-made changes led to the last one.
    pub depth: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
