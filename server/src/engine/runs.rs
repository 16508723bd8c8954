//! The histories of runs as they grow.

use std::sync::Arc;

use async_stream::try_stream;
use futures_util::{Stream, TryStreamExt, stream};
use pointsman_entities::{ids::RunId, run_event};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{Engine, Error, history::Entry};
use crate::store;

/// Rows read at a time.
const BATCH: u64 = 200;

impl Engine {
    /// A part of a run's history: the entries behind a sequence number.
    ///
    /// # Errors
    /// Where the database fails or an entry can't be read.
    pub async fn history(&self, run: RunId, after: i64) -> Result<Vec<Entry>, Error> {
        let rows = run_event::Entity::find()
            .filter(run_event::Column::RunId.eq(run))
            .filter(run_event::Column::LastSeq.gt(after))
            .order_by_asc(run_event::Column::FirstSeq)
            .limit(BATCH)
            .all(self.store.reads())
            .await
            .map_err(store::Error::from)?;
        let mut entries = Vec::new();
        for row in rows {
            let corrupt = |source| Error::Corrupt {
                table: "run_event",
                id: row.log_seq.to_string(),
                source,
            };
            let batch: Vec<Entry> = serde_json::from_str(&row.events).map_err(corrupt)?;
            entries.extend(batch.into_iter().filter(|entry| entry.seq > after));
        }
        Ok(entries)
    }

    /// A run's history from a sequence number on, as it grows; ends with the run.
    pub fn watch(&self, run: RunId, after: i64) -> impl Stream<Item = Result<Arc<Entry>, Error>> + use<> {
        self.batches(run, after)
            .map_ok(|batch| stream::iter(batch.into_iter().map(|entry| Ok(Arc::new(entry)))))
            .try_flatten()
    }

    /// As [`Engine::watch`], whole segments at a time: a fact comes with the decisions that follow from it.
    pub fn batches(&self, run: RunId, after: i64) -> impl Stream<Item = Result<Vec<Entry>, Error>> + use<> {
        let engine = self.clone();
        try_stream! {
            let mut hints = engine.hints.watch_run(run);
            let mut last = after;
            loop {
                hints.mark_unchanged();
                let Some(row) = engine.run(run).await? else { return };
                if row.seq > last {
                    let entries = engine.history(run, last).await?;
                    last = entries.last().map_or(row.seq, |entry| entry.seq);
                    yield entries;
                    // Whether it is over, only the row can say: a run that has ended can be taken up again.
                    continue;
                }
                if row.finished_at.is_some() {
                    return;
                }
                tokio::select! {
                    () = engine.stop.cancelled() => return,
                    changed = hints.changed() => if changed.is_err() { return },
                    () = tokio::time::sleep(engine.hints.patience()), if engine.store.is_shared() => {}
                }
            }
        }
    }
}
