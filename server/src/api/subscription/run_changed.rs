//! Which runs move.

use std::sync::Arc;

use async_graphql::{Context, SimpleObject, Subscription};
use futures_util::{Stream, TryStreamExt, future};

use super::{position, watcher};
use crate::{
    api::{
        caller::part,
        error::{Error, Result},
        run::{Run, RunFilter},
    },
    engine::Engine,
};

/// A run that moved.
#[derive(SimpleObject)]
pub struct RunChange {
    /// The event's place, for `after`.
    cursor: String,
    /// The run as it is now.
    run: Run,
}

/// Streams which runs move.
#[derive(Default)]
pub struct RunSubscriptions;

#[Subscription]
impl RunSubscriptions {
    /// Each time that a run has moved: all moves behind the cursor, then those that come.
    async fn run_changed(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which runs, as they are after the move.")] filter: Option<RunFilter>,
        #[graphql(desc = "The cursor of the last event that is known; absent: from now on.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<RunChange>> + use<>> {
        let access = watcher(context)?.access().clone();
        let filter = filter.unwrap_or_default().read(context)?;
        let engine = Arc::clone(part::<Engine>(context)?);
        let moves = engine.moves().watch(position(after)?);
        Ok(moves
            .try_filter(move |(_, run)| future::ready(filter.matches(run)))
            .try_filter_map(move |(position, run)| {
                let (engine, access) = (Arc::clone(&engine), access.clone());
                async move { Ok(engine.sees(&access, &run).await?.then_some((position, run))) }
            })
            .map_ok(|(position, run)| RunChange {
                cursor: position.text(),
                run: Run(Arc::clone(&run)),
            })
            .map_err(Error::from))
    }
}
