//! The histories of all runs as one stream: which run moved, and how it stands.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use futures_util::future::BoxFuture;
use pointsman_entities::{ids::RunId, run, run_event};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::tail::{BATCH, Log, Position};
use crate::store::{self, Store};

/// The segments of all runs.
pub struct Moves;

impl Log for Moves {
    /// The run as it was when its segment was read: once for all who watch.
    type Item = run::Model;

    fn read<'a>(
        &'a self,
        store: &'a Store,
        after: Position,
        horizon: i64,
    ) -> BoxFuture<'a, Result<Vec<(Position, Arc<run::Model>)>, store::Error>> {
        Box::pin(async move {
            let later = Condition::any().add(run_event::Column::Tx.gt(after.tx)).add(
                Condition::all()
                    .add(run_event::Column::Tx.eq(after.tx))
                    .add(run_event::Column::LogSeq.gt(after.seq)),
            );
            let mut query = places().limit(BATCH);
            query = match store.is_shared() {
                true => query
                    .filter(later)
                    .filter(run_event::Column::Tx.lt(horizon))
                    .order_by_asc(run_event::Column::Tx),
                false => query.filter(run_event::Column::LogSeq.gt(after.seq)),
            };
            let rows: Vec<(i64, i64, RunId)> = query
                .order_by_asc(run_event::Column::LogSeq)
                .into_tuple()
                .all(store.reads())
                .await?;
            let runs = load(store, rows.iter().map(|(_, _, run)| *run).collect()).await?;
            let item = |(tx, seq, run)| Some((Position { tx, seq }, Arc::clone(runs.get(&run)?)));
            Ok(rows.into_iter().filter_map(item).collect())
        })
    }

    fn end<'a>(&'a self, store: &'a Store, horizon: i64) -> BoxFuture<'a, Result<Position, store::Error>> {
        Box::pin(async move {
            let mut query = places();
            if store.is_shared() {
                query = query
                    .filter(run_event::Column::Tx.lt(horizon))
                    .order_by_desc(run_event::Column::Tx);
            }
            let last: Option<(i64, i64, RunId)> = query
                .order_by_desc(run_event::Column::LogSeq)
                .into_tuple()
                .one(store.reads())
                .await?;
            Ok(last.map_or_else(Position::default, |(tx, seq, _)| Position { tx, seq }))
        })
    }
}

/// Where segments stand, and whose they are, without what they tell.
fn places() -> sea_orm::Select<run_event::Entity> {
    run_event::Entity::find().select_only().columns([
        run_event::Column::Tx,
        run_event::Column::LogSeq,
        run_event::Column::RunId,
    ])
}

async fn load(store: &Store, ids: HashSet<RunId>) -> Result<HashMap<RunId, Arc<run::Model>>, store::Error> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let select = run::Entity::find().filter(run::Column::Id.is_in(ids));
    let rows = select.all(store.reads()).await?;
    Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
}
