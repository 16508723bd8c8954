//! Keys for programs.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{KeyId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: KeyId,
    pub name: String,
    /// The role the key acts with.
    pub role: String,
    /// The owner, whose disabling disables the key.
    pub user_id: Option<UserId>,
    /// SHA-256 of the secret.
    pub secret_hash: Vec<u8>,
    pub created_at: Timestamp,
    pub created_by: Option<UserId>,
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// Kept to the minute.
    pub last_used_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
