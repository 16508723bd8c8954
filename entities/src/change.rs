//! The append-only log of committed changes to records: audit trail, timeline, source of triggers.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{RecordId, RunId},
    time::Timestamp,
};

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "change")]
pub struct Model {
    /// Position in the log.
    #[sea_orm(primary_key)]
    pub seq: i64,
    /// The transaction's id on PostgreSQL, 0 on SQLite; with `seq` it orders the log.
    pub tx: i64,
    /// Format of `payload`, upcast on read.
    pub format: i64,
    pub at: Timestamp,
    /// The object's name.
    pub object: String,
    pub record_id: RecordId,
    /// The record's version after the change.
    pub record_version: i64,
    /// `CREATED`, `UPDATED`, `DELETED`, `RESTORED` or `ERASED`.
    pub operation: String,
    /// Names of the changed fields, comma separated.
    pub fields: String,
    /// JSON `{field: [before, after]}`; set to null by an erase, the only update this table allows.
    pub payload: Option<String>,
    /// Salt of the digest; erased with the payload.
    pub salt: Option<Vec<u8>>,
    /// SHA-256 of salt and payload.
    pub digest: Vec<u8>,
    /// Who: see `crm::cause`.
    pub actor: String,
    /// Why: see `crm::cause`.
    pub cause: String,
    /// The run that made the change.
    pub cause_run: Option<RunId>,
    /// How many workflow-made changes led to this one, itself included.
    pub depth: i64,
    /// Whether it was kept from starting workflows.
    pub suppressed: bool,
    /// The epoch of the triggers that it was matched with; null where it was not.
    pub triggers: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
