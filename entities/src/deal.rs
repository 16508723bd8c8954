//! Sales in progress, won and lost.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{RecordId, TeamId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deal")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecordId,
    pub name: String,
    /// In minor units of the currency.
    pub amount_minor: Option<i64>,
    /// ISO 4217 code.
    pub amount_currency: Option<String>,
    /// `OPEN`, `WON` or `LOST`; follows the stage's kind.
    pub status: String,
    pub pipeline_id: RecordId,
    pub stage_id: RecordId,
    /// Percent; follows the stage unless set.
    pub probability: i64,
    /// The day the deal is expected to close, as its midnight in UTC.
    pub close_date: Option<Timestamp>,
    /// When the deal was won or lost.
    pub closed_at: Option<Timestamp>,
    pub company_id: Option<RecordId>,
    /// The main contact.
    pub contact_id: Option<RecordId>,
    pub lost_reason: Option<String>,
    pub source: Option<String>,
    pub description: Option<String>,
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
