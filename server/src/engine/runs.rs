//! What people ask of runs: their history as it grows, and to cancel them.

use std::{sync::Arc, time::Duration};

use async_stream::try_stream;
use futures_util::Stream;
use pointsman_entities::{ids::RunId, run_event};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::{
    Engine, Error,
    history::{Entry, What},
    inbox::{self, Fact},
};
use crate::store::{self, WriteSet};

/// Rows read at a time.
const BATCH: u64 = 200;

/// How long a watcher sleeps at most where other nodes write too.
const POLL: Duration = Duration::from_millis(500);

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
        let engine = self.clone();
        try_stream! {
            let mut hints = engine.hints.watch_run(run);
            let mut last = after;
            loop {
                hints.mark_unchanged();
                let entries = engine.history(run, last).await?;
                let more = !entries.is_empty();
                for entry in entries {
                    last = entry.seq;
                    let over = is_end(&entry.what);
                    yield Arc::new(entry);
                    if over {
                        return;
                    }
                }
                if more {
                    continue;
                }
                tokio::select! {
                    () = engine.stop.cancelled() => return,
                    changed = hints.changed() => if changed.is_err() { return },
                    () = engine.source.sleep(POLL), if engine.store.is_shared() => {}
                }
            }
        }
    }

    /// Asks a run to end. It does so when its turn comes; a run that is over stays as it is.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn cancel(&self, run: RunId) -> Result<(), Error> {
        let mut set = WriteSet::new();
        inbox::deliver(&mut set, run, &Fact::CancelRequested, self.source.now());
        if self.store.commit(set).await?.is_ok() {
            self.wake(run);
        }
        Ok(())
    }
}

fn is_end(what: &What) -> bool {
    matches!(what, What::Decision(pointsman_graph::decision::Decision::Finish { .. }))
}
