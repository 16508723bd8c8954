//! The ledger: orders to the outside world, each with its idempotency key.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{EffectId, MemberId, RunId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "effect")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: EffectId,
    pub run_id: RunId,
    /// The step, as `StepId` writes it.
    pub step: String,
    /// Unique, stable over attempts.
    pub idempotency_key: String,
    /// `EMAIL` or `HTTP`.
    pub kind: String,
    /// `AT_LEAST_ONCE` or `AT_MOST_ONCE`.
    pub delivery: String,
    /// The format of `payload`; 0 in rows from before formats were numbered.
    pub format: i64,
    /// The rendered order, JSON.
    pub payload: String,
    /// `PENDING`, `SENDING`, `DONE`, `FAILED`, `UNKNOWN` or `CANCELLED`.
    pub state: String,
    /// Calls, counted before each.
    pub attempts: i64,
    /// The step's attempt that the effect is for.
    pub attempt: i64,
    /// When it may be sent.
    pub next_at: Timestamp,
    /// The server node that is to send it.
    pub owner: Option<MemberId>,
    /// Fencing token: grows with each claim.
    pub fence: i64,
    /// JSON.
    pub result: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
