//! Changes as they were: a record is wound back from what it is now, change by change. Pure.

use std::sync::Arc;

use pointsman_entities::{change, time::Timestamp};
use serde_json::Value as Json;

use crate::crm::{
    Record, Value,
    cause::{Actor, Cause},
    change::{Change, Operation},
    object::{self, Object},
};

/// Each row of a record's log, the newest first, with the change it tells of. None where nobody knows any more: the change
/// was erased, or one behind it was, or the record is gone. Rows that are younger than the record as it was read are left out.
pub fn unwind(
    object: &Arc<Object>,
    present: Option<&Record>,
    rows: Vec<change::Model>,
) -> Vec<(change::Model, Option<Change>)> {
    let mut state = present.cloned();
    let known = |row: &change::Model| present.is_none_or(|record| row.record_version <= record.version());
    let rows = rows.into_iter().filter(known);
    rows.map(|row| {
        let change = state.take().and_then(|after| step(object, after, &row));
        state = change.as_ref().and_then(|change| change.before.as_deref().cloned());
        (row, change)
    })
    .collect()
}

/// The change that led to a record.
fn step(object: &Arc<Object>, mut after: Record, row: &change::Model) -> Option<Change> {
    let operation = Operation::parse(&row.operation)?;
    let payload: Json = serde_json::from_str(row.payload.as_deref()?).ok()?;
    set(&mut after, object::VERSION, Value::Integer(row.record_version));
    set(&mut after, object::UPDATED_AT, Value::Time(row.at));
    let before = (operation != Operation::Created).then(|| before(object, &after, operation, &payload, row.at));
    let names = row.fields.split(',');
    Some(Change {
        operation,
        before: before.map(Arc::new),
        after: Arc::new(after),
        fields: names.filter_map(|name| Some(object.field(name)?.1.name)).collect(),
        actor: Actor::System,
        cause: Cause::Request,
        at: row.at,
    })
}

fn before(object: &Arc<Object>, after: &Record, operation: Operation, payload: &Json, at: Timestamp) -> Record {
    let mut before = after.clone();
    for (index, field) in object.fields.iter().enumerate() {
        let old = payload.get(field.name).and_then(|pair| pair.get(0));
        if let Some(value) = old.and_then(|old| Value::from_json(old, field)) {
            set(&mut before, index, value);
        }
    }
    set(&mut before, object::VERSION, Value::Integer(after.version() - 1));
    match operation {
        Operation::Deleted => set(&mut before, object::DELETED_AT, Value::Null),
        Operation::Restored => set(&mut before, object::DELETED_AT, Value::Time(at)),
        Operation::Created | Operation::Updated => {}
    }
    before
}

fn set(record: &mut Record, index: usize, value: Value) {
    if let Some(place) = record.values.get_mut(index) {
        *place = value;
    }
}
