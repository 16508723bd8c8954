//! Keys that let a start into a workflow once: a row each, whose absence is the guard. The row of a record's running run
//! goes with the run; those of a window are cleared away after it.

use std::collections::HashSet;

use pointsman_entities::{
    enrolment_key,
    ids::{EnrolmentId, RecordId, RunId, WorkflowId},
    run,
    time::Timestamp,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityName, EntityTrait, PaginatorTrait, QueryFilter};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::store::{self, Delete, Require, Store, Update, Write, WriteSet};

/// What a key is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The record was enrolled.
    Once,
    /// A run for the record is under way.
    Running,
    /// The same start, by the workflow's own expression.
    Same,
}

impl Kind {
    fn text(self) -> &'static str {
        match self {
            Self::Once => "ONCE",
            Self::Running => "RUNNING",
            Self::Same => "SAME",
        }
    }
}

/// One key of a workflow.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    pub id: EnrolmentId,
    pub workflow: WorkflowId,
    pub kind: Kind,
    /// Until when it holds; none: for ever, or until the run ends.
    pub until: Option<Timestamp>,
}

/// What stands in the place of a key.
pub enum Found {
    Free,
    /// Its window is over.
    Expired(enrolment_key::Model),
    Taken(enrolment_key::Model),
}

impl Key {
    /// The key of a record.
    #[must_use]
    pub fn of_record(workflow: WorkflowId, kind: Kind, record: RecordId) -> Self {
        Self {
            id: EnrolmentId(fingerprint(workflow, kind.text(), &record.0.to_string())),
            workflow,
            kind,
            until: None,
        }
    }

    /// The key of a start that the workflow's expression names.
    #[must_use]
    pub fn of_start(workflow: WorkflowId, value: &str, until: Option<Timestamp>) -> Self {
        Self {
            id: EnrolmentId(fingerprint(workflow, Kind::Same.text(), value)),
            workflow,
            kind: Kind::Same,
            until,
        }
    }

    /// What stands in its place now.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn find(&self, store: &Store, now: Timestamp) -> Result<Found, store::Error> {
        let row = enrolment_key::Entity::find_by_id(self.id).one(store.reads()).await?;
        Ok(match row {
            None => Found::Free,
            Some(row) if row.until.is_some_and(|until| until <= now) => Found::Expired(row),
            Some(row) => Found::Taken(row),
        })
    }

    /// Takes the key for a run, refused where another was quicker.
    pub fn take(&self, expired: Option<&enrolment_key::Model>, run: RunId, set: &mut WriteSet) {
        let row = enrolment_key::ActiveModel {
            id: Set(self.id),
            workflow_id: Set(self.workflow),
            kind: Set(self.kind.text().into()),
            run_id: Set(run),
            until: Set(self.until),
        };
        match expired {
            None => set.insert(row),
            Some(old) => {
                let update = Update::of(vec![("id", self.id.0.into())], &row);
                set.push(Write::Update(update.guarded("run_id", old.run_id.0)));
            }
        }
    }
}

/// Adds the guard that a taken key is still taken by the same run.
pub fn require(row: &enrolment_key::Model, set: &mut WriteSet) {
    set.push(Write::Require(Require {
        table: enrolment_key::Entity.table_name(),
        key: vec![("id", row.id.0.into())],
        guard: vec![("run_id", row.run_id.0.into())],
    }));
}

/// Adds the return of the key that a record's run has held while it ran.
pub fn give_back(workflow: WorkflowId, record: RecordId, run: RunId, set: &mut WriteSet) {
    let key = Key::of_record(workflow, Kind::Running, record);
    set.push(Write::Delete(Delete {
        table: enrolment_key::Entity.table_name(),
        key: vec![("id", key.id.0.into()), ("run_id", run.0.into())],
        must_match: false,
    }));
}

/// Whether the record has runs from before the workflow had the rule, which took no key. No start can add to them: it
/// would be under the rule.
///
/// # Errors
/// Where the database fails.
pub async fn has_earlier_runs(store: &Store, key: &Key, record: RecordId) -> Result<bool, store::Error> {
    let runs = run::Entity::find()
        .filter(run::Column::RecordId.eq(record))
        .filter(run::Column::WorkflowId.eq(key.workflow))
        .filter(run::Column::Status.ne("REFUSED"));
    let runs = match key.kind {
        Kind::Once | Kind::Same => runs,
        Kind::Running => runs.filter(run::Column::FinishedAt.is_null()),
    };
    Ok(runs.count(store.reads()).await? > 0)
}

/// The keys that one decision has taken so far.
pub type Taken = HashSet<EnrolmentId>;

/// The name of a row that belongs to a workflow and a value of its key, the same on every server node.
#[must_use]
pub fn fingerprint(workflow: WorkflowId, kind: &str, value: &str) -> Uuid {
    let digest = Sha256::new()
        .chain_update(workflow.0)
        .chain_update(kind)
        .chain_update([0])
        .chain_update(value)
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Uuid::from_bytes(bytes)
}
