//! What has come in already, so that a delivery that is repeated is taken once.

use sea_orm::entity::prelude::*;

use crate::{ids::RecordId, time::Timestamp};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "inbound")]
pub struct Model {
    /// `EMAIL` or `SMS`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub channel: String,
    /// The Message-ID, or what the provider calls it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub external_id: String,
    /// The record it became; none where it was about another message.
    pub message_id: Option<RecordId>,
    pub received_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
