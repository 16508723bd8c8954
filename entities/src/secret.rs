//! Secrets of workflows and channels, sealed.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{SecretId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "secret")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SecretId,
    /// What expressions call it. Unique.
    pub name: String,
    /// The hosts it may be sent to, comma separated; empty where it is sent nowhere.
    pub hosts: String,
    /// Which key sealed it.
    pub key_id: String,
    /// Nonce and ciphertext.
    pub sealed: Vec<u8>,
    /// Counts the changes; the optimistic lock.
    pub version: i64,
    pub created_at: Timestamp,
    pub created_by: Option<UserId>,
    pub updated_at: Timestamp,
    /// Kept to the minute.
    pub last_used_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
