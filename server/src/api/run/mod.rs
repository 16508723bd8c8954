//! Runs and their steps in the API. Inputs, outputs and errors are for those who may inspect; others see status alone.

mod cause;
mod control;
mod dashboard;
mod effect;
mod event;
mod query;
mod tell;

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, MergedObject, Object, SimpleObject};
use pointsman_entities::{run, step};
use serde::Deserialize;

use super::{
    caller::{caller, part},
    error::{Error, Result},
    links::links,
    node::Node,
    scalar::{DateTime, Json},
    timeline::ChangeConnection,
    workflow::{Workflow, WorkflowVersion},
};
use crate::{
    crm::{Crm, access::Permission, id},
    engine::{Engine, browse, live},
};
use cause::RunCause;
pub use control::RunMutations;
use dashboard::DashboardQueries;
use effect::EffectQueries;
pub use effect::{EFFECT, Effect};
pub use event::RunEvent;
use query::RunQueries;
pub use query::{RunFilter, RunOrder, page};
pub use tell::tell;

/// Reads runs, their effects, and how they go on the whole.
#[derive(Default, MergedObject)]
pub struct ExecutionQueries(RunQueries, EffectQueries, DashboardQueries);

/// The prefix of runs' ids.
pub const RUN: &str = "run";

/// One execution of a workflow's version.
#[derive(Clone)]
pub struct Run(pub Arc<run::Model>);

impl From<run::Model> for Run {
    fn from(row: run::Model) -> Self {
        Self(Arc::new(row))
    }
}

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "browse::RunStatus")]
pub enum RunStatus {
    /// Enrolled, not begun.
    Queued,
    /// At work.
    Running,
    /// Every open step waits for something.
    Waiting,
    /// Over; nothing failed, or every failure was handled.
    Succeeded,
    /// Over; something failed.
    Failed,
    /// Over; somebody ended it.
    Cancelled,
    /// Never begun: workflows set each other off too often.
    Refused,
}

/// Where a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[graphql(remote = "live::Status")]
pub enum StepStatus {
    /// Decided, not begun.
    Ready,
    /// At work.
    Running,
    /// Waiting for a time, an event or a person.
    Waiting,
    /// Waiting for its next attempt.
    Retrying,
    /// Going through its items.
    Looping,
    /// Over; it did its work.
    Succeeded,
    /// Over; it failed for good.
    Failed,
    /// No way led to it.
    Skipped,
    /// The run ended before it did.
    Cancelled,
    /// Nobody knows whether its effect was carried out; a person must say.
    Unknown,
}

/// One execution of a workflow's version.
#[Object]
impl Run {
    /// The global id.
    pub async fn id(&self) -> ID {
        id::format(RUN, self.0.id).into()
    }

    /// Where it stands.
    async fn status(&self) -> Result<RunStatus> {
        let status = browse::RunStatus::parse(&self.0.status).map(RunStatus::from);
        status.ok_or_else(|| Error::internal(format!("run {}: `status` is none", self.0.id.0)))
    }

    /// What it is a run of.
    async fn workflow(&self, context: &Context<'_>) -> Result<Option<Workflow>> {
        let row = links(context)?.workflow(self.0.workflow_id).await?;
        Ok(row.map(Workflow::from))
    }

    /// The version it started on and stays on.
    async fn version(&self, context: &Context<'_>) -> Result<Option<WorkflowVersion>> {
        let row = links(context)?.version(self.0.version_id).await?;
        Ok(row.map(WorkflowVersion::from))
    }

    /// The key of the trigger that started it.
    async fn trigger(&self) -> &str {
        &self.0.trigger_node
    }

    /// What it is about; null where it is about nothing, or the record is gone or may not be known.
    async fn record(&self, context: &Context<'_>) -> Result<Option<Node>> {
        let (Some(object), Some(id)) = (&self.0.object, self.0.record_id) else {
            return Ok(None);
        };
        match part::<Crm>(context)?.object(object) {
            Some(object) => Ok(caller(context)?.record(object.name, id).await?.map(Node::from)),
            None => Ok(None),
        }
    }

    /// What failed. Null without the right to inspect runs.
    async fn error(&self, context: &Context<'_>) -> Result<Option<&str>> {
        Ok(self.0.error.as_deref().filter(|_| inspects(context)))
    }

    /// How many workflow-made changes led to it.
    async fn depth(&self) -> i32 {
        i32::try_from(self.0.depth).unwrap_or(i32::MAX)
    }

    /// Why it started.
    async fn caused_by(&self) -> RunCause {
        RunCause::of(&self.0)
    }

