//! What happens in one run.

use async_graphql::{Context, ID, Subscription};
use futures_util::{Stream, StreamExt, TryStreamExt, stream};

use super::watcher;
use crate::{
    api::{
        caller::part,
        error::{Error, Result},
        run::{RUN, RunEvent, inspects, tell},
        transport::Code,
    },
    crm::id,
    engine::Engine,
};

/// Streams what happens in one run.
#[derive(Default)]
pub struct RunEventSubscriptions;

#[Subscription]
impl RunEventSubscriptions {
    /// What happens in a run: what has happened behind the sequence number, then what comes. Completes with the run.
    async fn run_events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The run's global id.")] run_id: ID,
        #[graphql(desc = "The `seq` of the last event that is known; absent: from the start.")] after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<RunEvent>> + use<>> {
        let access = watcher(context)?.access();
        let (engine, inspects) = (part::<Engine>(context)?, inspects(context));
        let missing = || Error::new(Code::NotFound, "There is no such run.");
        let run = id::parse(RUN, &run_id).ok_or_else(missing)?;
        engine
            .seen_runs(access, &[run])
            .await?
            .remove(&run)
            .ok_or_else(missing)?;
        let batches = engine.batches(run, after.unwrap_or_default().into());
        Ok(batches
            .map_err(Error::from)
            .map_ok(move |batch| stream::iter(tell(&batch, inspects)).map(Ok))
            .try_flatten())
    }
}
