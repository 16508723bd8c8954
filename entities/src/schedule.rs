//! Times at which active workflows look: one row for each trigger of time.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{RecordId, ScheduleId, VersionId, WorkflowId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "schedule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ScheduleId,
    pub workflow_id: WorkflowId,
    /// The version whose trigger it is.
    pub version_id: VersionId,
    /// Key of the trigger.
    pub node: String,
    /// IANA name; whose clocks the times follow.
    pub zone: String,
    /// The next time; while one is being worked on, that one.
    pub next_at: Timestamp,
    /// The last time that is done with; moments up to it are.
    pub since: Timestamp,
    /// How far the records of the time that is being worked on are done with; null where none is.
    pub after: Option<RecordId>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
