//! Long work that somebody asked for, such as a backtest: done in parts, each committed with how far it has come.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{JobId, MemberId, UserId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: JobId,
    /// `BACKTEST`.
    pub kind: String,
    /// `RUNNING`, `DONE` or `FAILED`.
    pub state: String,
    /// What is to be done, as its kind writes it; long ones out of line.
    pub input: String,
    /// Parts done so far, of `total`.
    pub done: i64,
    pub total: i64,
    /// Where it goes on, and what it has found so far; long ones out of line.
    pub progress: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// The server node that works on it.
    pub owner: Option<MemberId>,
    /// Raised when it changes hands: whoever had it writes nothing more.
    pub fence: i64,
    pub created_by: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub finished_at: Option<Timestamp>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
