//! The change log of one record, as a reader with an access sees it.

use pointsman_entities::{change, ids::RecordId, time::Timestamp};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;

use super::{Access, Crm, Record, access::Action, change::Operation, id, snapshot::Snapshot};
use crate::store;

/// Which part of a history, the newest change first.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub size: u64,
    /// Changes older than the one at this place of the log.
    pub before: Option<i64>,
}

/// A page of a history.
#[derive(Debug)]
pub struct Found {
    pub entries: Vec<Entry>,
    pub has_next: bool,
}

/// One change.
#[derive(Debug)]
pub struct Entry {
    /// Its place in the log.
    pub seq: i64,
    pub operation: Operation,
    pub at: Timestamp,
    pub version: i64,
    pub fields: Vec<FieldChange>,
    pub actor: String,
    pub cause: String,
}

/// One field of a change; both values are none where they were erased.
#[derive(Debug)]
pub struct FieldChange {
    pub field: &'static str,
    pub before: Option<Json>,
    pub after: Option<Json>,
}

impl Crm {
    /// A page of a record's history, deleted records included; none where the access may not read the record.
    ///
    /// # Errors
    /// Where the database fails, or the log holds what no change writes.
    pub async fn history(&self, access: &Access, global: &str, page: &Page) -> Result<Option<Found>, store::Error> {
        let Some(record) = self.readable(access, global).await? else {
            return Ok(None);
        };
        let mut select = change::Entity::find()
            .filter(change::Column::RecordId.eq(record.id))
            .order_by_desc(change::Column::Seq)
            .limit(page.size + 1);
        if let Some(place) = page.before {
            select = select.filter(change::Column::Seq.lt(place));
        }
        let mut rows = select.all(self.store.reads()).await?;
        let has_next = rows.len() as u64 > page.size;
        if has_next {
            rows.pop();
        }
        let entries = rows.into_iter().map(|row| entry(access, &record, row));
        Ok(Some(Found {
            entries: entries.collect::<Result<_, _>>()?,
            has_next,
        }))
    }

    async fn readable(&self, access: &Access, global: &str) -> Result<Option<std::sync::Arc<Record>>, store::Error> {
        let known = id::split(global).and_then(|(prefix, id)| Some((self.catalogue.object(prefix)?, RecordId(id))));
        let Some((object, id)) = known else {
            return Ok(None);
        };
        let record = Snapshot::new(&self.store).load(object, id).await?;
        Ok(record.filter(|record| access.allows(Action::Read, record)))
    }
}

fn entry(access: &Access, record: &Record, row: change::Model) -> Result<Entry, DbErr> {
    let damaged = |what: &str| DbErr::Type(format!("change {}: {what}", row.seq));
    let payload: Json = match &row.payload {
        Some(text) => serde_json::from_str(text).map_err(|error| damaged(&error.to_string()))?,
        None => Json::Null,
    };
    let changed = |name: &str| {
        let (_, field) = record.object.field(name)?;
        let value = |place: usize| payload.get(name)?.get(place).filter(|value| !value.is_null()).cloned();
        access.sees(&record.object, field).then(|| FieldChange {
            field: field.name,
            before: value(0),
            after: value(1),
        })
    };
    Ok(Entry {
        seq: row.seq,
        operation: Operation::parse(&row.operation).ok_or_else(|| damaged("no operation"))?,
        at: row.at,
        version: row.record_version,
        fields: row.fields.split(',').filter_map(changed).collect(),
        actor: row.actor.clone(),
        cause: row.cause.clone(),
    })
}
