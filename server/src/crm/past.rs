//! Records as they were: the present one, with the changes of the log taken back, the newest first. What was erased from
//! the log can't be told, nor what was before it.

use std::sync::Arc;

use pointsman_entities::{change, ids::RecordId};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;

use super::{
    Access, Crm, Record,
    cause::{Actor, Cause},
    change::{Change, Operation},
    history::Page,
    object::{self, Object},
    snapshot::Snapshot,
    value::Value,
};
use crate::store;

/// The most changes of a record that are taken back.
const MOST: u64 = 1_000;

/// A change of the log, with the record before and after it.
#[derive(Debug)]
pub struct Past {
    pub row: change::Model,
    /// None where it can't be told any more.
    pub change: Option<Change>,
}

/// A page of the past, the newest change first.
#[derive(Debug)]
pub struct Found {
    pub record: Arc<Record>,
    pub past: Vec<Past>,
    pub has_next: bool,
}

impl Crm {
    /// A record's changes, of the last thousand; none where the access may not read the record.
    ///
    /// # Errors
    /// Where the database fails, or the log holds what no change writes.
    pub async fn past(&self, access: &Access, global: &str, page: &Page) -> Result<Option<Found>, store::Error> {
        let Some(record) = self.readable(access, global).await? else {
            return Ok(None);
        };
        let rows = self.newest_changes(record.id, None).await?;
        // What was written between the two looks is left for the next one.
        let rows: Vec<_> = rows
            .into_iter()
            .filter(|row| row.record_version <= record.version())
            .collect();
        let mut told = Vec::with_capacity(rows.len());
        let mut after = Some(Arc::clone(&record));
        for (place, row) in rows.iter().enumerate() {
            let before = match &after {
                Some(after) => undone(after, row, rows.get(place + 1))?.map(Arc::new),
                None => None,
            };
            told.push(change(&record.object, row, before.clone(), after.take()));
            after = before;
        }
        let wanted = |past: &Past| page.behind.is_none_or(|place| past.row.seq < place);
        let past = rows.into_iter().zip(told).map(|(row, change)| Past { row, change });
        let mut past: Vec<_> = past.filter(wanted).collect();
        let size = usize::try_from(page.size).unwrap_or(usize::MAX);
        let has_next = past.len() > size;
        past.truncate(size);
        Ok(Some(Found { record, past, has_next }))
    }

    /// The record as it was when the log had grown to a place; none where it was not there, or that can't be told.
    ///
    /// # Errors
    /// As [`Crm::past`].
    pub async fn as_of(
        &self,
        object: &Arc<Object>,
        id: RecordId,
        place: i64,
    ) -> Result<Option<Arc<Record>>, store::Error> {
        let Some(mut record) = Snapshot::new(&self.store).load(object, id).await? else {
            return Ok(None);
        };
        let rows = self.newest_changes(id, Some(place)).await?;
        for (number, row) in rows.iter().enumerate() {
            match undone(&record, row, rows.get(number + 1))? {
                Some(before) => record = Arc::new(before),
                None => return Ok(None),
            }
        }
        Ok(Some(record))
    }

    async fn newest_changes(&self, record: RecordId, behind: Option<i64>) -> Result<Vec<change::Model>, DbErr> {
        let mut select = change::Entity::find()
            .filter(change::Column::RecordId.eq(record))
            .order_by_desc(change::Column::Seq)
            .limit(MOST);
        if let Some(place) = behind {
            select = select.filter(change::Column::Seq.gt(place));
        }
        select.all(self.store.reads()).await
    }
}

/// The record before the change; none where there was none, or the log does not say any more. `older` is the change
/// before, which left what the log does not hold of this one: version, times, authors.
fn undone(after: &Record, row: &change::Model, older: Option<&change::Model>) -> Result<Option<Record>, DbErr> {
    let operation = Operation::parse(&row.operation);
    let (Some(payload), false) = (&row.payload, matches!(operation, None | Some(Operation::Created))) else {
        return Ok(None);
    };
    let damaged = |what: &str| DbErr::Type(format!("change {}: {what}", row.seq));
    let payload: Json = serde_json::from_str(payload).map_err(|error| damaged(&error.to_string()))?;
    let mut record = after.clone();
    for (name, pair) in payload.as_object().into_iter().flatten() {
        let Some((index, field)) = after.object.field(name) else {
            continue;
        };
        let before = pair.get(0).unwrap_or(&Json::Null);
        let value = Value::from_json(before, field).ok_or_else(|| damaged(name))?;
        put(&mut record, index, value);
    }
    put(&mut record, object::VERSION, Value::Integer(row.record_version - 1));
    if let Some(older) = older {
        let author = Actor::parse(&older.actor).and_then(Actor::user);
        put(&mut record, object::UPDATED_AT, Value::Time(older.at));
        put(
            &mut record,
            object::UPDATED_BY,
            author.map_or(Value::Null, |user| Value::Id(user.into())),
        );
        let in_bin = operation == Some(Operation::Restored);
        let deleted_at = if in_bin { Value::Time(older.at) } else { Value::Null };
        put(&mut record, object::DELETED_AT, deleted_at);
    }
    Ok(Some(record))
}

fn put(record: &mut Record, index: usize, value: Value) {
    if let Some(place) = record.values.get_mut(index) {
        *place = value;
    }
}

fn change(
    object: &Object,
    row: &change::Model,
    before: Option<Arc<Record>>,
    after: Option<Arc<Record>>,
) -> Option<Change> {
    let operation = Operation::parse(&row.operation)?;
    if before.is_none() && operation != Operation::Created || row.payload.is_none() {
        return None;
    }
    let name = |name: &str| object.field(name).map(|(_, field)| field.name);
    Some(Change {
        operation,
        before,
        after: after?,
        fields: row.fields.split(',').filter_map(name).collect(),
        actor: Actor::parse(&row.actor)?,
        cause: Cause::parse(&row.cause, row.depth)?,
        at: row.at,
    })
}
