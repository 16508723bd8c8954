//! What expressions can read: records, the change that started something, the steps of a run. Answers from memory alone;
//! what is not there yet is named, so that the caller loads it and asks again.

use std::sync::Arc;

use pointsman_graph::{
    expression::{Bindings, Lookup},
    value::{Reference, Value},
};

use crate::{
    crm::{Catalogue, Record, change::Change, id, snapshot::Snapshot},
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
            "record" => Some(&self.change.after),
            "message" if self.change.after.object.name == "message" => Some(&self.change.after),
            "previous" => self.change.before.as_ref(),
            _ => None,
        }
    }
}

impl Bindings for ChangeFacts<'_, '_> {
    fn variable(&self, name: &str) -> Option<Value> {
        match (name, self.named(name)) {
            (_, Some(record)) => Some(record.to_expression()),
            ("previous", None) => Some(Value::Null),
            ("now", None) => {
                let now = pointsman_graph::value::Timestamp::from_micros(self.change.at.micros());
                now.ok().map(Value::Timestamp)
            }
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

/// What a snapshot knows of a referenced record. A record in the bin reads as absent.
#[must_use]
pub fn lookup(catalogue: &Catalogue, snapshot: &Snapshot<'_>, reference: &Reference) -> Lookup {
    let Some(object) = catalogue.object(&reference.object) else {
        return Lookup::Absent;
    };
    let Some(id) = id::parse(object.name, &reference.id) else {
        return Lookup::Absent;
    };
    match snapshot.known(object, id) {
        None => Lookup::Unloaded,
        Some(Some(record)) if !record.is_deleted() => Lookup::Found(record.to_expression()),
        Some(_) => Lookup::Absent,
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