    /// The changes that it made, the oldest first, but for those of records that the caller may not know.
    async fn causes(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The size of the page; at most 100.")] first: Option<i32>,
        #[graphql(desc = "Changes behind this cursor.")] after: Option<String>,
    ) -> Result<Option<ChangeConnection>> {
        cause::causes(context, &self.0, first, after.as_deref()).await.map(Some)
    }

    /// When the workflow's rate lets it start; null where nothing put it off.
    async fn start_at(&self) -> Option<DateTime> {
        self.0.start_at.map(DateTime)
    }

    /// The run that called it.
    async fn called_by(&self, context: &Context<'_>) -> Result<Option<Run>> {
        match self.0.parent_run {
            Some(run) => Ok(links(context)?.run(run).await?.map(Run::from)),
            None => Ok(None),
        }
    }

    /// The run that this one does again, whole or in part.
    async fn replay_of(&self, context: &Context<'_>) -> Result<Option<Run>> {
        match self.0.replay_of {
            Some(run) => Ok(links(context)?.run(run).await?.map(Run::from)),
            None => Ok(None),
        }
    }

    /// When it was enrolled.
    async fn created_at(&self) -> DateTime {
        DateTime(self.0.created_at)
    }

    /// When it began.
    async fn started_at(&self) -> Option<DateTime> {
        self.0.started_at.map(DateTime)
    }

    /// When it was over.
    async fn finished_at(&self) -> Option<DateTime> {
        self.0.finished_at.map(DateTime)
    }

    /// When it last moved.
    async fn updated_at(&self) -> DateTime {
        DateTime(self.0.updated_at)
    }

    /// The nodes it has executed, in the order they began.
    async fn steps(&self, context: &Context<'_>) -> Result<Vec<Step>> {
        let steps = links(context)?.steps(self.0.id).await?;
        steps.into_iter().map(|row| Step::of(row, inspects(context))).collect()
    }

    /// What happened in it, in order.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Events behind this sequence number.")] after: Option<i32>,
        #[graphql(desc = "At most so many; 100 if nothing is said.")] first: Option<i32>,
    ) -> Result<Vec<RunEvent>> {
        let most = first.map_or(Ok(100), super::connection::page_size)?;
        let entries = part::<Engine>(context)?
            .history(self.0.id, after.unwrap_or_default().into())
            .await?;
        let mut events = tell(&entries, inspects(context));
        events.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        Ok(events)
    }
}

/// One execution of a node in a run.
#[derive(SimpleObject)]
pub struct Step {
    /// Counts the run's steps from 1, in the order they began.
    number: i32,
    /// The node's key.
    node: String,
    /// The step's own name: the node's key, behind the loop items it stands in.
    step: String,
    /// Where it stands.
    status: StepStatus,
    /// The number of its last attempt, from 1.
    attempt: i32,
    /// The port it left by.
    port: Option<String>,
    /// The node's config, rendered. Null without the right to inspect runs.
    input: Option<Json>,
    /// What it found. Null without the right to inspect runs.
    output: Option<Json>,
    /// Why its last attempt failed. Null without the right to inspect runs.
    error: Option<StepError>,
    /// When it began.
    started_at: DateTime,
    /// When it was over.
    finished_at: Option<DateTime>,
}

/// Why an attempt failed.
#[derive(Clone, Debug, Deserialize, SimpleObject)]
pub struct StepError {
    /// Why, for programs: stable, in upper case.
    pub code: String,
    /// Why, for people.
    pub message: String,
}

impl Step {
    fn of(row: step::Model, inspects: bool) -> Result<Self> {
        let place = format!("{}/{}", row.run_id.0, row.number);
        let damaged = |what: &str| Error::internal(format!("step {place}: `{what}` can't be read"));
        let json = |text: Option<String>, what| {
            let text = text.filter(|_| inspects);
            text.map(|text| serde_json::from_str(&text).map_err(|_| damaged(what)))
                .transpose()
        };
        let error = row.error.filter(|_| inspects);
        let error = error.map(|text| serde_json::from_str(&text).map_err(|_| damaged("error")));
        Ok(Self {
            number: i32::try_from(row.number).unwrap_or(i32::MAX),
            status: live::Status::parse(&row.status)
                .ok_or_else(|| damaged("status"))?
                .into(),
            attempt: i32::try_from(row.attempt).unwrap_or(i32::MAX),
            input: json(row.input, "input")?,
            output: json(row.output, "output")?,
            error: error.transpose()?,
            node: row.node,
            step: row.step,
            port: row.port,
            started_at: DateTime(row.started_at),
            finished_at: row.finished_at.map(DateTime),
        })
    }
}

/// Whether the caller may see what runs work with.
pub fn inspects(context: &Context<'_>) -> bool {
    caller(context).is_ok_and(|caller| caller.access().has(Permission::InspectRuns))
}
