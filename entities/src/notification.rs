//! What users were told, in the order of its commits.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ApprovalId, NotificationId, RecordId, RunId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification")]
pub struct Model {
    /// Position among all notifications.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// The transaction's id on PostgreSQL, 0 on SQLite.
    pub tx: i64,
    pub id: NotificationId,
    pub user_id: UserId,
    pub title: String,
    pub body: Option<String>,
    /// A URL.
    pub link: Option<String>,
    /// The object of the run's record.
    pub object: Option<String>,
    pub record_id: Option<RecordId>,
    /// The run that tells.
    pub run_id: RunId,
    /// The step that tells.
    pub step: String,
    /// The approval that the user is asked for.
    pub approval_id: Option<ApprovalId>,
    pub created_at: Timestamp,
    pub read_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
