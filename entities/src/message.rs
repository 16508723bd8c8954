//! E-mail and SMS, in and out.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{EffectId, RecordId, TeamId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "message")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RecordId,
    /// `EMAIL` or `SMS`.
    pub channel: String,
    /// `IN` or `OUT`.
    pub direction: String,
    /// `QUEUED`, `SENT`, `DELIVERED`, `BOUNCED`, `FAILED`, `UNKNOWN`, `CANCELLED` or `RECEIVED`.
    pub state: String,
    pub sender: Option<String>,
    pub recipient: Option<String>,
    pub subject: Option<String>,
    pub text: Option<String>,
    pub html: Option<String>,
    /// RFC 5322 Message-ID without angle brackets.
    pub message_id: Option<String>,
    /// The Message-ID this answers.
    pub in_reply_to: Option<String>,
    /// The message, one of ours, that this answers.
    pub answers_id: Option<RecordId>,
    /// When the last answer to it came.
    pub answered_at: Option<Timestamp>,
    /// True where a machine wrote it: an out-of-office reply, a list, a bounce.
    pub automatic: bool,
    /// What the provider calls it.
    pub provider_id: Option<String>,
    pub sent_at: Option<Timestamp>,
    pub company_id: Option<RecordId>,
    pub contact_id: Option<RecordId>,
    pub deal_id: Option<RecordId>,
    /// The effect that sent it.
    pub effect_id: Option<EffectId>,
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
