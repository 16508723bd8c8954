//! One committed mutation of one record, and its row in the log.

use std::sync::Arc;

use pointsman_entities::{change, time::Timestamp};
use sea_orm::ActiveValue::Set;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use super::{
    cause::{Actor, Cause},
    object::{CREATED_AT, Field},
    record::Record,
    value::Value,
};

/// The format of the log's payloads.
pub const FORMAT: i64 = 1;

/// What happened to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Operation {
    Created,
    Updated,
    Deleted,
    Restored,
}

/// A change of a record, as its writer, the triggers and the log see it.
#[derive(Clone, Debug)]
pub struct Change {
    pub operation: Operation,
    pub before: Option<Arc<Record>>,
    pub after: Arc<Record>,
    /// The names of the fields whose value changed; the system's own are not among them.
    pub fields: Vec<&'static str>,
    pub actor: Actor,
    pub cause: Cause,
    pub at: Timestamp,
}

impl Operation {
    /// The operation as it is stored and shown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Created => "CREATED",
            Self::Updated => "UPDATED",
            Self::Deleted => "DELETED",
            Self::Restored => "RESTORED",
        }
    }

    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Created, Self::Updated, Self::Deleted, Self::Restored]
            .into_iter()
            .find(|known| known.text() == text)
    }
}

impl Change {
    /// The record as triggers see it: one that was deleted as it was before.
    #[must_use]
    pub fn subject(&self) -> &Arc<Record> {
        match (self.operation, &self.before) {
            (Operation::Deleted, Some(before)) => before,
            (Operation::Deleted | Operation::Created | Operation::Updated | Operation::Restored, _) => &self.after,
        }
    }

    /// What `previous` is to triggers.
    #[must_use]
    pub fn previous(&self) -> Option<&Arc<Record>> {
        self.before.as_ref().filter(|_| self.operation != Operation::Deleted)
    }

    /// The log's row. The payload can be erased later; its salted digest stays.
    #[must_use]
    pub fn row(&self, salt: [u8; 16]) -> change::ActiveModel {
        let payload = self.payload().to_string();
        let digest = Sha256::new().chain_update(salt).chain_update(&payload).finalize();
        change::ActiveModel {
            format: Set(FORMAT),
            at: Set(self.at),
            object: Set(self.after.object.name.to_owned()),
            record_id: Set(self.after.id),
            record_version: Set(self.after.version()),
            operation: Set(self.operation.text().to_owned()),
            fields: Set(self.fields.join(",")),
            payload: Set(Some(payload)),
            salt: Set(Some(salt.to_vec())),
            digest: Set(digest.to_vec()),
            actor: Set(self.actor.text()),
            cause: Set(self.cause.text()),
            cause_run: Set(self.cause.run()),
            depth: Set(self.cause.depth()),
            suppressed: Set(false),
            ..Default::default()
        }
    }

    /// `{field: [before, after]}` for each changed field.
    fn payload(&self) -> Json {
        let fields = self
            .after
            .object
            .fields
            .iter()
            .enumerate()
            .filter(|(_, field)| self.fields.contains(&field.name));
        let pairs = fields.map(|(index, field)| {
            let before = self.before.as_ref().and_then(|record| record.values.get(index));
            let json = |value: Option<&Value>| value.map_or(Json::Null, |value| value.to_json(field));
            (
                field.name.to_owned(),
                Json::Array(vec![json(before), json(self.after.values.get(index))]),
            )
        });
        Json::Object(pairs.collect::<Map<_, _>>())
    }
}

/// The names of the fields that differ, the system's own left out.
#[must_use]
pub fn changed_fields(before: Option<&Record>, after: &Record) -> Vec<&'static str> {
    let differs = |index: usize| match before {
        Some(before) => before.values.get(index) != after.values.get(index),
        None => after.values.get(index).is_some_and(|value| !value.is_null()),
    };
    let logged = |(index, _): &(usize, &Field)| !is_bookkeeping(*index) && differs(*index);
    after
        .object
        .fields
        .iter()
        .enumerate()
        .filter(logged)
        .map(|(_, field)| field.name)
        .collect()
}

/// Versions and times of change say nothing that the log's row doesn't.
fn is_bookkeeping(index: usize) -> bool {
    index == super::object::VERSION || (CREATED_AT..=super::object::DELETED_AT).contains(&index)
}
