//! Questions of runs to people, and what was decided.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{ApprovalId, RecordId, RunId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "approval")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ApprovalId,
    pub run_id: RunId,
    /// The step, as `StepId` writes it.
    pub step: String,
    pub attempt: i64,
    pub title: String,
    pub body: Option<String>,
    /// JSON: the form's fields.
    pub form: String,
    /// The object of the run's record.
    pub object: Option<String>,
    pub record_id: Option<RecordId>,
    /// `PENDING`, `APPROVED`, `REJECTED`, `TIMED_OUT` or `CANCELLED`.
    pub status: String,
    pub requested_at: Timestamp,
    pub deadline: Option<Timestamp>,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<UserId>,
    pub comment: Option<String>,
    /// JSON: the form's answers by name.
    pub answers: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
