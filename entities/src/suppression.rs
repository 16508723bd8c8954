//! Addresses and numbers that nothing is sent to.

use sea_orm::entity::prelude::*;

use crate::{ids::RecordId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "suppression")]
pub struct Model {
    /// `EMAIL` or `SMS`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    /// In lower case, or E.164.
    #[sea_orm(primary_key, auto_increment = false)]
    pub address: String,
    /// `BOUNCED`, `COMPLAINED`, `STOPPED`, `UNSUBSCRIBED` or `MANUAL`.
    pub reason: String,
    /// What the other side said.
    pub detail: Option<String>,
    /// The message that bounced.
    pub message_id: Option<RecordId>,
    pub created_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
