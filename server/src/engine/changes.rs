//! The change log as a stream.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use pointsman_entities::{change, ids::RecordId, time::Timestamp};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use tokio::sync::OnceCell;

use super::tail::{BATCH, Log, Page, Position};
use crate::{
    crm::{Access, Crm, Record, change::Operation},
    store::{self, Store},
};

/// The change log.
pub struct Changes;

/// A change, as watchers of records need it.
#[derive(Clone, Debug)]
pub struct Changed {
    pub object: String,
    pub record: RecordId,
    pub version: i64,
    pub operation: Operation,
    pub fields: Vec<String>,
    pub at: Timestamp,
    pub actor: String,
    pub cause: String,
    loaded: OnceCell<Option<Arc<Record>>>,
}

impl Changed {
    /// The record as it is now, deleted ones included: read once for all who watch. Says nothing of who may see it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn present(&self, crm: &Crm) -> Result<Option<Arc<Record>>, store::Error> {
        let load = async || {
            let Some(object) = crm.object(&self.object) else {
                return Ok(None);
            };
            let mut found = crm.recall(&Access::system(), &object, &[self.record]).await?;
            Ok(found.pop())
        };
        self.loaded.get_or_try_init(load).await.cloned()
    }
}

impl Log for Changes {
    type Item = Changed;

    fn read<'a>(
        &'a self,
        store: &'a Store,
        after: Position,
        horizon: i64,
    ) -> BoxFuture<'a, Result<Page<Changed>, store::Error>> {
        Box::pin(async move {
            let later = Condition::any().add(change::Column::Tx.gt(after.tx)).add(
                Condition::all()
                    .add(change::Column::Tx.eq(after.tx))
                    .add(change::Column::Seq.gt(after.seq)),
            );
            let mut query = change::Entity::find().limit(BATCH);
            query = match store.is_shared() {
                true => query
                    .filter(later)
                    .filter(change::Column::Tx.lt(horizon))
                    .order_by_asc(change::Column::Tx),
                false => query.filter(change::Column::Seq.gt(after.seq)),
            };
            let rows = query.order_by_asc(change::Column::Seq).all(store.reads()).await?;
            Ok(rows.into_iter().filter_map(read).collect())
        })
    }

    fn end<'a>(&'a self, store: &'a Store, horizon: i64) -> BoxFuture<'a, Result<Position, store::Error>> {
        Box::pin(async move {
            let mut query = change::Entity::find();
            if store.is_shared() {
                query = query
                    .filter(change::Column::Tx.lt(horizon))
                    .order_by_desc(change::Column::Tx);
            }
            let last = query.order_by_desc(change::Column::Seq).one(store.reads()).await?;
            Ok(last.map_or_else(Position::default, |row| Position {
                tx: row.tx,
                seq: row.seq,
            }))
        })
    }
}

fn read(row: change::Model) -> Option<(Position, Arc<Changed>)> {
    let Some(operation) = Operation::parse(&row.operation) else {
        tracing::error!(
            seq = row.seq,
            operation = row.operation,
            "a change of the log can't be read"
        );
        return None;
    };
    let changed = Changed {
        object: row.object,
        record: row.record_id,
        version: row.record_version,
        operation,
        fields: row
            .fields
            .split(',')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect(),
        at: row.at,
        actor: row.actor,
        cause: row.cause,
        loaded: OnceCell::new(),
    };
    Some((
        Position {
            tx: row.tx,
            seq: row.seq,
        },
        Arc::new(changed),
    ))
}
