//! The change log of one record, or of what one run did, as a reader with an access sees it.

use std::{collections::HashMap, sync::Arc};

use pointsman_entities::{
    change,
    ids::{RecordId, RunId},
    time::Timestamp,
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;

use super::{Access, Crm, Record, change::Operation, id, snapshot::Snapshot};
use crate::store;

/// Which part of a history, in its order.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    pub size: u64,
    /// Changes behind the one at this place of the log.
    pub behind: Option<i64>,
}

/// A page of a history.
#[derive(Debug)]
pub struct Found {
    pub entries: Vec<(Arc<Record>, Entry)>,
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
    /// The run that made it.
    pub run: Option<RunId>,
    /// Whether it was kept from starting workflows.
    pub suppressed: bool,
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
        if let Some(place) = page.behind {
            select = select.filter(change::Column::Seq.lt(place));
        }
        let mut rows = select.all(self.store.reads()).await?;
        let has_next = rows.len() as u64 > page.size;
        if has_next {
            rows.pop();
        }
        let entry = |row| Ok((Arc::clone(&record), Entry::of(access, &record, row)?));
        Ok(Some(Found {
            entries: rows.into_iter().map(entry).collect::<Result<_, DbErr>>()?,
            has_next,
        }))
    }

    /// A page of the changes that a run made, the oldest first; those of records that the access may not read are left
    /// out of it.
    ///
    /// # Errors
    /// As [`Crm::history`].
    pub async fn changes_of(&self, access: &Access, run: RunId, page: &Page) -> Result<Found, store::Error> {
        let mut select = change::Entity::find()
            .filter(change::Column::CauseRun.eq(run))
            .order_by_asc(change::Column::Seq)
            .limit(page.size + 1);
        if let Some(place) = page.behind {
            select = select.filter(change::Column::Seq.gt(place));
        }
        let mut rows = select.all(self.store.reads()).await?;
        let has_next = rows.len() as u64 > page.size;
        if has_next {
            rows.pop();
        }
        let mut snapshot = Snapshot::new(&self.store);
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(object) = self.object(&row.object) else {
                continue;
            };
            let record = snapshot.load(&object, row.record_id).await?;
            if let Some(record) = record.and_then(|record| access.view(&record)) {
                let entry = Entry::of(access, &record, row)?;
                entries.push((record, entry));
            }
        }
        Ok(Found { entries, has_next })
    }

    /// The changes that left these records at these versions, in one statement.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn changes_at(
        &self,
        places: &[(RecordId, i64)],
    ) -> Result<HashMap<(RecordId, i64), change::Model>, store::Error> {
        let select = change::Entity::find()
            .filter(change::Column::RecordId.is_in(places.iter().map(|(record, _)| *record)))
            .filter(change::Column::RecordVersion.is_in(places.iter().map(|(_, version)| *version)));
        let rows = select.all(self.store.reads()).await?;
        Ok(rows
            .into_iter()
            .map(|row| ((row.record_id, row.record_version), row))
            .collect())
    }

    pub(super) async fn readable(&self, access: &Access, global: &str) -> Result<Option<Arc<Record>>, store::Error> {
        let known = id::split(global).and_then(|(prefix, id)| Some((self.object(prefix)?, RecordId(id))));
        let Some((object, id)) = known else {
            return Ok(None);
        };
        let record = Snapshot::new(&self.store).load(&object, id).await?;
        Ok(record.and_then(|record| access.view(&record)))
    }
}

impl Entry {
    /// What the access may see of a row of the log.
    ///
    /// # Errors
    /// Where the row holds what no change writes.
    pub fn of(access: &Access, record: &Record, row: change::Model) -> Result<Self, DbErr> {
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
        Ok(Self {
            seq: row.seq,
            operation: Operation::parse(&row.operation).ok_or_else(|| damaged("no operation"))?,
            at: row.at,
            version: row.record_version,
            fields: row.fields.split(',').filter_map(changed).collect(),
            actor: row.actor.clone(),
            cause: row.cause.clone(),
            run: row.cause_run,
            suppressed: row.suppressed,
        })
    }
}
