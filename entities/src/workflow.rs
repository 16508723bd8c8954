//! Workflows: a draft, and the version that is live.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{UserId, VersionId, WorkflowId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workflow")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WorkflowId,
    pub name: String,
    pub description: Option<String>,
    /// `DRAFT`, `ACTIVE`, `PAUSED` or `ARCHIVED`.
    pub state: String,
    /// The definition being edited, JSON with `format`.
    pub draft: String,
    /// Counts the draft's saves; the optimistic lock.
    pub draft_version: i64,
    /// The version that new runs start on.
    pub active_version: Option<VersionId>,
    /// Number of the newest version, 0 before the first.
    pub latest_number: i64,
    /// IANA name; calendar durations count in it.
    pub time_zone: String,
    /// Optimistic lock of the row.
    pub version: i64,
    pub created_at: Timestamp,
    pub created_by: Option<UserId>,
    pub updated_at: Timestamp,
    pub updated_by: Option<UserId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
