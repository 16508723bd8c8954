//! People we talk to.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{RecordId, TeamId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "contact")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecordId,
    /// The name to show.
    pub name: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Lower case.
    pub email: Option<String>,
    pub phone: Option<String>,
    pub job_title: Option<String>,
    /// The company the contact works for.
    pub company_id: Option<RecordId>,
    /// `LEAD`, `ACTIVE`, `CUSTOMER` or `CHURNED`.
    pub status: String,
    /// `SUBSCRIBER`, `LEAD`, `QUALIFIED`, `OPPORTUNITY`, `CUSTOMER` or `ADVOCATE`.
    pub lifecycle: String,
    pub score: Option<i64>,
    pub source: Option<String>,
    /// True where marketing e-mail must not be sent.
    pub email_opt_out: bool,
    /// True where marketing SMS must not be sent.
    pub sms_opt_out: bool,
    /// IANA name.
    pub time_zone: Option<String>,
    pub city: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
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
