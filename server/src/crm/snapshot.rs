//! Reading records one by one, own writes included: what has been decided but not yet committed lies over the database.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use pointsman_entities::ids::RecordId;
use sea_orm::{
    ConnectionTrait,
    sea_query::{Condition, Expr, ExprTrait, Query, SelectStatement},
};

use super::{
    object::{CUSTOM, Object},
    record::Record,
};
use crate::store::{self, Store};

/// What one decision has read and written. Loads a record at most once; knows nothing of access.
pub struct Snapshot<'a> {
    store: &'a Store,
    seen: HashMap<(&'static str, RecordId), Option<Arc<Record>>>,
    written: HashSet<(&'static str, RecordId)>,
}

impl<'a> Snapshot<'a> {
    #[must_use]
    pub fn new(store: &'a Store) -> Self {
        Self {
            store,
            seen: HashMap::new(),
            written: HashSet::new(),
        }
    }

    /// The record as this decision sees it, deleted ones included; none where it never existed.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn load(&mut self, object: &Arc<Object>, id: RecordId) -> Result<Option<Arc<Record>>, store::Error> {
        if let Some(known) = self.seen.get(&(object.name, id)) {
            return Ok(known.as_ref().map(|record| record.under(object)));
        }
        let statement = select(object).and_where(Expr::col("id").eq(id.0)).to_owned();
        let row = self.store.reads().query_one(&statement).await?;
        let record = row.map(|row| Record::from_row(object, &row)).transpose()?.map(Arc::new);
        self.seen.insert((object.name, id), record.clone());
        Ok(record)
    }

    /// What has been loaded or written of the record; the outer none where it was never asked for.
    #[must_use]
    pub fn known(&self, object: &Object, id: RecordId) -> Option<Option<&Arc<Record>>> {
        self.seen.get(&(object.name, id)).map(Option::as_ref)
    }

    /// Takes note of a record that was read or committed elsewhere a moment ago.
    pub fn remember(&mut self, record: Arc<Record>) {
        self.seen.insert((record.object.name, record.id), Some(record));
    }

    /// Takes a record, or its absence, for granted, whatever the database holds: to decide as of another time.
    pub fn suppose(&mut self, object: &Object, id: RecordId, record: Option<Arc<Record>>) {
        self.seen.insert((object.name, id), record);
    }

    /// Puts a record that this decision writes over what the database holds.
    pub fn write(&mut self, record: Arc<Record>) {
        self.written.insert((record.object.name, record.id));
        self.remember(record);
    }

    /// The records of an object that this decision writes.
    pub fn written<'s>(&'s self, object: &'s Object) -> impl Iterator<Item = &'s Arc<Record>> {
        let own = self.written.iter().filter(|(name, _)| *name == object.name);
        own.filter_map(|key| self.seen.get(key).and_then(Option::as_ref))
    }

    /// The store below.
    #[must_use]
    pub fn store(&self) -> &'a Store {
        self.store
    }
}

/// Selects an object's records, with the columns that [`Record::from_row`] reads.
pub(super) fn select(object: &Object) -> SelectStatement {
    let columns = ["id"].into_iter().chain(object.columns()).chain([CUSTOM, "depth"]);
    Query::select()
        .columns(columns.map(|column| (object.table, column)))
        .from(object.table)
        .cond_where(of(object))
        .to_owned()
}

/// What tells an object's records from others of its table.
pub(super) fn of(object: &Object) -> Condition {
    match object.custom {
        Some(id) => Condition::all().add(Expr::col((object.table, "object_id")).eq(id.0)),
        None => Condition::all(),
    }
}
