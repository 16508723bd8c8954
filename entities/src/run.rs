//! Executions of a version. The row, its steps and its state are the truth; run events are history.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{GateId, MemberId, RecordId, RunId, VersionId, WorkflowId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "run")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RunId,
    pub workflow_id: WorkflowId,
    pub version_id: VersionId,
    /// `QUEUED`, `RUNNING`, `WAITING`, `SUCCEEDED`, `FAILED`, `CANCELLED` or `REFUSED`.
    pub status: String,
    /// Key of the trigger that started the run.
    pub trigger_node: String,
    /// Object of the record the run is about.
    pub object: Option<String>,
    /// The record the run is about.
    pub record_id: Option<RecordId>,
    /// The version of the record that the change which started the run has left.
    pub record_version: Option<i64>,
    /// JSON: record and previous as they were at enrolment, the manual form's answers, what a call has sent, and the time
    /// that was due; out of line where it is long.
    pub input: String,
    /// The reducer's state, JSON with `format`; null before the first segment.
    pub state: Option<String>,
    /// The server node that leases the run.
    pub owner: Option<MemberId>,
    /// Fencing token: grows with each lease.
    pub epoch: i64,
    /// Sequence of the run's last event.
    pub seq: i64,
    /// How many facts were ever delivered to the run's inbox.
    pub inbox: i64,
    /// How many of them the run has taken.
    pub drained: i64,
    /// True while the run has work to do.
    pub ready: bool,
    /// What failed, for people.
    pub error: Option<String>,
    /// At most one run of a workflow has it.
    pub dedup_key: Option<String>,
    /// Why: see `crm::cause`; or the person, the schedule or the webhook that asked for it.
    pub cause: String,
    /// The run whose change started this one.
    pub cause_run: Option<RunId>,
    /// How many workflow-made changes led to this run.
    pub depth: i64,
    /// The gate that the run passes.
    pub gate_id: Option<GateId>,
    /// Its place in the gate's queue; null once it holds a slot.
    pub place: Option<i64>,
    /// When it may start, where the workflow's rate holds it back.
    pub start_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub started_at: Option<Timestamp>,
    pub finished_at: Option<Timestamp>,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
