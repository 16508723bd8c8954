//! What expressions can read: records, the change that started something, the steps of a run. Answers from memory alone;
//! what is not there yet is named, so that the caller loads it and asks again.

use std::sync::Arc;

use pointsman_entities::time::Timestamp;
use pointsman_graph::{
    expression::{Bindings, Lookup},
    plan::{Plan, Trigger},
    value::{Reference, Value},
};
use serde_json::Value as Json;

use crate::{
    crm::{
        Catalogue, Record,
        change::{Change, changed_fields},
        id,
        snapshot::Snapshot,
        write::Enrolled,
    },
    store,
};

/// `record` and `previous` of a change, and `message`, where the record is one.
pub struct ChangeFacts<'a, 's> {
    pub change: &'a Change,
    pub snapshot: &'a Snapshot<'s>,
    pub catalogue: &'a Catalogue,
}

impl ChangeFacts<'_, '_> {
    fn named(&self, variable: &str) -> Option<&Arc<Record>> {
        match variable {
            "record" => Some(self.change.subject()),
            "message" if self.change.after.object.name == "message" => Some(self.change.subject()),
            "previous" => self.change.previous(),
            _ => None,
        }
    }
}

impl Bindings for ChangeFacts<'_, '_> {
    fn variable(&self, name: &str) -> Option<Value> {
        match (name, self.named(name)) {
            (_, Some(record)) => Some(record.to_expression()),
            ("previous", None) => Some(Value::Null),
            ("now", None) => time(self.change.at),
            (_, None) => None,
        }
    }

    fn record(&self, reference: &Reference) -> Lookup {
        lookup(self.catalogue, self.snapshot, reference)
    }

    fn field(&self, variable: &str, field: &str) -> Option<Value> {
        self.named(variable)?.expression_field(field)
    }
}

/// What is known of a run that is about to start: `record`, `previous`, `trigger` and `now`.
pub struct StartFacts<'a, 's> {
    pub start: &'a Enrolled,
    pub plan: &'a Plan,
    pub snapshot: &'a Snapshot<'s>,
    pub catalogue: &'a Catalogue,
}

impl StartFacts<'_, '_> {
    fn named(&self, variable: &str) -> Option<&Arc<Record>> {
        match variable {
            "record" => self.start.record.as_ref(),
            "previous" => self.start.previous.as_ref(),
            _ => None,
        }
    }

    /// What was brought along, with the types that the trigger's check promised.
    fn brought(&self, json: &Json, typed: impl Fn(&Trigger, &Json) -> Value) -> Value {
        let node = self.start.trigger.parse().ok().and_then(|key| self.plan.node(&key));
        let trigger = node.and_then(|node| node.trigger());
        trigger.map_or_else(|| Value::from_json(json), |trigger| typed(trigger, json))
    }

    fn trigger(&self, field: &str) -> Option<Value> {
        let start = self.start;
        match field {
            "key" => Some(start.trigger.as_str().into()),
            "at" => time(start.at),
            "record" | "previous" => Some(record_or_null(self.named(field))),
            "changed" => {
                let record = start.record.as_ref();
                let names = record.map(|record| changed_fields(start.previous.as_deref(), record));
                Some(Value::list(names.into_iter().flatten().map(Value::from)))
            }
            "form" => Some(self.brought(&start.form, Trigger::answers)),
            "payload" => Some(self.brought(&start.payload, Trigger::payload)),
            "inputs" => Some(
                start
                    .caller
                    .as_ref()
                    .map_or(Value::Null, |caller| caller.inputs.clone()),
            ),
            _ => None,
        }
    }
}

impl Bindings for StartFacts<'_, '_> {
    fn variable(&self, name: &str) -> Option<Value> {
        match name {
            "record" | "previous" => Some(record_or_null(self.named(name))),
            "trigger" => {
                let fields = [
                    "key", "at", "record", "previous", "changed", "form", "payload", "inputs",
                ];
                Some(Value::map(
                    fields
                        .into_iter()
                        .filter_map(|field| Some((field, self.trigger(field)?))),
                ))
            }
            "now" => time(self.start.at),
            _ => None,
        }
    }

    fn record(&self, reference: &Reference) -> Lookup {
        lookup(self.catalogue, self.snapshot, reference)
    }

    fn field(&self, variable: &str, field: &str) -> Option<Value> {
        match variable {
            "trigger" => self.trigger(field),
            _ => self.named(variable)?.expression_field(field),
        }
    }
}

/// `record` where triggers of time look through records: one of them, or none where it is the same for all.
pub struct CandidateFacts<'a, 's> {
    pub record: Option<&'a Arc<Record>>,
    /// The time that is looked at, however late.
    pub now: Timestamp,
    pub snapshot: &'a Snapshot<'s>,
    pub catalogue: &'a Catalogue,
}

impl Bindings for CandidateFacts<'_, '_> {
    fn variable(&self, name: &str) -> Option<Value> {
        match name {
            "record" => self.record.map(|record| record.to_expression()),
            "previous" => Some(Value::Null),
            "now" => time(self.now),
            _ => None,
        }
    }

    fn record(&self, reference: &Reference) -> Lookup {
        lookup(self.catalogue, self.snapshot, reference)
    }

    fn field(&self, variable: &str, field: &str) -> Option<Value> {
        let record = self.record.filter(|_| variable == "record")?;
        record.expression_field(field)
    }
}

fn record_or_null(record: Option<&Arc<Record>>) -> Value {
    record.map_or(Value::Null, |record| record.to_expression())
}

fn time(at: Timestamp) -> Option<Value> {
    let time = pointsman_graph::value::Timestamp::from_micros(at.micros());
    time.ok().map(Value::Timestamp)
}

/// What a snapshot knows of a referenced record, whoever asks.
#[must_use]
pub fn lookup(catalogue: &Catalogue, snapshot: &Snapshot<'_>, reference: &Reference) -> Lookup {
    match known(catalogue, snapshot, reference) {
        None => Lookup::Unloaded,
        Some(Some(record)) => Lookup::Found(record.to_expression()),
        Some(None) => Lookup::Absent,
    }
}

/// The referenced record; the outer none where it was never loaded. A record in the bin reads as absent.
#[must_use]
pub fn known<'s>(
    catalogue: &Catalogue,
    snapshot: &'s Snapshot<'_>,
    reference: &Reference,
) -> Option<Option<&'s Arc<Record>>> {
    let object = catalogue.object(&reference.object);
    match object.and_then(|object| Some((object, id::parse(object.name, &reference.id)?))) {
        Some((object, id)) => {
            let known = snapshot.known(object, id)?;
            Some(known.filter(|record| !record.is_deleted()))
        }
        None => Some(None),
    }
}

/// Loads a referenced record, so that the next look finds it or knows that it is absent.
///
/// # Errors
/// Where the database fails.
pub async fn load(
    catalogue: &Catalogue,
    snapshot: &mut Snapshot<'_>,
    reference: &Reference,
) -> Result<(), store::Error> {
    let object = catalogue.object(&reference.object);
    if let Some((object, id)) = object.and_then(|object| Some((object, id::parse(object.name, &reference.id)?))) {
        snapshot.load(object, id).await?;
    }
    Ok(())
}
